"""What the two interfaces of other bodies refuse, and that whatever is sent they answer without failing."""

import base64
import xml.etree.ElementTree as ET
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.lists.conftest import MadeUpList, example  # noqa: F401

from rempart.core.clients import Scope
from rempart.formats.hash_sharing.model import Member, Submission
from rempart.formats.hash_sharing.reader import read_members, read_page, read_reasons, read_status
from rempart.formats.hash_sharing.writer import write_submission
from rempart.node.audit import services as audit
from rempart.node.intake import platforms
from rempart.node.intake.hash_sharing.views import own_member
from rempart.node.lists import sharing, windows
from rempart.node.lists.models import ListEntry, SignalFeedback

BASE = "/hashsharing/v2"
WINDOW = "from=1970-01-01T00:00:00Z&to=2026-03-02T09:00:05Z"


@pytest.fixture
def calling(example, platform_client, clock) -> SimpleNamespace:  # noqa: F811
    """A client that may have the list of three, five seconds later."""
    example.share()
    sharing.grant("Example", platform_client.platform.pk)
    windows.stamp_granted(platform_client.platform.pk)
    clock.advance(seconds=5)
    username = platform_client.platform.username
    secret = platforms.rotate_secret(username, overlap=timedelta(0))[0]
    platform_client.headers = {"authorization": "Basic " + basic(username, secret)}
    keys = {"x-functions-key": secret, "Ocp-Apim-Subscription-Key": username}
    client = platform_client.client
    client.raise_request_exception = False

    def get(path: str, **headers: str):
        return client.get(path, headers={**platform_client.headers, **headers})

    def put(path: str, body: bytes):
        return client.put(path, body, content_type="application/xml", headers=platform_client.headers)

    def fetch(query: str = "", **other: str):
        return client.get(f"/stopncii/v1/FetchHashes?{query}", headers={**keys, **other})

    return SimpleNamespace(
        made=example,
        get=get,
        put=put,
        fetch=fetch,
        keys=keys,
        headers=platform_client.headers,
        client=client,
        platform=platform_client.platform,
        username=username,
    )


def basic(username: str, secret: str) -> str:
    return base64.b64encode(f"{username}:{secret}".encode()).decode()


def feedback_path(entry: object, kind: str = "MD5", member: object = None) -> str:
    return f"{BASE}/entries/{own_member().number if member is None else member}/{entry}/{kind}/feedback"


