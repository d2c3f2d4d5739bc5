"""An attacker reads all that is published at once: every period, every table, JSON as anybody gets it.

What an attacker knows of a suppressed count: at least 1, below the threshold or hidden for company, and every sum.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from core.figures.streams import Story, busy_months, folded
from hypothesis import given, settings

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.figures.folding import Folded, releases_at
from rempart.node.audit.services import Fact
from rempart.node.observatory.data_sets import figures_document
from rempart.node.observatory.services import Publication

LATER = datetime(2026, 9, 1, tzinfo=UTC)
WIDTH = DEFAULT_THRESHOLD - 1
TABLES = ("reports_received", "content_assessed", "illegal_content", "referrals_exported")
FLOWS = (*TABLES, "notices_sent", "content_removed", "content_reappeared")
SHARES = ("share_illegal", "share_settled_unseen", "share_removed_24h", "share_removed_72h", "share_removed_7d")
Document = dict[str, Any]


def published(state: Folded, until: datetime = LATER) -> Document:
    releases, final = releases_at(state, until)
    return json.loads(json.dumps(figures_document(Publication(until, releases, final, state.seq == 0))))


def periods(document: Document) -> dict[str, Document]:
    return {each["period"]: each["figures"] for each in document["periods"]}


def months(document: Document) -> dict[str, Document]:
    return {name: figures for name, figures in periods(document).items() if len(name) == 7}


def months_of(document: Document, period: str) -> list[Document]:
    return [figures for name, figures in months(document).items() if period == "all" or name.startswith(period)]


def ranges(parts: Mapping[str, int | None], total: int) -> dict[str, tuple[int, int]]:
    """What sums say of each part of a published total; the hidden ones share what the shown ones leave."""
    hidden = [key for key, number in parts.items() if number is None]
    left = total - sum(number for number in parts.values() if number is not None)
    return {key: (1, left - (len(hidden) - 1)) for key in hidden}


@settings(max_examples=60, deadline=None)
@given(busy_months())
def test_no_count_of_a_few_is_published_or_worked_out_within_a_month(facts: list[Fact]) -> None:
    for figures in months(published(folded(facts))).values():
        for key in FLOWS:
            _check_count(figures[key]["value"])
        for key in TABLES:
            parts = {name: part["value"] for name, part in figures[key]["parts"].items()}
            for number in parts.values():
                _check_count(number)
            if figures[key]["value"] is None:
                assert not parts, "parts without their total would tell it"
                continue
            for low, high in ranges(parts, figures[key]["value"]).values():
                assert high - low >= WIDTH


@settings(max_examples=60, deadline=None)
@given(busy_months())
def test_shares_leave_no_small_part_no_small_rest_and_no_small_step(facts: list[Fact]) -> None:
    for figures in months(published(folded(facts))).values():
        counts = {}
        for key in SHARES:
            value, whole = figures[key]["value"], figures[key]["count_behind"]
            if value is None:
                continue
            counts[key] = round(value * whole)
            _check_count(counts[key])
            _check_count(whole - counts[key])
        steps = [counts[key] for key in SHARES[2:] if key in counts]
        for before, after in pairwise(steps):
            _check_count(after - before)
        illegal = counts.get("share_illegal")
        assert illegal is None or figures["illegal_content"]["value"] in (illegal, None)


@settings(max_examples=60, deadline=None)
@given(busy_months())
def test_longer_periods_tell_nothing_that_their_months_do_not(facts: list[Fact]) -> None:
    """Whoever has the published months computes every count, part and share of years and of all time alone."""
    document = published(folded(facts))
    for period, figures in periods(document).items():
        within = months_of(document, period)
        for key in FLOWS:
            assert figures[key]["value"] in _sums(month[key]["value"] for month in within)
        for key in TABLES:
            for name, part in figures[key]["parts"].items():
                shown = (month[key]["parts"].get(name, {}).get("value") for month in within)
                assert part["value"] in _sums(shown)
        for key in SHARES:
            pairs = [(month[key]["value"], month[key]["count_behind"]) for month in within]
            shown = [(value, whole) for value, whole in pairs if value is not None]
            whole = sum(whole for _value, whole in shown)
            expected = sum(round(value * whole) for value, whole in shown) / whole if whole else None
            assert figures[key]["value"] == expected
            assert figures[key]["count_behind"] == (whole or None)


@settings(max_examples=60, deadline=None)
@given(busy_months())
def test_the_cases_behind_hours_cannot_be_told_apart(facts: list[Fact]) -> None:
    """Neither those with hours nor those without are a few; a 90th percentile is not one case's own."""
    for figures in months(published(folded(facts))).values():
        for name, whole in (
            ("hours_report_to_notice", "notices_sent"),
            ("hours_notice_to_removal", "content_removed"),
            ("hours_report_to_removal", "content_removed"),
        ):
            behind = figures[f"{name}_median"]["count_behind"]
            if behind is not None:
                _check_count(behind)
                _check_count(figures[whole]["value"] - behind)
            tenth = figures[f"{name}_p90"]["count_behind"]
            assert tenth is None or tenth >= 2 * DEFAULT_THRESHOLD


def test_two_worlds_that_differ_in_who_is_few_are_published_alike() -> None:
    """France 2 and the Netherlands 9, or 5 and 6: the page is the same to the last byte."""

    def world(french: int) -> Document:
        story = Story()
        for number in range(1, 31):
            story.decide(number, "baseline" if number <= 21 else "not_illegal")
        for number in range(1, 22):
            story.host(number, "FR" if number <= french else "NL" if number <= 11 else "DE")
        return published(folded(story.facts))

    hidden = world(2)["periods"][0]["figures"]["illegal_content"]["parts"]
    assert {key: part["value"] for key, part in hidden.items()} == {"DE": 10, "FR": None, "NL": None}
    assert world(2) == world(3) == world(4)


def test_a_hidden_month_is_not_the_year_less_the_others() -> None:
    story = Story()
    for month, how_many in enumerate((9, 3, 7)):
        story.at = datetime(2026, month + 1, 5, tzinfo=UTC)
        for number in range(how_many):
            story.report(100 * month + number)
    found = periods(published(folded(story.facts)))
    assert [found[name]["reports_received"]["value"] for name in ("2026-01", "2026-02", "2026-03")] == [9, None, 7]
    assert found["2026"]["reports_received"] == {
        "value": 16,
        "status": "partial",
        "count_behind": 16,
        "parts": {"public": {"value": 16, "status": "partial", "count_behind": 16}},
        "parts_are_whole": False,
    }


def _check_count(number: float | None) -> None:
    assert number is None or number == 0 or number >= DEFAULT_THRESHOLD


def _sums(values: Iterator[int | None]) -> tuple[int | None, int | None]:
    """The sum of what is shown; nothing at all where that is nothing."""
    total = sum(value for value in values if value is not None)
    return total, total or None
