"""The JSON face over HTTP."""

import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.core.vocabulary import ItemKind, ReportState
from rempart.node.audit import services as audit
from rempart.node.intake import services
from rempart.node.intake.models import PlatformSubmission, Report, StoredFile

pytestmark = pytest.mark.django_db
REPORTS = "/api/v1/reports"
WHOLE = {
    "occurred_at": "2026-03-01T12:00:00Z",
    "language": "fr",
    "escalation": "Please look today.",
    "facts": {"sextortion": True},
    "items": [
        {"kind": "url", "value": "hxxps://Media[.]example/a#top", "channel": "web"},
        {"kind": "account", "value": "@someone", "service": "Example Chat", "details": {"x_since": "2020"}},
        {"kind": "channel", "value": "a room", "service": "Example Chat"},
        {"kind": "live_stream", "value": "https://live.example/now"},
        {"kind": "hash", "value": "SHA-1:" + "A9" * 20},
        {"kind": "text", "value": " what was said "},
    ],
    "suspects": [{"user_id": "u-1", "ip_events": [{"ip": "192.0.2.7", "at": "2026-03-01T12:00:00Z", "port": 4711}]}],
    "victims": [{"age": 12}],
    "additional_info": "Found by hash matching.",
}


def send(client, body, **headers):
    return client.post(REPORTS, json.dumps(body), content_type="application/json", headers=headers)


def test_one_call_makes_a_finished_report(platform_client):
    response = send(platform_client, WHOLE | {"finish": True})
    assert response.status_code == 201
    answer = response.json()
    assert (answer["phase"], answer["repeated"]) == ("finished", False)
    facts = services.report(answer["id"])
    assert facts.reference == answer["reference"]
    assert facts.language == "fr"
    assert facts.facts == {"sextortion": True, "escalated_by_platform": True}
    items = services.items(answer["id"])
    assert [(item.kind, item.value) for item in items] == [
        (ItemKind.URL, "https://media.example/a"),
        (ItemKind.ACCOUNT, "account:example chat/someone"),
        (ItemKind.CHANNEL, "channel:example chat/a room"),
        (ItemKind.LIVE_STREAM, "https://live.example/now"),
        (ItemKind.HASH, "sha1:" + "a9" * 20),
        (ItemKind.TEXT, "what was said"),
    ]
    assert items[1].details == {"x_since": "2020"}
    assert [fact.action for fact in audit.events(subject=f"report:{answer['id']}")] == ["report:received"]


def test_in_steps_with_a_raw_and_a_multipart_file(platform_client):
    number = send(platform_client, WHOLE).json()["id"]
    query = "name=a.jpg&viewed=true&annotations=viral&annotations=liveStreaming&location=https://media.example/a"
    raw = platform_client.post(f"{REPORTS}/{number}/files?{query}", b"first", content_type="image/jpeg")
    assert raw.status_code == 201
    form = {"file": SimpleUploadedFile("b.jpg", b"second")}
    assert platform_client.post(f"{REPORTS}/{number}/files?viewed=false", form).status_code == 201
    done = platform_client.post(f"{REPORTS}/{number}/finish")
    assert done.json()["files"][0] == raw.json()["file_id"]
    assert len(done.json()["files"]) == 2
    first, second = StoredFile.objects.order_by("pk")
    assert (first.viewed_by_platform, second.viewed_by_platform) == (True, False)
    assert first.annotations == ["liveStreaming", "viral"]
    assert b"".join(services.file_bytes(second.pk)) == b"second"
    assert first.item.found_at is not None
    assert services.report(number).facts["live_stream"] is True
    assert services.original(number, "file.json") is not None


def test_finishing_again_is_answered_like_the_first_time(platform_client):
    number = send(platform_client, WHOLE).json()["id"]
    platform_client.post(f"{REPORTS}/{number}/files", b"x", content_type="image/jpeg")
    first, second = (platform_client.post(f"{REPORTS}/{number}/finish") for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert len(list(audit.events(actions=["report:received"]))) == 1


def test_repeats(platform_client):
    first = send(platform_client, WHOLE)
    again = send(platform_client, WHOLE)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"repeated": True}
    keyed = send(platform_client, WHOLE, **{"Idempotency-Key": "k1"})
    assert keyed.json()["id"] != first.json()["id"]
    assert send(platform_client, WHOLE, **{"Idempotency-Key": "k1"}).json()["id"] == keyed.json()["id"]
    clash = send(platform_client, WHOLE | {"language": "en"}, **{"Idempotency-Key": "k1"})
    assert clash.status_code == 409
    assert clash.json()["error"]["where"] == "Idempotency-Key"


