"""This node's figures: counted from its events and from nothing else, and what it declares beside them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from django.conf import settings

from rempart.core.errors import NotFound
from rempart.core.figures import folding, releases
from rempart.core.figures.document import ALL, NOT_AVAILABLE
from rempart.core.figures.folding import Folded
from rempart.core.figures.releases import Release, Status, Value, has_withheld_table, total_parts
from rempart.node.audit import services as audit
from rempart.node.observatory import declaring, keeping
from rempart.node.observatory.indicators import INDICATORS, Indicator, Measure, Origin

MONTHS_BESIDE = 12
SAVE_AFTER = 20_000
"""So many new events are kept at once, whoever counted them; fewer wait for the step."""
SAVE_EVERY = 1_000_000
"""A long count is kept in between, so that one that is cut off does not begin anew."""
_MEASURES: Mapping[Measure, Callable[[Sequence[Release], str], Value]] = {
    Measure.COUNT: releases.total,
    Measure.STOCK: releases.latest,
    Measure.SHARE: releases.total_share,
    Measure.MEDIAN: releases.pooled_median,
    Measure.P90: releases.pooled_p90,
}
_PARTS: Mapping[Measure, Callable[[Sequence[Release], str], dict[str, Value]]] = {
    Measure.COUNT: total_parts,
    Measure.SHARE: releases.total_part_shares,
    Measure.MEDIAN: releases.part_medians,
    Measure.P90: releases.part_p90s,
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
    """Everything published at one moment: `releases` by month, oldest first, final or running.

    `entries` are what the member declared of years, newest first, revisions included.
    """

    counted_to: datetime
    releases: Mapping[str, Release]
    final: frozenset[str]
    is_empty: bool
    entries: tuple[declaring.Revision, ...] = ()
    _made: dict[str, Figures] = field(default_factory=dict, repr=False, compare=False)

    def periods(self) -> tuple[str, ...]:
        """All time, years, then months, the newest first."""
        months = list(self.releases)[::-1]
        years = sorted({*(month[:4] for month in months), *(str(each.year) for each in self.entries)}, reverse=True)
        return (ALL, *years, *months)

    def figures(self, period: str) -> Figures:
        """Raises NotFound for a period that is not published."""
        if period not in self.periods():
            raise NotFound("there are no figures for this period.", where="period", advice="Take one from the list.")
        if period not in self._made:
            months = self._months(period)
            self._made[period] = Figures(
                period,
                self.counted_to,
                bool(months) and set(months) <= self.final and period != ALL,
                self.is_empty,
                tuple(self._figure(indicator, period, months) for indicator in INDICATORS),
            )
        return self._made[period]

    def figure(self, key: str, period: str = ALL) -> Figure:
        """One indicator alone. Raises NotFound as `figures` does, and for an indicator that is not in the catalogue."""
        indicator = next((each for each in INDICATORS if each.key == key), None)
        if indicator is None or period not in self.periods():
            raise NotFound("there is no such figure.", where="figures", advice="Take one from the catalogue.")
        return self._figure(indicator, period, self._months(period))

    def countries(self, period: str) -> CountryTable:
        """The period's last twelve months."""
        months = self._months(period)[-MONTHS_BESIDE:]
        found = [self.releases[month] for month in months]
        columns = [total_parts([release], "countries") for release in found]
        withheld = [has_withheld_table([release], "countries") for release in found]
        hidden, none = Value(None, Status.SUPPRESSED), Value(0, Status.SHOWN, 0)
        rows = {
            country: tuple(
                column.get(country, hidden if is_withheld else none)
                for column, is_withheld in zip(columns, withheld, strict=True)
            )
            for country in total_parts(found, "countries")
        }
        return CountryTable(tuple(months), rows)

    def _months(self, period: str) -> list[str]:
        return [month for month in self.releases if period == ALL or month.startswith(period)]

    def _figure(self, indicator: Indicator, period: str, months: Sequence[str]) -> Figure:
        if indicator.origin is Origin.DECLARED:
            return Figure(indicator, self._declared(indicator, period))
        if not months:
            return Figure(indicator, NOT_AVAILABLE)
        found = [self.releases[month] for month in months]
        if indicator.part:
            return Figure(indicator, releases.total_part(found, indicator.cell, indicator.part))
        value = _MEASURES[indicator.measure](found, indicator.cell)
        if not indicator.parts:
            return Figure(indicator, value)
        if indicator.measure is Measure.COUNT:
            is_whole = not has_withheld_table(found, indicator.parts)
            return Figure(indicator, value, total_parts(found, indicator.parts), is_whole)
        parts = _PARTS[indicator.measure](found, indicator.cell)
        return Figure(indicator, value, parts, all(part.status is Status.SHOWN for part in parts.values()))

    def _declared(self, indicator: Indicator, period: str) -> Value:
        by_year = declaring.standing(self.entries, indicator.key)
        if period == ALL:
            return declaring.over_years(indicator.measure, list(by_year.values()))
        return by_year.get(period, NOT_AVAILABLE)


