"""The list of open cases: what filters leave, pages that go on from a place, counts."""

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from outside_world import FRANCE, GERMANY, UNKNOWN, world  # noqa: F401

from rempart.core import priority
from rempart.core.errors import InputError
from rempart.core.vocabulary import ItemKind, Legality, Source
from rempart.node.casework import assessing, holds, listing, queue
from rempart.node.casework.content import Target, content_for
from rempart.node.casework.listing import Filters, Place
from rempart.node.casework.models import Case, Content
from rempart.node.casework.services import note_country
from rempart.node.intake import reports
from rempart.node.intake.pointing import point_to
from rempart.node.staff.models import StaffMember

ANYBODY = StaffMember(pk=0, roles=["analyst"])


def put(name: str, kind: str = "text", points: int = 10, *codes: str) -> int:
    reasons = tuple(priority.Reason(code, points // max(1, len(codes)), code) for code in codes)
    with transaction.atomic():
        content_id = content_for(Target(kind, name))
        queue.enter(content_id, priority.Score(points, reasons))
    return content_id


def ids(filters: Filters) -> list[int]:
    found = [row.content_id for row in listing.page(filters, ANYBODY, 100).rows]
    assert listing.total(filters, ANYBODY) == len(found)
    return found


class TestFilters:
    def test_each_leaves_what_fits(self, db, clock, people):
        old = put("old", "url", 30, "quality", "repeat_site")
        clock.advance(days=2)
        danger = put("danger", "account", 90, "child_in_danger", "quality")
        clock.advance(hours=3, minutes=30)
        note_country(old, "NL")
        queue.claim(people["ana"], danger)
        assert ids(Filters()) == [danger, old]
        assert ids(Filters(kind="url")) == [old]
        assert ids(Filters(state="waiting")) == [danger, old]
        assert ids(Filters(state="second_look")) == []
        assert ids(Filters(reason="child_in_danger")) == [danger]
        assert ids(Filters(reason="quality")) == [danger, old]
        assert ids(Filters(reason="sextortion")) == []
        assert ids(Filters(country="NL")) == [old]
        assert ids(Filters(least_priority=80)) == [danger]
        assert ids(Filters(waiting_for=timedelta(days=1))) == [old]
        assert ids(Filters(mine=people["ana"])) == [danger]
        assert ids(Filters(mine=people["ben"])) == []
        assert ids(Filters(open_to=people["ben"])) == [old]
        assert ids(Filters(due_within=timedelta(hours=1))) == [danger]
        assert ids(Filters(due_within=timedelta(0))) == []
        clock.advance(hours=1)
        assert ids(Filters(due_within=timedelta(0))) == [danger]

    def test_together_they_leave_what_fits_all(self, db, clock):
        put("one", "url", 30, "quality")
        both = put("two", "url", 60, "quality")
        put("three", "account", 60, "quality")
        assert ids(Filters(kind="url", reason="quality", least_priority=50)) == [both]

    def test_an_expired_claim_is_nobodys(self, db, clock, people):
        case = put("one")
        queue.claim(people["ana"], case)
        holds.place(people["luis"], case, clock.now().replace(year=2027), "asked by the police of a made-up town")
        clock.advance(hours=1)
        [row] = listing.page(Filters(), ANYBODY).rows
        assert (row.claimed_by, row.claimed_by_id, row.claimed_until, row.is_held) == ("", None, None, True)
        assert ids(Filters(mine=people["ana"])) == []

    def test_what_is_decided_is_not_listed(self, db, clock):
        case = put("one")
        with transaction.atomic():
            assessing.decide(case, Legality.NATIONAL, "analyst")
        assert ids(Filters()) == []


class TestPages:
    @pytest.fixture
    def many(self, db, clock) -> list[int]:
        """Cases in the order of the queue; many share their priority and their time."""
        draw = random.Random(7)
        for number in range(60):
            put(f"case {number}", "text", draw.choice((10, 50, 90)))
            clock.advance(minutes=draw.choice((0, 0, 1)))
        return list(Case.objects.order_by("-priority", "entered_at", "pk").values_list("pk", flat=True))

    @pytest.mark.parametrize("size", [1, 7, 59, 60, 61])
    def test_forth_and_back_each_case_comes_once_in_order(self, many, size):
        forth, place = [], None
        while True:
            page = listing.page(Filters(), ANYBODY, size, after=place)
            forth.append([row.content_id for row in page.rows])
            if (place := page.after) is None:
                break
        assert list(chain(*forth)) == many
        back, place = [forth[-1]], page.before
        while place is not None:
            page = listing.page(Filters(), ANYBODY, size, before=place)
            back.insert(0, [row.content_id for row in page.rows])
            place = page.before
        assert list(chain(*back)) == many

    def test_a_place_whose_case_has_gone_still_goes_on(self, many):
        page = listing.page(Filters(), ANYBODY, 10)
        with transaction.atomic():
            assessing.decide(many[9], Legality.NATIONAL, "analyst")
        assert [row.content_id for row in listing.page(Filters(), ANYBODY, 10, after=page.after).rows] == many[10:20]

    def test_beyond_the_end_is_an_empty_page(self, many):
        last = listing.page(Filters(), ANYBODY, 60).rows[-1]
        place = Place(last.priority, last.entered_at, last.content_id)
        assert listing.page(Filters(), ANYBODY, 10, after=place).rows == []

    @pytest.mark.parametrize(
        "text", ["", "1.2", "1.2.x", "-1.2.3", "1.2.3.4", "1.999999999999999999.1", "٣.1.2", "1e1.2.3"]
    )
    def test_what_is_no_place_is_refused(self, text):
        with pytest.raises(InputError):
            Place.read(text)

    @given(
        st.integers(0, 100),
        st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)),
        st.integers(1, 10**18 - 1),
    )
    def test_places_are_read_as_they_were_written(self, points, at, number):
        place = Place(points, at, number)
        assert Place.read(str(place)) == place


