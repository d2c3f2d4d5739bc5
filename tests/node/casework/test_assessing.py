"""Decisions by people: second look, arbitration, what follows from them."""

from dataclasses import replace

import pytest

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.vocabulary import AgeBand, Legality, Offence, ReportState, Source
from rempart.formats.hash_values import normalise
from rempart.node.casework import assessing, queue, services
from rempart.node.casework.assessing import Outcome, assess
from rempart.node.casework.models import Assessment, Case, Content
from rempart.node.intake import services as intake
from rempart.node.intake.models import Feedback, Platform
from rempart.node.jobs.models import Job

OFFENCES = frozenset({Offence.DISTRIBUTION})
BASELINE = Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=OFFENCES)
NATIONAL = Decision(Legality.NATIONAL, offences=OFFENCES)
HARMLESS = Decision(Legality.NOT_ILLEGAL)


@pytest.fixture
def platform(db, clock) -> Platform:
    return Platform.objects.create(
        name="Example Chat", username="example-chat", secret_digest=bytes(32), created_at=clock.now()
    )


@pytest.fixture
def case(submit, work, platform) -> int:
    submit(("url", "https://host.example/one"), source=Source.PLATFORM, platform=platform)
    work()
    return Content.objects.get().pk


def report_of(content_id: int) -> intake.ReportFacts:
    return intake.reports_with_content(content_id)[0]


def waiting(kind: str) -> bool:
    return Job.objects.filter(kind=kind, state="waiting").exists()


class TestFirst:
    def test_a_decision_stands_and_its_consequences_are_asked_for(self, case, people, work, told):
        queue.claim(people["ana"], case)
        assert assess(people["ana"], case, NATIONAL, " seen on the page ") is Outcome.DECIDED
        facts = services.content(case)
        assert (facts.legality, facts.basis, facts.is_illegal) == (Legality.NATIONAL, "analyst", True)
        assert Case.objects.get().state == "decided"
        assert waiting("resolve")
        assert told("content:", f"content:{case}")[1:] == [
            ("content:assessed", f"content:{case}", {"legality": "national", "second_look": "not_needed"}),
            (
                "content:decided",
                f"content:{case}",
                {"legality": "national", "basis": "analyst", "kind": "url", "viewed": False},
            ),
        ]
        [kept] = services.case_facts(case).assessments
        assert (kept.assessor, kept.note, kept.country, kept.offences) == (
            "Ana Analyst",
            "seen on the page",
            "FR",
            ("distribution",),
        )
        work()
        assert report_of(case).state is ReportState.ASSESSED
        assert Feedback.objects.get().outcome == "illegal"

    def test_harmless_closes_the_report_and_tells_the_platform(self, case, people, work, told):
        queue.claim(people["ana"], case)
        assess(people["ana"], case, HARMLESS)
        work()
        assert report_of(case).state is ReportState.CLOSED
        assert not waiting("resolve")
        assert (Feedback.objects.get().outcome, Feedback.objects.get().useful) == ("not_illegal", False)
        assert [action for action, _, _ in told("report:")][-2:] == ["report:assessed", "report:closed"]

    def test_undetermined_needs_its_note(self, case, people, work):
        queue.claim(people["ana"], case)
        with pytest.raises(InputError):
            assess(people["ana"], case, Decision(Legality.UNDETERMINED, has_note=True), "  ")
        assert assess(people["ana"], case, Decision(Legality.UNDETERMINED), "no page was served") is Outcome.DECIDED
        work()
        assert Feedback.objects.get().outcome == "undetermined"

    def test_a_contradictory_decision_changes_nothing(self, case, people):
        queue.claim(people["ana"], case)
        with pytest.raises(InputError):
            assess(people["ana"], case, replace(HARMLESS, offences=OFFENCES))
        assert not Assessment.objects.exists()
        assert queue.is_holder(people["ana"], case)

    def test_only_the_holder_assesses(self, case, people):
        with pytest.raises(Conflict):
            assess(people["ana"], case, NATIONAL)
        queue.claim(people["ana"], case)
        with pytest.raises(Conflict):
            assess(people["ben"], case, NATIONAL)

    def test_a_decided_case_is_not_decided_again(self, case, people, told):
        queue.claim(people["ana"], case)
        assess(people["ana"], case, NATIONAL)
        with pytest.raises(Conflict):
            assess(people["ana"], case, HARMLESS)
        assert len(told("content:decided")) == 1

    def test_a_role_taken_away_meanwhile_counts(self, case, people):
        queue.claim(people["ana"], case)
        people["ana"].roles = ["statistician"]
        with pytest.raises(NotPermitted):
            assess(people["ana"], case, NATIONAL)


