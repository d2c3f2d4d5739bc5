"""The client against a server in memory: nothing is missed or left standing, whatever fails in between."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from adapters.hash_sharing_server import Server
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters.hash_sharing_client import LAG, START, Batch, Cursor, HashSharingClient, HttpWire
from rempart.core.errors import InputError, OutsideFailure, Rejected
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_sharing.model import FeedbackType, Page, Submission
from rempart.formats.hash_sharing.reader import read_submission
from rempart.formats.hash_sharing.writer import write_page

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = "example:secret-of-the-test"


@dataclass
class Follower:
    """What a reader holds that keeps each batch together with its cursor, as text."""

    server: Server
    held: dict[str, str] = field(default_factory=dict)
    cursor: str = ""
    slept: list[float] = field(default_factory=list)

    def client(self) -> HashSharingClient:
        return HashSharingClient(self.server, "lists.example", sleep=self.slept.append)

    def pull(self, now: datetime, most: int | None = None) -> list[Batch]:
        batches = []
        for batch in self.client().changes(Cursor.from_text(self.cursor), now):
            for update in batch.updates:
                if update.is_deleted:
                    self.held.pop(update.key, None)
                else:
                    self.held[update.key] = update.hashes[FingerprintType.MD5]
            self.cursor = batch.cursor.to_text()
            batches.append(batch)
            if len(batches) == most:
                break
        return batches

    def expected(self) -> dict[str, str]:
        standing = [entry for entry in self.server.entries.values() if not entry.is_deleted]
        return {entry.key: entry.hashes[FingerprintType.MD5] for entry in standing}


def server_with(count: int, **options: int) -> Server:
    server = Server(**options)
    for number in range(count):
        server.put(f"e{number}", NOON - timedelta(days=number + 1))
    return server


def test_pages_and_windows_give_every_entry_once() -> None:
    follower = Follower(server_with(10))
    batches = follower.pull(NOON)
    assert [len(batch.updates) for batch in batches] == [3, 3, 3, 1]
    assert follower.held == follower.expected()
    assert follower.pull(NOON) == []
    _, path, _ = follower.server.asked[0]
    assert "from=1970-01-01T00%3A00%3A00Z" in path
    assert "to=2026-03-02T11%3A59%3A55Z" in path


def test_a_deletion_arrives_with_the_next_pull() -> None:
    follower = Follower(server_with(4))
    follower.pull(NOON)
    follower.server.put("e2", NOON, is_deleted=True)
    assert "42-e2" in follower.held
    follower.pull(NOON + timedelta(minutes=1))
    assert follower.held == follower.expected()
    assert "42-e2" not in follower.held


def test_what_the_last_seconds_bring_belongs_to_the_next_window() -> None:
    follower = Follower(server_with(1))
    follower.server.put("e5", NOON - timedelta(seconds=2))
    follower.pull(NOON)
    assert "42-e5" not in follower.held
    follower.pull(NOON + timedelta(seconds=5))
    assert "42-e5" in follower.held


def test_a_cut_off_pull_goes_on_with_its_page() -> None:
    follower = Follower(server_with(10))
    follower.pull(NOON, most=2)
    asked = len(follower.server.asked)
    follower.pull(NOON + timedelta(hours=1))
    assert "after=e5" in follower.server.asked[asked][1]
    assert follower.held == follower.expected()


@pytest.mark.parametrize("forgets", [False, True])
def test_a_page_that_is_too_old_or_forgotten_begins_its_window_again(forgets: bool) -> None:
    follower = Follower(server_with(10))
    follower.pull(NOON, most=2)
    asked = len(follower.server.asked)
    follower.server.forgets_pages = forgets
    follower.server.size = 100 if forgets else 3
    follower.pull(NOON + timedelta(hours=1 if forgets else 12))
    assert ("after=" in follower.server.asked[asked][1]) is forgets
    assert follower.held == follower.expected()


def test_busy_servers_are_asked_again_and_their_pauses_kept() -> None:
    follower = Follower(server_with(2))
    follower.server.failures = iter((429, 503, 0, None))
    follower.pull(NOON)
    assert follower.held == follower.expected()
    assert follower.slept == [7.0, 2.0, 4.0]


def test_a_server_that_stays_busy_is_left_for_later() -> None:
    follower = Follower(server_with(2))
    follower.server.most_days = 0
    follower.server.failures = iter([503] * 1000)
    with pytest.raises(OutsideFailure, match="again and again"):
        follower.pull(NOON)
    assert follower.cursor == ""


def test_a_window_that_is_too_large_for_the_server_is_halved() -> None:
    follower = Follower(server_with(10, most_days=4000))
    follower.pull(NOON)
    assert follower.held == follower.expected()


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 418])
def test_a_refusal_is_final_and_says_nothing_of_the_key(status: int) -> None:
    follower = Follower(server_with(2))
    follower.server.failures = iter((status,))
    with pytest.raises(Rejected) as caught:
        follower.pull(NOON)
    assert len(follower.server.asked) == 1
    assert "secret" not in str(caught.value)


def test_pages_that_go_in_circles_end() -> None:
    def circle(method: str, path: str, body: bytes | None = None) -> tuple[int, float | None, bytes]:
        return 200, None, write_page(Page((), "/v2/entries?start=1"))

    with pytest.raises(OutsideFailure, match="do not come to an end"):
        list(HashSharingClient(circle, "lists.example").changes(Cursor(), NOON))


def test_feedback_is_a_put_that_may_be_repeated() -> None:
    follower = Follower(server_with(1))
    follower.server.failures = iter((503, None))
    follower.client().send_feedback(42, "e0", FeedbackType.MD5, Submission(False, ("g1",)))
    method, path, body = follower.server.asked[-1]
    assert (method, path) == ("PUT", "/v2/entries/42/e0/MD5/feedback")
    assert read_submission(body or b"") == Submission(False, ("g1",))
    with pytest.raises(InputError):
        follower.client().send_feedback(42, "../e0", FeedbackType.MD5, Submission(True))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["put", "delete", "pull", "cut"]),
            st.integers(0, 7),
            st.lists(st.sampled_from([None, None, 0, 429, 503]), max_size=6),
            st.integers(1, 100_000),
        ),
        max_size=25,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_course_of_changes_cuts_and_failures_ends_with_the_servers_state(
    steps: list[tuple[str, int, list[int | None], int]],
) -> None:
    follower, now = Follower(Server()), NOON
    for act, number, failures, seconds in steps:
        now += timedelta(seconds=seconds)
        if act in ("put", "delete"):
            follower.server.put(f"e{number}", now, is_deleted=act == "delete")
            continue
        follower.server.failures = iter(failures)
        try:
            follower.pull(now, most=1 if act == "cut" else None)
        except OutsideFailure:
            continue
    follower.server.failures = iter(())
    follower.pull(now + LAG + timedelta(seconds=1))
    assert follower.held == follower.expected()


@given(
    st.builds(
        Cursor,
        st.datetimes(timezones=st.just(UTC)),
        st.none() | st.datetimes(timezones=st.just(UTC)),
        st.none() | st.just("/v2/entries?start=1001"),
        st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_cursor_reads_back(cursor: Cursor) -> None:
    assert Cursor.from_text(cursor.to_text()) == cursor
    assert Cursor.from_text("") == Cursor(START)


@pytest.mark.parametrize("text", ["{", "[]", '{"since": 7}', '{"since": "yesterday"}'])
def test_a_broken_cursor_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Cursor.from_text(text)


@pytest.mark.parametrize(
    ("base", "key"),
    [
        ("http://lists.example/hashsharing", KEY),
        ("ftp://lists.example", KEY),
        ("https://user:word@lists.example", KEY),
        ("https://lists.example", "no-colon"),
    ],
)
def test_an_unsafe_address_or_key_is_refused(base: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        HashSharingClient.at(base, key)
    assert key not in str(caught.value)


def test_the_key_is_in_no_repr() -> None:
    assert "secret" not in repr(HttpWire("https://lists.example", KEY))
