"""Growth: the closed form, the published tables of Student, and what the band promises on made-up data."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.projection import LEAST_POINTS, fit, student_quantile


@pytest.mark.parametrize(
    ("share", "freedom", "told"),
    [(0.9, 1, 3.078), (0.9, 2, 1.886), (0.9, 10, 1.372), (0.975, 5, 2.571), (0.975, 30, 2.042), (0.95, 120, 1.658)],
)
def test_quantiles_are_those_of_printed_tables(share: float, freedom: int, told: float) -> None:
    assert student_quantile(share, freedom) == pytest.approx(told, abs=6e-4)


@given(
    st.floats(0.1, 1e6),
    st.floats(-1.5, 1.5).filter(lambda slope: abs(slope) > 1e-3),
    st.integers(LEAST_POINTS, 12),
)
def test_exact_growth_is_told_exactly(first: float, slope: float, number: int) -> None:
    growth = fit([(time, first * math.exp(slope * time)) for time in range(number)])
    assert growth.slope == pytest.approx(slope, abs=1e-9)
    assert growth.doubling == pytest.approx(math.log(2) / slope, rel=1e-6)
    band = growth.at(number + 2)
    assert band.low <= band.middle <= band.high
    assert band.middle == pytest.approx(first * math.exp(slope * (number + 2)), rel=1e-6)


def test_by_hand() -> None:
    """Logs 0, 1, 1, 2 at times 0..3: slope 0.6, level 1, sum of squares left 0.2; Student(0.9; 2) = 1.8856."""
    growth = fit([(0, 1.0), (1, math.e), (2, math.e), (3, math.e**2)])
    assert (growth.slope, growth.level, growth.centre) == (pytest.approx(0.6), pytest.approx(1), 1.5)
    assert growth.spread == pytest.approx(math.sqrt(0.2 / 2))
    half = 1.88562 * math.sqrt(0.1) * math.sqrt(1 + 1 / 4 + 2.5**2 / 5)
    assert math.log(growth.at(4).high) == pytest.approx(2.5 + half, rel=1e-4)
    assert math.log(growth.at(4).low) == pytest.approx(2.5 - half, rel=1e-4)


@given(st.floats(0, 30), st.floats(0.1, 30))
def test_the_band_widens_with_distance(near: float, more: float) -> None:
    growth = fit([(0, 10.0), (1, 25.0), (2, 30.0), (3, 90.0)])

    def width(time: float) -> float:
        band = growth.at(1.5 + time)
        return math.log(band.high) - math.log(band.low)

    assert width(near) < width(near + more)


def test_the_band_holds_what_it_promises() -> None:
    """Eight years of doubling with noise, 3,000 times: the year after next lies in the band as often as it says."""
    rng, within, times = random.Random(20261129), 0, 3000
    for _time in range(times):
        counts = [math.exp(math.log(1000) + math.log(2) * year + rng.gauss(0, 0.3)) for year in range(10)]
        band = fit(list(enumerate(counts[:8])), confidence=0.8).at(9)
        within += band.low <= counts[9] <= band.high
    assert within / times == pytest.approx(0.8, abs=0.03)


def test_growth_that_the_data_does_not_bear_has_no_slowest_doubling() -> None:
    fast, slow = fit([(0, 10.0), (1, 80.0), (2, 12.0), (3, 60.0)]).doubling_range
    assert fast is not None
    assert slow is None


@pytest.mark.parametrize(
    ("points", "confidence"),
    [
        ([(0, 1.0), (1, 2.0), (2, 4.0)], 0.8),
        ([(0, 1.0), (1, 2.0), (2, 0.0), (3, 8.0)], 0.8),
        ([(1, 1.0), (1, 2.0), (1, 3.0), (1, 4.0)], 0.8),
        ([(0, 1.0), (1, 2.0), (2, 4.0), (3, 8.0)], 1.0),
    ],
)
def test_too_little_is_refused(points: list[tuple[float, float]], confidence: float) -> None:
    with pytest.raises(InputError):
        fit(points, confidence)
