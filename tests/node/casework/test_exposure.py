"""What a person was shown: recorded step by step, budgeted, and theirs alone to know."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from signals.pictures import encoded, scene

from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.exposure import Blur, BudgetState, Preferences, Rules, Size
from rempart.core.vocabulary import Legality
from rempart.node.audit import services as audit
from rempart.node.casework import assessing, evidence, exposure, preferences, queue
from rempart.node.casework.exposure import BudgetReached
from rempart.node.casework.models import BudgetDecision, Content, Exposure, ViewingPreferences
from rempart.node.intake.models import StoredFile

COUNT = 4


@pytest.fixture
def images(submit, work, people) -> list[int]:
    """Different images, all held by Ana."""
    submit(files=[encoded(scene(320, 240, seed=seed)) for seed in range(COUNT)])
    work()
    found = list(Content.objects.filter(kind="file").order_by("pk").values_list("pk", flat=True))
    assert len(found) == COUNT
    for content_id in found:
        queue.claim(people["ana"], content_id)
    return found


@pytest.fixture
def rules(settings):
    """Set the node's rules for this test."""

    def put(**values) -> None:
        settings.EXPOSURE_RULES = Rules(**values)

    return put


def look(person, content_id: int, level: int = 1, reason: str = "") -> str:
    file = StoredFile.objects.get(item__content=content_id)
    return evidence.show(person, content_id, file.pk, level, reason)


class TestRecord:
    def test_each_step_is_a_record_of_its_own(self, images, people, clock, told):
        for level in (1, 2, 3):
            look(people["ana"], images[0], level)
            clock.advance(seconds=4)
        rows = Exposure.objects.order_by("pk")
        assert [(row.how, row.max_side, row.blur) for row in rows] == [
            ("grey-blurred-small", 96, 6),
            ("grey-lightly-blurred", 240, 4),
            ("grey-sharp", 480, 0),
        ]
        assert [data["how"] for _, _, data in told("exposure:shown")] == [row.how for row in rows]

    def test_how_long_is_until_the_next_step_or_until_it_hid_itself(self, images, people, clock):
        for pause in (4, 50):
            look(people["ana"], images[0])
            clock.advance(seconds=pause)
        look(people["ana"], images[0])
        clock.advance(seconds=9)
        exposure.finish(people["ana"])
        clock.advance(hours=1)
        assert [one.seconds for one in exposure.own_record(people["ana"])] == [9, 30, 4]

    def test_a_decision_ends_it(self, images, people, clock):
        look(people["ana"], images[0])
        clock.advance(seconds=7)
        assessing.assess(people["ana"], images[0], assessing.Decision(Legality.NOT_ILLEGAL))
        clock.advance(seconds=20)
        [one] = exposure.own_record(people["ana"])
        assert one.seconds == 7

    def test_one_persons_next_step_does_not_end_anothers(self, images, people, clock):
        look(people["ana"], images[0])
        clock.advance(seconds=5)
        look(people["sacha"], images[0])
        clock.advance(seconds=5)
        assert [one.seconds for one in exposure.own_record(people["ana"])] == [10]

    def test_the_image_of_a_step_is_given_out_once(self, images, people):
        token = look(people["ana"], images[0])
        assert evidence.preview(token, people["ana"], images[0])
        with pytest.raises(NotPermitted, match="has ended"):
            evidence.preview(token, people["ana"], images[0])

    def test_what_was_hidden_before_it_came_is_not_given_out(self, images, people):
        token = look(people["ana"], images[0])
        exposure.finish(people["ana"])
        with pytest.raises(NotPermitted, match="has ended"):
            evidence.preview(token, people["ana"], images[0])

    def test_a_refused_step_leaves_no_record(self, images, people):
        with pytest.raises(NotPermitted):
            look(people["ben"], images[0])
        assert not Exposure.objects.exists()


class TestPreferences:
    def test_the_image_is_rendered_as_the_person_chose(self, images, people):
        preferences.choose(people["ana"], Preferences(Size.MEDIUM, Blur.LIGHT, grey=False, seconds=10))
        image = Image.open(io.BytesIO(evidence.preview(look(people["ana"], images[0]), people["ana"], images[0])))
        assert (max(image.size), image.mode) == (160, "RGB")
        [row] = Exposure.objects.all()
        assert (row.how, row.max_side, row.seconds) == ("colour-blurred-small", 160, 10)

    def test_a_choice_never_to_see_more_holds(self, images, people):
        preferences.choose(people["ana"], Preferences(last_step=1))
        look(people["ana"], images[0], 1)
        with pytest.raises(InputError, match="not to be shown more"):
            look(people["ana"], images[0], 2)

    def test_one_persons_choice_is_no_one_elses(self, people, db, clock):
        preferences.choose(people["ana"], Preferences(Size.LARGE))
        preferences.choose(people["ben"], Preferences(Size.MEDIUM))
        assert preferences.mine(people["ana"]).size is Size.LARGE
        assert preferences.mine(people["ben"]).size is Size.MEDIUM
        assert preferences.mine(people["sacha"]) == Preferences()

    def test_choosing_again_replaces(self, people, clock):
        for limit in (5, None):
            preferences.choose(people["ana"], Preferences(images_per_day=limit))
        assert preferences.mine(people["ana"]).images_per_day is None
        assert ViewingPreferences.objects.count() == 1

    def test_the_event_says_that_not_what(self, people, clock, told):
        preferences.choose(people["ana"], Preferences(Size.LARGE))
        assert told("exposure:") == [("exposure:preferences_chosen", people["ana"].actor, {})]

    @pytest.mark.parametrize("name", ["luis", "lin", "stan", "aude", "adam"])
    def test_who_is_shown_nothing_has_nothing_to_choose(self, people, clock, name):
        with pytest.raises(NotPermitted):
            preferences.choose(people[name], Preferences())


