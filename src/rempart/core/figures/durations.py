"""Durations in whole thousandths of an hour, as events carry them: exact, so that any tool computes the same figure."""

from array import array
from collections.abc import Iterable, Sequence

import numpy as np


def thousandths(hours: float) -> int:
    """What is stored of a duration; one below 0 (a clock that stepped back) is 0."""
    return max(0, round(hours * 1000))


def pooled(tables: Iterable["array[int]"]) -> "array[int]":
    """All durations of some tables, in no order."""
    found = array("I")
    for table in tables:
        found.extend(table)
    return found


def median(durations: "array[int]") -> float | None:
    """Hours to one decimal, halves up: the mean of the two middle values for an even number. None without any."""
    if not durations:
        return None
    low, high = (len(durations) - 1) // 2, len(durations) // 2
    found = _ranked(durations, (low, high))
    return (found[0] + found[1] + 100) // 200 / 10


def p90(durations: "array[int]") -> float | None:
    """Hours to one decimal, halves up: the nearest rank, the smallest that at least 90 % do not exceed."""
    if not durations:
        return None
    rank = -(-9 * len(durations) // 10) - 1
    return (_ranked(durations, (rank,))[0] + 50) // 100 / 10


def _ranked(durations: "array[int]", ranks: Sequence[int]) -> list[int]:
    values = np.frombuffer(durations, dtype=np.uint32)
    parted = np.partition(values, sorted(set(ranks)))
    return [int(parted[rank]) for rank in ranks]