def test_a_repeated_one_call_report_counts_once(platform_client):
    answers = [send(platform_client, WHOLE | {"finish": True}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert len(list(audit.events(actions=["report:received"]))) == 1


def test_a_platform_sees_its_own_reports_only(platform_client, other_client):
    number = send(platform_client, WHOLE | {"finish": True}).json()["id"]
    for path in ("", "/quality", "/feedback"):
        assert platform_client.get(f"{REPORTS}/{number}{path}").status_code == 200
        foreign, absent = (other_client.get(f"{REPORTS}/{which}{path}") for which in (number, 999999))
        assert foreign.status_code == absent.status_code == 404
        assert foreign.json() == absent.json()
    for which, status in ((number, 404), (999999, 404), (2**63 - 1, 404), (2**63, 422), (0, 422)):
        assert other_client.get(f"{REPORTS}/{which}").status_code == status
        assert other_client.post(f"{REPORTS}/{which}/retract").status_code == status
        assert other_client.post(f"{REPORTS}/{which}/finish").status_code == status
    assert other_client.post(f"{REPORTS}/{number}/files", b"x", content_type="a/b").status_code == 404


@pytest.mark.parametrize("path", ["", "/1", "/1/quality", "/1/feedback", "/1/finish", "/1/files", "/1/retract"])
def test_without_a_credential(db, path):
    post = path in {"", "/1/finish", "/1/files", "/1/retract"}
    response = Client().post(REPORTS + path) if post else Client().get(REPORTS + path)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Basic")
    assert set(response.json()["error"]) == {"what", "where", "advice"}


def test_progress_is_coarse(platform_client):
    number = send(platform_client, WHOLE).json()["id"]
    before = platform_client.get(f"{REPORTS}/{number}").json()
    assert (before["phase"], before["state"], before["items"], before["files"]) == ("open", None, 6, 0)
    platform_client.post(f"{REPORTS}/{number}/finish")
    seen = {}
    for state in ReportState:
        Report.objects.update(state=state)
        seen[state.value] = platform_client.get(f"{REPORTS}/{number}").json()["state"]
    assert set(seen.values()) == {"received", "in_review", "acted", "closed"}
    assert seen["triaged"] == "received"


def test_quality_comes_with_advice(platform_client):
    number = send(platform_client, {"items": WHOLE["items"][:1], "finish": True}).json()["id"]
    quality = platform_client.get(f"{REPORTS}/{number}/quality").json()
    assert quality["score"] == 100 - sum(finding["points"] for finding in quality["findings"])
    assert {"no_ip_with_time", "no_incident_time"} <= {finding["code"] for finding in quality["findings"]}
    assert all(finding["advice"] for finding in quality["findings"])


def test_feedback_once_decided(platform_client, clock):
    number = send(platform_client, WHOLE | {"finish": True}).json()["id"]
    assert platform_client.get(f"{REPORTS}/{number}/feedback").json() == {
        "outcome": None,
        "useful": None,
        "given_at": None,
    }
    services.give_feedback(number, "actioned", useful=True)
    answer = platform_client.get(f"{REPORTS}/{number}/feedback").json()
    assert (answer["outcome"], answer["useful"]) == ("actioned", True)


def test_retracting(platform_client):
    number = send(platform_client, WHOLE).json()["id"]
    assert platform_client.post(f"{REPORTS}/{number}/retract").json() == {"id": number, "phase": "retracted"}
    again = platform_client.post(f"{REPORTS}/{number}/retract")
    assert again.status_code == 409
    assert platform_client.post(f"{REPORTS}/{number}/finish").status_code == 409
    assert platform_client.get(f"{REPORTS}/{number}").json()["closed_reason"] == "retracted"


@pytest.mark.parametrize(
    ("body", "status", "where"),
    [
        (b"{", 400, "body"),
        (b"[]", 422, "body"),
        (b'{"items": [{"kind": "url", "value": "tell nobody"}]}', 422, "items[0].value"),
        (b'{"items": [{"kind": "file", "value": "a"}]}', 422, "items[0].value"),
        (b'{"items": [{"kind": "hash", "value": "md5:00"}]}', 422, "items[0].value"),
        (b'{"items": [{"kind": "nothing", "value": "a"}]}', 422, "items.0.kind"),
        (b'{"suspects": [{"ip_events": [{"ip": "tell nobody"}]}]}', 422, "suspects.0.ip_events.0.ip"),
        (b'{"occurred_at": "2026-03-01T12:00:00"}', 422, "occurred_at"),
        (b'{"tell nobody": 1}', 422, "body"),
        (b'{"additional_info": "\\ud800"}', 400, "body"),
        (b"\xff\xfe{\x00}\x00", 400, "body"),
        (b" " * (5 * 1024 * 1024 + 1), 413, "body"),
    ],
)
def test_errors_name_the_place_and_repeat_nothing(platform_client, body, status, where):
    response = platform_client.post(REPORTS, body, content_type="application/json")
    assert response.status_code == status
    error = response.json()["error"]
    assert error["where"] == where
    assert error["advice"]
    assert b"tell nobody" not in response.content
    assert not Report.objects.exists()


def test_file_errors(platform_client, monkeypatch):
    from rempart.node.runtime import vault

    number = send(platform_client, WHOLE).json()["id"]
    files = f"{REPORTS}/{number}/files"
    assert platform_client.post(files, b"", content_type="image/jpeg").status_code == 422
    assert platform_client.post(files, {"other": SimpleUploadedFile("a", b"x")}).status_code == 422
    cut = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'
    assert platform_client.post(files, cut, content_type="multipart/form-data; boundary=b").status_code == 422
    short = {"CONTENT_LENGTH": 9, "wsgi.input": io.BytesIO(b"x")}
    assert platform_client.post(files, b"x", content_type="image/jpeg", **short).status_code == 422
    assert platform_client.post(f"{files}?viewed=maybe", b"x", content_type="image/jpeg").status_code == 422
    monkeypatch.setattr(vault(), "_max_bytes", 10)
    assert platform_client.post(files, b"x" * 11, content_type="image/jpeg").status_code == 413
    assert not StoredFile.objects.exists()
    assert PlatformSubmission.objects.get().phase == "open"


def test_a_failure_of_the_node_tells_nothing(platform_client, monkeypatch, caplog):
    def explode(*args):
        raise RuntimeError("192.0.2.99 is in here")

    monkeypatch.setattr("rempart.node.intake.submissions.open_submission", explode)
    response = send(platform_client, WHOLE)
    assert response.status_code == 500
    assert "192.0.2.99" not in response.content.decode() + caplog.text


LISTS = ("", "/{list_id}/feedback", "/{list_id}/list.json", "/{list_id}/list.note", "/{list_id}/{name}")


def test_the_description_needs_no_other_host(db):
    response = Client().get("/api/v1/openapi.json")
    assert response.status_code == 200
    schema = response.json()
    assert set(schema["paths"]) == {
        f"/api/v1/reports{path}"
        for path in (
            "",
            "/{report_id}",
            "/{report_id}/files",
            "/{report_id}/finish",
            "/{report_id}/retract",
            "/{report_id}/quality",
            "/{report_id}/feedback",
        )
    } | {f"/api/v1/lists{path}" for path in LISTS}
    assert schema["components"]["securitySchemes"]
    assert "https://" not in response.content.decode()
    assert Client().get("/api/v1/docs").status_code == 404


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(WHOLE)), value=VALUES, inside=st.booleans())
def test_any_json_is_answered_properly(platform_client, name, value, inside):
    body = WHOLE | ({name: [value]} if inside else {name: value})
    response = send(platform_client, body)
    assert response.status_code in {200, 201, 422}
    if response.status_code == 422:
        assert set(response.json()["error"]) == {"what", "where", "advice"}
