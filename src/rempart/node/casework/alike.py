"""One decision for identical content: the same address under another kind, or the same SHA-256.

Every case is claimed and assessed like any other, in a transaction of its own, so all rules hold for each: a second
look where one is needed, a case that a colleague holds is passed over, and each can be undone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from rempart.core.assessment import Decision
from rempart.core.errors import Conflict, InputError, NotPermitted
from rempart.core.vocabulary import AgeBand, Commerciality, Gender, Legality, SiteType
from rempart.node.audit import services as audit
from rempart.node.casework import access, assessing, queue, undoing
from rempart.node.casework.models import Assessment, Case
from rempart.node.casework.related import identical_ids
from rempart.node.people import Person

MOST = 100


class Result(StrEnum):
    """What became of one case; `PASSED_OVER`: somebody holds it, or the person may not take it."""

    DECIDED = "decided"
    SECOND_LOOK = "second_look"
    ARBITRATION = "arbitration"
    PASSED_OVER = "passed_over"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be decided, and how; `open_ids` are identical contents whose cases are open."""

    legality: Legality
    open_ids: list[int]


def preview(person: Person, content_id: int) -> Preview | None:
    """None where the person has no standing decision on this content to repeat. Raises Restricted."""
    access.require(person, content_id)
    own = _own_decision(person, content_id)
    if own is None:
        return None
    same = identical_ids(content_id, own.content.locator, person)
    waiting = Case.objects.filter(pk__in=same, decided_at__isnull=True).order_by("pk")
    return Preview(Legality(own.legality), list(waiting.values_list("pk", flat=True)[:MOST]))


def decide(person: Person, content_id: int, chosen: Iterable[int]) -> dict[int, Result]:
    """Repeat the person's own decision for chosen identical contents.

    Raises Restricted, Conflict without such a decision, InputError for content that is not identical.
    """
    access.require(person, content_id)
    own = _own_decision(person, content_id)
    if own is None:
        raise Conflict("there is no decision of yours to repeat.", advice="Decide this case first.")
    ids = sorted(set(chosen))[:MOST]
    if not set(ids) <= identical_ids(content_id, own.content.locator, person):
        raise InputError("these are not identical.", where="cases", advice="Open the preview again.")
    decision = Decision(
        legality=Legality(own.legality),
        age_band=AgeBand(own.age_band),
        gender=Gender(own.gender),
        offences=frozenset(own.offences),
        characteristics=frozenset(own.characteristics),
        site_type=SiteType(own.site_type),
        commerciality=Commerciality(own.commerciality),
    )
    return {one: _decide_one(person, content_id, one, decision, own.note) for one in ids}


def undo(person: Person, content_id: int) -> int:
    """Undo what the person decided with this content and nobody has acted on; returns how many cases.

    Raises Restricted.
    """
    access.require(person, content_id)
    undone = 0
    for case in Case.objects.filter(access.visible_to(person), decided_with=content_id).order_by("pk"):
        take_back = undoing.undo if case.state == Case.State.DECIDED else assessing.withdraw_assessment
        try:
            take_back(person, case.pk)
            undone += 1
        except (Conflict, NotPermitted):
            continue
    return undone


def may_undo(person: Person, content_id: int) -> bool:
    """Whether any decision made with this content still waits to be acted on."""
    mine = Case.objects.filter(access.visible_to(person), decided_with=content_id, undoable_by=person.pk)
    return mine.exists()


def _decide_one(person: Person, content_id: int, one: int, decision: Decision, note: str) -> Result:
    try:
        with transaction.atomic():
            queue.claim(person, one)
            outcome = assessing.assess(person, one, decision, note)
            Case.objects.filter(pk=one).update(decided_with=content_id)
            audit.record("case:decided_alike", f"case:{one}", actor=person.actor, data={"as": content_id})
    except (Conflict, NotPermitted):
        return Result.PASSED_OVER
    return Result(outcome)


def _own_decision(person: Person, content_id: int) -> Assessment | None:
    """The last assessment of a decided content, if this person gave it."""
    last = Assessment.objects.filter(content=content_id).select_related("content").order_by("-pk").first()
    is_standing = last is not None and last.content.legality == last.legality and last.assessor_id == person.pk
    return last if is_standing else None
