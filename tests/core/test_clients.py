"""What a platform's credential allows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.clients import MAX_OVERLAP, Allowance, overlap_end
from rempart.core.errors import InputError

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_former_secret_ends_when_it_was_said_to() -> None:
    assert overlap_end(NOW, timedelta(hours=24)) == NOW + timedelta(hours=24)
    assert overlap_end(NOW, MAX_OVERLAP) == NOW + MAX_OVERLAP
    assert overlap_end(NOW, timedelta(0)) is None


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), MAX_OVERLAP + timedelta(seconds=1)])
def test_a_former_secret_does_not_live_for_ever(overlap: timedelta) -> None:
    with pytest.raises(InputError, match="0 to 30 days"):
        overlap_end(NOW, overlap)


def test_a_burst_passes_and_then_the_rate() -> None:
    allowance = Allowance(rate=10, burst=20)
    assert [allowance.take(0.0) for _ in range(20)] == [0.0] * 20
    assert allowance.take(0.0) == pytest.approx(0.1)
    assert allowance.take(0.05) == pytest.approx(0.05)
    assert allowance.take(0.11) == 0.0
    assert allowance.take(0.11) > 0
    assert [allowance.take(1000.0) for _ in range(21)].count(0.0) == 20


@given(
    st.floats(0.5, 1000),
    st.floats(1, 1000),
    st.lists(st.floats(0, 2), max_size=200),
)
def test_no_pattern_of_calls_gets_more_than_burst_and_rate(rate: float, burst: float, pauses: list[float]) -> None:
    allowance, moment, passed = Allowance(rate, burst), 0.0, 0
    for pause in pauses:
        moment += pause
        passed += allowance.take(moment) == 0.0
    assert passed <= burst + rate * moment + 1e-6


@given(st.floats(0.5, 1000), st.floats(1, 100))
def test_who_waits_as_told_is_let_in(rate: float, burst: float) -> None:
    allowance, moment = Allowance(rate, burst), 0.0
    for _ in range(300):
        if wait := allowance.take(moment):
            moment += wait + 1e-9
            assert allowance.take(moment) == 0.0


def test_a_clock_that_goes_back_gives_nothing() -> None:
    allowance = Allowance(rate=1, burst=1)
    assert allowance.take(100.0) == 0.0
    assert allowance.take(50.0) > 0
