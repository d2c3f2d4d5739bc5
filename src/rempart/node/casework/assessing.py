"""Assessments by people, and the one place where a content's standing result is set."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from rempart.core.assessment import (
    Decision,
    check_decision,
    may_arbitrate,
    may_second,
    needs_second_look,
    resolve_second_look,
)
from rempart.core.errors import Conflict, NotPermitted
from rempart.core.permissions import Permission
from rempart.core.priority import assess_by
from rempart.core.vocabulary import Basis, Legality, SecondLook
from rempart.node.audit import services as audit
from rempart.node.casework import access, exposure, queue
from rempart.node.casework.content import ask_for_action, follow_reports
from rempart.node.casework.models import Assessment, Case, Content, Exposure, Match
from rempart.node.casework.recognition import COVERING
from rempart.node.casework.telling import tell_members
from rempart.node.jobs import services as jobs
from rempart.node.lists.services import CATEGORY_LEGALITY
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock

State = Case.State
NOT_UNDOABLE: Mapping[str, Any] = {"undo_until": None, "undo_to": "", "undoable_by": None}
"""A case without a decision that waits to be acted on."""
_PERMISSIONS = {
    State.WAITING: Permission.CASE_ASSESS,
    State.SECOND_LOOK: Permission.CASE_SECOND_LOOK,
    State.ARBITRATION: Permission.CASE_ARBITRATE,
}


class Outcome(StrEnum):
    """What an assessment led to."""

    SECOND_LOOK = "second_look"
    ARBITRATION = "arbitration"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class _Step:
    """What this assessment is in the case's life, and where the case goes."""

    second_look: SecondLook
    next: Case.State


@transaction.atomic
def assess(person: Person, content_id: int, decision: Decision, note: str = "") -> Outcome:
    """The holder of the claim assesses.

    Raises InputError for a contradictory decision, Conflict without the claim, NotPermitted where the role does not
    allow it or the person was part of the case before.
    """
    access.require(person, content_id)
    exposure.finish(person)
    case = queue.act(person, content_id)
    require_permission(person, _PERMISSIONS[State(case.state)])
    given = replace(decision, has_note=bool(note.strip()))
    check_decision(given)
    step = _step(person, case, given)
    _write(content_id, person.pk, given, Basis.ANALYST, step.second_look, note.strip())
    audit.record(
        "content:assessed",
        f"content:{content_id}",
        actor=person.actor,
        data={"legality": str(given.legality), "second_look": str(step.second_look)},
    )
    if step.next is State.DECIDED:
        if settings.UNDO_SECONDS:
            _decide_until_undone(person, case, given.legality)
        else:
            decide(content_id, given.legality, Basis.ANALYST, actor=person.actor)
        return Outcome.DECIDED
    queue.pass_on(content_id, step.next)
    if step.next is State.SECOND_LOOK:
        audit.record("case:second_look", f"case:{content_id}", actor=person.actor)
    follow_reports(content_id)
    return Outcome(step.next)


def _step(person: Person, case: Case, decision: Decision) -> _Step:
    if case.state == State.WAITING:
        if needs_second_look(decision, _is_listed_illegal(case.content_id)):
            return _Step(SecondLook.PENDING, State.SECOND_LOOK)
        return _Step(SecondLook.NOT_NEEDED, State.DECIDED)
    opinions = pending_opinions(case.content_id)
    first = opinions[0]
    if case.state == State.SECOND_LOOK:
        if not may_second(first.assessor_id or 0, person.pk):
            raise _involved()
        look = resolve_second_look(Decision(Legality(first.legality)), decision)
        return _Step(look, State.DECIDED if look is SecondLook.AGREED else State.ARBITRATION)
    if not may_arbitrate(first.assessor_id or 0, opinions[1].assessor_id or 0, person.pk):
        raise _involved()
    return _Step(SecondLook.ARBITRATED, State.DECIDED)


def pending_opinions(content_id: int) -> list[Assessment]:
    """The assessment that waits for a second look, and the one that disagreed if there is one."""
    rows = list(Assessment.objects.filter(content=content_id, assessor__isnull=False).order_by("pk"))
    start = max((at for at, row in enumerate(rows) if row.second_look == SecondLook.PENDING), default=len(rows))
    return rows[start:]


