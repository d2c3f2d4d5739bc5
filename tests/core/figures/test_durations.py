"""Medians and percentiles of whole thousandths of an hour, against the plain definition."""

from array import array
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.figures.durations import median, p90, pooled, thousandths


def rounded(value: Decimal) -> float:
    return float((value / 1000).quantize(Decimal("0.1"), ROUND_HALF_UP))


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=60))
def test_they_are_what_the_definitions_say(values: list[int]) -> None:
    ordered, middle = sorted(values), len(values) // 2
    assert median(array("I", values)) == rounded(Decimal(ordered[middle] + ordered[~middle]) / 2)
    rank = next(rank for rank in range(1, len(values) + 1) if rank * 10 >= 9 * len(values))
    assert p90(array("I", values)) == rounded(Decimal(ordered[rank - 1]))


@pytest.mark.parametrize(("value", "shown"), [(50, 0.1), (49, 0.0), (149, 0.1), (150, 0.2), (1_000, 1.0)])
def test_halves_are_rounded_up(value: int, shown: float) -> None:
    assert median(array("I", [value])) == p90(array("I", [value])) == shown


def test_nothing_has_no_middle() -> None:
    assert median(array("I")) is None
    assert p90(array("I")) is None


def test_pooling_keeps_every_case() -> None:
    assert sorted(pooled([array("I", [3, 1]), array("I"), array("I", [1])])) == [1, 1, 3]


@pytest.mark.parametrize(("hours", "kept"), [(1.0, 1_000), (0.0004, 0), (2.8996, 2_900), (-3.0, 0)])
def test_hours_are_kept_in_thousandths(hours: float, kept: int) -> None:
    assert thousandths(hours) == kept
