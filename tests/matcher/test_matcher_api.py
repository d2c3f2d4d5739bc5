"""The service's own API, over HTTP, with clients of different rights."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matcher.serving import Service, client_block, code, flipped, running, write_clients, write_list

ILLEGAL, INDUSTRY, BENIGN, OTHER = (code(seed) for seed in range(4))
MD5 = bytes(range(16))
ALL = '["media", "feedback", "see_distance", "see_fingerprints", "metrics"]'


class Cast:
    """The running service and one connection for each client."""

    def __init__(self, service: Service, keys: dict[str, str], open_until: ExitStack) -> None:
        self.service, self.keys = service, keys
        self.full, self.plain, self.narrow, self.strict = (
            open_until.enter_context(service.client(keys[name])) for name in ("full", "plain", "narrow", "strict")
        )


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    folder = tmp_path_factory.mktemp("api")
    hotline = write_list(
        folder / "hotline.csv", [("pdq", ILLEGAL, "baseline"), ("md5", MD5, "national"), ("pdq", BENIGN, "not_illegal")]
    )
    industry = write_list(folder / "industry.csv", [("pdq", INDUSTRY, "A1")])
    made = {
        "full": client_block("full", rights=ALL),
        "plain": client_block("plain", rights="[]"),
        "narrow": client_block("narrow", lists='["industry"]', rights='["feedback"]'),
        "strict": client_block("strict", radius="31", list_radius='{"hotline" = 4}', rights="[]"),
        "slow": client_block("slow", requests_per_second="0.01", burst="3"),
        "small": client_block("small", items_per_day="10"),
    }
    clients = write_clients(folder / "clients.toml", *(block for _, block in made.values()))
    keys = {name: key for name, (key, _) in made.items()}
    options = ("--clients", str(clients))
    with running([hotline, industry], folder / "data", *options, workers=2) as service, ExitStack() as open_until:
        yield Cast(service, keys, open_until)


def look_up(client: httpx.Client, *items: dict[str, object], **more: object) -> list[dict[str, object]]:
    answer = client.post("/v1/lookup", json={"items": items, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def refusal(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_verdicts(cast: Cast) -> None:
    results = look_up(
        cast.plain,
        {"id": "near", "pdq": flipped(ILLEGAL, 31).hex()},
        {"id": "far", "pdq": flipped(ILLEGAL, 32).hex()},
        {"id": 3, "md5": MD5.hex().upper()},
        {"id": "benign", "pdq": BENIGN.hex(), "quality": 90},
        {"pdq": ILLEGAL.hex(), "quality": 49},
    )
    assert [one["verdict"] for one in results] == ["match", "no_match", "match", "not_illegal", "no_match"]
    assert [one.get("id") for one in results] == ["near", "far", 3, "benign", None]
    assert results[4]["reason"] == "low_quality"
    [hit] = results[0]["hits"]
    assert {name: hit[name] for name in ("list", "category", "match", "source", "confirmations")} == {
        "list": "hotline",
        "category": "baseline",
        "match": "near",
        "source": "hotline.csv",
        "confirmations": 0,
    }
    assert hit["entry"].isdigit()
    assert results[2]["hits"][0]["match"] == "exact"


def test_distances_only_with_the_right(cast: Cast) -> None:
    item = {"pdq": flipped(ILLEGAL, 7).hex()}
    assert look_up(cast.full, item)[0]["hits"][0]["distance"] == 7
    assert "distance" not in look_up(cast.plain, item)[0]["hits"][0]


def test_lists_of_a_client(cast: Cast) -> None:
    illegal, industry = {"pdq": ILLEGAL.hex()}, {"pdq": INDUSTRY.hex()}
    assert [one["verdict"] for one in look_up(cast.narrow, illegal, industry)] == ["no_match", "match"]
    assert [one["verdict"] for one in look_up(cast.full, illegal, industry, lists=["hotline"])] == ["match", "no_match"]
    for name in ("hotline", "no-such-list"):
        answer = cast.narrow.post("/v1/lookup", json={"items": [illegal], "lists": [name]})
        assert refusal(answer, 403)["where"] == "lists[0]"


def test_a_list_has_its_own_radius(cast: Cast) -> None:
    items = [{"pdq": flipped(value, bits).hex()} for value, bits in ((ILLEGAL, 4), (ILLEGAL, 5), (INDUSTRY, 31))]
    assert [one["verdict"] for one in look_up(cast.strict, *items)] == ["match", "no_match", "match"]


def test_thousands_in_one_call(cast: Cast) -> None:
    items = [{"id": number, "pdq": code(1000 + number).hex()} for number in range(3000)]
    items[1234]["pdq"] = flipped(ILLEGAL, 3).hex()
    results = look_up(cast.full, *items)
    assert [one["id"] for one in results] == list(range(3000))
    assert [one["id"] for one in results if one["verdict"] != "no_match"] == [1234]


def test_a_binary_batch(cast: Cast) -> None:
    body = b"".join([code(77), flipped(ILLEGAL, 2), code(78), BENIGN])
    headers = {"Content-Type": "application/octet-stream"}
    answer = cast.full.post("/v1/lookup", content=body, headers=headers).json()
    assert answer["items"] == 4
    assert [(one["item"], one["verdict"]) for one in answer["found"]] == [(1, "match"), (3, "not_illegal")]
    assert answer["found"][0]["hits"][0]["distance"] == 2
    narrowed = cast.full.post("/v1/lookup?list=industry", content=body, headers=headers).json()
    assert narrowed["found"] == []
    assert refusal(cast.full.post("/v1/lookup", content=body[:-1], headers=headers), 422)["where"] == "body"
    assert refusal(cast.full.post("/v1/lookup", content=b"", headers=headers), 422)


def test_keys(cast: Cast) -> None:
    item = {"items": [{"pdq": ILLEGAL.hex()}]}
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic " + "x" * 20}):
        answer = httpx.post(cast.service.url + "/v1/lookup", json=item, headers=headers, trust_env=False)
        assert refusal(answer, 401)["where"] == "Authorization"
        assert answer.headers["www-authenticate"].startswith("Basic")
    pair = base64.b64encode(f"full:{cast.keys['full']}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    assert httpx.get(cast.service.url + "/v1/lists", headers=headers, trust_env=False).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/media"), ("POST", "/v1/feedback"), ("GET", "/v1/feedback"), ("GET", "/metrics")]
)
def test_rights(cast: Cast, method: str, path: str) -> None:
    assert "does not have the right" in refusal(cast.plain.request(method, path), 403)["detail"]
    assert cast.full.request(method, path).status_code != 403
    answer = httpx.request(method, cast.service.url + path, trust_env=False)
    assert refusal(answer, 401)


def test_bad_input_is_told_with_its_place(cast: Cast) -> None:
    wrong = "f" * 63
    cases = [
        ({"items": []}, "$.items"),
        ({}, "body"),
        ({"items": [{}]}, "items[0]"),
        ({"items": [{"pdq": ILLEGAL.hex()}, {"pdq": wrong}]}, "$.items[1].pdq"),
        ({"items": [{"pdq": "g" * 64}]}, "items[0].pdq"),
        ({"items": [{"pdq": ILLEGAL.hex(), "quality": 101}]}, "$.items[0].quality"),
        ({"items": [{"hash": wrong}]}, "$.items[0]"),
    ]
    for body, where in cases:
        answer = cast.full.post("/v1/lookup", json=body)
        assert refusal(answer, 422)["where"] == where
        assert wrong not in answer.text


def test_sizes_and_types(cast: Cast) -> None:
    many = {"items": [{"md5": "0" * 32}] * 20_001}
    assert "20000 items" in refusal(cast.full.post("/v1/lookup", json=many), 413)["detail"]
    huge = b" " * ((16 << 20) + 1)
    assert refusal(cast.full.post("/v1/lookup", content=huge, headers={"Content-Type": "application/json"}), 413)

    def unannounced() -> Iterator[bytes]:
        yield from (b" " * (1 << 20) for _ in range(17))

    cut_short = cast.full.post("/v1/lookup", content=unannounced(), headers={"Content-Type": "application/json"})
    assert refusal(cut_short, 413)
    assert cut_short.headers["Connection"] == "close", "what was not read ends the connection, and the caller knows"
    assert "Connection" not in cast.full.get("/v1/lists").headers
    assert "Connection" not in cast.full.post("/v1/lookup", json={"items": []}).headers
    for kind in ("text/plain", "multipart/form-data; boundary=x", ""):
        answer = cast.full.post("/v1/lookup", content=b"{}", headers={"Content-Type": kind})
        assert "application/json" in refusal(answer, 415)["advice"]


def test_addresses_and_methods(cast: Cast) -> None:
    assert refusal(cast.full.get("/v1/lookup"), 405)
    assert refusal(cast.full.get("/nowhere"), 404)
    assert "slash" in refusal(cast.full.post("/v1/media/"), 404)["advice"]


def test_the_rate_counts_over_all_workers(cast: Cast) -> None:
    statuses = []
    for _ in range(8):
        with cast.service.client(cast.keys["slow"]) as fresh:  # a new connection may reach either worker
            answer = fresh.get("/v1/lists")
            statuses.append(answer.status_code)
    assert statuses == [200] * 3 + [429] * 5
    assert refusal(answer, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 100


def test_the_quota_counts_items_over_all_workers(cast: Cast) -> None:
    statuses = []
    for size in (4, 4, 4, 2, 1):
        with cast.service.client(cast.keys["small"]) as fresh:
            answer = fresh.post("/v1/lookup", json={"items": [{"md5": MD5.hex()}] * size})
            statuses.append(answer.status_code)
    assert statuses == [200, 200, 429, 200, 429]
    assert "quota" in refusal(answer, 429)["detail"]
    assert int(answer.headers["retry-after"]) <= 86_400


def test_feedback(cast: Cast) -> None:
    entry = look_up(cast.full, {"pdq": ILLEGAL.hex()})[0]["hits"][0]
    opinion = {
        "list": entry["list"],
        "entry": entry["entry"],
        "outcome": "not_confirmed",
        "reasons": ["different_image"],
    }
    first, again = (cast.full.post("/v1/feedback", json=opinion) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["recorded"], again.json()["recorded"]) == (True, False)
    assert cast.full.post("/v1/feedback", json={**opinion, "outcome": "confirmed", "reasons": []}).status_code == 201
    records = cast.full.get("/v1/feedback").json()["records"]
    assert [record["outcome"] for record in records] == ["not_confirmed", "confirmed"]
    assert cast.full.get("/v1/feedback?after=1").json()["records"] == records[1:]
    assert cast.narrow.get("/v1/feedback").json() == {"records": [], "next": None}
    assert refusal(cast.narrow.post("/v1/feedback", json=opinion), 403)["where"] == "list"
    for wrong in ({**opinion, "reasons": ["because"]}, {**opinion, "entry": "x"}, {**opinion, "note": "text"}, {}):
        assert refusal(cast.full.post("/v1/feedback", json=wrong), 422)
    for after in ("x", "-1", "²", "9" * 30):
        assert refusal(cast.full.get("/v1/feedback", params={"after": after}), 422)["where"] == "after"


def test_own_lists(cast: Cast) -> None:
    told = {one["name"]: one for one in cast.full.get("/v1/lists").json()["lists"]}
    assert {name: one["entries"] for name, one in told.items()} == {"hotline": 3, "industry": 1}
    assert told["hotline"]["state"] == "current"
    assert told["hotline"]["changed_at"]
    assert told["hotline"]["radius"] == 31
    assert [one["name"] for one in cast.narrow.get("/v1/lists").json()["lists"]] == ["industry"]
    strict = {one["name"]: one["radius"] for one in cast.strict.get("/v1/lists").json()["lists"]}
    assert strict == {"hotline": 4, "industry": 31}


def test_metrics_of_all_workers(cast: Cast) -> None:
    def lists_asked() -> float:
        text = cast.full.get("/metrics").text
        line = 'rempart_matcher_requests_total{client="full",route="GET /v1/lists",status="200"} '
        return sum(float(each.removeprefix(line)) for each in text.splitlines() if each.startswith(line))

    before = lists_asked()
    for _ in range(10):
        with cast.service.client(cast.keys["full"]) as fresh:
            fresh.get("/v1/lists")
    assert lists_asked() - before == 10
    text = cast.full.get("/metrics").text
    assert 'rempart_matcher_list_entries{list="hotline"} 3.0' in text
    assert 'rempart_matcher_source_up{source="industry.csv"} 1.0' in text
    assert "rempart_matcher_ready 1.0" in text
    assert 'rempart_matcher_items_total{verdict="match"}' in text


def test_health_needs_no_key(cast: Cast) -> None:
    for path, status in (("/health/live", "live"), ("/health/ready", "ready")):
        assert httpx.get(cast.service.url + path, trust_env=False).json() == {"status": status}


def test_the_description_fits_the_answers(cast: Cast) -> None:
    described = httpx.get(cast.service.url + "/openapi.json", trust_env=False).json()
    assert described["openapi"] == "3.1.0"
    schemas = described["components"]["schemas"]
    result = look_up(cast.full, {"id": 1, "pdq": ILLEGAL.hex()})[0]
    assert set(result) <= set(schemas["Result"]["properties"])
    assert set(result["hits"][0]) == set(schemas["FoundEntry"]["properties"])
    assert set(refusal(cast.full.get("/nowhere"), 404)) <= set(schemas["Problem"]["properties"])
    for path, calls in described["paths"].items():
        for method in calls:
            status = httpx.request(method, cast.service.url + path, trust_env=False).status_code
            assert status not in (404, 405), (method, path)
    references = json.dumps(described).split('"$ref": "#/components/schemas/')[1:]
    assert {each.split('"')[0] for each in references} <= set(schemas)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=100) | st.text(max_size=100).map(str.encode) | st.just(b'{"items":[{"pdq":1}]}'),
    kind=st.sampled_from(["application/json", "application/octet-stream", "application/json; charset=x", "é/x"]),
    path=st.sampled_from(["/v1/lookup", "/v1/feedback", "/v1/media", "/shield/v1/pdq/", "/shield/v1/url/"]),
)
def test_no_body_makes_it_fail(cast: Cast, body: bytes, kind: str, path: str) -> None:
    answer = cast.full.post(path, content=body, headers={"Content-Type": kind.encode()})
    assert answer.status_code in (200, 413, 415, 422), answer.text


def test_nothing_secret_is_logged_or_told(cast: Cast, tmp_path: Path) -> None:
    """After all of the above: neither fingerprints nor keys nor distances in what the processes wrote."""
    look_up(cast.full, {"pdq": flipped(ILLEGAL, 9).hex()})
    cast.full.post("/v1/lookup", json={"items": [{"pdq": "zz" + ILLEGAL.hex()[2:]}]})
    metrics = cast.full.get("/metrics").text
    for text in (cast.service.output, metrics):
        assert ILLEGAL.hex()[2:20] not in text.lower()
        assert MD5.hex() not in text.lower()
        assert "distance" not in text
        assert not any(key in text for key in cast.keys.values())
