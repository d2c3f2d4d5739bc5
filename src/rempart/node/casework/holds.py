"""Police first: while a hold stands, no notice about the content leaves. Only its owner releases it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission, may_release_hold
from rempart.core.vocabulary import Legality
from rempart.node.audit import services as audit
from rempart.node.casework import access
from rempart.node.casework.content import ask_for_action
from rempart.node.casework.models import Content, PoliceHold
from rempart.node.jobs import services as jobs
from rempart.node.people import Person, require_permission, roles_of
from rempart.node.runtime import clock


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A police hold; `owner` is the name shown to colleagues."""

    id: int
    content_id: int
    owner_id: int
    owner: str
    reason: str
    placed_at: datetime
    deadline: datetime
    released_at: datetime | None


def place(person: Person, content_id: int, deadline: datetime, reason: str) -> HoldFacts:
    """Raises InputError without a reason or with a deadline that is past, Conflict if a hold stands already."""
    require_permission(person, Permission.HOLD_PLACE)
    access.require(person, content_id)
    now = clock().now()
    if not reason.strip():
        raise InputError("a hold needs its reason.", where="reason", advice="Name the request it follows from.")
    if deadline <= now:
        raise InputError("the deadline is past.", where="deadline", advice="Choose a day to come.")
    if not Content.objects.filter(pk=content_id).exists():
        raise NotFound("there is no such content.", where="content")
    try:
        with transaction.atomic():
            hold = PoliceHold.objects.create(
                content_id=content_id, owner_id=person.pk, reason=reason.strip(), placed_at=now, deadline=deadline
            )
            # The reason may name people: it stays with the hold and out of the chain.
            audit.record(
                "hold:placed", f"content:{content_id}", actor=person.actor, data={"deadline": deadline.isoformat()}
            )
            if _is_illegal(content_id):
                jobs.wake("route", content_id)
    except IntegrityError:
        raise Conflict("a hold stands already.", where="hold", advice="Speak to its owner.") from None
    return _facts(hold)


@transaction.atomic
def release(person: Person, content_id: int) -> None:
    """Raises NotFound if none stands, NotPermitted to anyone but its owner; notices go on from here."""
    hold = PoliceHold.objects.filter(content=content_id, released_at__isnull=True).first()
    if hold is None:
        raise NotFound("no hold stands on this content.", where="hold")
    if not may_release_hold(person.pk, hold.owner_id, roles_of(person)):
        raise NotPermitted("only its owner releases a hold.", advice=f"Ask {hold.owner}.")
    if not PoliceHold.objects.filter(pk=hold.pk, released_at__isnull=True).update(released_at=clock().now()):
        return
    audit.record("hold:released", f"content:{content_id}", actor=person.actor)
    if _is_illegal(content_id):
        ask_for_action(Content.objects.get(pk=content_id))


def standing(content_id: int) -> HoldFacts | None:
    """The hold that stands on a content."""
    hold = PoliceHold.objects.filter(content=content_id, released_at__isnull=True).select_related("owner").first()
    return _facts(hold) if hold else None


def is_held(content_id: int) -> bool:
    return PoliceHold.objects.filter(content=content_id, released_at__isnull=True).exists()


def held_among(content_ids: Iterable[int]) -> frozenset[int]:
    """Those of the contents on which a hold stands."""
    standing_ones = PoliceHold.objects.filter(content__in=list(content_ids), released_at__isnull=True)
    return frozenset(standing_ones.values_list("content_id", flat=True))


def history(content_id: int) -> list[HoldFacts]:
    """All holds of a content, oldest first."""
    rows = PoliceHold.objects.filter(content=content_id).select_related("owner").order_by("pk")
    return [_facts(hold) for hold in rows]


def all_standing(*, overdue_only: bool = False) -> list[HoldFacts]:
    """Standing holds by deadline. A hold whose deadline passed goes on: its owner is asked, nothing is released."""
    rows = PoliceHold.objects.filter(released_at__isnull=True).select_related("owner").order_by("deadline", "pk")
    return [_facts(hold) for hold in (rows.filter(deadline__lte=clock().now()) if overdue_only else rows)]


def _is_illegal(content_id: int) -> bool:
    legality = Content.objects.values_list("legality", flat=True).get(pk=content_id)
    return bool(legality) and Legality(legality).is_illegal


def _facts(hold: PoliceHold) -> HoldFacts:
    return HoldFacts(
        hold.pk,
        hold.content_id,
        hold.owner_id,
        str(hold.owner),
        hold.reason,
        hold.placed_at,
        hold.deadline,
        hold.released_at,
    )
