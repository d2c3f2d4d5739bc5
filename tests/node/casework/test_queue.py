"""Who holds a case, until when, and what others see of it."""

from datetime import timedelta

import pytest

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.vocabulary import Legality, Offence, ReportState
from rempart.node.casework import assessing, queue
from rempart.node.casework.models import Case, Content
from rempart.node.intake import services as intake

BASELINE = Decision(Legality.BASELINE, age_band="infant", offences=frozenset({Offence.DISTRIBUTION}))
NATIONAL = Decision(Legality.NATIONAL, offences=frozenset({Offence.DISTRIBUTION}))


@pytest.fixture
def case(submit, work) -> int:
    """A content that waits."""
    submit(("url", "https://host.example/one"))
    work()
    return Content.objects.get().pk


class TestNext:
    def test_the_most_urgent_comes_first_then_the_oldest(self, submit, work, people, clock):
        for page, danger in (("old", False), ("new", False), ("danger", True)):
            submit(("url", f"https://{page}.example/"), facts={"child_in_danger": danger})
            work()
            clock.advance(minutes=1)
        order = []
        while (taken := queue.next_case(people["ana"])) is not None:
            order.append(Content.objects.get(pk=taken.content_id).host)
            assessing.assess(people["ana"], taken.content_id, NATIONAL)
        assert order == ["danger.example", "old.example", "new.example"]

    def test_two_people_get_two_cases_and_then_none(self, submit, work, people):
        submit(("url", "https://one.example/"), ("url", "https://two.example/"))
        work()
        taken = {queue.next_case(people[name]).content_id for name in ("ana", "ben")}
        assert len(taken) == 2
        assert queue.next_case(people["sacha"]) is None

    def test_asking_again_goes_on_with_the_case_in_hand(self, submit, work, people, clock, told):
        submit(("url", "https://one.example/"), ("url", "https://two.example/"))
        work()
        first = queue.next_case(people["ana"])
        clock.advance(minutes=20)
        again = queue.next_case(people["ana"])
        assert again.content_id == first.content_id
        assert again.until > first.until
        assert len(told("case:claimed")) == 1

    @pytest.mark.parametrize("name", ["luis", "vera", "lin", "stan", "aude", "adam"])
    def test_roles_that_do_not_assess_take_nothing(self, case, people, name):
        with pytest.raises(NotPermitted):
            queue.next_case(people[name])
        with pytest.raises(NotPermitted):
            queue.claim(people[name], case)

    def test_a_closed_account_takes_nothing(self, case, people):
        people["ana"].is_active = False
        with pytest.raises(NotPermitted):
            queue.next_case(people["ana"])


class TestClaim:
    def test_a_claim_is_told_and_puts_the_report_into_review(self, case, people, work, told):
        queue.claim(people["ana"], case)
        work()
        assert told("case:") == [("case:claimed", f"case:{case}", {})]
        assert intake.report(intake.report_ids_with_content(case)[0]).state is ReportState.IN_REVIEW

    def test_a_colleague_is_refused_until_the_claim_runs_out(self, case, people, clock):
        queue.claim(people["ana"], case)
        clock.advance(minutes=29)
        with pytest.raises(Conflict):
            queue.claim(people["ben"], case)
        clock.advance(minutes=1)
        assert queue.claim(people["ben"], case).content_id == case
        with pytest.raises(Conflict):
            queue.act(people["ana"], case)

    def test_acting_renews(self, case, people, clock):
        queue.claim(people["ana"], case)
        clock.advance(minutes=29)
        queue.act(people["ana"], case)
        clock.advance(minutes=29)
        with pytest.raises(Conflict):
            queue.claim(people["ben"], case)

    def test_the_holder_of_an_expired_claim_nobody_took_may_finish(self, case, people, clock):
        queue.claim(people["ana"], case)
        clock.advance(hours=5)
        assert assessing.assess(people["ana"], case, NATIONAL) is assessing.Outcome.DECIDED

    def test_handing_back_frees_it_and_the_report_leaves_review(self, case, people, work, told):
        queue.claim(people["ana"], case)
        work()
        queue.hand_back(people["ana"], case)
        work()
        assert intake.report(intake.report_ids_with_content(case)[0]).state is ReportState.TRIAGED
        assert queue.claim(people["ben"], case)
        assert [action for action, _, _ in told("case:")] == ["case:claimed", "case:handed_back", "case:claimed"]
        with pytest.raises(Conflict):
            queue.hand_back(people["ana"], case)

    def test_what_does_not_exist_or_is_decided_is_not_open(self, case, people):
        assessing.decide(case, Legality.NATIONAL, "analyst")
        for content_id in (case, 4711):
            with pytest.raises(Conflict):
                queue.claim(people["ana"], content_id)

    def test_a_stale_look_at_the_row_takes_nothing(self, case, people, clock):
        seen = Case.objects.get(pk=case)
        queue.claim(people["ana"], case)
        assert queue._take(people["ben"], seen, clock.now()) is None
        assert Case.objects.get(pk=case).claimed_by == people["ana"]


