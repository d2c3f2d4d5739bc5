"""openapi.json is true: every answer, also of refusals, fits what it says, and has nothing that it does not mention."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from matcher.serving import Service, client_block, code, flipped, running, write_clients, write_list
from signals.pictures import encoded, scene

from rempart.matcher.app import CALLS
from rempart.matcher.openapi import document
from rempart.signals.fingerprint import pdq

KNOWN = code(1)
PICTURE = scene(320, 240, seed=3)
BASE64 = base64.b64encode(KNOWN).decode()


class Described:
    """The document, strict: what it does not mention is not allowed."""

    def __init__(self) -> None:
        self.document = json.loads(document())
        for schema in self.document["components"]["schemas"].values():
            if "properties" in schema:
                schema["additionalProperties"] = False

    def check(self, method: str, path: str, answer: httpx.Response) -> None:
        responses = self.document["paths"][path][method.lower()]["responses"]
        assert str(answer.status_code) in responses, (method, path, answer.status_code)
        content = responses[str(answer.status_code)]["content"]
        [(media_type, body)] = content.items()
        assert answer.headers["content-type"].partition(";")[0] == media_type
        told: Any = answer.json() if "json" in media_type else answer.text
        Draft202012Validator({**body["schema"], "components": self.document["components"]}).validate(told)


@pytest.fixture(scope="module")
def described() -> Described:
    return Described()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, dict[str, httpx.Client]]]:
    folder = tmp_path_factory.mktemp("openapi")
    rows = [("pdq", KNOWN, "baseline"), ("pdq", pdq(encoded(PICTURE, "PNG"))[0], "national")]
    listed = write_list(folder / "hotline.csv", rows)
    everything = '["media", "feedback", "see_distance", "see_fingerprints", "metrics"]'
    made = {
        "full": client_block("full", rights=everything, items_per_day=""),
        "bare": client_block("bare", rights="[]"),
        "slow": client_block("slow", requests_per_second="0.001", burst="1"),
    }
    clients = write_clients(folder / "clients.toml", *(block for _, block in made.values()))
    with running([listed], folder / "data", "--clients", str(clients)) as service:
        opened = {name: service.client(key) for name, (key, _) in made.items()}
        yield service, opened
        for each in opened.values():
            each.close()


def test_the_document_holds_every_call_and_no_other(described: Described) -> None:
    told = {(method.upper(), path) for path, calls in described.document["paths"].items() for method in calls}
    open_calls = {("GET", path) for path in ("/health/live", "/health/ready", "/openapi.json")}
    assert told == {(row.method, row.path) for row in CALLS} | open_calls


def test_every_schema_is_one(described: Described) -> None:
    for schema in described.document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


ANSWERED = [
    ("POST", "/v1/lookup", {"json": {"items": [{"id": 1, "pdq": flipped(KNOWN, 4).hex()}, {"md5": "0" * 32}]}}),
    ("POST", "/v1/lookup", {"json": {"items": [{"pdq": KNOWN.hex(), "quality": 3}], "lists": ["hotline"]}}),
    ("POST", "/v1/lookup", {"content": KNOWN * 3, "headers": {"Content-Type": "application/octet-stream"}}),
    ("POST", "/v1/media", {"content": encoded(PICTURE, "JPEG")}),
    ("POST", "/v1/media", {"content": encoded(PICTURE, "GIF", save_all=True, append_images=[scene(320, 240, seed=4)])}),
    ("POST", "/v1/media", {"content": b"text"}),
    ("GET", "/v1/lists", {}),
    ("POST", "/v1/feedback", {"json": {"list": "hotline", "entry": "1", "outcome": "confirmed"}}),
    ("POST", "/v1/feedback", {"json": {"list": "hotline", "entry": "1", "outcome": "confirmed"}}),
    ("GET", "/v1/feedback", {"params": {"after": 0}}),
    ("GET", "/metrics", {}),
    ("POST", "/shield/v1/media/", {"content": encoded(PICTURE, "JPEG")}),
    ("POST", "/shield/v1/media/", {"content": b"text"}),
    ("POST", "/shield/v1/pdq/", {"json": {"hashes": [BASE64, base64.b64encode(code(5)).decode()]}}),
    ("GET", "/health/live", {}),
    ("GET", "/health/ready", {}),
]
REFUSED = [
    ("POST", "/v1/lookup", {"json": {"items": []}}, "full", 422),
    ("POST", "/v1/lookup", {"json": {"items": [{"md5": "0" * 32}], "lists": ["other"]}}, "nobody", 401),
    ("POST", "/v1/lookup", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, "full", 415),
    ("POST", "/v1/lookup", {"json": {"items": [{"md5": "0" * 32}] * 20_001}}, "full", 413),
    ("POST", "/v1/media", {"content": b""}, "full", 422),
    ("POST", "/v1/media", {"content": b"x"}, "bare", 403),
    ("POST", "/v1/feedback", {"json": {}}, "full", 422),
    ("GET", "/v1/feedback", {"params": {"after": "x"}}, "full", 422),
    ("GET", "/metrics", {}, "bare", 403),
    ("POST", "/shield/v1/url/", {"json": {"url": "https://pictures.example/a"}}, "full", 422),
    ("POST", "/shield/v1/pdq/", {"json": {"hashes": ["x"]}}, "full", 422),
]


@pytest.mark.parametrize(("method", "path", "options"), ANSWERED)
def test_answers_fit(described: Described, served, method: str, path: str, options: dict[str, Any]) -> None:
    answer = served[1]["full"].request(method, path, **options)
    assert answer.status_code in (200, 201), answer.text
    described.check(method, path, answer)


@pytest.mark.parametrize(("method", "path", "options", "name", "status"), REFUSED)
def test_refusals_fit(
    described: Described, served, method: str, path: str, options: dict[str, Any], name: str, status: int
) -> None:
    service, opened = served
    if name == "nobody":
        answer = httpx.request(method, service.url + path, trust_env=False, **options)
    else:
        answer = opened[name].request(method, path, **options)
    assert answer.status_code == status, answer.text
    described.check(method, path, answer)


def test_too_often_fits(described: Described, served) -> None:
    answers = [served[1]["slow"].get("/v1/lists") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    for answer in answers:
        described.check("GET", "/v1/lists", answer)


_LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 200) | st.text(max_size=5) | st.sampled_from([KNOWN.hex(), BASE64])
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["items", "lists", "pdq", "md5", "id", "quality", "hashes", "list", "entry", "url"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    row=st.sampled_from([row for row in CALLS if row.method == "POST"]),
    body=_VALUES,
    kind=st.sampled_from(["application/json", "application/octet-stream"]),
)
def test_whatever_is_sent_the_answer_fits(described: Described, served, row, body: object, kind: str) -> None:
    answer = served[1]["full"].post(row.path, content=json.dumps(body).encode(), headers={"Content-Type": kind})
    assert answer.status_code < 500
    described.check(row.method, row.path, answer)
