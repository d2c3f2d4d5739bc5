"""Preservation holds, and how they and police holds cover reports and contents."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission, may_release_preservation
from rempart.core.retention import HoldSpan
from rempart.node.audit import services as audit
from rempart.node.casework import erasure as casework
from rempart.node.intake import erasure as intake
from rempart.node.people import Person, require_permission, roles_of
from rempart.node.retention.models import HoldExtension, PreservationHold
from rempart.node.runtime import clock


@dataclass(frozen=True, slots=True)
class HoldView:
    """`reference` for a hold on a report, `content_id` for one on a content; `may_release` for whom it was asked."""

    id: int
    reference: str
    content_id: int | None
    owner: str
    reason: str
    placed_at: datetime
    deadline: datetime
    is_overdue: bool
    may_release: bool
    extensions: tuple[tuple[datetime, str, datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Covered:
    """What a hold may cover: a report with its contents, or a content with the reports that point to it."""

    report_ids: tuple[int, ...]
    content_ids: tuple[int, ...]


@transaction.atomic
def place(person: Person, deadline: datetime, reason: str, *, reference: str = "", content_id: int = 0) -> int:
    """Keep a report, or a content and the reports that point to it, whatever the rules say.

    Raises InputError without a reason, with a past deadline or unless one thing is named; NotFound; NotPermitted;
    Conflict for a report of which nothing is left.
    """
    require_permission(person, Permission.PRESERVATION_HOLD)
    now = clock().now()
    _require_reason(reason)
    _require_future(deadline, now)
    if bool(reference.strip()) == bool(content_id):
        raise InputError("name one thing to keep.", where="hold", advice="Give a report's reference or a case number.")
    report_id = _to_keep(reference) if reference.strip() else None
    if report_id is None and content_id not in casework.legalities([content_id]):
        raise NotFound("there is no such case.", where="case", advice="Use the number at the case's page.")
    hold = PreservationHold.objects.create(
        report_id=report_id,
        content_id=content_id or None,
        owner_id=person.pk,
        reason=reason.strip(),
        placed_at=now,
        deadline=deadline,
    )
    # The reason may name people: it stays with the hold and out of the chain.
    audit.record("preservation:placed", _subject(hold), actor=person.actor, data={"deadline": deadline.isoformat()})
    return hold.pk


@transaction.atomic
def extend(person: Person, hold_id: int, deadline: datetime, reason: str) -> None:
    """Set a later deadline. Raises InputError unless it is later and has a reason, Conflict once released."""
    require_permission(person, Permission.PRESERVATION_HOLD)
    hold = _standing(hold_id)
    _require_reason(reason)
    if deadline <= hold.deadline:
        raise InputError("this is not later than the deadline.", where="deadline", advice="Choose a later day.")
    _require_future(deadline, clock().now())
    HoldExtension.objects.create(
        hold=hold, person_id=person.pk, at=clock().now(), deadline=deadline, reason=reason.strip()
    )
    PreservationHold.objects.filter(pk=hold.pk).update(deadline=deadline)
    audit.record("preservation:extended", _subject(hold), actor=person.actor, data={"deadline": deadline.isoformat()})


@transaction.atomic
def release(person: Person, hold_id: int) -> None:
    """Raises NotPermitted to anyone but its owner while its day is to come, Conflict once released."""
    require_permission(person, Permission.PRESERVATION_HOLD)
    hold, now = _standing(hold_id), clock().now()
    if not may_release_preservation(person.pk, hold.owner_id, roles_of(person), is_overdue=hold.deadline <= now):
        raise NotPermitted(
            "only its owner releases a hold whose day is to come.", where="hold", advice=f"Ask {hold.owner}."
        )
    PreservationHold.objects.filter(pk=hold.pk).update(released_at=now, released_by_id=person.pk)
    audit.record("preservation:released", _subject(hold), actor=person.actor)


def standing(person: Person) -> list[HoldView]:
    """All that stand, by deadline."""
    rows = PreservationHold.objects.filter(released_at__isnull=True).select_related("owner", "report")
    now, roles = clock().now(), roles_of(person)
    return [
        HoldView(
            hold.pk,
            hold.report.reference if hold.report else "",
            hold.content_id,
            str(hold.owner),
            hold.reason,
            hold.placed_at,
            hold.deadline,
            hold.deadline <= now,
            may_release_preservation(person.pk, hold.owner_id, roles, is_overdue=hold.deadline <= now),
            tuple((one.at, str(one.person), one.deadline, one.reason) for one in hold.extensions.all()),
        )
        for hold in rows.prefetch_related("extensions__person").order_by("deadline", "pk")
    ]


def spans(things: Iterable[Covered]) -> dict[Covered, list[HoldSpan]]:
    """The holds, past and standing, of police and of preservation, that cover each of them."""
    named = list(things)
    contents = {content_id for one in named for content_id in one.content_ids}
    by_content: defaultdict[int, list[HoldSpan]] = defaultdict(list)
    by_report: defaultdict[int, list[HoldSpan]] = defaultdict(list)
    for police in casework.police_holds(contents):
        by_content[police.content_id].append(HoldSpan(police.placed_at, police.released_at))
    for hold in _covering({report_id for one in named for report_id in one.report_ids}, contents):
        span = HoldSpan(hold.placed_at, hold.released_at)
        if hold.report_id:
            by_report[hold.report_id].append(span)
        elif hold.content_id:
            by_content[hold.content_id].append(span)
    return {
        one: [
            *(span for report_id in one.report_ids for span in by_report[report_id]),
            *(span for content_id in one.content_ids for span in by_content[content_id]),
        ]
        for one in named
    }


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A hold that stands in the way of an erasure, and who can release it."""

    reference: str
    is_police: bool
    owner: str
    deadline: datetime
    is_overdue: bool

    def __str__(self) -> str:
        kind = "police hold" if self.is_police else "preservation hold"
        others = " or, since its day is past, anybody who may place one" if self._opens_to_others else ""
        return f"{self.reference}: a {kind} stands until {self.deadline:%Y-%m-%d}; {self.owner}{others} can release it"

    @property
    def _opens_to_others(self) -> bool:
        return self.is_overdue and not self.is_police