class TestBudget:
    def test_the_stop_comes_before_anything_is_recorded_or_unsealed(self, images, people, rules, told):
        rules(images_per_day=2)
        look(people["ana"], images[0])
        look(people["ana"], images[1])
        with pytest.raises(BudgetReached):
            look(people["ana"], images[2])
        assert Exposure.objects.count() == 2
        assert len(told("exposure:shown")) == 2

    def test_a_token_from_before_the_stop_is_still_good(self, images, people, rules):
        rules(images_per_day=1)
        assert evidence.preview(look(people["ana"], images[0]), people["ana"], images[0])

    def test_facts_and_decisions_go_on_without_images(self, images, people, rules):
        rules(images_per_day=1, may_go_on=False)
        look(people["ana"], images[0])
        assert assessing.assess(people["ana"], images[1], assessing.Decision(Legality.NOT_ILLEGAL))

    def test_going_on_is_recorded_with_a_reason_that_is_not_in_the_chain(self, images, people, rules, told):
        rules(images_per_day=2, go_on_percent=50)
        look(people["ana"], images[0])
        look(people["ana"], images[1])
        exposure.go_on(people["ana"], " one case is urgent ")
        look(people["ana"], images[2])
        [row] = BudgetDecision.objects.all()
        assert (row.person, row.reason) == (people["ana"], "one case is urgent")
        [fact] = audit.events(actions=["exposure:gone_on"])
        assert (fact.subject, fact.data, fact.reason) == (people["ana"].actor, {}, "")
        with pytest.raises(BudgetReached):
            look(people["ana"], images[3])

    def test_not_without_a_reason_not_before_the_limit(self, images, people, rules):
        rules(images_per_day=2)
        with pytest.raises(Conflict, match="have not reached"):
            exposure.go_on(people["ana"], "in case")
        look(people["ana"], images[0])
        look(people["ana"], images[1])
        with pytest.raises(InputError):
            exposure.go_on(people["ana"], "  ")
        assert not BudgetDecision.objects.exists()

    def test_where_the_rules_do_not_allow_it_nobody_goes_on(self, images, people, rules):
        rules(images_per_day=1, may_go_on=False)
        look(people["ana"], images[0])
        with pytest.raises(BudgetReached) as stop:
            exposure.go_on(people["ana"], "urgent")
        assert not stop.value.may_go_on
        assert not BudgetDecision.objects.exists()

    def test_after_a_rest_the_day_is_new(self, images, people, rules, clock):
        rules(images_per_day=1)
        look(people["ana"], images[0])
        clock.advance(hours=8)
        queue.claim(people["ana"], images[1])
        assert look(people["ana"], images[1])

    def test_ones_own_lower_limit_holds(self, images, people):
        preferences.choose(people["ana"], Preferences(images_per_day=1))
        look(people["ana"], images[0])
        with pytest.raises(BudgetReached) as stop:
            look(people["ana"], images[1])
        assert stop.value.may_go_on


class TestWhatOthersKnow:
    def test_only_the_state_of_each_who_may_view(self, images, people, rules):
        rules(images_per_day=2)
        look(people["ana"], images[0])
        look(people["ana"], images[1])
        found = dict(exposure.states(people["sacha"]))
        assert found == {
            "Ana Analyst": BudgetState.OVER,
            "Ben Analyst": BudgetState.WITHIN,
            "Sacha Senior": BudgetState.WITHIN,
            "Vera Victim-Specialist": BudgetState.WITHIN,
        }

    def test_neither_ones_own_limit_nor_going_on_shows(self, images, people, rules):
        rules(images_per_day=4, near_percent=50)
        preferences.choose(people["ana"], Preferences(images_per_day=1))
        look(people["ana"], images[0])
        assert dict(exposure.states(people["sacha"]))["Ana Analyst"] is BudgetState.WITHIN
        exposure.go_on(people["ana"], "a reason")
        look(people["ana"], images[1])
        assert dict(exposure.states(people["sacha"]))["Ana Analyst"] is BudgetState.NEAR

    @pytest.mark.parametrize("name", ["ana", "ben", "luis", "vera", "lin", "stan", "aude", "adam"])
    def test_nobody_else_asks(self, people, clock, name):
        with pytest.raises(NotPermitted):
            exposure.states(people[name])

    def test_the_record_is_ones_own(self, images, people):
        look(people["ana"], images[0])
        assert len(exposure.own_record(people["ana"])) == 1
        assert exposure.own_record(people["sacha"]) == []
        assert exposure.own(people["sacha"]).images == 0


def test_a_long_stay_without_a_pause_offers_a_break(images, people, rules, clock):
    rules(break_after_minutes=30, break_minutes=10)
    for _ in range(4):
        look(people["ana"], images[0])
        clock.advance(minutes=9)
    assert exposure.own(people["ana"]).is_break_due
    clock.advance(minutes=10)
    assert not exposure.own(people["ana"]).is_break_due


def test_old_records_without_an_end_count_thirty_seconds(images, people, clock):
    Exposure.objects.create(person=people["ana"], content_id=images[0], at=clock.now(), how="grey-sharp")
    clock.advance(minutes=5)
    assert exposure.own(people["ana"]).minutes == timedelta(seconds=30) / timedelta(minutes=1)
