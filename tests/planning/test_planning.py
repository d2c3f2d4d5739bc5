"""Plans: what a change brings, how sure that is, and what is refused."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.planning.planning import FEWEST_RUNS, MOST_LOOKS, RUNS, VARIANTS, plan, runs_for
from rempart.planning.situation import LIMITS, Situation

BUSY = Situation(reports_per_day=60, analysts=2, months=6, doubling_months=6)


def test_one_analyst_more_and_a_better_list_shorten_the_queue() -> None:
    made = plan(dataclasses.replace(BUSY, reports_per_day=120), seed=7, runs=10)
    analyst, better = made.changes
    assert (analyst.key, better.key) == ("analyst", "list")
    assert analyst.gained_waiting.high < 0
    assert better.gained_waiting.high < 0
    work_of_one = BUSY.hours * 60 * 5 / 7 * BUSY.days / (BUSY.first_minutes + BUSY.second_look * BUSY.second_minutes)
    assert -analyst.gained_waiting.middle == pytest.approx(work_of_one, rel=0.05)
    assert analyst.end.waiting.middle < made.base.end.waiting.middle
    assert made.needed[1] == pytest.approx(2 * made.needed[0], rel=0.01)


def test_differences_of_paired_runs_are_surer_than_the_runs() -> None:
    made = plan(BUSY, seed=3, runs=12)
    change = made.changes[0].gained_waiting
    base, other = made.base.end.waiting, made.changes[0].end.waiting
    assert change.high - change.low < (base.high - base.low) + (other.high - other.low)


def test_not_knowing_how_fast_intake_grows_widens_the_band() -> None:
    sure = plan(dataclasses.replace(BUSY, doubt=0.0), seed=2, runs=12).base.end.waiting
    unsure = plan(dataclasses.replace(BUSY, doubt=0.4), seed=2, runs=12).base.end.waiting
    assert unsure.high - unsure.low > 3 * (sure.high - sure.low)


def test_children_follow_from_what_waits() -> None:
    made = plan(dataclasses.replace(BUSY, illegal=0.4, reports_per_child=8), seed=1, runs=8)
    assert made.base.end.children.middle == pytest.approx(made.base.end.waiting.middle * 0.4 / 8)


def test_a_quiet_hotline_has_no_queue() -> None:
    made = plan(Situation(reports_per_day=2, analysts=3, months=3, doubling_months=0), seed=1, runs=8)
    assert made.base.end.waiting.high <= 20
    assert made.base.wait_days is not None
    assert made.base.wait_days.high < 2.5
    assert made.needed[0] < 1


def test_nothing_decided_has_no_waiting_time() -> None:
    made = plan(Situation(reports_per_day=0, analysts=1, second_look=0.0, months=1), seed=1, runs=8)
    assert made.base.wait_days is None
    assert made.base.end.waiting.high == 0


def test_the_same_seed_makes_the_same_plan_and_progress_is_told() -> None:
    seen: list[int] = []
    one = plan(BUSY, seed=5, runs=8, progress=seen.append)
    assert seen == list(range(1, 9))
    assert plan(BUSY, seed=5, runs=8) == one
    assert plan(BUSY, seed=6, runs=8) != one


@given(
    situation=st.builds(
        Situation,
        reports_per_day=st.floats(0, 500),
        analysts=st.integers(1, 200),
        months=st.integers(1, 24),
        first_minutes=st.floats(0.1, 600),
    )
)
@settings(deadline=None)
def test_runs_are_as_many_as_take_a_minute(situation: Situation) -> None:
    number = runs_for(situation)
    assert FEWEST_RUNS <= number <= RUNS
    assert number == FEWEST_RUNS or number * len(VARIANTS) <= MOST_LOOKS


def test_every_field_has_its_limits() -> None:
    assert set(LIMITS) == {field.name for field in dataclasses.fields(Situation)}


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_value_out_of_reason_is_refused_by_its_name(name: str) -> None:
    least, most = LIMITS[name]
    for wrong in (least - 1, most + 1):
        with pytest.raises(InputError) as found:
            dataclasses.replace(BUSY, **{name: wrong})
        assert found.value.where == name


def test_more_reports_than_a_run_holds_are_refused() -> None:
    with pytest.raises(InputError, match="more than one plan can follow"):
        Situation(reports_per_day=100_000, analysts=10, months=24)
    near = Situation(reports_per_day=2_000, analysts=10, months=24, doubling_months=12)
    with pytest.raises(InputError, match="more than one plan can follow"):
        plan(dataclasses.replace(near, doubt=0.9), seed=1, runs=8)
    assert dataclasses.replace(BUSY, analysts=1, reports_per_day=400, second_look=0.2).warnings() == (
        "nobody_for_second_looks",
        "overloaded_from_the_start",
    )
