"""Need to know, case by case. Invariant: to whom a restricted case is not open, nothing tells more than that it exists.

Whatever lists, searches or counts by more than state filters by `visible_to`; whatever opens one content asks
`require`. Steps of the node itself are no person and go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.casework.models import BrokenGlass, Case, Content, Restriction, RestrictionMember
from rempart.node.intake import services as intake
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock
from rempart.node.staff import services as staff

OPEN_FOR = timedelta(hours=4)


class Restricted(NotPermitted):
    """The case exists; this person may know no more of it."""

    def __init__(self) -> None:
        super().__init__(
            "this case is restricted: it exists, and that is all you may know of it.",
            advice="If your work needs it, a senior analyst can open it to you.",
        )


@dataclass(frozen=True, slots=True)
class RestrictionFacts:
    """A standing restriction, for those to whom the case is open."""

    id: int
    content_id: int
    owner: str
    owner_id: int
    people: list[str]
    role: str
    reason: str
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """A restricted case opened without its owner."""

    id: int
    content_id: int
    person: str
    reason: str
    at: datetime
    until: datetime


def visible_to(person: Person, content: str = "pk") -> Q:
    """A filter that leaves what the person may know of. `content` names the field that holds a content's number in
    the rows that are filtered: "pk" fits contents and cases."""
    return Q(~Exists(_closed_to(person).filter(content=OuterRef(content))))


def hidden_from(person: Person, content_ids: Iterable[int]) -> frozenset[int]:
    """Those of the contents that are restricted and not open to the person."""
    return frozenset(_closed_to(person).filter(content__in=set(content_ids)).values_list("content_id", flat=True))


def closed_to(person: Person) -> frozenset[int]:
    """All contents that are restricted and not open to the person."""
    return frozenset(_closed_to(person).values_list("content_id", flat=True))


def hidden_reports(person: Person) -> frozenset[int]:
    """Reports that point to a content closed to the person."""
    closed = closed_to(person)
    return frozenset(intake.report_ids_with_contents(closed)) if closed else frozenset()


def is_visible(person: Person, content_id: int) -> bool:
    return not _closed_to(person).filter(content=content_id).exists()


def require(person: Person, content_id: int) -> None:
    """Raise Restricted unless the person may know of the content; no difference for what does not exist."""
    if not is_visible(person, content_id):
        raise Restricted


def facts(person: Person, content_id: int) -> RestrictionFacts | None:
    """The restriction that stands, None without one. Raises Restricted."""
    row = _standing().filter(content=content_id).select_related("owner").first()
    if row is None:
        return None
    require(person, content_id)
    members = row.members.select_related("person").order_by("person__display_name")
    return RestrictionFacts(
        row.pk,
        row.content_id,
        str(row.owner),
        row.owner_id,
        [str(member.person) for member in members],
        row.role,
        row.reason,
        row.placed_at,
    )


def restrict(person: Person, content_id: int, reason: str, people: Sequence[int] = (), role: str = "") -> None:
    """Close a case to all but the person, those named and the holders of one role; others lose their claim.

    Raises NotPermitted, Restricted, NotFound, InputError without a reason or for somebody who may see no case,
    Conflict where a restriction stands.
    """
    require_permission(person, Permission.CASE_RESTRICT)
    require(person, content_id)
    _check_reason(reason)
    _check_named(people, role)
    if not Content.objects.filter(pk=content_id).exists():
        raise NotFound("there is no such content.", where="content")
    try:
        with transaction.atomic():
            row = Restriction.objects.create(
                content_id=content_id,
                owner_id=person.pk,
                role=role,
                reason=reason.strip(),
                placed_at=clock().now(),
            )
            RestrictionMember.objects.bulk_create(
                RestrictionMember(restriction=row, person_id=number) for number in sorted(set(people) - {person.pk})
            )
            _free_claim(row)
            # Reason and names stay with the restriction and out of the chain.
            audit.record("case:restricted", f"case:{content_id}", actor=person.actor, data={"people": len(people)})
    except IntegrityError:
        raise Conflict("a restriction stands already.", where="case", advice="Lift it first.") from None


@transaction.atomic
def lift(person: Person, content_id: int, reason: str) -> None:
    """Open the case to all again. Raises NotPermitted, Restricted, InputError without a reason, NotFound."""
    require_permission(person, Permission.CASE_RESTRICT)
    require(person, content_id)
    _check_reason(reason)
    if not _standing().filter(content=content_id).update(lifted_at=clock().now()):
        raise NotFound("no restriction stands on this case.", where="case")
    audit.record("case:restriction_lifted", f"case:{content_id}", actor=person.actor, reason=reason.strip())


@transaction.atomic
def break_glass(person: Person, content_id: int, reason: str) -> None:
    """Open a restricted case to oneself for four hours; its owner is told.

    Raises NotPermitted, InputError without a reason, NotFound where nothing is closed to the person.
    """
    require_permission(person, Permission.CASE_BREAK_GLASS)
    _check_reason(reason)
    row = _closed_to(person).filter(content=content_id).first()
    if row is None:
        raise NotFound("nothing is closed to you here.", where="case", advice="Open the case.")
    now = clock().now()
    BrokenGlass.objects.create(
        restriction=row, person_id=person.pk, reason=reason.strip(), at=now, until=now + OPEN_FOR
    )
    audit.record("case:glass_broken", f"case:{content_id}", actor=person.actor, reason=reason.strip())


def openings_to_note(person: Person) -> list[Opening]:
    """Who opened this person's restricted cases without them, until they take note; newest first."""
    rows = BrokenGlass.objects.filter(restriction__owner=person.pk, seen_at__isnull=True)
    return [
        Opening(row.pk, row.restriction.content_id, str(row.person), row.reason, row.at, row.until)
        for row in rows.select_related("restriction", "person").order_by("-pk")
    ]


