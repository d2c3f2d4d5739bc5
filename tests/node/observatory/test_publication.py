"""Figures over periods, from the events in the database, folded as they come."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from core.figures.streams import Story, example
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from rempart.core.errors import NotFound
from rempart.core.figures.releases import Status, Value
from rempart.node.observatory import services

pytestmark = pytest.mark.django_db
Write = Callable[[Story], None]


def value(now: datetime, key: str, period: str = "all") -> Value:
    return services.figures(now, period).figure(key).value


def test_the_example_by_hand(write: Write, clock) -> None:
    write(example())
    found = {figure.indicator.key: figure.value for figure in services.figures(clock.now(), "2026-01").figures}
    assert found["share_illegal"] == Value(0.75, Status.SHOWN, 20)
    assert found["share_settled_unseen"] == Value(0.4, Status.SHOWN, 20)
    assert found["illegal_content"] == Value(15, Status.SHOWN, 15)
    # Told after 2.1, 2.2 ... 3.5 hours: the eighth is the middle, the fourteenth the nearest rank of 90 %.
    assert found["hours_report_to_notice_median"] == Value(2.8, Status.SHOWN, 15)
    assert found["hours_report_to_notice_p90"] == Value(3.4, Status.SHOWN, 15)
    assert found["hours_notice_to_removal_median"] == Value(36.0, Status.SHOWN, 12)
    assert found["hours_notice_to_removal_p90"] == Value(60.0, Status.SHOWN, 12)
    assert found["hours_report_to_removal_median"] == Value(38.0, Status.SHOWN, 12)
    assert found["share_removed_72h"] == Value(None, Status.SUPPRESSED)
    assert found["still_reachable"] == Value(9, Status.SHOWN, 9)


def test_parts_come_largest_first(write: Write, clock) -> None:
    write(example())
    figure = services.figures(clock.now()).figure("illegal_content")
    assert [(key, part.number) for key, part in figure.parts.items()] == [("FR", 8), ("NL", 7)]
    assert figure.parts_are_whole


def test_an_empty_node_has_zeroes_and_nothing_to_compute(clock) -> None:
    figures = services.figures(clock.now())
    assert figures.is_empty
    assert figures.figure("reports_received").value == Value(0, Status.SHOWN, 0)
    assert figures.figure("share_illegal").value == Value(None, Status.NOT_AVAILABLE)
    assert figures.figure("hours_notice_to_removal_median").value == Value(None, Status.NOT_AVAILABLE)
    assert figures.figure("hours_notice_to_removal_p90").value == Value(None, Status.NOT_AVAILABLE)


def test_too_few_is_neither_zero_nor_unknown(write: Write, clock) -> None:
    write(Story().report(1).decide(1).notify(1).remove(1, 2.0, 3.0))
    for key in ("reports_received", "share_illegal", "hours_notice_to_removal_median", "share_removed_7d"):
        assert value(clock.now(), key) == Value(None, Status.SUPPRESSED)


def test_the_90th_percentile_waits_for_ten_cases(write: Write, clock) -> None:
    story = Story()
    for number in range(1, 10):
        story.notify(number, hours=float(number))
    write(story)
    assert value(clock.now(), "hours_report_to_notice_median") == Value(5.0, Status.SHOWN, 9)
    assert value(clock.now(), "hours_report_to_notice_p90") == Value(None, Status.SUPPRESSED)


def test_periods_are_calendar_periods(write: Write, clock) -> None:
    story = Story(datetime(2025, 12, 20, tzinfo=UTC))
    for number in range(1, 7):
        story.report(number)
    story.wait(days=20)
    for number in range(7, 15):
        story.report(number)
    write(story)
    publication = services.publication(clock.now())
    assert publication.periods() == ("all", "2026", "2025", "2026-01", "2025-12")
    counted = [publication.figures(period).figure("reports_received").value.number for period in publication.periods()]
    assert counted == [14, 8, 6, 8, 6]
    assert [publication.figures(period).is_final for period in publication.periods()] == [
        False,
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("period", ["30d", "2024", "2026-13", "2099-01", "", "20"])
def test_no_other_period_can_be_asked_for(write: Write, clock, period: str) -> None:
    """A span of one's own choice would be a tool for differencing."""
    write(example())
    with pytest.raises(NotFound):
        services.figures(clock.now(), period)


def test_what_is_left_is_not_added_up(write: Write, clock) -> None:
    story = example()
    story.at = datetime(2026, 3, 10, tzinfo=UTC)
    story.check(13, "gone")
    write(story)
    periods = ("2026-01", "2026-02", "2026-03", "2026", "all")
    assert [value(clock.now(), "still_reachable", period).number for period in periods] == [9, 9, 8, 8, 8]


def test_countries_by_month(write: Write, clock) -> None:
    story = example()
    story.at = datetime(2026, 2, 10, tzinfo=UTC)
    for number in range(101, 107):
        story.decide(number).host(number, "FR")
    story.at = datetime(2026, 3, 10, tzinfo=UTC)
    for number in range(201, 204):
        story.decide(number).host(number, "NL")
    write(story)
    table = services.publication(clock.now()).countries("all")
    assert table.months == ("2026-01", "2026-02", "2026-03")
    assert {name: [cell.number for cell in row] for name, row in table.rows.items()} == {
        "FR": [8, 6, None],
        "NL": [7, 0, None],
    }


def test_a_second_look_reads_only_what_is_new(write: Write, clock) -> None:
    write(example())
    services.figures(clock.now())
    story = Story(clock.now())
    for number in range(501, 506):
        story.report(number)
    write(story)
    with CaptureQueriesContext(connection) as queries:
        found = value(clock.now(), "reports_received")
    assert found.number == 25
    reading = [query["sql"] for query in queries if '"data"' in query["sql"]]
    assert len(reading) == 1
    assert '"seq" >' in reading[0]


def test_what_was_folded_of_another_chain_is_dropped(write: Write, clock) -> None:
    """A restored backup shares numbers with what this process folded, and not its events."""
    with transaction.atomic():
        write(example())
        assert value(clock.now(), "reports_received").number == 20
        transaction.set_rollback(True)
    story = Story()
    for number in range(1, 8):
        story.report(number)
    write(story)
    assert value(clock.now(), "reports_received").number == 7


def test_an_earlier_moment_is_counted_anew(write: Write, clock) -> None:
    story = example()
    story.at = datetime(2026, 2, 10, tzinfo=UTC)
    for number in range(101, 107):
        story.report(number)
    write(story)
    assert value(clock.now(), "reports_received").number == 26
    assert value(datetime(2026, 2, 1, tzinfo=UTC), "reports_received").number == 20
    assert value(clock.now(), "reports_received").number == 26


def test_production_counts_to_the_last_midnight(write: Write, clock, settings) -> None:
    """Nobody learns within minutes whether a report of their own was known already."""
    settings.LOOPBACK_ONLY = False
    story = Story(datetime(2026, 1, 14, 8, tzinfo=UTC))
    for number in range(1, 6):
        story.report(number)
    write(story)
    assert value(datetime(2026, 1, 14, 23, 59, tzinfo=UTC), "reports_received").number == 0
    assert value(datetime(2026, 1, 15, 0, 1, tzinfo=UTC), "reports_received").number == 5
    assert services.figures(datetime(2026, 1, 15, 13, tzinfo=UTC)).counted_to == datetime(2026, 1, 15, tzinfo=UTC)