def counted_to(now: datetime) -> datetime:
    """Until when events count: the last midnight (UTC) in production, so that nobody learns within minutes what became
    of a report of their own; at once where a node serves only its own machine.
    """
    return now if settings.LOOPBACK_ONLY else datetime.combine(now.astimezone(UTC), time.min, UTC)


def publication(now: datetime) -> Publication:
    """What is published at `now`; only the events since the last look of this or another process are read."""
    until = counted_to(now)
    with _lock:
        state = _folded_to(until)
        found, final = folding.releases_at(state, until)
        return Publication(until, found, final, state.seq == 0, declaring.revisions())


def figures(now: datetime, period: str = ALL) -> Figures:
    """All indicators over a period ("all", "2026", "2026-03"). Raises NotFound for one that is not published."""
    return publication(now).figures(period)


def keep(now: datetime) -> bool:
    """Count on to `now` and keep what was counted; whether there was anything new to keep."""
    with _lock:
        _folded_to(counted_to(now))
        return _save(_kept[-1])


def recount(now: datetime) -> int:
    """Drop what is kept and count from the first event; returns the number of the last event counted."""
    with _lock:
        keeping.forget()
        _kept.clear()
        state = _folded_to(counted_to(now))
        _save(_kept[-1])
        return state.seq


@dataclass(slots=True)
class _Kept:
    """A state in this process, the digest of its last event, and up to where the database has it."""

    state: Folded
    digest: bytes
    saved: int


_lock = threading.Lock()
_kept: list[_Kept] = []


def _folded_to(until: datetime) -> Folded:
    """The kept state with the new events before `until`; a fresh one if the kept ones are ahead or of another chain."""
    held = _kept.pop() if _kept else None
    if held is None or not _holds(held, until):
        held = _loaded(until)
    state, before = held.state, held.state.seq
    for fact in audit.events(actions=list(folding.ACTIONS), after=state.seq):
        if fact.at >= until:
            break
        folding.fold(state, fact)
        if state.seq - held.saved >= SAVE_EVERY:
            _save(held)
    if state.seq > before:
        held.digest = audit.digest_of(state.seq) or b""
    _kept.append(held)
    if state.seq - held.saved >= SAVE_AFTER:
        _save(held)
    return state


def _holds(held: _Kept, until: datetime) -> bool:
    if held.state.at is None:
        return True
    return held.state.at <= until and keeping.is_of_this_chain(held.state.seq, held.digest)


def _loaded(until: datetime) -> _Kept:
    """From the database, where it is not ahead of `until`: an earlier moment is counted anew and never kept."""
    state = keeping.load()
    if state is None or (state.at and state.at > until):
        return _Kept(Folded(), b"", 0)
    return _Kept(state, audit.digest_of(state.seq) or b"", state.seq)


def _save(held: _Kept) -> bool:
    if held.state.seq == held.saved:
        return False
    held.saved, held.digest = held.state.seq, audit.digest_of(held.state.seq) or b""
    return keeping.save(held.state, held.digest)
