"""Columns of made-up events: put down one action after the other, then brought into the order of time."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from rempart.formats.figure_events import FIELDS

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Drawn:
    """A member's events in order of time: seconds since the year's beginning, names, numbers of subjects, and facts.

    `facts` has a column for each counted fact; what an event does not have is None.
    """

    seconds: np.ndarray
    actions: np.ndarray
    numbers: np.ndarray
    facts: dict[str, np.ndarray]


@dataclass(slots=True)
class Pile:
    """Events of one action at a time, put in order at the end."""

    parts: list[tuple[str, np.ndarray, np.ndarray, dict[str, np.ndarray]]] = field(default_factory=list)

    def put(self, action: str, seconds: np.ndarray, numbers: np.ndarray, **facts: np.ndarray) -> None:
        self.parts.append((action, seconds, numbers, facts))

    def in_order(self, before: int) -> Drawn:
        """What happens before that second; of two at the same, the one put first."""
        seconds = np.concatenate([part[1] for part in self.parts]).astype(np.int64)
        order = np.argsort(seconds, kind="stable")
        order = order[seconds[order] < before]
        facts = {name: np.concatenate([_column(part, name) for part in self.parts])[order] for name in FIELDS}
        actions = np.concatenate([np.full(len(part[1]), part[0], object) for part in self.parts])
        numbers = np.concatenate([part[2] for part in self.parts])
        return Drawn(seconds[order], actions[order], numbers[order], facts)


def _column(part: tuple[str, np.ndarray, np.ndarray, dict[str, np.ndarray]], name: str) -> np.ndarray:
    found = part[3].get(name)
    return np.full(len(part[1]), None, object) if found is None else found.astype(object)


@dataclass(frozen=True, slots=True)
class Contents:
    """Contents that were decided: when they were reported and decided (seconds), what was found, of what kind."""

    numbers: np.ndarray
    reported: np.ndarray
    decided: np.ndarray
    results: np.ndarray
    kinds: np.ndarray

    def of(self, chosen: np.ndarray) -> "Contents":
        columns = (self.numbers, self.reported, self.decided, self.results, self.kinds)
        return Contents(*(column[chosen] for column in columns))


def drawn(rng: np.random.Generator, values: Iterable[str], shares: np.ndarray, size: int) -> np.ndarray:
    """So many of the values, in these shares."""
    return rng.choice(np.array([str(value) for value in values], object), size, p=shares)


def same(size: int, value: str) -> np.ndarray:
    return np.full(size, str(value), object)


def in_hours(seconds: np.ndarray) -> np.ndarray:
    """To three decimals, as a node tells them."""
    return np.round(seconds / HOUR, 3)
