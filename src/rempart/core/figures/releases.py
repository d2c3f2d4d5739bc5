"""What of one month may be published, and how months add up to years.

Differencing is met by construction. A month is the unit of release: its tables are protected on their own and a month
that is final never changes. A year and the whole time are computed from the months' published figures and from
nothing else, so no period tells anything that its months do not; the same holds for the sums of an alliance, which
are made of its members' published figures. Within a month:

- a count of 1 to threshold-1 is suppressed; a share needs `shares_safe`;
- the parts of a count are protected by `suppress`; they appear only if their total does, in the table and by itself.
  Tables that have nothing but a published total in common tell nothing about each other's cells;
- the countries are parts of the illegal content: without a published share of illegal content there are none;
- providers and the time until removal are one table of two dimensions (`core.figures.providers`);
- durations are pooled only where their number is itself publishable.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rempart.core.disclosure import DEFAULT_THRESHOLD, TOTAL, shares_safe, suppress
from rempart.core.figures import durations

P90_LEAST = 2 * DEFAULT_THRESHOLD
"""Below this many cases the 90th percentile is (nearly) one case's own duration."""
OTHER = "other"
"""The part that holds what is not named by itself."""
Parts = dict[str, int | None]
Share = tuple[int, int]
"""Of how many (second) how many (first)."""


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
    """One month as published. None stands for what is suppressed; `hours` are pooled, never shown one by one.

    `part_shares` and `part_hours` break a share or durations down; a part that they do not name is in OTHER, or has
    no cases where there is no OTHER.
    """

    counts: Mapping[str, int | None] = field(default_factory=dict)
    parts: Mapping[str, Parts | None] = field(default_factory=dict)
    shares: Mapping[str, Share | None] = field(default_factory=dict)
    hours: "Mapping[str, array[int] | None]" = field(default_factory=dict)
    part_shares: Mapping[str, Mapping[str, Share | None] | None] = field(default_factory=dict)
    part_hours: "Mapping[str, Mapping[str, array[int] | None] | None]" = field(default_factory=dict)


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


def share(numerator: int, denominator: int) -> Share | None:
    return (numerator, denominator) if not denominator or shares_safe(numerator, denominator) else None


def hours(found: "array[int]", cases: int) -> "array[int] | None":
    """Durations of some of `cases`, where that some (and the rest) may be told; in order, so that nothing else is."""
    return array("I", sorted(found)) if share(len(found), cases) is not None else None


def total(releases: Sequence[Release], name: str) -> Value:
    return added([release.counts[name] for release in releases])


def latest(releases: Sequence[Release], name: str) -> Value:
    """A stock is not added up: the last month's."""
    return added([release.counts[name] for release in releases[-1:]])


def total_parts(releases: Sequence[Release], name: str) -> dict[str, Value]:
    """Each part over all months, largest first; a month without a published table leaves every part partial."""
    tables = [release.parts[name] for release in releases]
    keys = {key for table in tables if table for key in table}
    values = {key: added([_part_of(table, key) for table in tables]) for key in keys}
    return dict(sorted(values.items(), key=lambda item: (-(item[1].number or 0), item[0])))


def total_part(releases: Sequence[Release], name: str, part: str) -> Value:
    """One part of a table alone, under the table's own protection."""
    return added([_part_of(release.parts[name], part) for release in releases])


def has_withheld_table(releases: Sequence[Release], name: str) -> bool:
    return any(release.parts[name] is None for release in releases)


def total_share(releases: Sequence[Release], name: str) -> Value:
    return _divided([release.shares[name] for release in releases])


def total_part_shares(releases: Sequence[Release], name: str) -> dict[str, Value]:
    """The share of each part over all months, those with most cases first."""
    tables = [release.part_shares[name] for release in releases]
    values = {key: _divided([_entry_of(table, key, (0, 0)) for table in tables]) for key in _keys(tables)}
    return _by_cases(values)


def pooled_median(releases: Sequence[Release], name: str) -> Value:
    return _pooled([release.hours[name] for release in releases], DEFAULT_THRESHOLD, durations.median)


def pooled_p90(releases: Sequence[Release], name: str) -> Value:
    return _pooled([release.hours[name] for release in releases], P90_LEAST, durations.p90)


def part_medians(releases: Sequence[Release], name: str) -> dict[str, Value]:
    return _pooled_parts(releases, name, DEFAULT_THRESHOLD, durations.median)


def part_p90s(releases: Sequence[Release], name: str) -> dict[str, Value]:
    return _pooled_parts(releases, name, P90_LEAST, durations.p90)


def added(numbers: Sequence[int | None]) -> Value:
    """The sum of what is shown; nothing where that is nothing."""
    shown = [number for number in numbers if number is not None]
    is_complete = len(shown) == len(numbers)
    if not is_complete and not any(shown):
        return Value(None, Status.SUPPRESSED)
    return Value(sum(shown), _complete(is_complete), sum(shown))


def _part_of(table: Parts | None, key: str) -> int | None:
    """A part's count in one month; None also where it may be among the others."""
    return None if table is None else table.get(key, None if OTHER in table and key != OTHER else 0)


def _entry_of(table: "Mapping[str, Share | None] | None", key: str, none: Share) -> Share | None:
    if table is None:
        return None
    return table.get(key, None if OTHER in table and key != OTHER else none)


def _keys(tables: "Sequence[Mapping[str, object] | None]") -> set[str]:
    return {key for table in tables if table for key in table}


def _by_cases(values: Mapping[str, Value]) -> dict[str, Value]:
    return dict(sorted(values.items(), key=lambda item: (-(item[1].behind or 0), item[0])))


def _divided(pairs: Sequence[Share | None]) -> Value:
    shown = [pair for pair in pairs if pair is not None]
    over = sum(whole for _part, whole in shown)
    if not over:
        return Value(None, _missing(len(shown) < len(pairs)))
    return Value(sum(part for part, _whole in shown) / over, _complete(len(shown) == len(pairs)), over)


def _pooled_parts(
    releases: Sequence[Release], name: str, least: int, figure: "Callable[[array[int]], float | None]"
) -> dict[str, Value]:
    tables = [release.part_hours[name] for release in releases]
    values = {}
    for key in _keys(tables):
        found = [
            None if table is None else table.get(key, None if OTHER in table and key != OTHER else array("I"))
            for table in tables
        ]
        values[key] = _pooled(found, least, figure)
    return _by_cases(values)


def _pooled(tables: "Sequence[array[int] | None]", least: int, figure: "Callable[[array[int]], float | None]") -> Value:
    found = durations.pooled(table for table in tables if table is not None)
    is_complete = None not in tables
    number = figure(found) if len(found) >= least else None
    if number is None:
        return Value(None, _missing(bool(found) or not is_complete))
    return Value(number, _complete(is_complete), len(found))


def _complete(is_complete: bool) -> Status:
    return Status.SHOWN if is_complete else Status.PARTIAL


def _missing(is_suppressed: bool) -> Status:
    return Status.SUPPRESSED if is_suppressed else Status.NOT_AVAILABLE
