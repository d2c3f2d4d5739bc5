"""A decision can be undone until it is acted on; nothing follows from it before."""

import pytest

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, NotPermitted
from rempart.core.vocabulary import AgeBand, Legality, Offence, ReportState
from rempart.node.casework import assessing, queue, services, undoing
from rempart.node.casework.models import Assessment, Case, Content
from rempart.node.intake import services as intake
from rempart.node.jobs.models import Job

BASELINE = Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=frozenset({Offence.DISTRIBUTION}))
NATIONAL = Decision(Legality.NATIONAL, offences=frozenset({Offence.DISTRIBUTION}))


@pytest.fixture(autouse=True)
def _a_minute(settings):
    settings.UNDO_SECONDS = 60


@pytest.fixture
def case(submit, work) -> int:
    submit(("url", "https://host.example/one"))
    work()
    return Content.objects.get().pk


@pytest.fixture
def decided(case, people) -> int:
    queue.claim(people["ana"], case)
    assert assessing.assess(people["ana"], case, NATIONAL) is assessing.Outcome.DECIDED
    return case


def asked_for() -> set[str]:
    return set(Job.objects.filter(kind__in=["resolve", "route", "notice"]).values_list("kind", flat=True))


def state_of_report(content_id: int) -> ReportState:
    return intake.report(intake.report_ids_with_content(content_id)[0]).state


class TestUntilTheTimeIsOver:
    def test_the_result_stands_and_nothing_follows(self, decided, people, work, told):
        work()
        assert services.content(decided).legality is Legality.NATIONAL
        assert Case.objects.get().state == "decided"
        assert asked_for() == set()
        assert told("content:decided") == []
        assert state_of_report(decided) is ReportState.IN_REVIEW

    def test_it_is_nobodys_next(self, decided, people):
        assert queue.next_case(people["ana"]) is None
        with pytest.raises(Conflict):
            queue.claim(people["ben"], decided)

    def test_a_new_report_of_it_acts_no_sooner(self, decided, submit, work, clock):
        clock.advance(seconds=30)
        submit(("url", "https://host.example/one"))
        work()
        assert asked_for() == set()

    def test_a_stale_step_that_finds_the_way_does_nothing(self, decided, monkeypatch):
        from rempart.node.casework import routing

        def fail(*arguments: object) -> None:
            raise AssertionError("it was acted on")

        monkeypatch.setattr(routing, "_hand_on", fail)
        monkeypatch.setattr(routing.notices, "hand_over", fail)
        assert routing.decide_route(str(decided))() is None

    def test_a_file_does_not_yet_settle_the_address_it_was_found_at(self, submit, work, upload, people):
        from signals.pictures import encoded, scene

        picture = encoded(scene(seed=11))
        submit(files=[upload(picture)])
        work()
        file = Content.objects.get(kind="file").pk
        queue.claim(people["ana"], file)
        assessing.assess(people["ana"], file, NATIONAL)
        submit(("url", "https://host.example/page"), files=[upload(picture, found_at=0)])
        work()
        assert Content.objects.get(kind="url").legality == ""


class TestWhenItIsOver:
    def test_it_is_final_once_and_its_author_is_named(self, decided, people, work, clock, told):
        clock.advance(seconds=60)
        work()
        work()
        assert asked_for() == {"resolve"}
        [(_, _, data)] = told("content:decided")
        assert (data["legality"], data["basis"]) == ("national", "analyst")
        assert Case.objects.get().undo_until is None
        assert state_of_report(decided) is ReportState.ASSESSED

    def test_the_event_names_who_decided(self, decided, people, work, clock):
        from rempart.node.audit import services as audit

        clock.advance(seconds=61)
        work()
        assert [fact.actor for fact in audit.events(actions=["content:decided"])] == [people["ana"].actor]

    def test_it_cannot_be_undone(self, decided, people, work, clock):
        clock.advance(seconds=60)
        with pytest.raises(Conflict):
            undoing.undo(people["ana"], decided)
        work()
        with pytest.raises(Conflict):
            undoing.undo(people["ana"], decided)

    def test_what_is_not_illegal_closes_its_report(self, case, people, work, clock, told):
        queue.claim(people["ana"], case)
        assessing.assess(people["ana"], case, Decision(Legality.NOT_ILLEGAL))
        work()
        assert state_of_report(case) is ReportState.IN_REVIEW
        clock.advance(seconds=60)
        work()
        assert state_of_report(case) is ReportState.CLOSED
        assert len(told("content:decided")) == 1

    def test_with_no_time_to_undo_it_is_final_at_once(self, case, people, settings, told):
        settings.UNDO_SECONDS = 0
        queue.claim(people["ana"], case)
        assessing.assess(people["ana"], case, NATIONAL)
        assert asked_for() == {"resolve"}
        assert len(told("content:decided")) == 1
        with pytest.raises(Conflict):
            undoing.undo(people["ana"], case)


