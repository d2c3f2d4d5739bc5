"""Need to know: to whom a restricted case is open, and what the others can get at: nothing."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction
from signals.pictures import encoded, scene

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Legality, Role
from rempart.node.audit import services as audit
from rempart.node.casework import (
    access,
    assessing,
    case_page,
    evidence,
    holds,
    listing,
    queue,
    reading,
    related,
    release,
    services,
)
from rempart.node.casework.access import Restricted
from rempart.node.casework.models import BrokenGlass, Case, Content, Exposure, Restriction
from rempart.node.intake import services as intake
from rempart.node.intake.models import StoredFile

SEE_CASES = ("ana", "ben", "sacha", "luis", "vera")


@pytest.fixture
def case(submit, work) -> int:
    submit(("url", "https://host.example/one"))
    work()
    return Content.objects.get().pk


def who_sees(people, content_id: int) -> set[str]:
    return {name for name in people if access.is_visible(people[name], content_id)}


class TestToWhom:
    def test_unrestricted_to_all(self, case, people):
        assert who_sees(people, case) == set(people)
        assert access.facts(people["ana"], case) is None

    @pytest.mark.parametrize(
        ("named", "role", "others"),
        [
            ((), "", set()),
            (("ana",), "", {"ana"}),
            (("ana", "vera"), "", {"ana", "vera"}),
            ((), Role.LE_LIAISON, {"luis"}),
            ((), Role.ANALYST, {"ana", "ben"}),
            (("vera",), Role.LE_LIAISON, {"luis", "vera"}),
        ],
    )
    def test_the_owner_those_named_and_one_role(self, case, people, named, role, others):
        access.restrict(people["sacha"], case, "a reason", [people[name].pk for name in named], str(role))
        assert who_sees(people, case) == {"sacha"} | others

    def test_another_senior_is_no_exception(self, case, people, second_senior):
        access.restrict(people["sacha"], case, "a reason")
        assert not access.is_visible(second_senior, case)

    def test_lifted_it_is_open_to_all_and_may_be_restricted_anew(self, case, people):
        access.restrict(people["sacha"], case, "a reason")
        access.lift(people["sacha"], case, "it is over")
        assert who_sees(people, case) == set(people)
        access.restrict(people["sacha"], case, "once more")
        assert who_sees(people, case) == {"sacha"}
        assert Restriction.objects.count() == 2

    def test_the_three_questions_have_one_answer(self, case, people, submit, work):
        submit(("url", "https://host.example/two"))
        work()
        other = Content.objects.exclude(pk=case).get().pk
        access.restrict(people["sacha"], case, "a reason", [people["ben"].pk])
        for person in people.values():
            hidden = access.hidden_from(person, [case, other])
            contents = set(Content.objects.filter(access.visible_to(person)).values_list("pk", flat=True))
            cases = set(Case.objects.filter(access.visible_to(person)).values_list("pk", flat=True))
            assert contents == cases == {case, other} - hidden
            assert (case in hidden) is not access.is_visible(person, case)

    def test_the_filter_names_the_column_it_is_given(self, picture, people):
        access.restrict(people["sacha"], picture, "a reason")
        Exposure.objects.create(
            person=people["sacha"], content_id=picture, at=Content.objects.get().first_seen_at, how="grey-sharp"
        )
        rows = Exposure.objects.filter(access.visible_to(people["ana"], "content_id"))
        assert not rows.exists()
        assert Exposure.objects.filter(access.visible_to(people["sacha"], "content_id")).exists()


class TestRestricting:
    @pytest.mark.parametrize("name", ["ana", "ben", "luis", "vera", "lin", "stan", "aude", "adam"])
    def test_a_senior_alone(self, case, people, name):
        with pytest.raises(NotPermitted):
            access.restrict(people[name], case, "a reason")
        access.restrict(people["sacha"], case, "a reason")
        with pytest.raises(NotPermitted):
            access.lift(people[name], case, "a reason")

    def test_with_a_reason_that_stays_out_of_the_chain(self, case, people):
        with pytest.raises(InputError):
            access.restrict(people["sacha"], case, "  ")
        access.restrict(people["sacha"], case, "it concerns somebody of the house", [people["ana"].pk])
        [fact] = audit.events(actions=["case:restricted"])
        assert (fact.subject, fact.data, fact.reason) == (f"case:{case}", {"people": 1}, "")
        assert access.facts(people["ana"], case).reason == "it concerns somebody of the house"

    def test_only_to_who_may_see_cases_at_all(self, case, people):
        for name in ("aude", "adam", "stan", "lin"):
            with pytest.raises(InputError):
                access.restrict(people["sacha"], case, "a reason", [people[name].pk])
        with pytest.raises(InputError):
            access.restrict(people["sacha"], case, "a reason", [], "king")
        assert access.is_visible(people["ana"], case)

    def test_once(self, case, people):
        access.restrict(people["sacha"], case, "a reason")
        with pytest.raises(Conflict):
            access.restrict(people["sacha"], case, "another")
        with pytest.raises(IntegrityError), transaction.atomic():
            Restriction.objects.create(
                content_id=case, owner=people["sacha"], reason="x", placed_at=Content.objects.get().first_seen_at
            )

    def test_what_does_not_exist(self, people, clock):
        with pytest.raises(NotFound):
            access.restrict(people["sacha"], 4711, "a reason")
        with pytest.raises(NotFound):
            access.lift(people["sacha"], 4711, "a reason")

    def test_who_may_no_longer_know_loses_the_claim_and_who_may_keeps_it(self, case, people):
        queue.claim(people["ana"], case)
        access.restrict(people["sacha"], case, "a reason", [people["ana"].pk])
        assert queue.is_holder(people["ana"], case)
        access.lift(people["sacha"], case, "over")
        access.restrict(people["sacha"], case, "a reason", [people["ben"].pk])
        assert not queue.is_holder(people["ana"], case)

    def test_another_senior_to_whom_it_is_closed_cannot_lift_it(self, case, people, second_senior):
        access.restrict(people["sacha"], case, "a reason")
        with pytest.raises(Restricted):
            access.lift(second_senior, case, "I want to see")


class TestBreakingGlass:
    @pytest.fixture
    def closed(self, case, people) -> int:
        access.restrict(people["sacha"], case, "a reason")
        return case

    def test_for_four_hours(self, closed, people, clock):
        access.break_glass(people["luis"], closed, "danger to a child")
        assert access.is_visible(people["luis"], closed)
        clock.advance(hours=4)
        assert not access.is_visible(people["luis"], closed)

    def test_for_oneself_alone(self, closed, people):
        access.break_glass(people["luis"], closed, "danger to a child")
        assert who_sees(people, closed) == {"sacha", "luis"}

    def test_the_owner_and_the_auditor_are_told(self, closed, people):
        access.break_glass(people["luis"], closed, "danger to a child")
        [opening] = access.openings_to_note(people["sacha"])
        assert (opening.content_id, opening.person, opening.reason) == (closed, "Luis Liaison", "danger to a child")
        assert access.openings_to_note(people["ana"]) == []
        [fact] = audit.events(actions=["case:glass_broken"])
        assert (fact.actor, fact.reason) == (people["luis"].actor, "danger to a child")

    def test_until_the_owner_takes_note(self, closed, people, told):
        access.break_glass(people["luis"], closed, "danger to a child")
        access.take_note(people["ana"], closed)
        assert access.openings_to_note(people["sacha"])
        access.take_note(people["sacha"], closed)
        assert access.openings_to_note(people["sacha"]) == []
        assert [action for action, _, _ in told("case:opening_noted")] == ["case:opening_noted"]

    @pytest.mark.parametrize("name", ["ana", "ben", "vera", "lin", "stan", "aude", "adam"])
    def test_not_by_every_role(self, closed, people, name):
        with pytest.raises(NotPermitted):
            access.break_glass(people[name], closed, "danger to a child")
        assert not BrokenGlass.objects.exists()

    def test_not_without_a_reason_nor_without_need(self, closed, people):
        with pytest.raises(InputError):
            access.break_glass(people["luis"], closed, " ")
        with pytest.raises(NotFound):
            access.break_glass(people["sacha"], closed, "mine anyway")
        assert not BrokenGlass.objects.exists()

    def test_it_opens_a_restriction_not_a_later_one(self, closed, people):
        access.break_glass(people["luis"], closed, "danger to a child")
        access.lift(people["sacha"], closed, "over")
        access.restrict(people["sacha"], closed, "for another reason")
        assert not access.is_visible(people["luis"], closed)


Act = Callable[[object, int], object]
ACTS: dict[str, Act] = {
    "the page": lambda person, content: case_page.page(content, person),
    "items unsealed": lambda person, content: services.opened_items(person, content),
    "the image": lambda person, content: evidence.show(person, content, StoredFile.objects.get().pk, 1, "a reason"),
    "a message": lambda person, content: reading.read_messages(
        person, content, intake.report_ids_with_content(content)[0], "a reason"
    ),
    "a hold": lambda person, content: holds.place(
        person, content, Content.objects.get(pk=content).first_seen_at + timedelta(days=90), "a reason"
    ),
    "the claim": lambda person, content: queue.claim(person, content),
    "a decision": lambda person, content: assessing.assess(person, content, Decision(Legality.NOT_ILLEGAL)),
    "taking back": lambda person, content: assessing.withdraw_assessment(person, content),
    "a release": lambda person, content: release.request(person, [content], "Police of Examplia", "Art. 1", "case 7"),
    "the restriction": lambda person, content: access.facts(person, content),
}


@pytest.mark.parametrize(("act", "name"), list(product(ACTS, SEE_CASES)))
def test_nobody_to_whom_it_is_closed_gets_at_it(picture, people, second_senior, act, name, clock):
    """Also whoever held it before: the owner is a senior who is none of the cast."""
    access.restrict(second_senior, picture, "a reason")
    Case.objects.filter(pk=picture).update(claimed_by=people[name], claimed_until=clock.now() + timedelta(minutes=20))
    before = list(audit.events())
    with pytest.raises((Restricted, NotPermitted, Conflict)) as refusal:
        ACTS[act](people[name], picture)
    if people[name].may(Permission.CASE_ASSESS) and act not in ("the claim", "a release"):
        assert refusal.type is Restricted
    assert list(audit.events()) == before
    assert not Exposure.objects.exists()


class TestListsOfOthers:
    @pytest.fixture
    def alike(self, submit, work, upload) -> tuple[int, int]:
        """Two copies of a picture."""
        for size in ((320, 240), (200, 150)):
            submit(files=[upload(encoded(scene(seed=4).resize(size)))])
            work()
        first, second = Content.objects.order_by("pk").values_list("pk", flat=True)
        return first, second

    def test_the_queue_and_the_next_item(self, case, people, submit, work):
        access.restrict(people["sacha"], case, "a reason", [people["ben"].pk])
        assert listing.page(listing.Filters(), people["ana"]).rows == []
        assert [row.content_id for row in listing.page(listing.Filters(), people["ben"]).rows] == [case]
        assert listing.page(listing.Filters(open_to=people["ana"]), people["ana"]).rows == []
        assert queue.next_case(people["ana"]) is None
        assert queue.next_case(people["ben"]).content_id == case

    def test_how_many_there_are_is_no_secret(self, case, people):
        access.restrict(people["sacha"], case, "a reason")
        assert listing.progress(people["ana"]).by_state["waiting"] == 1

    def test_a_case_held_from_before_is_not_next(self, case, people, clock):
        access.restrict(people["sacha"], case, "a reason")
        Case.objects.update(claimed_by=people["ana"], claimed_until=clock.now() + timedelta(minutes=20))
        assert queue.next_case(people["ana"]) is None

    def test_the_strip_beside_another_case(self, case, people):
        access.restrict(people["sacha"], case, "a reason")
        assert case_page.strip(people["ana"]) == []
        assert len(case_page.strip(people["sacha"])) == 1

    def test_images_that_look_alike(self, alike, people):
        first, second = alike
        assert related.similar_images(first, people["ana"]).total == 1
        access.restrict(people["sacha"], second, "a reason")
        assert related.similar_images(first, people["ana"]).total == 0
        assert related.similar_images(first, people["sacha"]).total == 1

    def test_what_is_told_of_images_that_look_alike(self, alike, people):
        first, second = alike
        assessing.decide(second, Legality.NATIONAL, "analyst")
        access.restrict(people["sacha"], second, "a reason")
        assert case_page.page(first, people["ana"]).material.known == []
        assert case_page.page(first, people["sacha"]).material.known == ["1 image like it is decided"]

    def test_on_the_same_host(self, case, people, submit, work):
        submit(("url", "https://host.example/two"))
        work()
        other = Content.objects.exclude(pk=case).get().pk
        access.restrict(people["sacha"], other, "a reason")
        assert related.same_host(case, "host.example", people["ana"]) == related.Group(0, [])
        assert [one.content_id for one in related.same_host(case, "host.example", people["sacha"]).nearest] == [other]

    def test_reports_that_point_to_it(self, case, people):
        assert services.hidden_reports(people["ana"]) == frozenset()
        access.restrict(people["sacha"], case, "a reason")
        assert services.hidden_reports(people["ana"]) == set(intake.report_ids_with_content(case))
        assert services.hidden_reports(people["sacha"]) == frozenset()
