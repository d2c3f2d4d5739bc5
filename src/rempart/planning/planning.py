"""Many runs of a situation and of what could be changed, as figures with their uncertainty."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rempart.core.projection import Band
from rempart.planning.simulating import Floats, Run, simulate
from rempart.planning.situation import DAYS_PER_MONTH, DAYS_PER_WEEK, Situation

RUNS, FEWEST_RUNS = 40, 8
MOST_LOOKS = 6_000_000
"""Looks that a plan follows in all: it takes less than a minute. Larger hotlines vary less from run to run."""
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
"""Of all runs: the value that one in ten falls below, the median, and the one that nine in ten fall below."""
MOST_DOUBT = 2.0
BASE, ANALYST, BETTER_LIST = "base", "analyst", "list"
VARIANTS = (BASE, ANALYST, BETTER_LIST)
"""As it is; one analyst more; a list that recognises a part of the rest."""
LIST_GAIN = 0.1


@dataclass(frozen=True, slots=True)
class Followed:
    """One run of one variant: at each month's end what waits and how many days the oldest has waited; the median wait
    in days of what was decided in the last month, None if nothing was.
    """

    waiting: tuple[float, ...]
    oldest_days: tuple[float, ...]
    wait_days: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """The end of one month: reports that wait, days the oldest has waited, children that wait."""

    month: int
    waiting: Band
    oldest_days: Band
    children: Band


@dataclass(frozen=True, slots=True)
class Outcome:
    """One variant. `gained_waiting` and `gained_children` are its end less the base's, run by run."""

    key: str
    situation: Situation
    points: tuple[Point, ...]
    wait_days: Band | None
    gained_waiting: Band
    gained_children: Band

    @property
    def end(self) -> Point:
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Plan:
    """`needed` are analysts whose whole time the intake takes at the beginning and at the end."""

    base: Outcome
    changes: tuple[Outcome, ...]
    needed: tuple[float, float]
    runs: int


def plan(
    situation: Situation,
    *,
    seed: int,
    runs: int | None = None,
    list_gain: float = LIST_GAIN,
    progress: Callable[[int], object] = lambda number: None,
) -> Plan:
    """The situation as it is, with one analyst more, and with a list that recognises `list_gain` (0..1) of the rest.

    `progress` is called with how many of the runs are done. Without `runs` there are as many as take a minute.
    """
    followed = []
    for number in range(runs or runs_for(situation)):
        followed.append(follow(situation, seed, number, list_gain))
        progress(number + 1)
    return combined(situation, followed, list_gain)


def follow(situation: Situation, seed: int, number: int, list_gain: float = LIST_GAIN) -> dict[str, Followed]:
    """Run `number` of a plan: every variant with the same reports, the same looking times and the same growth.

    Raises InputError when the fastest growth of any run would be more than a run can follow.
    """
    situation.with_growth(-MOST_DOUBT)
    sequence = np.random.SeedSequence([seed, number])
    doubt = float(np.clip(np.random.default_rng(sequence).standard_normal(), -MOST_DOUBT, MOST_DOUBT))
    [chance] = sequence.generate_state(1).tolist()
    return {
        key: _followed(simulate(varied.with_growth(doubt), chance), situation.months)
        for key, varied in variants(situation, list_gain).items()
    }


def variants(situation: Situation, list_gain: float = LIST_GAIN) -> dict[str, Situation]:
    better = situation.recognised + list_gain * (1 - situation.recognised)
    more = replace(situation, analysts=situation.analysts + 1)
    return dict(zip(VARIANTS, (situation, more, replace(situation, recognised=better)), strict=True))


def combined(situation: Situation, followed: Sequence[Mapping[str, Followed]], list_gain: float = LIST_GAIN) -> Plan:
    """All runs together."""
    base, *changes = (
        _outcome(key, varied, [run[key] for run in followed], [run[BASE] for run in followed])
        for key, varied in variants(situation, list_gain).items()
    )
    needed = situation.analysts_for(0.0), situation.analysts_for(float(situation.days))
    return Plan(base, tuple(changes), needed, len(followed))


def runs_for(situation: Situation) -> int:
    """How many runs a plan makes unless told otherwise."""
    hours = (situation.analysts + 1) * situation.hours * situation.days * situation.days_per_week / DAYS_PER_WEEK
    looks = min(hours * 60 / situation.first_minutes, situation.expected_reports)
    return int(min(RUNS, max(FEWEST_RUNS, MOST_LOOKS // (len(VARIANTS) * max(looks, 1)))))


def _followed(run: Run, months: int) -> Followed:
    at = np.minimum(np.arange(1, months + 1) * DAYS_PER_MONTH, float(run.days))
    is_late = np.isfinite(run.decided) & (run.decided > run.days - DAYS_PER_MONTH)
    wait = float(np.median(run.decided[is_late] - run.arrived[is_late])) if is_late.any() else None
    return Followed(tuple(run.waiting(at).tolist()), tuple(run.oldest(at).tolist()), wait)


def _outcome(key: str, situation: Situation, runs: Sequence[Followed], base: Sequence[Followed]) -> Outcome:
    children = situation.illegal / situation.reports_per_child
    waiting = np.array([run.waiting for run in runs])
    oldest = np.array([run.oldest_days for run in runs])
    waits = [run.wait_days for run in runs if run.wait_days is not None]
    gained = _band(waiting[:, -1] - np.array([run.waiting[-1] for run in base]))
    bands = [(_band(waiting[:, place]), _band(oldest[:, place])) for place in range(waiting.shape[1])]
    return Outcome(
        key,
        situation,
        tuple(Point(place, queue, days, queue.times(children)) for place, (queue, days) in enumerate(bands, 1)),
        _band(np.array(waits)) if waits else None,
        gained,
        gained.times(children),
    )


def _band(values: Floats) -> Band:
    return Band(*(float(each) for each in np.quantile(values, [LOW, MIDDLE, HIGH])))
