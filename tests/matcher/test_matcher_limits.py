"""Rates and quotas, counted over processes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matcher.serving import together

from rempart.matcher.clients import Client
from rempart.matcher.limits import SharedLimits

NOON = 20_000 * 86_400 + 43_200.0


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def wall() -> Clock:
    return Clock(NOON)


@pytest.fixture
def limits(tmp_path: Path, clock: Clock, wall: Clock):
    shared = SharedLimits(tmp_path / "limits", clock=clock, wall=wall)
    yield shared
    shared.close()


def test_the_bucket_holds_a_burst_and_refills(limits: SharedLimits, clock: Clock) -> None:
    client = Client(name="a", requests_per_second=10, burst=3)
    assert [limits.take(client, 1) for _ in range(3)] == [None] * 3
    refused = limits.take(client, 1)
    assert refused is not None
    assert (refused.limit, refused.retry_after) == ("rate", pytest.approx(0.1))
    clock.now += 0.1
    assert limits.take(client, 1) is None
    assert limits.take(client, 1) is not None


def test_the_quota_is_of_the_day_and_refuses_a_whole_call(limits: SharedLimits, wall: Clock) -> None:
    client = Client(name="a", items_per_day=100)
    assert limits.take(client, 99) is None
    refused = limits.take(client, 2)
    assert refused is not None
    assert (refused.limit, refused.retry_after) == ("quota", 43_200)
    assert limits.take(client, 1) is None
    wall.now += 43_200
    assert limits.take(client, 100) is None


def test_what_is_refused_for_the_quota_costs_no_request(limits: SharedLimits) -> None:
    client = Client(name="a", requests_per_second=1, burst=1, items_per_day=5)
    assert limits.take(client, 6) is not None
    assert limits.take(client, 5) is None


def test_clients_do_not_share(limits: SharedLimits) -> None:
    one, other = (Client(name=name, items_per_day=1) for name in ("one", "other"))
    assert limits.take(one, 1) is None
    assert limits.take(other, 1) is None
    assert limits.take(one, 1) is not None


def test_the_quota_outlives_a_restart_and_a_reboot_refills_the_bucket(tmp_path: Path, wall: Clock) -> None:
    client = Client(name="a", requests_per_second=1, burst=1, items_per_day=1)
    for now, expected in ((5000.0, None), (5.0, "quota")):
        shared = SharedLimits(tmp_path / "limits", clock=Clock(now), wall=wall)
        refused = shared.take(client, 1)
        assert (refused and refused.limit) == expected
        shared.close()


TAKE = """
import sys
from pathlib import Path
from rempart.matcher.clients import Client
from rempart.matcher.limits import SharedLimits
shared = SharedLimits(Path(sys.argv[1]))
client = Client(name="a", items_per_day=5000)
print(sum(shared.take(client, 1) is None for _ in range(2000)))
"""


def test_processes_count_together(tmp_path: Path) -> None:
    told = together(TAKE, *[(tmp_path / "limits",)] * 3)
    assert sum(map(int, told)) == 5000


@given(
    rate=st.floats(0.5, 1000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 2), max_size=60),
)
def test_no_more_than_the_rate_and_a_burst(tmp_path_factory, rate: float, burst: int, pauses: list[float]) -> None:
    clock = Clock(10.0)
    shared = SharedLimits(tmp_path_factory.mktemp("limits") / "limits", clock=clock)
    client = Client(name="a", requests_per_second=rate, burst=burst)
    taken = 0
    for pause in pauses:
        clock.now += pause
        taken += shared.take(client, 0) is None
    shared.close()
    assert taken <= burst + sum(pauses) * rate + 1e-6
    assert taken >= min(len(pauses), burst)
