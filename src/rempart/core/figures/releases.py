"""What of one month may be published, and how months add up to years.

Differencing is met by construction. A month is the unit of release: its tables are protected on their own and a month
that is final never changes. A year and the whole time are computed from the months' published figures and from
nothing else, so no period tells anything that its months do not. Within a month:

- a count of 1 to threshold-1 is suppressed; a share needs `shares_safe`;
- the parts of a count are protected by `suppress`; they appear only if their total does, in the table and by itself.
  Tables that have nothing but a published total in common tell nothing about each other's cells;
- the countries are parts of the illegal content: without a published share of illegal content there are none;
- durations are pooled only where their number is itself publishable.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from rempart.core.disclosure import DEFAULT_THRESHOLD, TOTAL, shares_safe, suppress
from rempart.core.indicators import Durations, measure

P90_LEAST = 2 * DEFAULT_THRESHOLD
"""Below this many cases the 90th percentile is (nearly) one case's own duration."""
Parts = dict[str, int | None]


class Status(StrEnum):
    """Whether a value can be read as it stands; "not available" is not 0."""

    SHOWN = "shown"
    PARTIAL = "partial"
    SUPPRESSED = "suppressed"
    NOT_AVAILABLE = "not_available"


@dataclass(frozen=True, slots=True)
class Value:
    """A published number. PARTIAL: months that may not be shown are left out, so a count is "at least"."""

    number: float | None
    status: Status
    behind: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One month as published. None stands for what is suppressed; `hours` are pooled, never shown one by one."""

    counts: Mapping[str, int | None] = field(default_factory=dict)
    parts: Mapping[str, Parts | None] = field(default_factory=dict)
    shares: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)
    hours: Mapping[str, tuple[float, ...] | None] = field(default_factory=dict)


def count(number: int) -> int | None:
    return None if 0 < number < DEFAULT_THRESHOLD else number


def parts(table: Mapping[str, int], total_shown: bool = True) -> Parts | None:
    """The parts of a count, None when none of them may be shown beside the total."""
    published = suppress({(key,): number for key, number in table.items()})
    if not published:
        return {}
    if not total_shown or published[(TOTAL,)] is None:
        return None
    return {key[0]: number for key, number in published.items() if key != (TOTAL,)}


def share(numerator: int, denominator: int) -> tuple[int, int] | None:
    return (numerator, denominator) if not denominator or shares_safe(numerator, denominator) else None


def running_shares(bands: Mapping[str, int]) -> dict[str, tuple[int, int] | None]:
    """Of all cases, those in a band or one before it; for every band but the last, which closes the table."""
    total, names = sum(bands.values()), list(bands)
    published = parts(bands)
    found: dict[str, tuple[int, int] | None] = {}
    for place, name in enumerate(names[:-1], start=1):
        safe = published is not None and (
            all(published[each] is not None for each in names[:place])
            or all(published[each] is not None for each in names[place:])
        )
        found[name] = share(sum(bands[each] for each in names[:place]), total) if safe else None
    return found


def hours(durations: Sequence[float], cases: int) -> tuple[float, ...] | None:
    """Durations of some of `cases`, where that some (and the rest) may be told."""
    return tuple(sorted(durations)) if share(len(durations), cases) is not None else None


def total(releases: Sequence[Release], name: str) -> Value:
    return _add([release.counts[name] for release in releases])


def latest(releases: Sequence[Release], name: str) -> Value:
    """A stock is not added up: the last month's."""
    return _add([release.counts[name] for release in releases[-1:]])


def total_parts(releases: Sequence[Release], name: str) -> dict[str, Value]:
    """Each part over all months, largest first; a month without a published table leaves every part partial."""
    tables = [release.parts[name] for release in releases]
    keys = {key for table in tables if table for key in table}
    values = {key: _add([None if table is None else table.get(key, 0) for table in tables]) for key in keys}
    return dict(sorted(values.items(), key=lambda item: (-(item[1].number or 0), item[0])))


def has_withheld_table(releases: Sequence[Release], name: str) -> bool:
    return any(release.parts[name] is None for release in releases)


def total_share(releases: Sequence[Release], name: str) -> Value:
    pairs = [release.shares[name] for release in releases]
    shown = [pair for pair in pairs if pair is not None]
    over = sum(whole for _part, whole in shown)
    if not over:
        return Value(None, _missing(len(shown) < len(pairs)))
    return Value(sum(part for part, _whole in shown) / over, _complete(len(shown) == len(pairs)), over)


def pooled_median(releases: Sequence[Release], name: str) -> Value:
    return _pooled(releases, name, DEFAULT_THRESHOLD, lambda found: found.median_h)


def pooled_p90(releases: Sequence[Release], name: str) -> Value:
    return _pooled(releases, name, P90_LEAST, lambda found: found.p90_h)


def _pooled(releases: Sequence[Release], name: str, least: int, figure: Callable[[Durations], float | None]) -> Value:
    tables = [release.hours[name] for release in releases]
    found = tuple(value for table in tables for value in table or ())
    is_complete = None not in tables
    number = figure(_measured(found)) if len(found) >= least else None
    if number is None:
        return Value(None, _missing(bool(found) or not is_complete))
    return Value(round(number, 1), _complete(is_complete), len(found))


@lru_cache(maxsize=256)
def _measured(durations: tuple[float, ...]) -> Durations:
    """Kept, because final months and their sums are asked for again and again."""
    return measure([timedelta(hours=value) for value in durations])


def _add(numbers: Sequence[int | None]) -> Value:
    shown = [number for number in numbers if number is not None]
    is_complete = len(shown) == len(numbers)
    if not is_complete and not any(shown):
        return Value(None, Status.SUPPRESSED)
    return Value(sum(shown), _complete(is_complete), sum(shown))


def _complete(is_complete: bool) -> Status:
    return Status.SHOWN if is_complete else Status.PARTIAL


def _missing(is_suppressed: bool) -> Status:
    return Status.SUPPRESSED if is_suppressed else Status.NOT_AVAILABLE
