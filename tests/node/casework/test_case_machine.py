"""Several people work one queue at random; whatever they do, the rules of casework hold."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from rempart.core import priority
from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, NotPermitted
from rempart.core.vocabulary import AgeBand, Legality, Offence, Role
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import assessing, queue
from rempart.node.casework.content import Target, content_for
from rempart.node.casework.models import Assessment, Case, Content
from rempart.node.staff.models import StaffMember

OFFENCES = frozenset({Offence.DISTRIBUTION})
DECISIONS = st.sampled_from(
    [
        Decision(Legality.BASELINE, age_band=AgeBand.INFANT, offences=OFFENCES),
        Decision(Legality.NATIONAL, offences=OFFENCES),
        Decision(Legality.NOT_ILLEGAL),
    ]
)
ROLES = [Role.ANALYST, Role.ANALYST, Role.SENIOR_ANALYST, Role.SENIOR_ANALYST, Role.STATISTICIAN]
PEOPLE = st.integers(0, len(ROLES) - 1)
CASES = st.integers(0, 2)


class Office(RuleBasedStateMachine):
    """The model: who holds which case until when, and which cases are decided."""

    moment: datetime

    @initialize()
    def open(self) -> None:
        self.rollback = transaction.atomic()
        self.rollback.__enter__()
        self.moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        runtime.clock.cache_clear()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(runtime, "clock_from_environment", lambda: self)
        self.people = [
            StaffMember.objects.create(username=f"person{number}", roles=[role], password="!")
            for number, role in enumerate(ROLES)
        ]
        self.cases = [content_for(Target("text", f"case {number}")) for number in range(3)]
        for points, content_id in enumerate(self.cases):
            queue.enter(content_id, priority.Score(points, (priority.Reason("made_up", points, "made up"),)))
        self.held: dict[int, tuple[int, datetime]] = {}
        self.decided: set[int] = set()

    def now(self) -> datetime:
        return self.moment

    def teardown(self) -> None:
        if hasattr(self, "rollback"):
            transaction.set_rollback(True)
            self.rollback.__exit__(None, None, None)
            self.patch.undo()
            runtime.clock.cache_clear()

    def holds(self, who: int, content_id: int) -> bool:
        return self.held.get(content_id, (None,))[0] == who

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    @rule(who=PEOPLE, number=CASES)
    def claim(self, who: int, number: int) -> None:
        content_id = self.cases[number]
        holder, until = self.held.get(content_id, (None, self.moment))
        try:
            taken = queue.claim(self.people[who], content_id)
        except (Conflict, NotPermitted):
            assert holder != who
            return
        assert holder in (None, who) or until <= self.moment, "taken from a colleague who held it"
        assert content_id not in self.decided
        self.held[content_id] = (who, taken.until)

    @rule(who=PEOPLE)
    def take_next(self, who: int) -> None:
        try:
            taken = queue.next_case(self.people[who])
        except NotPermitted:
            assert ROLES[who] is Role.STATISTICIAN
            return
        if taken is None:
            return
        holder, until = self.held.get(taken.content_id, (None, self.moment))
        assert holder in (None, who) or until <= self.moment
        self.held[taken.content_id] = (who, taken.until)

    @rule(who=PEOPLE, number=CASES)
    def hand_back(self, who: int, number: int) -> None:
        content_id = self.cases[number]
        try:
            queue.hand_back(self.people[who], content_id)
        except Conflict:
            assert not self.holds(who, content_id)
            return
        assert self.holds(who, content_id)
        del self.held[content_id]

    @rule(who=PEOPLE, number=CASES, decision=DECISIONS)
    def assess(self, who: int, number: int, decision: Decision) -> None:
        content_id = self.cases[number]
        before = Case.objects.get(pk=content_id).state
        try:
            outcome = assessing.assess(self.people[who], content_id, decision)
        except Conflict:
            assert not self.holds(who, content_id)
            return
        assert self.holds(who, content_id)
        del self.held[content_id]
        expected = {
            ("waiting", True): "second_look",
            ("waiting", False): "decided",
            ("second_look", True): "decided",
            ("second_look", False): "arbitration",
            ("arbitration", True): "decided",
            ("arbitration", False): "decided",
        }
        assert outcome == expected[before, decision.legality is Legality.BASELINE]
        if outcome == "decided":
            self.decided.add(content_id)

    @rule(who=PEOPLE, number=CASES)
    def take_back(self, who: int, number: int) -> None:
        content_id = self.cases[number]
        holder, until = self.held.get(content_id, (None, self.moment))
        try:
            assessing.withdraw_assessment(self.people[who], content_id)
        except Conflict:
            return
        assert holder is None or until <= self.moment
        self.held[content_id] = (who, self.moment + timedelta(minutes=30))

    @invariant()
    def the_rows_say_who_holds_what(self) -> None:
        if not hasattr(self, "cases"):
            return
        rows = {case.pk: case for case in Case.objects.all()}
        for content_id, (who, until) in self.held.items():
            assert rows[content_id].claimed_by_id == self.people[who].pk
            assert rows[content_id].claimed_until >= until
        assert {pk for pk, case in rows.items() if case.state == "decided"} == self.decided
        assert all(case.claimed_by_id is None for case in rows.values() if case.state == "decided")

    @invariant()
    def a_baseline_rests_on_two_people_and_nobody_counts_twice(self) -> None:
        for content_id in getattr(self, "cases", ()):
            legality = Content.objects.get(pk=content_id).legality
            opinions = assessing.pending_opinions(content_id)
            assessors = [opinion.assessor_id for opinion in opinions]
            assert len(assessors) == len(set(assessors))
            if legality == Legality.BASELINE:
                assert len(opinions) >= 2
            decided = list(audit.events(actions=["content:decided"], subject=f"content:{content_id}"))
            assert len(decided) == (content_id in self.decided)
            assert not Assessment.objects.filter(content=content_id, assessor=self.people[4].pk).exists()


@pytest.mark.django_db
def test_the_office_keeps_its_rules():
    run_state_machine_as_test(
        Office,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
