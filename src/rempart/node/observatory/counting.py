"""This node's figures, counted from its events and from nothing else."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from django.conf import settings

from rempart.core.errors import NotFound
from rempart.core.figures import folding
from rempart.core.figures.folding import Folded
from rempart.core.figures.releases import (
    Release,
    Status,
    Value,
    has_withheld_table,
    latest,
    pooled_median,
    pooled_p90,
    total,
    total_parts,
    total_share,
)
from rempart.node.audit import services as audit
from rempart.node.observatory.indicators import INDICATORS, Indicator, Measure

ALL = "all"
MONTHS_BESIDE = 12
_MEASURES = {
    Measure.COUNT: total,
    Measure.STOCK: latest,
    Measure.SHARE: total_share,
    Measure.MEDIAN: pooled_median,
    Measure.P90: pooled_p90,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator over one period. `parts` are largest first; `parts_are_whole` is False where a month's are held."""

    indicator: Indicator
    value: Value
    parts: Mapping[str, Value] = field(default_factory=dict)
    parts_are_whole: bool = True


@dataclass(frozen=True, slots=True)
class Figures:
    """All indicators over one period: a month "2026-03", a year "2026" or "all".

    Events before `counted_to` count. Months are UTC; `is_final` tells that no month of the period will change.
    """

    period: str
    counted_to: datetime
    is_final: bool
    is_empty: bool
    figures: tuple[Figure, ...]

    def figure(self, key: str) -> Figure:
        return next(figure for figure in self.figures if figure.indicator.key == key)


@dataclass(frozen=True, slots=True)
class CountryTable:
    """Illegal content by hosting country and month; rows largest first, months oldest first.

    A month whose table is withheld has None; in it, a country's None is a suppressed cell.
    """

    months: tuple[str, ...]
    rows: Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything published at one moment: `releases` by month, oldest first, final or running."""

    counted_to: datetime
    releases: Mapping[str, Release]
    final: frozenset[str]
    is_empty: bool

    def periods(self) -> tuple[str, ...]:
        """All time, years, then months, the newest first."""
        months = list(self.releases)[::-1]
        return (ALL, *dict.fromkeys(month[:4] for month in months), *months)

    def figures(self, period: str) -> Figures:
        """Raises NotFound for a period that is not published."""
        if period not in self.periods():
            raise NotFound("there are no figures for this period.", where="period", advice="Take one from the list.")
        months = [month for month in self.releases if period == ALL or month.startswith(period)]
        releases = [self.releases[month] for month in months]
        return Figures(
            period,
            self.counted_to,
            set(months) <= self.final and period != ALL,
            self.is_empty,
            tuple(_figure(indicator, releases) for indicator in INDICATORS),
        )

    def countries(self, period: str) -> CountryTable:
        """The period's last twelve months."""
        months = [month for month in self.releases if period == ALL or month.startswith(period)][-MONTHS_BESIDE:]
        releases = [self.releases[month] for month in months]
        columns = [total_parts([release], "countries") for release in releases]
        withheld = [has_withheld_table([release], "countries") for release in releases]
        hidden, none = Value(None, Status.SUPPRESSED), Value(0, Status.SHOWN, 0)
        rows = {
            country: tuple(
                column.get(country, hidden if is_withheld else none)
                for column, is_withheld in zip(columns, withheld, strict=True)
            )
            for country in total_parts(releases, "countries")
        }
        return CountryTable(tuple(months), rows)


def counted_to(now: datetime) -> datetime:
    """Until when events count: the last midnight (UTC) in production, so that nobody learns within minutes what became
    of a report of their own; at once where a node serves only its own machine.
    """
    return now if settings.LOOPBACK_ONLY else datetime.combine(now.astimezone(UTC), time.min, UTC)


def publication(now: datetime) -> Publication:
    """What is published at `now`; each process folds only the events since its last look."""
    until = counted_to(now)
    with _lock:
        state = _folded_to(until)
        releases, final = folding.releases_at(state, until)
        return Publication(until, releases, final, state.last is None)


def figures(now: datetime, period: str = ALL) -> Figures:
    """All indicators over a period ("all", "2026", "2026-03"). Raises NotFound for one that is not published."""
    return publication(now).figures(period)


_lock = threading.Lock()
_kept: list[Folded] = []


def _folded_to(until: datetime) -> Folded:
    """The kept state with the new events before `until`; a fresh one if the kept one is ahead or of another chain."""
    state = _kept.pop() if _kept else Folded()
    if not _is_of_this_chain(state) or (state.at and state.at > until):
        state = Folded()
    seen = state.last.seq if state.last else 0
    for fact in audit.events(actions=list(folding.ACTIONS), after=seen):
        if fact.at >= until:
            break
        folding.fold(state, fact)
        seen = fact.seq
    state.digest = audit.digest_of(seen) or b""
    _kept.append(state)
    return state


def _is_of_this_chain(state: Folded) -> bool:
    """One digest stands for the event and for all before it."""
    return state.last is None or audit.digest_of(state.last.seq) == state.digest


def _figure(indicator: Indicator, releases: Sequence[Release]) -> Figure:
    value = _MEASURES[indicator.measure](releases, indicator.source)
    if not indicator.parts:
        return Figure(indicator, value)
    found = total_parts(releases, indicator.parts)
    return Figure(indicator, value, found, not has_withheld_table(releases, indicator.parts))
