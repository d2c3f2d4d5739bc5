"""One run of the plan: reports arrive by chance, analysts take the oldest, some need a second person.

Two runs with the same seed see the same reports at the same moments, with the same looking times, whatever the number
of analysts or the share recognised; so what a change brings is the difference of two runs, not of two chances.
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray

from rempart.planning.situation import DAYS_PER_WEEK, HOURS_PER_DAY, Situation

Floats = NDArray[np.float64]
Wait = Generator[simpy.Event, Any, None]


@dataclass(frozen=True, slots=True)
class Run:
    """Of the reports that need a person, in order of arrival, in days from the beginning: when each came, when the
    first look began and when it was decided; infinite where that did not happen before the end.
    """

    arrived: Floats
    begun: Floats
    decided: Floats
    days: int

    def waiting(self, at: Floats) -> Floats:
        """How many were not decided at these moments."""
        came = np.searchsorted(self.arrived, at, side="right")
        went = np.searchsorted(np.sort(self.decided), at, side="right")
        return (came - went).astype(np.float64)

    def oldest(self, at: Floats) -> Floats:
        """How many days the oldest undecided report had waited at these moments; 0 where none waited."""
        place = np.searchsorted(np.maximum.accumulate(self.decided), at, side="right")
        found: Floats = np.append(self.arrived, np.inf)[place]
        return np.maximum(at - found, 0.0)


@dataclass(frozen=True, slots=True)
class _Reports:
    """What chance brought: moments in hours, looking times in hours."""

    at: list[float]
    first: list[float]
    second: list[float]
    needs_second: list[bool]


def simulate(situation: Situation, seed: int) -> Run:
    """One run; the same seed gives the same run."""
    desk = _Desk(situation, _drawn(situation, seed))
    desk.run()
    hours = HOURS_PER_DAY
    return Run(
        np.array(desk.reports.at) / hours, np.array(desk.begun) / hours, np.array(desk.decided) / hours, situation.days
    )


def _drawn(situation: Situation, seed: int) -> _Reports:
    """A Poisson process of growing rate by inversion of its mean; the backlog stands at its beginning."""
    when, marks, looks, seconds = (np.random.default_rng(each) for each in np.random.SeedSequence(seed).spawn(4))
    number = int(when.poisson(situation.reports_until(float(situation.days))))
    share = np.sort(when.random(number))
    days = share * situation.days
    if situation.growth:
        days = np.log1p(share * np.expm1(situation.growth * situation.days)) / situation.growth
    at = np.concatenate([np.zeros(situation.backlog), days * HOURS_PER_DAY])
    # Drawn for all reports, so that a report keeps its looking time when a better list settles another.
    is_unknown = marks.random(at.size) >= situation.recognised
    is_unknown[: situation.backlog] = True
    first = _looks(looks, situation.first_minutes, situation.spread, at.size)
    second = _looks(seconds, situation.second_minutes, situation.spread, at.size)
    needs_second = marks.random(at.size) < situation.second_look
    return _Reports(*(values[is_unknown].tolist() for values in (at, first, second, needs_second)))


def _looks(rng: np.random.Generator, minutes: float, spread: float, number: int) -> Floats:
    """Looking times in hours: gamma of this mean and spread."""
    if not spread:
        return np.full(number, minutes / 60)
    shape = 1 / spread**2
    return rng.gamma(shape, minutes / 60 / shape, number)


class _Desk:
    """The analysts and their one queue. A second look goes before first looks, and never to who looked first."""

    def __init__(self, situation: Situation, reports: _Reports) -> None:
        self.situation, self.reports = situation, reports
        self.begun = [float("inf")] * len(reports.at)
        self.decided = [float("inf")] * len(reports.at)
        self.taken = 0
        self.second: deque[tuple[int, int]] = deque()
        self.env = simpy.Environment()
        self.asked = self.env.event()

    def run(self) -> None:
        for person in range(self.situation.analysts):
            self.env.process(self._analyst(person))
        self.env.run(until=self.situation.days * HOURS_PER_DAY)

    def _analyst(self, person: int) -> Wait:
        env, reports = self.env, self.reports
        while True:
            closed = self._hours_closed(env.now)
            if closed > 0:
                yield env.timeout(closed)
            elif (asked := self._second_for(person)) is not None:
                yield env.timeout(reports.second[asked])
                self.decided[asked] = env.now
            elif self.taken < len(reports.at) and reports.at[self.taken] <= env.now:
                number = self.taken
                self.taken += 1
                self.begun[number] = env.now
                yield env.timeout(reports.first[number])
                self._looked_at(number, person)
            else:
                yield self._something_new()

    def _looked_at(self, number: int, person: int) -> None:
        if not self.reports.needs_second[number]:
            self.decided[number] = self.env.now
            return
        self.second.append((number, person))
        self.asked.succeed()
        self.asked = self.env.event()

    def _second_for(self, person: int) -> int | None:
        """The oldest that somebody else looked at first."""
        if self.situation.analysts == 1:
            return None
        for place, (number, first) in enumerate(self.second):
            if first != person:
                del self.second[place]
                return number
        return None

    def _something_new(self) -> simpy.Event:
        if self.taken == len(self.reports.at):
            return self.asked
        return self.env.timeout(self.reports.at[self.taken] - self.env.now) | self.asked

    def _hours_closed(self, now: float) -> float:
        """Hours until somebody looks again: days begin with the working hours, weeks with the working days."""
        day, hour = divmod(now, HOURS_PER_DAY)
        is_open = day % DAYS_PER_WEEK < self.situation.days_per_week and hour < self.situation.hours
        if is_open:
            return 0.0
        to_next_day = HOURS_PER_DAY - hour
        idle_days = DAYS_PER_WEEK - 1 - day % DAYS_PER_WEEK if (day + 1) % 7 >= self.situation.days_per_week else 0.0
        return to_next_day + idle_days * HOURS_PER_DAY
