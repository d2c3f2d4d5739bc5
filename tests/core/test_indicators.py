from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.indicators import Durations, measure

durations = st.lists(st.timedeltas(timedelta(0), timedelta(days=60)), min_size=1, max_size=60)


def hours(*values: float) -> list[timedelta]:
    return [timedelta(hours=value) for value in values]


def test_without_data_nothing_is_available() -> None:
    assert measure([]) == Durations(0, None, None, None, None, None)


def test_open_cases_count_in_the_shares() -> None:
    assert measure([], cases=4) == Durations(0, None, None, 0.0, 0.0, 0.0)
    assert measure(hours(1, 48), cases=4) == Durations(2, 24.5, 48.0, 0.25, 0.5, 0.5)


def test_the_median_is_the_middle() -> None:
    assert measure(hours(9, 1, 2)).median_h == 2
    assert measure(hours(9, 1, 2, 3)).median_h == 2.5


def test_limits_are_included() -> None:
    assert measure(hours(24, 72, 168, 168.001)) == Durations(4, 120.0, 168.001, 0.25, 0.5, 0.75)


@pytest.mark.parametrize(("count", "rank"), [(1, 1), (2, 2), (9, 9), (10, 9), (11, 10), (20, 18), (100, 90)])
def test_p90_is_the_nearest_rank(count: int, rank: int) -> None:
    assert measure(hours(*range(count, 0, -1))).p90_h == rank


@given(durations)
def test_p90_is_the_smallest_value_that_nine_tenths_do_not_exceed(values: list[timedelta]) -> None:
    p90 = measure(values).p90_h
    in_hours = sorted(value / timedelta(hours=1) for value in values)
    assert p90 == next(v for v in in_hours if sum(other <= v for other in in_hours) * 10 >= 9 * len(values))


@given(durations, st.integers(0, 50))
def test_shares_grow_with_their_limit(values: list[timedelta], still_open: int) -> None:
    result = measure(values, cases=len(values) + still_open)
    assert result.within_24h is not None
    assert result.within_72h is not None
    assert result.within_7d is not None
    assert 0 <= result.within_24h <= result.within_72h <= result.within_7d <= 1
    assert result.median_h is not None
    assert result.p90_h is not None
    assert result.median_h <= result.p90_h or len(values) == 1


@pytest.mark.parametrize(("values", "cases"), [(hours(-1), None), (hours(1, 2), 1)])
def test_impossible_input_is_refused(values: list[timedelta], cases: int | None) -> None:
    with pytest.raises(InputError):
        measure(values, cases=cases)
