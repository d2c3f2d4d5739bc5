import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.adapters.clock import Clock, ScaledClock, SystemClock, clock_from_environment
from rempart.core.errors import UnsafeStart

EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def test_the_system_clock_tells_aware_utc() -> None:
    clock: Clock = clock_from_environment({})
    assert clock == SystemClock()
    now = clock.now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now.timestamp() - time.time()) < 5


def test_scaled_time_runs_faster_from_the_epoch() -> None:
    epoch = datetime.now(UTC) - timedelta(seconds=10)
    elapsed = ScaledClock(epoch, 3600).now() - epoch
    assert timedelta(hours=10) <= elapsed < timedelta(hours=15)


def test_processes_with_the_same_environment_agree() -> None:
    environ = {"REMPART_MODE": "demo", "REMPART_CLOCK": ScaledClock(EPOCH, 1000.5).to_environment()}
    assert clock_from_environment(environ) == ScaledClock(EPOCH, 1000.5)


@pytest.mark.parametrize("mode", [{}, {"REMPART_MODE": "production"}, {"REMPART_MODE": "Demo"}])
def test_scaling_outside_the_demo_is_refused(mode: dict[str, str]) -> None:
    with pytest.raises(UnsafeStart, match="demonstration only"):
        clock_from_environment({**mode, "REMPART_CLOCK": f"{EPOCH.isoformat()};60"})


@pytest.mark.parametrize(
    "text",
    ["60", ";", "2026-01-05T08:00:00;60", "2026-01-05T08:00:00+00:00;0", "2026-01-05T08:00:00+00:00;-1"]
    + [f"2026-01-05T08:00:00+00:00;{scale}" for scale in ("nan", "inf", "", "x", "60;60")],
)
def test_a_malformed_value_is_refused(text: str) -> None:
    with pytest.raises(UnsafeStart, match="epoch;scale"):
        clock_from_environment({"REMPART_MODE": "demo", "REMPART_CLOCK": text})


@given(
    st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.floats(min_value=1e-6, max_value=1e6),
)
def test_the_environment_value_round_trips(epoch: datetime, scale: float) -> None:
    clock = ScaledClock(epoch, scale)
    assert clock_from_environment({"REMPART_MODE": "demo", "REMPART_CLOCK": clock.to_environment()}) == clock
