"""The model against cases that have a closed form, and what must hold in every run."""

from dataclasses import replace
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.planning.simulating import Run, simulate
from rempart.planning.situation import HOURS_PER_DAY, Situation

SEEDS = range(12)
ROUND_THE_CLOCK = {"hours": 24.0, "days_per_week": 7, "doubling_months": 0.0, "recognised": 0.0, "second_look": 0.0}


def erlang_c(load: float, servers: int) -> float:
    """The chance that who comes has to wait (Erlang 1917); `load` is work offered in servers."""
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (sum(load**number / factorial(number) for number in range(servers)) + last)


def mean_wait(situation: Situation) -> tuple[float, float]:
    """Hours until the first look, over the runs: mean and its standard error. The first tenth warms up."""
    means = []
    for seed in SEEDS:
        run = simulate(situation, seed)
        is_counted = np.isfinite(run.begun) & (run.arrived > run.days / 10)
        means.append(float(np.mean((run.begun - run.arrived)[is_counted])) * HOURS_PER_DAY)
    return float(np.mean(means)), float(np.std(means, ddof=1) / len(means) ** 0.5)


@pytest.mark.parametrize(("servers", "use"), [(1, 0.7), (3, 0.8), (8, 0.9)])
def test_exponential_looks_wait_as_erlang_says(servers: int, use: float) -> None:
    """M/M/c: mean wait = C / (c·mu - lambda)."""
    minutes = 30.0
    rate = use * servers * 60 / minutes
    situation = Situation(
        **ROUND_THE_CLOCK,
        reports_per_day=rate * 24,
        analysts=servers,
        first_minutes=minutes,
        spread=1.0,
        months=12,
    )
    expected = erlang_c(rate * minutes / 60, servers) / (servers * 60 / minutes - rate)
    found, error = mean_wait(situation)
    assert abs(found - expected) < 4 * error + 0.02 * expected
    assert error < 0.1 * expected, "too few runs to tell"


def test_equal_looks_wait_half_as_long() -> None:
    """M/D/1: mean wait = rho / (2·mu·(1 - rho)), Pollaczek and Khinchine."""
    use, minutes = 0.8, 30.0
    situation = Situation(
        **ROUND_THE_CLOCK, reports_per_day=use * 48, analysts=1, first_minutes=minutes, spread=0.0, months=12
    )
    expected = use / (2 * (60 / minutes) * (1 - use))
    found, error = mean_wait(situation)
    assert abs(found - expected) < 4 * error + 0.02 * expected
    wrong = use / ((60 / minutes) * (1 - use))
    assert abs(found - wrong) > 10 * error, "the test would not tell it from M/M/1"


def test_more_work_than_people_grows_as_the_difference() -> None:
    """Overload: what waits is what came less what all analysts can do in their hours."""
    situation = Situation(
        reports_per_day=200,
        analysts=4,
        doubling_months=0,
        recognised=0.25,
        second_look=0.0,
        first_minutes=10,
        months=12,
    )
    per_day = 4 * situation.hours * 6 * 5 / 7
    expected = (150 - per_day) * situation.days
    found = np.mean([simulate(situation, seed).waiting(np.array([365.0]))[0] for seed in SEEDS])
    assert found == pytest.approx(expected, rel=0.02)


def test_intake_doubles_when_it_says() -> None:
    situation = Situation(reports_per_day=100, analysts=1, doubling_months=6, recognised=0.0, months=24)
    run = simulate(situation, 1)
    halves = np.histogram(run.arrived, bins=[0, *(situation.days * part / 4 for part in (1, 2, 3, 4))])[0]
    assert halves[1:] / halves[:-1] == pytest.approx([2, 2, 2], rel=0.05)
    assert len(run.arrived) == pytest.approx(situation.expected_reports, rel=0.03)


def test_one_analyst_alone_decides_nothing_that_needs_two() -> None:
    situation = Situation(reports_per_day=5, analysts=1, second_look=1.0, months=3)
    run = simulate(situation, 3)
    assert np.isfinite(run.begun).sum() > 100
    assert not np.isfinite(run.decided).any()
    assert situation.warnings() == ("nobody_for_second_looks",)


small = st.builds(
    Situation,
    reports_per_day=st.floats(0, 40),
    analysts=st.integers(1, 4),
    doubling_months=st.sampled_from([0.0, 3.0, 12.0]),
    recognised=st.floats(0, 1),
    second_look=st.floats(0, 1),
    first_minutes=st.floats(1, 60),
    second_minutes=st.floats(1, 60),
    hours=st.floats(0.5, 24),
    days_per_week=st.integers(1, 7),
    spread=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    backlog=st.integers(0, 50),
    months=st.integers(1, 3),
)


@given(situation=small, seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=60)
def test_every_run_is_in_order(situation: Situation, seed: int) -> None:
    run = simulate(situation, seed)
    assert (np.diff(run.arrived) >= 0).all()
    assert (run.begun >= run.arrived).all()
    assert (run.decided >= run.begun).all()
    began = run.begun[np.isfinite(run.begun)]
    assert (np.diff(began) >= 0).all(), "the oldest is taken first"
    if situation.hours < HOURS_PER_DAY:
        of_day = (began * HOURS_PER_DAY) % HOURS_PER_DAY
        assert ((of_day < situation.hours + 1e-6) | (of_day > HOURS_PER_DAY - 1e-6)).all()
    assert (np.floor(began + 1e-9) % 7 < situation.days_per_week).all()


@given(situation=small, seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_a_seed_gives_the_same_run(situation: Situation, seed: int) -> None:
    one, other = simulate(situation, seed), simulate(situation, seed)
    assert np.array_equal(one.decided, other.decided)
    assert np.array_equal(simulate(replace(situation, analysts=situation.analysts + 1), seed).arrived, one.arrived)


@given(situation=small, seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=30)
def test_a_better_list_only_takes_reports_away(situation: Situation, seed: int) -> None:
    better = replace(situation, recognised=min(1.0, situation.recognised + 0.2))
    assert set(simulate(better, seed).arrived) <= set(simulate(situation, seed).arrived)


@given(
    arrived=st.lists(st.floats(0, 100), max_size=30),
    taken=st.data(),
    at=st.floats(0, 120),
)
def test_what_waits_and_the_oldest_are_counted_as_by_hand(
    arrived: list[float], taken: st.DataObject, at: float
) -> None:
    came = sorted(arrived)
    decided = [day + taken.draw(st.sampled_from([0.0, 1.5, 40.0, float("inf")])) for day in came]
    run = Run(np.array(came), np.array(came), np.array(decided), 120)
    open_ones = [day for day, end in zip(came, decided, strict=True) if day <= at < end]
    assert run.waiting(np.array([at]))[0] == len(open_ones)
    assert run.oldest(np.array([at]))[0] == pytest.approx(at - min(open_ones) if open_ones else 0.0)
