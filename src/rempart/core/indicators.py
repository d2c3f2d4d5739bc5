"""Statistics of durations, such as hours to notice and hours to removal. Not available is None, never 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rempart.core.errors import InputError

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Durations:
    """`count` finished cases; median and 90th percentile in hours; shares 0..1 of all cases, finished or not."""

    count: int
    median_h: float | None
    p90_h: float | None
    within_24h: float | None
    within_72h: float | None
    within_7d: float | None


def measure(durations: Sequence[timedelta], *, cases: int | None = None) -> Durations:
    """Summarise the durations of finished cases.

    The median is the mean of the two middle values for an even count. The 90th percentile is the nearest rank: the
    smallest duration that at least 90 % do not exceed. A share counts durations up to and including its limit, over
    `cases` (finished and unfinished; by default the finished ones alone). Without data a figure is None.
    Raises InputError for a negative duration or fewer cases than durations.
    """
    total = len(durations) if cases is None else cases
    if total < len(durations) or any(value < timedelta(0) for value in durations):
        raise InputError(
            "a duration is negative, or there are fewer cases than durations.",
            where="indicators",
            advice="Take durations from events in the order they happened, and count every case once.",
        )
    ordered = sorted(durations)
    middle = len(ordered) // 2
    return Durations(
        count=len(ordered),
        median_h=(ordered[middle] + ordered[~middle]) / 2 / _HOUR if ordered else None,
        p90_h=ordered[-(-9 * len(ordered) // 10) - 1] / _HOUR if ordered else None,
        within_24h=_share(ordered, total, timedelta(hours=24)),
        within_72h=_share(ordered, total, timedelta(hours=72)),
        within_7d=_share(ordered, total, timedelta(days=7)),
    )


def _share(ordered: Sequence[timedelta], total: int, limit: timedelta) -> float | None:
    return sum(value <= limit for value in ordered) / total if total else None
