"""What a plan starts from: intake and its growth, what lists settle, who looks, and the rule of the second look."""

from dataclasses import dataclass, replace
from math import exp, log

from rempart.core.errors import InputError

DAYS_PER_MONTH = 365.25 / 12
HOURS_PER_DAY = 24.0
DAYS_PER_WEEK = 7
MOST_REPORTS = 5_000_000
"""In one run; beyond that a run no longer fits a small machine's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One hotline. Shares are 0..1; a doubling time of 0 means that intake does not grow.

    `hours` is what one analyst looks at material on a working day, leave and breaks taken off; `spread` the standard
    deviation of a look over its mean (0 always the same, 1 exponential). `reports_per_child` says how many illegal
    reports concern one child. `backlog` waits when the plan begins. `doubt` is how unsure the doubling time is: the
    standard deviation of its logarithm, so 0.2 means that it may well be a fifth shorter or longer.
    """

    reports_per_day: float
    analysts: int
    doubling_months: float = 12.0
    recognised: float = 0.3
    second_look: float = 0.2
    first_minutes: float = 8.0
    second_minutes: float = 5.0
    hours: float = 4.0
    days_per_week: int = 5
    spread: float = 0.8
    illegal: float = 0.5
    reports_per_child: float = 10.0
    backlog: int = 0
    months: int = 24
    doubt: float = 0.2

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise InputError(f"{value:g} is not in {least:g} to {most:g}.", where=name, advice="Correct it.")
        if self.expected_reports > MOST_REPORTS:
            raise InputError(
                f"{self.expected_reports:,.0f} reports are more than one plan can follow ({MOST_REPORTS:,}).",
                where="reports_per_day",
                advice="Plan for fewer months, or with a longer doubling time.",
            )

    @property
    def days(self) -> int:
        """The whole days of the plan."""
        return round(self.months * DAYS_PER_MONTH)

    @property
    def growth(self) -> float:
        """The exponent of intake, a day."""
        return log(2) / (self.doubling_months * DAYS_PER_MONTH) if self.doubling_months else 0.0

    @property
    def expected_reports(self) -> float:
        """Until the end, all of them, the backlog included."""
        return self.backlog + self.reports_until(float(self.days))

    def reports_until(self, day: float) -> float:
        """Expected reports from the beginning to this day."""
        if not self.growth:
            return self.reports_per_day * day
        return (self.intake_at(day) - self.reports_per_day) / self.growth

    def intake_at(self, day: float) -> float:
        """Expected reports a day on this day."""
        return self.reports_per_day * exp(self.growth * day)

    def analysts_for(self, day: float) -> float:
        """Analysts whose whole looking time the intake of this day takes; more than there are: the queue grows."""
        minutes = self.first_minutes + self.second_look * self.second_minutes
        work = self.intake_at(day) * (1 - self.recognised) * minutes / 60
        return work / (self.hours * self.days_per_week / DAYS_PER_WEEK)

    def with_growth(self, deviations: float) -> "Situation":
        """As if intake doubled sooner or later, by so many standard deviations of what is known of it."""
        return replace(self, doubling_months=min(600.0, self.doubling_months * exp(deviations * self.doubt)))

    def warnings(self) -> tuple[str, ...]:
        """What a person who reads the results has to know first, as keys."""
        found = []
        if self.second_look > 0 and self.analysts < 2:
            found.append("nobody_for_second_looks")
        if self.analysts_for(0.0) > self.analysts:
            found.append("overloaded_from_the_start")
        return tuple(found)


LIMITS: dict[str, tuple[float, float]] = {
    "reports_per_day": (0, 1_000_000),
    "analysts": (1, 200),
    "doubling_months": (0, 600),
    "recognised": (0, 1),
    "second_look": (0, 1),
    "first_minutes": (0.1, 600),
    "second_minutes": (0.1, 600),
    "hours": (0.5, 24),
    "days_per_week": (1, 7),
    "spread": (0, 3),
    "illegal": (0, 1),
    "reports_per_child": (0.1, 10_000),
    "backlog": (0, 2_000_000),
    "months": (1, 120),
    "doubt": (0, 1),
}