class TestSecondLook:
    def test_it_is_for_another_entitled_person(self, case, people):
        queue.claim(people["sacha"], case)
        assert assessing.assess(people["sacha"], case, BASELINE) is assessing.Outcome.SECOND_LOOK
        assert queue.next_case(people["sacha"]) is None, "nobody confirms their own assessment"
        assert queue.next_case(people["ben"]) is None, "an analyst takes no second look"
        with pytest.raises(Conflict):
            queue.claim(people["sacha"], case)

    def test_arbitration_is_for_somebody_uninvolved(self, case, people, second_senior):
        queue.claim(people["ana"], case)
        assessing.assess(people["ana"], case, BASELINE)
        queue.claim(people["sacha"], case)
        assert assessing.assess(people["sacha"], case, NATIONAL) is assessing.Outcome.ARBITRATION
        assert queue.next_case(people["sacha"]) is None
        assert queue.next_case(people["ana"]) is None
        assert queue.next_case(second_senior).state is Case.State.ARBITRATION


class TestHandingBack:
    def test_a_reason_is_told_without_words_of_ones_own(self, case, people, told):
        queue.claim(people["ana"], case)
        queue.hand_back(people["ana"], case, queue.HandBack.LANGUAGE)
        assert told("case:handed_back") == [("case:handed_back", f"case:{case}", {"why": "language"})]

    def test_a_reason_that_is_none_changes_nothing(self, case, people):
        queue.claim(people["ana"], case)
        with pytest.raises(InputError):
            queue.hand_back(people["ana"], case, "made-up person was rude")
        assert queue.is_holder(people["ana"], case)

    def test_a_case_goes_back_by_itself_when_nobody_acts(self, case, people, clock, work, told):
        queue.claim(people["ana"], case)
        work()
        clock.advance(minutes=31)
        work()
        assert told("case:")[-1] == ("case:lease_ended", f"case:{case}", {})
        assert not queue.is_holder(people["ana"], case)
        work()
        assert intake.report(intake.report_ids_with_content(case)[0]).state is ReportState.TRIAGED

    def test_not_while_its_holder_acts(self, case, people, clock, work, told):
        queue.claim(people["ana"], case)
        for _ in range(4):
            clock.advance(minutes=20)
            queue.act(people["ana"], case)
            work()
        assert queue.is_holder(people["ana"], case)
        clock.advance(minutes=31)
        work()
        assert told("case:lease_ended")

    def test_nor_from_whoever_took_it_over_nor_once_decided(self, case, people, clock, work, told):
        queue.claim(people["ana"], case)
        clock.advance(minutes=31)
        queue.claim(people["ben"], case)
        work()
        assert queue.is_holder(people["ben"], case)
        assessing.assess(people["ben"], case, NATIONAL)
        clock.advance(minutes=31)
        work()
        assert not told("case:lease_ended")


def test_a_case_that_rises_is_due_sooner_and_never_later(submit, work, people, clock):
    submit(("url", "https://host.example/one"))
    work()
    entered = Case.objects.get()
    clock.advance(hours=1)
    submit(("url", "https://host.example/one"), facts={"child_in_danger": True})
    work()
    risen = Case.objects.get()
    assert risen.priority > entered.priority
    assert risen.due_at == clock.now() + timedelta(hours=4)
    assert risen.reasons & 1, "the first bit stands for a child in danger"
    clock.advance(hours=9)
    submit(("url", "https://host.example/one"), facts={"child_in_danger": True, "sextortion": True})
    work()
    assert Case.objects.get().due_at == risen.due_at