def decide(content_id: int, legality: Legality, basis: Basis, *, actor: str = "system") -> None:
    """Set the standing result, take the content out of the queue and have the consequences done."""
    now = clock().now()
    content = Content.objects.get(pk=content_id)
    was_illegal = bool(content.legality) and Legality(content.legality).is_illegal
    Content.objects.filter(pk=content_id).update(legality=legality, basis=basis, decided_at=now)
    Case.objects.filter(~Q(state=State.DECIDED), content=content_id).update(
        state=State.DECIDED, claimed_by=None, claimed_until=None, decided_at=now
    )
    conclude(content, legality, basis, actor=actor)
    if was_illegal and not legality.is_illegal:
        # What was begun on the earlier decision is handed over or withdrawn by the route step.
        jobs.wake("route", content_id)


def conclude(content: Content, legality: Legality, basis: Basis, *, actor: str) -> None:
    """Tell the final decision and have its consequences done."""
    audit.record(
        "content:decided",
        f"content:{content.pk}",
        actor=actor,
        data={
            "legality": str(legality),
            "basis": str(basis),
            "kind": content.kind,
            "viewed": Exposure.objects.filter(content=content.pk).exists(),
        },
    )
    if legality.is_illegal:
        ask_for_action(content)
    tell_members(content.pk, legality, basis)
    follow_reports(content.pk)


def _decide_until_undone(person: Person, case: Case, legality: Legality) -> None:
    """The result stands and the case leaves the queue, but nothing follows from it before the time to undo is over."""
    now = clock().now()
    until = now + timedelta(seconds=settings.UNDO_SECONDS)
    Content.objects.filter(pk=case.pk).update(legality=legality, basis=Basis.ANALYST, decided_at=now)
    Case.objects.filter(pk=case.pk).update(
        state=State.DECIDED,
        claimed_by=None,
        claimed_until=None,
        decided_at=now,
        undo_until=until,
        undo_to=case.state,
        undoable_by=person.pk,
    )
    jobs.wake("act", case.pk, due_at=until)


def settle(content_id: int, legality: Legality, basis: Basis, report_received: datetime) -> None:
    """Decide without a person: a list or an earlier decision knows it, so nobody needs to view it."""
    _write(content_id, None, Decision(legality), basis, SecondLook.NOT_NEEDED, "")
    kind = Content.objects.values_list("kind", flat=True).get(pk=content_id)
    audit.record(
        "content:settled",
        f"content:{content_id}",
        data={
            "legality": str(legality),
            "basis": str(basis),
            "kind": kind,
            "report_received": report_received.isoformat(),
        },
    )
    decide(content_id, legality, basis)


def reopen(content_id: int) -> None:
    """New evidence speaks against an analyst's decision: the content is undecided again and waits for a person."""
    now = clock().now()
    Content.objects.filter(pk=content_id).update(legality="", basis="", decided_at=None)
    for case in Case.objects.filter(pk=content_id):
        due_at = assess_by(now, case.priority)
        opened = {"state": State.WAITING, "entered_at": now, "due_at": due_at, "decided_at": None}
        Case.objects.filter(pk=content_id).update(**opened, **NOT_UNDOABLE)
    audit.record("content:reopened", f"content:{content_id}")
    follow_reports(content_id)


@transaction.atomic
def withdraw_assessment(person: Person, content_id: int) -> None:
    """Take one's own assessment back while nobody has begun its second look; the case is the person's again.

    The assessment stays in the history. Raises Conflict when it is too late.
    """
    access.require(person, content_id)
    opinions = pending_opinions(content_id)
    mine = bool(opinions) and opinions[0].assessor_id == person.pk
    if not mine or not queue.take_back(person, content_id):
        raise Conflict(
            "this assessment can no longer be taken back.",
            advice="Only your own can be, while it waits for a second look that nobody has begun.",
        )
    audit.record("content:assessment_withdrawn", f"content:{content_id}", actor=person.actor)
    follow_reports(content_id)


def _is_listed_illegal(content_id: int) -> bool:
    """Whether lists know it as illegal, without another list saying the contrary."""
    matches = Match.objects.filter(content=content_id)
    categories = matches.values_list("category", flat=True)
    found = {CATEGORY_LEGALITY[category].is_illegal for category in categories}
    return found == {True} and matches.filter(COVERING).exists()


def _write(
    content_id: int, assessor_id: int | None, decision: Decision, basis: Basis, look: SecondLook, note: str
) -> None:
    Assessment.objects.create(
        content_id=content_id,
        assessor_id=assessor_id,
        at=clock().now(),
        country=settings.COUNTRY,
        legality=decision.legality,
        age_band=decision.age_band,
        gender=decision.gender,
        offences=sorted(decision.offences),
        characteristics=sorted(decision.characteristics),
        site_type=decision.site_type,
        commerciality=decision.commerciality,
        basis=basis,
        second_look=look,
        note=note,
    )


def _involved() -> NotPermitted:
    return NotPermitted("you assessed this case before.", advice="A colleague who was not part of it takes it on.")