def obstacles(reports: Iterable[intake.Named]) -> list[Obstacle]:
    """Every hold that stands on these reports or what they point to."""
    now, found = clock().now(), []
    for report in reports:
        for police in casework.police_holds(report.content_ids):
            if police.released_at is None:
                overdue = police.deadline <= now
                found.append(Obstacle(report.reference, True, police.owner, police.deadline, overdue))
        for hold in _covering([report.id], report.content_ids):
            if hold.released_at is None:
                overdue = hold.deadline <= now
                found.append(Obstacle(report.reference, False, str(hold.owner), hold.deadline, overdue))
    return found


def _to_keep(reference: str) -> int:
    """A report's number; its row and its contents' are held, so that an erasure and the hold exclude each other."""
    (found,) = intake.named([intake.by_reference(reference)], lock=True)
    casework.lock(found.content_ids)
    if found.is_erased:
        raise Conflict(
            "this report was erased already.", where="reference", advice="What is left of its case: hold the case."
        )
    return found.id


def _covering(report_ids: Iterable[int], content_ids: Iterable[int]) -> Iterable[PreservationHold]:
    wanted = Q(report__in=list(report_ids)) | Q(content__in=list(content_ids))
    return PreservationHold.objects.filter(wanted).select_related("owner").order_by("pk")


def _standing(hold_id: int) -> PreservationHold:
    hold = PreservationHold.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=hold_id).first()
    if hold is None:
        raise NotFound("there is no such hold.", where="hold")
    if hold.released_at is not None:
        raise Conflict("this hold was released already.", where="hold", advice="Place a new one if it is needed.")
    return hold


def _subject(hold: PreservationHold) -> str:
    return f"report:{hold.report_id}" if hold.report_id else f"content:{hold.content_id}"


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InputError("a hold needs its reason.", where="reason", advice="Name the request it follows from.")


def _require_future(deadline: datetime, now: datetime) -> None:
    if deadline <= now:
        raise InputError("the deadline is past.", where="deadline", advice="Choose a day to come.")