class TestSecondLook:
    def test_agreement_decides(self, case, people, told, work):
        queue.claim(people["ana"], case)
        assert assess(people["ana"], case, BASELINE) is Outcome.SECOND_LOOK
        assert services.content(case).legality is None
        assert not told("content:decided")
        assert told("case:second_look") == [("case:second_look", f"case:{case}", {})]
        work()
        assert report_of(case).state is ReportState.IN_REVIEW
        queue.claim(people["sacha"], case)
        assert assess(people["sacha"], case, BASELINE) is Outcome.DECIDED
        assert services.content(case).legality is Legality.BASELINE
        looks = [assessment.second_look for assessment in services.case_facts(case).assessments]
        assert looks == ["pending", "agreed"]

    @pytest.mark.parametrize("last", [BASELINE, NATIONAL, HARMLESS], ids=lambda decision: decision.legality.value)
    def test_disagreement_goes_to_a_third_person_who_decides(self, case, people, second_senior, last, told):
        queue.claim(people["ana"], case)
        assess(people["ana"], case, BASELINE)
        queue.claim(people["sacha"], case)
        assert assess(people["sacha"], case, NATIONAL) is Outcome.ARBITRATION
        assert services.content(case).legality is None
        queue.claim(second_senior, case)
        assert assess(second_senior, case, last) is Outcome.DECIDED
        assert services.content(case).legality is last.legality
        assert len(told("content:decided")) == 1
        looks = [assessment.second_look for assessment in services.case_facts(case).assessments]
        assert looks == ["pending", "disagreed", "arbitrated"]

    @pytest.mark.parametrize(
        ("categories", "outcome"),
        [
            ([], Outcome.SECOND_LOOK),
            (["baseline"], Outcome.DECIDED),
            (["baseline", "not_illegal"], Outcome.SECOND_LOOK),
            (["not_illegal"], Outcome.SECOND_LOOK),
        ],
    )
    def test_a_list_that_knows_it_takes_the_place_of_the_second_person(
        self, submit, work, listed, people, categories, outcome
    ):
        digest = normalise("md5", "0123456789abcdef" * 2)
        for number, category in enumerate(categories):
            listed(f"Hints {number}", category, {"md5": digest}, settles=False)
        submit(("hash", f"md5:{digest}"))
        work()
        taken = queue.next_case(people["ana"])
        assert assess(people["ana"], taken.content_id, BASELINE) is outcome


class TestTakingBack:
    def test_while_nobody_began_the_second_look(self, case, people, told):
        queue.claim(people["ana"], case)
        assess(people["ana"], case, BASELINE)
        assessing.withdraw_assessment(people["ana"], case)
        assert assess(people["ana"], case, NATIONAL) is Outcome.DECIDED
        assert len(told("content:assessment_withdrawn")) == 1
        assert Assessment.objects.count() == 2

    def test_a_second_look_after_it_is_measured_against_the_later_opinion(self, case, people):
        queue.claim(people["ana"], case)
        assess(people["ana"], case, BASELINE)
        assessing.withdraw_assessment(people["ana"], case)
        queue.hand_back(people["ana"], case)
        queue.claim(people["ben"], case)
        assess(people["ben"], case, BASELINE)
        with pytest.raises(Conflict):
            assessing.withdraw_assessment(people["ana"], case)
        queue.claim(people["sacha"], case)
        assert assess(people["sacha"], case, BASELINE) is Outcome.DECIDED

    def test_not_once_a_colleague_looks(self, case, people):
        queue.claim(people["ana"], case)
        assess(people["ana"], case, BASELINE)
        queue.claim(people["sacha"], case)
        with pytest.raises(Conflict):
            assessing.withdraw_assessment(people["ana"], case)

    def test_not_somebody_elses_and_not_a_decision(self, case, people):
        queue.claim(people["ana"], case)
        assess(people["ana"], case, BASELINE)
        with pytest.raises(Conflict):
            assessing.withdraw_assessment(people["ben"], case)
        assessing.decide(case, Legality.NATIONAL, "analyst")
        with pytest.raises(Conflict):
            assessing.withdraw_assessment(people["ana"], case)
