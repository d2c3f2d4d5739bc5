"""Exponential growth, and how far it can be told ahead: a straight line through logarithms, with its band.

The model: the logarithm of a count changes by the same amount in each unit of time, and what is left over is
independent, normal and of one spread. Then the band of a new observation is Student's (Draper and Smith, *Applied
Regression Analysis*, ch. 1). It says nothing of a change of law, of definition or of who reports.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rempart.core.errors import InputError

LEAST_POINTS = 4
"""With fewer than two observations beyond the line's own two, the band says nothing."""


@dataclass(frozen=True, slots=True)
class Band:
    """A count told ahead: in `confidence` of cases the observed one lies between `low` and `high`."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Growth:
    """A fitted line: log(count) = level + slope x (time - centre); `spread` is what is left over (standard deviation).

    `doubling` is the time in which counts double, negative where they halve, None where they stand still;
    `doubling_range` its confidence range, with None for an end that is not bounded: the data would also bear no growth.
    """

    level: float
    slope: float
    centre: float
    spread: float
    points: int
    times_square: float
    confidence: float

    def at(self, time: float) -> Band:
        """What one new observation at this time would be."""
        away = time - self.centre
        width = self._quantile * self.spread * math.sqrt(1 + 1 / self.points + away**2 / self.times_square)
        middle = self.level + self.slope * away
        return Band(_exp(middle - width), _exp(middle), _exp(middle + width))

    @property
    def doubling(self) -> float | None:
        return math.log(2) / self.slope if self.slope else None

    @property
    def doubling_range(self) -> tuple[float | None, float | None]:
        width = self._quantile * self.spread / math.sqrt(self.times_square)
        fast, slow = self.slope + width, self.slope - width
        return (math.log(2) / fast if fast > 0 else None, math.log(2) / slow if slow > 0 else None)

    @property
    def _quantile(self) -> float:
        return student_quantile(0.5 + self.confidence / 2, self.points - 2)


def fit(observed: Sequence[tuple[float, float]], confidence: float = 0.8) -> Growth:
    """The line of least squares through the logarithms of (time, count) pairs.

    Raises InputError for fewer than LEAST_POINTS points, a count that is not positive, or times that are all one.
    """
    if len(observed) < LEAST_POINTS or any(count <= 0 for _time, count in observed):
        raise _wrong("growth needs four observations or more, each above 0.")
    if not 0 < confidence < 1:
        raise _wrong("a confidence lies between 0 and 1.")
    number = len(observed)
    logs = [math.log(count) for _time, count in observed]
    centre, level = sum(time for time, _count in observed) / number, sum(logs) / number
    away = [time - centre for time, _count in observed]
    square = sum(each**2 for each in away)
    if not square:
        raise _wrong("all observations are of one time.")
    slope = sum(each * (log - level) for each, log in zip(away, logs, strict=True)) / square
    left = sum((log - level - slope * each) ** 2 for each, log in zip(away, logs, strict=True))
    return Growth(level, slope, centre, math.sqrt(left / (number - 2)), number, square, confidence)


@cache
def student_quantile(share: float, freedom: int) -> float:
    """Where this share (0.5..1) of Student's distribution lies below; freedom 1 or more. To about 1e-7 in share."""
    if not 0.5 <= share < 1 or freedom < 1:
        raise _wrong("a quantile needs a share from 0.5 to 1 and a degree of freedom.")
    low, high = 0.0, 1.0
    while _below(high, freedom) < share:
        high *= 2
    for _halving in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _below(value: float, freedom: int) -> float:
    """Student's distribution: t = sqrt(n) tan(a) turns its density into a power of the cosine; Simpson's rule."""
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    end, steps = math.atan(value / math.sqrt(freedom)), 200
    height = [math.cos(end * step / steps) ** (freedom - 1) for step in range(steps + 1)]
    area = (height[0] + height[-1] + 4 * sum(height[1:-1:2]) + 2 * sum(height[2:-1:2])) * end / steps / 3
    return 0.5 + math.exp(log_scale) / math.sqrt(math.pi) * area


def _exp(value: float) -> float:
    return math.exp(min(value, 700.0))


def _wrong(what: str) -> InputError:
    return InputError(what, where="projection", advice="Give counts of the same kind at different times.")
