"""Two pairs of eyes: every combination of people who could assess the same content."""

from itertools import product

import pytest

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, NotPermitted
from rempart.core.vocabulary import AgeBand, Legality, Offence, Role
from rempart.node.casework import assessing, case_page, queue, services
from rempart.node.casework.assessing import Outcome
from rempart.node.casework.models import Assessment, Case, Content

OFFENCES = frozenset({Offence.DISTRIBUTION})
BASELINE = Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=OFFENCES)
NATIONAL = Decision(Legality.NATIONAL, offences=OFFENCES)
OTHERS = {
    Legality.NATIONAL: NATIONAL,
    Legality.NOT_ILLEGAL: Decision(Legality.NOT_ILLEGAL),
    Legality.UNDETERMINED: Decision(Legality.UNDETERMINED, has_note=True),
}
ASSESS = {"ana", "ben", "sacha", "serge", "sonia"}
SENIORS = {"sacha", "serge", "sonia"}
TEAM = ("ana", "ben", "sacha", "serge", "sonia", "luis", "vera", "aude", "adam")


@pytest.fixture
def team(people) -> dict:
    """The cast with three seniors."""
    from rempart.node.staff.models import StaffMember

    more = {
        name: StaffMember.objects.create_user(name, "correct horse battery staple", [Role.SENIOR_ANALYST], name)
        for name in ("serge", "sonia")
    }
    return {**people, **more}


@pytest.fixture
def case(submit, work) -> int:
    submit(("url", "https://host.example/one"))
    work()
    return Content.objects.get().pk


def give(person, content_id: int, decision: Decision) -> Outcome:
    """Take the case and assess it. Raises NotPermitted or Conflict for who may not."""
    queue.claim(person, content_id)
    return assessing.assess(person, content_id, decision, "a note")


def refused(person, content_id: int, decision: Decision) -> bool:
    before = Assessment.objects.count()
    try:
        give(person, content_id, decision)
    except (NotPermitted, Conflict):
        assert Assessment.objects.count() == before
        return True
    return False


@pytest.mark.parametrize("first", TEAM)
def test_every_first_second_and_third_person(submit, work, team, first):
    """Of all triples: only an assessor, then another senior, then a third senior get through."""
    for number, (second, third) in enumerate(product(TEAM, repeat=2)):
        submit(("url", f"https://host.example/{number}"))
        work()
        content_id = Content.objects.latest("pk").pk
        if refused(team[first], content_id, BASELINE):
            assert first not in ASSESS
            continue
        assert first in ASSESS
        if refused(team[second], content_id, NATIONAL):
            assert second not in SENIORS - {first}
            continue
        assert second in SENIORS - {first}
        assert Case.objects.get(pk=content_id).state == "arbitration"
        if refused(team[third], content_id, NATIONAL):
            assert third not in SENIORS - {first, second}
            assert services.content(content_id).legality is None
            continue
        assert third in SENIORS - {first, second}
        people = Assessment.objects.filter(content=content_id).values_list("assessor", flat=True)
        assert len(set(people)) == 3
        assert services.content(content_id).legality is Legality.NATIONAL


@pytest.mark.parametrize(("second", "third"), list(product(("ana", "ben", "sacha", "serge"), repeat=2)))
def test_holding_the_claim_opens_no_way_around(case, team, clock, second, third):
    """Whoever is in the claim's column, the rule looks at who assessed before."""

    def force(name: str) -> None:
        Case.objects.update(claimed_by=team[name], claimed_until=clock.now().replace(hour=23))

    give(team["ana"], case, BASELINE)
    force(second)
    if second not in SENIORS:
        with pytest.raises(NotPermitted):
            assessing.assess(team[second], case, NATIONAL)
        return
    assert assessing.assess(team[second], case, NATIONAL) is Outcome.ARBITRATION
    force(third)
    if third in SENIORS - {second}:
        assert assessing.assess(team[third], case, NATIONAL) is Outcome.DECIDED
    else:
        with pytest.raises(NotPermitted):
            assessing.assess(team[third], case, NATIONAL)
        assert services.content(case).legality is None


def test_two_roles_are_still_one_pair_of_eyes(case, team):
    team["ana"].roles = [str(Role.ANALYST), str(Role.SENIOR_ANALYST)]
    team["ana"].save()
    give(team["ana"], case, BASELINE)
    assert refused(team["ana"], case, BASELINE)
    assert services.content(case).legality is None


@pytest.mark.parametrize("legality", OTHERS)
def test_every_disagreement_goes_on_and_the_third_person_decides(case, team, legality):
    give(team["ana"], case, BASELINE)
    assert give(team["sacha"], case, OTHERS[legality]) is Outcome.ARBITRATION
    assert refused(team["ben"], case, BASELINE)
    assert give(team["serge"], case, BASELINE) is Outcome.DECIDED
    assert services.content(case).legality is Legality.BASELINE


@pytest.mark.parametrize("legality", OTHERS)
def test_only_baseline_needs_the_second_person(case, team, legality):
    assert give(team["ana"], case, OTHERS[legality]) is Outcome.DECIDED


def test_who_took_back_a_first_assessment_is_not_the_second_person(case, team):
    give(team["sacha"], case, BASELINE)
    assessing.withdraw_assessment(team["sacha"], case)
    queue.hand_back(team["sacha"], case)
    give(team["ana"], case, BASELINE)
    assert refused(team["sacha"], case, BASELINE)
    assert give(team["serge"], case, BASELINE) is Outcome.DECIDED


def test_the_second_person_does_not_see_the_first_opinion_and_the_third_sees_both(case, team):
    give(team["ana"], case, BASELINE)
    for name in ("ben", "sacha", "serge"):
        assert case_page.page(case, team[name]).opinions == []
    give(team["sacha"], case, NATIONAL)
    assert len(case_page.page(case, team["serge"]).opinions) == 2


def test_nobody_finds_a_second_look_of_their_own_in_the_queue(case, team):
    give(team["sacha"], case, BASELINE)
    assert case_page.waiting_for(team["sacha"]) == []
    assert [line.content_id for line in case_page.waiting_for(team["serge"])] == [case]
    assert queue.next_case(team["sacha"]) is None