class TestHashSharing:
    def test_what_a_client_sees(self, calling):
        page = read_page(calling.get(f"{BASE}/entries?{WINDOW}").content)
        assert [update.member for update in page.updates] == [own_member()] * 3
        assert page.updates[0].classification is None
        me = Member(1000 + calling.platform.pk, calling.platform.name)
        assert read_status(calling.get(f"{BASE}/status").content).member == me
        assert read_members(calling.get(f"{BASE}/members").content) == (own_member(), me)
        assert len(read_reasons(calling.get(f"{BASE}/feedback/PDQ/reasons").content)) == 4

    def test_times_carry_no_fraction_and_an_empty_window_no_time(self, calling):
        root = ET.fromstring(calling.get(f"{BASE}/entries?{WINDOW}").content)
        assert root[0].get("maxTimestamp") == "2026-03-02T09:00:02Z"
        empty = ET.fromstring(calling.get(f"{BASE}/entries?from=1970-01-01T00:00:00Z&to=1971-01-01T00:00:00Z").content)
        assert [group.attrib for group in empty] == [{"count": "0"}, {"count": "0"}]

    def test_what_left_the_node_is_on_record_and_an_empty_page_is_not(self, calling):
        calling.get(f"{BASE}/entries?{WINDOW}")
        calling.get(f"{BASE}/entries?from=1970-01-01T00:00:00Z&to=1971-01-01T00:00:00Z")
        [fact] = audit.events(actions=["list:read"])
        assert (fact.actor, fact.data) == (calling.platform.actor, {"entries": 3})

    @pytest.mark.parametrize("path", ["status", "members", f"entries?{WINDOW}", "feedback/MD5/reasons"])
    def test_strangers_and_credentials_for_reports_get_nothing(self, calling, path):
        stranger = calling.client.get(f"{BASE}/{path}")
        assert stranger.status_code == 401
        assert stranger["WWW-Authenticate"].startswith("Basic")
        platforms.set_scopes(calling.username, [Scope.REPORT])
        assert calling.get(f"{BASE}/{path}").status_code == 403

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("entries", 400),
            ("entries?from=yesterday&to=today", 400),
            (f"entries?{WINDOW}&after=1", 400),
            ("entries?from=1970-01-01T00:00:00Z&to=2026-03-02T09:00:07Z", 400),
            ("feedback/COLOUR/reasons", 404),
            ("nothing", 404),
            ("", 404),
        ],
    )
    def test_calls_that_make_no_sense(self, calling, path, status):
        response = calling.get(f"{BASE}/{path}")
        assert response.status_code == status
        assert response["Content-Type"] == "application/xml"

    def test_a_window_that_ends_in_the_future_says_what_to_do(self, calling):
        answer = calling.get(f"{BASE}/entries?from=1970-01-01T00:00:00Z&to=2026-03-02T11:00:00Z").content
        assert b"TZ=UTC" in answer

    def test_another_method_is_refused(self, calling):
        refused = calling.put(f"{BASE}/entries?{WINDOW}", b"")
        assert (refused.status_code, refused["Allow"]) == (405, "GET")
        assert calling.get(feedback_path(1)).status_code == 405

    def test_too_many_calls_are_put_off(self, calling, settings):
        settings.PLATFORM_RATE = 0.001
        platforms.allowances.forget()
        answers = [calling.get(f"{BASE}/status") for _ in range(3)]
        assert answers[-1].status_code == 429
        assert int(answers[-1]["Retry-After"]) > 0

    @pytest.mark.parametrize("body", [b"", b"<feedbackSubmission/>", b"<a/>", b"x" * 70_000])
    def test_feedback_that_says_nothing_is_refused(self, calling, body):
        entry = ListEntry.objects.first()
        assert calling.put(feedback_path(entry.pk), body).status_code in (400, 413)
        assert not SignalFeedback.objects.exists()

    def test_a_reason_of_somebody_else_is_refused(self, calling):
        body = write_submission(Submission(False, ("11111111-1111-4111-8111-111111111111",)))
        assert calling.put(feedback_path(ListEntry.objects.first().pk), body).status_code == 400

    def test_an_entry_of_a_list_that_it_may_not_have_does_not_exist(self, calling):
        other = MadeUpList("Other")
        other.add(9)
        other.share()
        entry = ListEntry.objects.get(hash_list__name="Other")
        answers = [
            calling.put(feedback_path(number), write_submission(Submission(True))) for number in (entry.pk, 10**9)
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


class TestStopNcii:
    def test_strangers_get_nothing(self, calling):
        assert calling.client.get("/stopncii/v1/FetchHashes").status_code == 401
        assert calling.fetch(**{"x-functions-key": "wrong"}).status_code == 401
        platforms.set_scopes(calling.username, [Scope.REPORT])
        assert calling.fetch().status_code == 403

    @pytest.mark.parametrize(
        "query", ["startTimestamp=x", "pageSize=-1", "nextPageToken=x", "nextPageToken=10_99999999999_1.0.1.1"]
    )
    def test_calls_that_make_no_sense(self, calling, query):
        assert calling.fetch(query).status_code == 400

    def test_another_method_is_refused(self, calling):
        headers = {"x-functions-key": "x", "Ocp-Apim-Subscription-Key": "y"}
        assert calling.client.post("/stopncii/v1/FetchHashes", headers=headers).status_code == 401

    def test_a_fetch_that_broke_off_is_no_first_one_when_it_begins_again(self, calling, monkeypatch):
        monkeypatch.setattr("rempart.node.intake.stopncii.views._KINDS", frozenset({"md5"}))
        monkeypatch.setattr(windows, "_ROWS_A_PAGE", 1)
        first = calling.fetch("startTimestamp=10&pageSize=1").json()
        assert (first["hasMoreRecords"], first["nextSetTimestamp"]) == (True, 11)
        last = first
        while last["hasMoreRecords"]:
            last = calling.fetch(f"startTimestamp=10&pageSize=1&nextPageToken={last['nextPageToken']}").json()
        assert last["nextSetTimestamp"] == 1772442005


@given(
    path=st.sampled_from(["entries", "status", "members", "feedback/MD5/reasons", "entries/180/1/MD5/feedback"])
    | st.text(max_size=30).filter(lambda text: "\x00" not in text),
    query=st.dictionaries(
        st.sampled_from(["from", "to", "start", "size", "max", "after", "nextPageToken", "startTimestamp", "pageSize"]),
        st.text(max_size=20)
        | st.sampled_from(
            ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1.0.1.1", "2026-03-02T09:00:00Z", "1_2_1.1.1.1"]
        ),
    ),
    body=st.binary(max_size=60)
    | st.sampled_from([write_submission(Submission(True)), write_submission(Submission(False))]),
    method=st.sampled_from(["GET", "PUT", "POST"]),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_answered(calling, path, query, body, method):
    platforms.allowances.forget()
    for address in (f"{BASE}/{quote(path, errors='ignore')}", "/stopncii/v1/FetchHashes"):
        headers = {"authorization": calling.headers["authorization"], **calling.keys}
        asked = f"{address}?{urlencode(query, errors='ignore')}"
        response = calling.client.generic(method, asked, body, content_type="application/xml", headers=headers)
        assert response.status_code in (200, 301, 400, 401, 404, 405, 413), response.status_code
