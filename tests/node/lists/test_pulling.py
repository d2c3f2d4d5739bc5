"""A list follows another body's server: what it adds counts, what it deletes is withdrawn, and no cut costs either."""

import stat
from datetime import timedelta
from types import SimpleNamespace

import pytest
from adapters.hash_sharing_server import HOTLINE, Server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.adapters.hash_sharing_client import HashSharingClient
from rempart.core.errors import Conflict, InputError, NotFound, OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_sharing.model import Update
from rempart.node.audit import services as audit
from rempart.node.jobs.models import Job
from rempart.node.lists import pulling
from rempart.node.lists.models import HashList, ListEntry, Pull, PulledEntry

URL, KEY = "https://lists.example/hashsharing", "example:secret-of-the-test"


def md5(number: int) -> str:
    return f"{number + 1:032x}"


@pytest.fixture
def following(db, clock) -> SimpleNamespace:
    """A server with entries e0 to e4, and a list that follows it."""
    server = Server()
    for number in range(5):
        server.put(f"e{number}", clock.now() - timedelta(days=number + 1))
    pull_id = pulling.set_up("Theirs", "national", URL, KEY)

    def connect(url: str, key: str) -> HashSharingClient:
        assert (url, key) == (URL, KEY)
        return HashSharingClient(server, "lists.example", sleep=lambda seconds: None)

    def pull() -> pulling.Pulled:
        return pulling.pull(pull_id, connect)

    return SimpleNamespace(server=server, pull=pull, id=pull_id, connect=connect)


def standing() -> set[str]:
    rows = ListEntry.objects.filter(hash_list__name="Theirs", withdrawn_at__isnull=True, sequence__isnull=False)
    return {bytes(value).hex() for value in rows.values_list("value", flat=True)}


def expected(server: Server) -> set[str]:
    return {entry.hashes[FingerprintType.MD5] for entry in server.entries.values() if not entry.is_deleted}


def test_additions_and_deletions_arrive(following, clock):
    done = following.pull()
    assert (done.updates, done.added, done.withdrawn) == (5, 5, 0)
    assert standing() == expected(following.server)
    clock.advance(minutes=1)
    following.server.put("e1", clock.now(), is_deleted=True)
    following.server.put("e9", clock.now())
    clock.advance(minutes=1)
    done = following.pull()
    assert (done.updates, done.added, done.withdrawn) == (2, 1, 1)
    assert standing() == expected(following.server)
    assert [fact.reason for fact in audit.events(actions=["list:withdrawn"])] == [pulling.REASON]
    clock.advance(minutes=1)
    assert following.pull().updates == 0


def test_a_changed_entry_loses_what_it_had(following, clock):
    following.pull()
    clock.advance(minutes=1)
    hashes = {FingerprintType.MD5: md5(70), FingerprintType.PDQ: "ab" * 32}
    following.server.entries["e1"] = Update(
        HOTLINE, "e1", clock.now(), hashes=hashes, classification="A1", is_video=True
    )
    clock.advance(minutes=1)
    following.pull()
    assert md5(1) not in standing()
    assert {md5(70), "ab" * 32} <= standing()
    row = ListEntry.objects.get(kind="pdq")
    assert (row.category, row.is_video) == ("A1", True)


def test_a_fingerprint_stays_while_another_entry_has_it(following, clock):
    following.server.entries["e8"] = Update(
        HOTLINE, "e8", clock.now() - timedelta(days=1), hashes={FingerprintType.MD5: md5(1)}
    )
    following.pull()
    clock.advance(minutes=1)
    following.server.put("e1", clock.now(), is_deleted=True)
    clock.advance(minutes=1)
    following.pull()
    assert md5(1) in standing()
    following.server.put("e8", clock.now(), is_deleted=True)
    clock.advance(minutes=1)
    following.pull()
    assert md5(1) not in standing()


def test_a_deletion_of_what_never_came_is_nothing(following, clock):
    following.server.put("e3", clock.now() - timedelta(hours=1), is_deleted=True)
    following.pull()
    assert md5(3) not in standing()