@transaction.atomic
def take_note(person: Person, content_id: int) -> None:
    """The owner has seen who opened the case."""
    rows = BrokenGlass.objects.filter(
        restriction__owner=person.pk, restriction__content=content_id, seen_at__isnull=True
    )
    if rows.update(seen_at=clock().now()):
        audit.record("case:opening_noted", f"case:{content_id}", actor=person.actor)


def candidates(person: Person) -> list[tuple[int, str]]:
    """Whom a case can be opened to by name: everybody else who may see the queue."""
    return [(pk, name) for pk, name in staff.holders_of(Permission.QUEUE_VIEW) if pk != person.pk]


def _standing() -> QuerySet[Restriction]:
    return Restriction.objects.filter(lifted_at__isnull=True)


def _closed_to(person: Person) -> QuerySet[Restriction]:
    named = RestrictionMember.objects.filter(restriction=OuterRef("pk"), person=person.pk)
    broken = BrokenGlass.objects.filter(restriction=OuterRef("pk"), person=person.pk, until__gt=clock().now())
    closed = _standing().exclude(owner=person.pk).filter(~Exists(named), ~Exists(broken))
    return closed.exclude(role__in=person.roles) if person.roles else closed


def _free_claim(row: Restriction) -> None:
    """Whoever holds the case and may no longer know of it gives it back."""
    case = Case.objects.filter(pk=row.content_id, claimed_by__isnull=False).select_related("claimed_by").first()
    if case is not None and case.claimed_by is not None and not is_visible(case.claimed_by, row.content_id):
        Case.objects.filter(pk=case.pk, claimed_by=case.claimed_by_id).update(claimed_by=None, claimed_until=None)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InputError("this needs a reason.", where="reason", advice="Write why; the reason is kept.")


def _check_named(people: Sequence[int], role: str) -> None:
    allowed = {pk for pk, _ in staff.holders_of(Permission.QUEUE_VIEW)}
    if not set(people) <= allowed:
        raise InputError("one of these people may see no case.", where="people", advice="Choose from the list.")
    if role and role not in set(Role):
        raise InputError("there is no such role.", where="role", advice="Choose from the list.")