def test_counting_ends(db, clock, monkeypatch):
    monkeypatch.setattr(listing, "MOST_COUNTED", 3)
    for number in range(6):
        put(f"case {number}")
    assert listing.total(Filters(), ANYBODY) == 4


def test_how_the_queue_stands(db, clock, people):
    put("late", points=90)
    clock.advance(hours=3, minutes=30)
    put("fine", points=10)
    queue.next_case(people["ana"])
    before = listing.progress(people["ana"])
    assert before.by_state == {"waiting": 2, "second_look": 0, "arbitration": 0}
    assert (before.overdue, before.soon, before.mine) == (0, 1, 1)
    clock.advance(hours=1)
    after = listing.progress(people["ana"])
    assert (after.overdue, after.soon, after.mine) == (1, 0, 0)


@pytest.mark.parametrize(
    "filters", [Filters(), Filters(state="waiting", kind="url"), Filters(reason="quality"), Filters(country="FR")]
)
def test_the_index_alone_finds_a_page_on_sqlite(db, clock, filters):
    """Without a sort and without reading rows that do not fit: what keeps a long queue fast."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by its statistics; the benchmark shows its times")
    cases = listing._matching(filters, ANYBODY, clock.now()).order_by(*listing._ORDER).values_list("pk", flat=True)[:50]
    plan = cases.explain()
    assert "USING COVERING INDEX queue_" in plan
    assert "TEMP B-TREE" not in plan


def test_contents_of_earlier_times_are_not_touched(db, clock):
    """Entering twice keeps the first time of entry."""
    one = put("one")
    first = Case.objects.get(pk=one).entered_at
    clock.advance(hours=1)
    put("one", "text", 90)
    assert Case.objects.get(pk=one).entered_at == first
    assert Content.objects.count() == 1


class TestCountry:
    """Of the host where it was looked up; until then of whom a platform's report is about."""

    @pytest.fixture
    def about(self, db, clock, work, world):  # noqa: F811
        def come_in(url: str, *ips: str) -> int:
            events = [{"ip": ip, "at": f"2026-03-0{day}T12:00:00Z"} for day, ip in enumerate(ips, start=1)]
            body = json.dumps({"suspects": [{"ip_events": events}]}).encode()
            with transaction.atomic():
                item = point_to(ItemKind.URL, url, "", {})
                report = reports.create_report(reports.NewReport(Source.PLATFORM, (item,), "report.json", body))
                reports.receive(report, "platform:1")
            work()
            return Content.objects.get(locator=url).pk

        return come_in

    def test_where_the_newest_address_that_tells_was(self, about):
        here = about("https://one.example/a", FRANCE, GERMANY, UNKNOWN)
        about("https://two.example/a")
        assert ids(Filters(country="DE")) == [here]
        assert ids(Filters(country="FR")) == []

    def test_the_host_goes_before_it_and_a_look_that_finds_none_changes_nothing(self, about):
        here = about("https://one.example/a", FRANCE)
        note_country(here, "NL")
        assert (ids(Filters(country="FR")), ids(Filters(country="NL"))) == ([], [here])
        note_country(here, "")
        assert ids(Filters(country="NL")) == [here]

    def test_a_later_report_fills_in_what_is_missing_and_no_more(self, about):
        here = about("https://one.example/a")
        assert about("https://one.example/a", GERMANY) == here
        assert ids(Filters(country="DE")) == [here]
        about("https://one.example/a", FRANCE)
        assert ids(Filters(country="DE")) == [here]

    def test_a_country_with_few_cases_is_found_by_its_own_index_on_sqlite(self, db, clock):
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL chooses by its statistics; the benchmark shows its times")
        cases = listing._matching(Filters(country="FR"), ANYBODY, clock.now()).order_by(*listing._ORDER)
        assert (
            "USING COVERING INDEX queue_country_order (country=?)" in cases.values_list("pk", flat=True)[:50].explain()
        )
