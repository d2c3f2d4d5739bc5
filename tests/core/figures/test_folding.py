"""Numbers worked out by hand, and months that never change once they are final."""

from array import array
from datetime import UTC, datetime, timedelta

from core.figures.streams import START, Story, cut, example, folded, streams
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.figures.folding import SETTLING, end_of, fold, releases_at
from rempart.core.figures.releases import Release
from rempart.node.audit.services import Fact

FEBRUARY_SETTLED = datetime(2026, 2, 8, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def january(story: Story) -> Release:
    return releases_at(folded(story.facts), FEBRUARY_SETTLED)[0]["2026-01"]


def test_the_example_by_hand() -> None:
    release = january(example())
    assert release.counts == {
        "reports": 20,
        "assessed": 20,
        "illegal": 15,
        "notices": 15,
        "removed": 12,
        "reappeared": 6,
        "referrals": 10,
        "reachable": 9,  # 13, 14, 15 never went; 1 to 6 came back
        "providers_told": None,
        "second_looks": 0,
        "holds": 0,
        "refused": 0,
        "escalated": 0,
        "recalled": 0,
        "signals": 0,
    }
    assert release.parts == {
        "reports": {"public": 12, "platform": 8},
        "assessed": {"web_address": 14, "file": 6},
        "countries": {"FR": 8, "NL": 7},
        "referrals": {"member": 5, "police": 5},
        "providers": {"AS64500": 15},
    }
    # Bands of the 15: 6 by 24 h, 6 by 72 h, 0 by 7 days, 3 later. The 3 hide, and 6 with them.
    assert release.shares == {
        "illegal": (15, 20),
        "unseen": (8, 20),
        "wrong": (0, 0),
        "within_24h": None,
        "within_72h": None,
        "within_7d": None,
    }
    assert release.hours["notice_to_removal"] == array("I", [12_000] * 6 + [60_000] * 6)
    assert release.hours["report_to_removal"] == array("I", [14_000] * 6 + [62_000] * 6)
    assert len(release.hours["report_to_notice"] or ()) == 15


def test_shares_removed_in_time_count_what_is_still_there() -> None:
    story = Story()
    for number in range(1, 31):
        story.notify(number)
    story.wait(hours=24)
    for number in range(1, 11):
        story.remove(number, 24.0, 25.0)
    story.wait(hours=100)
    for number in range(11, 16):
        story.remove(number, 124.0, 125.0)
    release = january(story)
    assert release.shares["within_24h"] == (10, 30)
    assert release.shares["within_72h"] == (10, 30)
    assert release.shares["within_7d"] == (15, 30)


def test_a_removal_in_the_next_month_counts_for_the_notices_of_the_month_before() -> None:
    story = Story(datetime(2026, 1, 30, 12, tzinfo=UTC))
    for number in range(1, 11):
        story.notify(number)
    story.wait(days=4)
    for number in range(1, 11):
        story.remove(number, 96.0, 97.0)
    releases, final = releases_at(folded(story.facts), LATER)
    assert releases["2026-01"].shares["within_7d"] == (10, 10)
    assert (releases["2026-01"].counts["removed"], releases["2026-02"].counts["removed"]) == (0, 10)
    assert releases["2026-01"].shares["within_24h"] == (0, 10)
    assert "2026-01" in final


def test_things_count_once() -> None:
    story = Story()
    for _ in range(2):
        for number in range(1, 6):
            story.decide(number).notify(number).remove(number, 5.0, 6.0).reappear(number)
    release = january(story)
    names = ("assessed", "notices", "removed", "reappeared", "reachable")
    assert [release.counts[name] for name in names] == [5] * 5
    assert release.hours["notice_to_removal"] == array("I", [5_000] * 5)


def test_a_reversed_decision_replaces_the_result_until_the_month_is_final() -> None:
    story = Story()
    for number in range(1, 11):
        story.decide(number, "baseline")
    story.wait(days=36)
    for number in range(1, 6):
        story.decide(number, "not_illegal")
    assert january(story).shares["illegal"] == (5, 10)
    story.wait(days=10)
    for number in range(6, 11):
        story.decide(number, "not_illegal")
    releases, _final = releases_at(folded(story.facts), story.at)
    assert releases["2026-01"].shares["illegal"] == (5, 10)
    assert releases["2026-02"].counts["assessed"] == 0


def test_what_was_gone_before_anybody_was_told_has_no_hours_from_notice() -> None:
    story = Story()
    for number in range(1, 11):
        story.notify(number).remove(number, 3.0, 4.0)
    for number in range(11, 16):
        story.remove(number, None, 9.0)
    release = january(story)
    assert release.counts["removed"] == 15
    assert len(release.hours["notice_to_removal"] or ()) == 10
    assert len(release.hours["report_to_removal"] or ()) == 15


def test_the_number_without_notice_cannot_be_worked_out_from_the_hours() -> None:
    story = Story()
    for number in range(1, 11):
        story.notify(number).remove(number, 3.0, 4.0)
    story.remove(11, None, 9.0)
    assert january(story).hours["notice_to_removal"] is None


def test_nothing_is_not_too_little() -> None:
    releases, final = releases_at(folded([]), START)
    assert list(releases) == ["2026-01"]
    assert not final
    assert set(releases["2026-01"].counts.values()) == {0}
    assert set(releases["2026-01"].shares.values()) == {(0, 0)}


def test_quiet_months_are_there_and_the_stock_goes_on() -> None:
    story = Story()
    for number in range(1, 8):
        story.check(number, "reachable")
    releases, final = releases_at(folded(story.facts), datetime(2026, 4, 3, tzinfo=UTC))
    assert list(releases) == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert [release.counts["reachable"] for release in releases.values()] == [7] * 4
    assert final == {"2026-01", "2026-02"}


def test_the_stock_is_that_of_the_months_end() -> None:
    story = Story()
    for number in range(1, 11):
        story.check(number, "reachable")
    story.wait(days=40)
    for number in range(1, 6):
        story.check(number, "gone")
    releases, _final = releases_at(folded(story.facts), story.at)
    assert [release.counts["reachable"] for release in releases.values()] == [10, 5]


def test_a_clock_that_steps_back_loses_nothing() -> None:
    story = Story(datetime(2026, 2, 1, tzinfo=UTC))
    for number in range(1, 6):
        story.report(number)
    story.wait(hours=-1)
    for number in range(6, 11):
        story.report(number)
    releases, _final = releases_at(folded(story.facts), LATER)
    assert releases["2026-02"].counts["reports"] == 10


@settings(max_examples=40, deadline=None)
@given(streams(), st.lists(st.integers(0, 120), max_size=6))
def test_counting_on_equals_counting_anew(facts: list[Fact], places: list[int]) -> None:
    """Looking in between, at any time, leaves no trace either."""
    state = folded([])
    for piece in cut(facts, places):
        for fact in piece:
            fold(state, fact)
        releases_at(state, (state.at or START) + timedelta(days=50))
    assert releases_at(state, LATER) == releases_at(folded(facts), LATER)


@settings(max_examples=40, deadline=None)
@given(streams(), st.integers(0, 120))
def test_a_final_month_never_changes(facts: list[Fact], place: int) -> None:
    before = folded(facts[:place])
    seen, final = releases_at(before, before.at or START)
    after, _final = releases_at(folded(facts), LATER)
    assert {month: seen[month] for month in final} == {month: after[month] for month in final}
    assert all(end_of(month) + SETTLING <= (before.at or START) for month in final)
