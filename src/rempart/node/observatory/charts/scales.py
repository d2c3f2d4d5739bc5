"""Where a number stands on an axis, and which numbers an axis names."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from `low` to `high` with its named numbers; `is_log`: each step is a factor."""

    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def share(self, value: float) -> float:
        """The place of a number, 0 at the low end and 1 at the high one; what lies beyond an end stands at it."""
        if self.is_log:
            at = (math.log10(max(value, self.low)) - math.log10(self.low)) / math.log10(self.high / self.low)
        else:
            at = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, at))


def linear(values: Sequence[float], most_ticks: int = 5, ceiling: float | None = None) -> Scale:
    """From 0 to a round number above the largest value; `ceiling` is where values cannot go beyond, such as 1."""
    most = max((*values, 0.0))
    if most < 1e-9:
        most = ceiling or 1.0
    step = _round_step(most / most_ticks)
    high = math.ceil(round(most / step, 9)) * step
    if ceiling is not None:
        high = min(high, ceiling)
    return Scale(0.0, high, tuple(round(step * number, 10) for number in range(int(round(high / step, 9)) + 1)))


def logarithmic(values: Sequence[float]) -> Scale:
    """Whole powers of ten around the values, which are above 0."""
    found = [value for value in values if value > 0] or [1.0]
    first, last = math.floor(math.log10(min(found))), math.ceil(math.log10(max(found)))
    last = max(last, first + 1)
    every = 1 + (last - first) // 6
    return Scale(10.0**first, 10.0**last, tuple(10.0**power for power in range(first, last + 1, every)), is_log=True)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= least * (1 - 1e-9))