def test_of_two_pulls_at_once_one_stops(following, monkeypatch):
    apply = pulling._apply

    def overtaken(*args):
        monkeypatch.setattr(pulling, "_apply", apply)
        following.pull()
        return apply(*args)

    monkeypatch.setattr(pulling, "_apply", overtaken)
    with pytest.raises(Conflict):
        following.pull()
    assert standing() == expected(following.server)
    assert PulledEntry.objects.count() == 5


def test_a_batch_that_fails_leaves_nothing(following, monkeypatch):
    monkeypatch.setattr(pulling, "import_rows", lambda *args, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        following.pull()
    assert (Pull.objects.get().cursor, PulledEntry.objects.count(), standing()) == ("", 0, set())
    monkeypatch.undo()


def test_the_step_repeats_whatever_happens_and_notes_why_it_fails(following, clock, monkeypatch, drain):
    monkeypatch.setattr(pulling.pull, "__defaults__", (following.connect, lambda so_far: None))
    following.server.failures = iter([503] * 5)
    monkeypatch.setattr("rempart.adapters.hash_sharing_client._SHORTEST_WINDOW", timedelta(days=40_000))
    clock.advance(minutes=6)
    drain()
    [facts] = pulling.all_pulls()
    assert (facts.failing_since, facts.pulled_at) == (clock.now(), None)
    assert "503" in facts.failure
    clock.advance(minutes=6)
    drain()
    [facts] = pulling.all_pulls()
    assert (facts.failing_since, facts.failure, facts.pulled_at) == (None, "", clock.now())
    assert standing() == expected(following.server)
    assert Job.objects.get(kind=pulling.PULL_STEP).due_at == clock.now() + pulling.EVERY


def test_the_key_lies_in_the_data_folder_alone_and_goes_with_the_pull(following, home):
    path = home.lists / f"pull-{following.id}.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert pulling.key_of("Theirs") == KEY
    assert "secret" not in repr(Pull.objects.values().get()) + repr(pulling.all_pulls())
    following.pull()
    pulling.end("Theirs")
    assert not path.exists()
    assert standing() == expected(following.server)
    assert not PulledEntry.objects.exists()
    with pytest.raises(NotFound):
        pulling.end("Theirs")
    with pytest.raises(NotFound):
        pulling.key_of("Theirs")
    assert [fact.action for fact in audit.events(actions=["list:followed", "list:unfollowed"])] == [
        "list:followed",
        "list:unfollowed",
    ]


def test_a_list_follows_one_server(following):
    with pytest.raises(Conflict):
        pulling.set_up("Theirs", "national", "https://other.example", KEY)
    with pytest.raises(InputError):
        pulling.set_up("New", "national", "http://lists.example", KEY)
    assert not HashList.objects.filter(name="New").exists()
    assert pulling.set_up("Theirs", "national", URL, "example:new") == following.id
    assert pulling.key_of("Theirs") == "example:new"


@given(
    st.lists(st.tuples(st.sampled_from(["put", "delete", "pull"]), st.integers(0, 5), st.integers(1, 90)), max_size=15),
    st.lists(st.sampled_from([None, None, None, 0, 503]), max_size=40),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_course_ends_with_the_servers_list(db, clock, steps, failures):
    PulledEntry.objects.all().delete()
    Pull.objects.all().delete()
    ListEntry.objects.all().delete()
    HashList.objects.all().delete()
    server, number_of = Server(failures=iter(failures)), iter(range(100, 1000))
    pull_id = pulling.set_up("Theirs", "national", URL, KEY)

    def connect(url: str, key: str) -> HashSharingClient:
        return HashSharingClient(server, "lists.example", sleep=lambda seconds: None)

    for act, number, seconds in steps:
        clock.advance(seconds=seconds)
        if act == "put":
            # A new fingerprint each time: one that was withdrawn never comes back.
            fresh = {FingerprintType.MD5: md5(next(number_of))}
            server.entries[f"e{number}"] = Update(HOTLINE, f"e{number}", clock.now(), hashes=fresh)
        elif act == "delete":
            server.put(f"e{number}", clock.now(), is_deleted=True)
        else:
            try:
                pulling.pull(pull_id, connect)
            except OutsideFailure:
                continue
    server.failures = iter(())
    clock.advance(seconds=10)
    pulling.pull(pull_id, connect)
    assert standing() == expected(server)