class TestUndo:
    def test_the_case_is_its_authors_again_and_nothing_ever_follows(self, decided, people, work, clock, told):
        undoing.undo(people["ana"], decided)
        assert queue.is_holder(people["ana"], decided)
        assert services.content(decided).legality is None
        clock.advance(minutes=10)
        work()
        assert asked_for() == set()
        assert told("content:decided") == []
        assert [name for name, _, _ in told("content:") if name in ("content:assessed", "content:decision_undone")] == [
            "content:assessed",
            "content:decision_undone",
        ]
        assert Assessment.objects.count() == 1, "the assessment stays in the history"

    def test_another_decision_then_counts_alone(self, decided, people, work, clock, told):
        undoing.undo(people["ana"], decided)
        clock.advance(seconds=50)
        assessing.assess(people["ana"], decided, Decision(Legality.NOT_ILLEGAL))
        clock.advance(seconds=30)
        work()
        assert told("content:decided") == [], "the first decision's time does not end the second's"
        clock.advance(seconds=30)
        work()
        assert [data["legality"] for _, _, data in told("content:decided")] == ["not_illegal"]

    def test_only_its_author_undoes_it(self, decided, people):
        for name in ("ben", "sacha"):
            with pytest.raises(Conflict):
                undoing.undo(people[name], decided)
        for name in ("luis", "aude", "adam"):
            with pytest.raises(NotPermitted):
                undoing.undo(people[name], decided)
        assert services.content(decided).legality is Legality.NATIONAL

    def test_a_second_look_goes_back_to_whoever_gave_it(self, case, people, work, clock, told):
        queue.claim(people["ana"], case)
        assessing.assess(people["ana"], case, BASELINE)
        queue.claim(people["sacha"], case)
        assert assessing.assess(people["sacha"], case, BASELINE) is assessing.Outcome.DECIDED
        undoing.undo(people["sacha"], case)
        assert Case.objects.get().state == "second_look"
        assert queue.is_holder(people["sacha"], case)
        assert assessing.assess(people["sacha"], case, NATIONAL) is assessing.Outcome.ARBITRATION

    def test_an_arbitration_goes_back_as_one(self, case, people, second_senior):
        queue.claim(people["ana"], case)
        assessing.assess(people["ana"], case, BASELINE)
        queue.claim(people["sacha"], case)
        assessing.assess(people["sacha"], case, NATIONAL)
        queue.claim(second_senior, case)
        assessing.assess(second_senior, case, BASELINE)
        undoing.undo(second_senior, case)
        assert Case.objects.get().state == "arbitration"
        assert assessing.assess(second_senior, case, NATIONAL) is assessing.Outcome.DECIDED

    def test_new_evidence_ends_the_wait(self, decided, people, work, clock, told):
        assessing.reopen(decided)
        clock.advance(seconds=60)
        work()
        assert told("content:decided") == []
        assert Case.objects.get().state == "waiting"
        with pytest.raises(Conflict):
            undoing.undo(people["ana"], decided)

    def test_an_undone_case_that_nobody_acts_on_goes_back(self, decided, people, work, clock):
        undoing.undo(people["ana"], decided)
        clock.advance(minutes=31)
        work()
        assert Case.objects.get().claimed_by is None
