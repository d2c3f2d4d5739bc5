"""The budget of looking: working days, limits, breaks, and how each step shows an image."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.exposure import (
    SECONDS,
    STEPS,
    STILLS,
    Blur,
    BudgetState,
    Preferences,
    Rules,
    Size,
    Viewing,
    rendering,
    standing,
    still_times,
    working_day,
)

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
RULES = Rules(images_per_day=10, minutes_per_day=5, break_after_images=4, break_after_minutes=30, break_minutes=10)


def ago(minutes: float, content: int = 1, seconds: float = 10) -> Viewing:
    return Viewing(NOW - timedelta(minutes=minutes), content, seconds)


def looks(*contents: int, seconds: float = 10, apart: float = 1, last: float = 0) -> list[Viewing]:
    """One viewing of each, `apart` minutes from one another, the last one `last` minutes ago."""
    count = len(contents)
    return [ago(last + apart * (count - 1 - at), one, seconds) for at, one in enumerate(contents)]


def state(viewings, *, extensions=(), rules=RULES, own=None) -> BudgetState:
    return standing(viewings, extensions, NOW, rules, own).state


preferences = st.builds(
    Preferences,
    size=st.sampled_from(Size),
    blur=st.sampled_from(Blur),
    grey=st.booleans(),
    seconds=st.sampled_from(SECONDS),
)
viewings = st.lists(st.builds(ago, st.floats(0, 3000), st.integers(1, 30), st.floats(0, 60)), max_size=40)


class TestRendering:
    def test_the_defaults_are_the_most_protective(self):
        first = rendering(Preferences(), 1)
        assert (first.name, first.max_side, first.blur, first.grey) == ("grey-blurred-small", 96, 6, True)

    @given(preferences)
    def test_each_step_shows_more_than_the_one_before(self, chosen):
        first, second, third = (rendering(chosen, step) for step in STEPS)
        assert first.max_side < second.max_side < third.max_side <= 640
        assert first.blur / first.max_side > second.blur / second.max_side > third.blur == 0
        assert {one.grey for one in (first, second, third)} == {chosen.grey}
        assert {one.seconds for one in (first, second, third)} == {chosen.seconds}

    def test_names_are_short_enough_for_the_record_and_tell_the_colour(self):
        names = {rendering(Preferences(grey=grey), step).name for grey in (True, False) for step in STEPS}
        assert len(names) == 6
        assert all(len(name) <= 40 for name in names)

    @pytest.mark.parametrize("last", STEPS)
    def test_never_more_than_the_person_wants(self, last):
        chosen = Preferences(last_step=last)
        for step in STEPS:
            if step <= last:
                assert rendering(chosen, step)
            else:
                with pytest.raises(InputError, match="not to be shown more"):
                    rendering(chosen, step)

    @pytest.mark.parametrize("step", [-1, 0, 4, 99])
    def test_no_other_steps(self, step):
        with pytest.raises(InputError, match="no such step"):
            rendering(Preferences(), step)

    @pytest.mark.parametrize(
        "wrong", [{"seconds": 0}, {"seconds": 7}, {"last_step": 0}, {"last_step": 4}, {"images_per_day": 0}]
    )
    def test_choices_that_do_not_exist(self, wrong):
        with pytest.raises(InputError):
            Preferences(**wrong)


class TestWorkingDay:
    def test_it_begins_after_a_rest_not_at_midnight(self):
        night = [ago(60 * 14), ago(60 * 5), ago(60 * 3)]
        assert working_day(night, NOW, RULES) == night[1:]

    def test_a_rest_until_now_begins_a_new_one(self):
        assert working_day([ago(60 * 8)], NOW, RULES) == []
        assert working_day([ago(60 * 8 - 1)], NOW, RULES) != []

    def test_nothing_older_than_a_day_counts(self):
        chain = [ago(60 * hours) for hours in range(0, 40, 4)]
        assert len(working_day(chain, NOW, RULES)) == 6

    @given(viewings)
    def test_it_is_a_run_without_a_rest_up_to_now(self, seen):
        day = working_day(seen, NOW, RULES)
        times = [one.at for one in day] + [NOW]
        assert times == sorted(times)
        assert all(later - sooner < timedelta(hours=8) for sooner, later in pairwise(times))

    @given(viewings, st.randoms())
    def test_the_order_in_which_they_are_given_does_not_count(self, seen, random):
        mixed = list(seen)
        random.shuffle(mixed)
        key = [(one.at, one.seconds) for one in sorted(seen, key=lambda one: one.at)]
        assert len(working_day(mixed, NOW, RULES)) == len(working_day(seen, NOW, RULES)) <= len(key)


class TestBudget:
    def test_within_near_over_by_images(self):
        states = [state(looks(*range(count))) for count in range(12)]
        assert states == [BudgetState.WITHIN] * 8 + [BudgetState.NEAR] * 2 + [BudgetState.OVER] * 2

    def test_steps_of_one_image_are_one_image(self):
        assert standing(looks(1, 1, 1, 2, 2), (), NOW, RULES, None).images == 2

    def test_minutes_count_as_well(self):
        assert state(looks(1, 1, 1, 1, 1, seconds=60)) is BudgetState.OVER
        assert state(looks(1, 1, 1, 1, seconds=60)) is BudgetState.NEAR

    def test_ones_own_limit_lowers_and_never_raises(self):
        assert state(looks(1, 2, 3), own=3) is BudgetState.OVER
        assert standing([], (), NOW, RULES, 500).images_limit == 10

    def test_a_decision_to_go_on_adds_a_part_once(self):
        seen = looks(*range(10))
        assert state(seen, extensions=[NOW]) is BudgetState.NEAR
        assert state(looks(*range(12)), extensions=[NOW]) is BudgetState.OVER
        assert state(looks(*range(12)), extensions=[NOW, NOW]) is not BudgetState.OVER

    def test_a_decision_of_an_earlier_day_adds_nothing(self):
        assert state(looks(*range(10)), extensions=[NOW - timedelta(hours=12)]) is BudgetState.OVER

    def test_where_the_node_does_not_allow_it_nothing_is_added_to_its_limit(self):
        strict = Rules(images_per_day=10, minutes_per_day=5, may_go_on=False)
        seen = looks(*range(10))
        found = standing(seen, [NOW, NOW], NOW, strict, None)
        assert (found.state, found.may_go_on, found.images_limit) == (BudgetState.OVER, False, 10)

    def test_past_ones_own_limit_there_is_room_up_to_the_nodes(self):
        strict = Rules(images_per_day=10, minutes_per_day=5, may_go_on=False)
        found = standing(looks(1, 2, 3), (), NOW, strict, 3)
        assert (found.state, found.may_go_on) == (BudgetState.OVER, True)
        assert standing(looks(1, 2, 3), [NOW], NOW, strict, 3).state is not BudgetState.OVER

    @given(viewings, st.builds(ago, st.floats(0, 100), st.integers(31, 40), st.floats(0, 60)))
    def test_looking_more_never_lowers_what_is_spent(self, seen, one_more):
        order = list(BudgetState)
        assert order.index(state([*seen, one_more])) >= order.index(state(seen))


class TestBreaks:
    def due(self, seen) -> bool:
        return standing(seen, (), NOW, RULES, None).is_break_due

    def test_after_so_many_images(self):
        assert not self.due(looks(1, 2, 3))
        assert self.due(looks(1, 2, 3, 4))

    def test_after_so_long_without_a_pause(self):
        assert not self.due(looks(1, 1, 1, apart=9))
        assert self.due(looks(1, 1, 1, 1, 1, apart=9))

    def test_a_pause_begins_anew(self):
        assert not self.due(looks(1, 2, 3, 4, last=10))
        assert not self.due([*looks(1, 2, 3, last=12), *looks(4, 5)])

    def test_nothing_seen_nothing_offered(self):
        assert not self.due([])


class TestRules:
    def test_some_of_them_replaced(self):
        assert Rules.from_mapping({"images_per_day": 7, "may_go_on": False}) == Rules(7, may_go_on=False)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"images": 7},
            {"images_per_day": 0},
            {"images_per_day": True},
            {"images_per_day": "many"},
            {"near_percent": 101},
            {"rest_hours": 24},
            {"may_go_on": 1},
        ],
    )
    def test_nonsense(self, wrong):
        with pytest.raises(InputError):
            Rules.from_mapping(wrong)


@given(st.floats(0, 1e6))
def test_stills_of_a_video_are_few_within_it_and_evenly_spread(seconds):
    times = still_times(seconds)
    assert len(times) == (STILLS if seconds >= 3 else max(1, int(seconds * 2)))
    assert all(0 <= one <= seconds for one in times)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(gap == pytest.approx(gaps[0]) for gap in gaps)
    if seconds:
        assert times[0] + times[-1] == pytest.approx(seconds)
