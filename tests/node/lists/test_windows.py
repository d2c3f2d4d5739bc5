"""Readers by time: whatever the order of changes, grants and polls, nothing is missed and nothing stays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from node.lists.conftest import MadeUpList, md5

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform
from rempart.node.lists import sharing, windows
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import HashList, ListEntry, ListGrant, ListStamp

START = datetime(1970, 1, 1, tzinfo=UTC)
MD5 = frozenset({FingerprintType.MD5})


def add_client(name: str = "Example Chat") -> int:
    username, _ = platforms.add_platform(name)
    return Platform.objects.get(username=username).pk


def read(platform: int, since: datetime, until: datetime, size: int = 2, **options) -> list[windows.WindowEntry]:
    """All pages of a window."""
    windows.stamp_granted(platform)
    window, after, found = windows.Window(platform, since, until, options.pop("kinds", MD5), **options), None, []
    for _ in range(1000):
        page = window.page(size, after)
        assert len(page.entries) <= size
        found += page.entries
        if page.next is None:
            return found
        after = windows.Position.from_text(page.next.to_text())
    raise AssertionError("the pages do not come to an end")


def values(found: list[windows.WindowEntry]) -> list[tuple[str, bool]]:
    return [(entry.value.hex(), entry.is_withdrawn) for entry in found]


@pytest.fixture
def client(example) -> int:
    """A client that may have the list of three."""
    example.share()
    platform = add_client()
    sharing.grant("Example", platform)
    windows.stamp_granted(platform)
    return platform


def test_a_window_tells_what_changed_in_it(example, client, clock):
    clock.advance(seconds=10)
    first = clock.now()
    assert values(read(client, START, first)) == [(md5(number), False) for number in (1, 2, 3)]
    assert read(client, first, first + timedelta(days=1)) == []
    clock.advance(minutes=1)
    example.withdraw(2)
    example.add(4)
    read(client, first, clock.now())
    clock.advance(seconds=5)
    assert values(read(client, first, clock.now())) == [(md5(2), True), (md5(4), False)]
    # An entry is where its last change is: the old window has it no more.
    assert values(read(client, START, first)) == [(md5(1), False), (md5(3), False)]


def test_a_change_counts_two_to_three_seconds_after_it_is_seen(example, client, clock):
    clock.moment = clock.moment.replace(microsecond=1)
    example.add(4)
    windows.stamp_granted(client)
    stamp = ListStamp.objects.latest("sequence")
    assert stamp.at == clock.now().replace(microsecond=0) + timedelta(seconds=3)
    assert stamp.at > clock.now() + windows.LATEST


def test_a_list_granted_later_counts_from_then_on_with_what_was_withdrawn(example, client, clock):
    later = MadeUpList("Later")
    later.add(7, 8)
    later.withdraw(8)
    later.share()
    windows.stamp(later.row.pk)
    clock.advance(hours=1)
    known = clock.now()
    assert md5(7) not in dict(values(read(client, START, known)))
    clock.advance(hours=1)
    sharing.grant("Later", client)
    clock.advance(seconds=5)
    assert values(read(client, known, clock.now())) == [(md5(8), True), (md5(7), False)]


def test_terms_that_allow_it_again_tell_what_was_missed(example, client, clock):
    clock.advance(minutes=1)
    known = clock.now()
    read(client, START, known)
    sharing.set_terms("Example", may_share=False)
    example.withdraw(1)
    windows.stamp(example.row.pk)
    clock.advance(minutes=1)
    assert read(client, known, clock.now()) == []
    known = clock.now()
    sharing.set_terms("Example", may_share=True)
    clock.advance(seconds=5)
    assert (md5(1), True) in values(read(client, known, clock.now()))


def test_without_a_grant_or_terms_there_is_nothing(example, client, clock):
    clock.advance(minutes=1)
    assert read(add_client("Other Chat"), START, clock.now()) == []
    sharing.set_terms("Example", may_share=False)
    assert read(client, START, clock.now()) == []


def test_lawful_entries_and_other_kinds_are_left_out_and_pages_go_on_behind_them(example, client, clock, monkeypatch):
    monkeypatch.setattr(windows, "_ROWS_A_PAGE", 4)
    sha256 = [HashRow(line, {FingerprintType.SHA256: f"{line:064x}"}) for line in range(2, 20)]
    import_rows("Example", "national", sha256, source="hashes.csv")
    import_rows("Example", "national", [HashRow(2, {FingerprintType.MD5: md5(50)}, "not_illegal")])
    example.add(60)
    windows.stamp_granted(client)
    clock.advance(minutes=1)
    assert values(read(client, START, clock.now())) == [(md5(number), False) for number in (1, 2, 3, 60)]


def test_a_video_is_one_where_that_is_known(example, client, clock):
    import_rows("Example", "national", [HashRow(2, {FingerprintType.MD5: md5(9)}, is_video=True)])
    windows.stamp_granted(client)
    clock.advance(minutes=1)
    assert [entry.is_video for entry in read(client, START, clock.now())] == [False, False, False, True]


def test_a_first_read_may_leave_withdrawals_out(example, client, clock):
    example.withdraw(3)
    windows.stamp_granted(client)
    clock.advance(minutes=1)
    found = read(client, START, clock.now(), with_withdrawn=False)
    assert values(found) == [(md5(1), False), (md5(2), False)]


def test_narrow_and_empty_windows_are_cheap_and_pages_are_found_in_the_index(example, client, clock):
    windows.stamp_granted(client)
    clock.advance(minutes=1)
    with CaptureQueriesContext(
        connection,
    ) as empty:
        for days in range(100):
            windows.Window(client, START + timedelta(days=days), START + timedelta(days=days + 1), MD5).page(1000)
    assert not any("lists_listentry" in query["sql"] for query in empty)
    window = windows.Window(client, START, clock.now(), MD5)
    [after] = [window.page(1).next]
    with CaptureQueriesContext(connection) as pages:
        window.page(1, after)
    if connection.vendor == "sqlite":
        for query in pages:
            if 'FROM "lists_listentry"' in query["sql"]:
                with connection.cursor() as cursor:
                    cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
                    plan = " ".join(str(row[3]) for row in cursor)
                assert "entry_sequence" in plan or "entry_withdrawn_sequence" in plan
                assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize(
    "text", ["", "1.2.3.4", "1.0.3", "x", "1.0.3.99999999999999999999", "1.0.3.9999999999999999999"]
)
def test_a_place_that_is_none_is_refused(text):
    with pytest.raises(InputError):
        windows.Position.from_text(text)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "withdraw", "poll", "cut", "grant", "revoke", "forbid", "allow"]),
        st.sampled_from(["One", "Two"]),
        st.integers(0, 5),
        st.integers(0, 4),
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_course_ends_with_what_the_client_may_have(db, clock, steps):
    for model in (ListGrant, ListStamp, ListEntry, HashList):
        model.objects.all().delete()
    platform = Platform.objects.filter(name="Poller").values_list("pk", flat=True).first() or add_client("Poller")
    made = {name: MadeUpList(name) for name in ("One", "Two")}
    for each in made.values():
        each.add(100 + len(each.name))
        each.share()
    reader = Reader(platform)
    for act, name, number, seconds in steps:
        clock.advance(seconds=seconds + 0.3)
        if act == "add":
            made[name].add(number)
        elif act == "withdraw":
            made[name].withdraw(number)
        elif act in ("forbid", "allow"):
            sharing.set_terms(name, may_share=act == "allow")
        elif act == "grant" and made[name].row.may_share:
            sharing.grant(name, platform)
        elif act == "revoke" and ListGrant.objects.filter(hash_list__name=name).exists():
            sharing.revoke(name, platform)
        elif act in ("poll", "cut"):
            reader.poll(clock.now(), cut=act == "cut")
    reader.poll(clock.now(), cut=False)
    clock.advance(seconds=10)
    reader.poll(clock.now(), cut=False)
    granted = ListGrant.objects.filter(hash_list__may_share=True).values("hash_list")
    standing = ListEntry.objects.filter(hash_list__in=granted, withdrawn_at__isnull=True)
    assert set(standing.values_list("pk", flat=True)) <= reader.held
    gone = ListEntry.objects.filter(hash_list__in=granted, withdrawn_at__isnull=False)
    assert not set(gone.values_list("pk", flat=True)) & reader.held


class Reader:
    """What a client holds that keeps each window once it is complete."""

    def __init__(self, platform: int) -> None:
        self.platform, self.known = platform, START
        self.held: set[int] = set()

    def poll(self, until: datetime, *, cut: bool) -> None:
        until = until.replace(microsecond=0)
        for number, entry in enumerate(read(self.platform, self.known, until)):
            if cut and number:
                return
            (self.held.discard if entry.is_withdrawn else self.held.add)(entry.id)
        self.known = max(self.known, until)
