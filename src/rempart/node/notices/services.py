"""Notices to hosts: asked for, followed, answered. Only the step "notice" sends and checks (see `steps`)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count

from rempart.core.deadlines import NoticeFacts, NoticePlan, Step, next_step, reopen
from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.core.reports import NOTICE_MOVES, NoticeOutcome, check_move
from rempart.core.vocabulary import Availability, Basis, DetectionMethod, NoticeState
from rempart.node.audit import services as audit
from rempart.node.casework import services as casework
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.node.notices.models import Attempt, Check, Notice
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock, notice_plan

_BEFORE_SENDING = frozenset({NoticeState.DRAFT, NoticeState.QUEUED})
_SETTLED = _BEFORE_SENDING | {NoticeState.REMOVED}
_SENDING = frozenset({"send", "resend", "escalate", "wait"})
PAGE = 50


@dataclass(frozen=True, slots=True)
class AttemptFacts:
    ordinal: int
    purpose: str
    channel: str
    recipient: str
    chosen: str
    prepared_at: datetime
    sent_at: datetime | None
    given_up_at: datetime | None
    tries: int
    reply: str


@dataclass(frozen=True, slots=True)
class CheckFacts:
    at: datetime
    availability: Availability
    status: int | None
    how: str


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as pages and other apps see it. `next` is the step that comes next and when."""

    id: int
    content_id: int
    state: NoticeState
    classification: str
    detection_method: str
    recipient: str
    channel: str
    country: str
    created_at: datetime
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    sends: int
    escalated_at: datetime | None
    last_check_at: datetime | None
    last_availability: str
    removed_at: datetime | None
    reappeared: int
    handed_over: bool
    held: bool
    next: Step


def queue(content_id: int, country: str) -> int:
    """Ask for a content's notice to its host in `country`, in the caller's transaction; returns the notice's number.

    Asking again changes nothing, except: a content that moved is sent on to its new host, one whose removal was
    confirmed is looked at at once.
    """
    content = casework.content(content_id)
    row, created = Notice.objects.get_or_create(
        content_id=content_id,
        defaults={
            "xarf_id": uuid.uuid4(),
            "detection_method": detection_method(content.basis),
            "classification": content.legality or "",
            "host_country": country,
            "created_at": clock().now(),
        },
    )
    moved = row.host_country != country
    changed = created or moved or row.handed_over
    if changed:
        audit.record("notice:queued", f"notice:{row.pk}", data={"country": country})
    if not created:
        row = locked(row.pk)
        row.handed_over, row.host_country, row.look_again = False, country, row.state == NoticeState.REMOVED
        store(row, new_round(row) if moved and row.state not in _SETTLED else facts_of(row))
    # Waking a step takes its lease away: a message being sent now would be sent again. Its step is due anyway.
    if row.state == NoticeState.DRAFT or under_way(row) is None:
        jobs.wake("notice", row.pk)
    if changed or row.look_again:
        tell_reports(content_id)
    return row.pk


def hand_over(content_id: int, country: str) -> bool:
    """Another authority is competent now, or nobody is: checks go on and nothing more is sent."""
    row = Notice.objects.filter(content=content_id, handed_over=False).first()
    if row is None:
        return False
    Notice.objects.filter(pk=row.pk).update(handed_over=True)
    audit.record("notice:handed_over", f"notice:{row.pk}", data={"country": country})
    jobs.wake("notice", row.pk)
    tell_reports(content_id)
    return True


def look_now(content_id: int) -> None:
    """Make a content's notice take account of a police hold placed or released."""
    pk = Notice.objects.filter(content=content_id).values_list("pk", flat=True).first()
    if pk is not None:
        jobs.wake("notice", pk)


def detection_method(basis: Basis | None) -> DetectionMethod:
    """How the content was found to be illegal, in XARF's words."""
    return DetectionMethod.HASH_MATCH if basis is Basis.LIST_MATCH else DetectionMethod.MANUAL_REVIEW


def outcome(content_id: int) -> NoticeOutcome:
    """What came of a content's notice. ENDED: another authority is competent now and nothing more is sent."""
    row = Notice.objects.filter(content=content_id).first()
    if row is None:
        return NoticeOutcome.NONE
    if row.state == NoticeState.REMOVED:
        return NoticeOutcome.REMOVED
    if row.handed_over:
        return NoticeOutcome.ENDED
    if row.state in _BEFORE_SENDING:
        return NoticeOutcome.REAPPEARED if row.reappeared else NoticeOutcome.PENDING
    return NoticeOutcome.SENT


def facts_of(row: Notice, held: bool | None = None) -> NoticeFacts:
    """A notice's row as the rules see it, with the police hold as it stands now (or as the caller has just read it)."""
    return NoticeFacts(
        NoticeState(row.state),
        first_sent_at=row.first_sent_at,
        last_sent_at=row.last_sent_at,
        sends=row.sends,
        escalated_at=row.escalated_at,
        last_check_at=row.last_check_at,
        last_availability=Availability(row.last_availability) if row.last_availability else None,
        removed_at=row.removed_at,
        failed_checks_in_row=row.failed_checks_in_row,
        held=casework.is_held(row.content_id) if held is None else held,
        gone_since=row.gone_first_seen_at,
    )


def new_round(row: Notice) -> NoticeFacts:
    """The facts of a round in which nothing is sent yet; the caller stores them."""
    row.round += 1
    return reopen(facts_of(row))


def store(row: Notice, facts: NoticeFacts) -> None:
    """Write what changed; raises Conflict for a change of state that is not allowed."""
    if facts.state != row.state:
        check_move(NOTICE_MOVES, NoticeState(row.state), facts.state)
    row.state = facts.state
    row.first_sent_at = facts.first_sent_at
    row.last_sent_at = facts.last_sent_at
    row.sends = facts.sends
    row.escalated_at = facts.escalated_at
    row.last_check_at = facts.last_check_at
    row.last_availability = facts.last_availability or ""
    row.removed_at = facts.removed_at
    row.failed_checks_in_row = facts.failed_checks_in_row
    row.gone_first_seen_at = facts.gone_since
    row.save()


def planned(row: Notice, facts: NoticeFacts, plan: NoticePlan, now: datetime) -> Step:
    """The step that comes next: the rules', except that a notice handed over is only checked."""
    if row.look_again and not facts.held:
        return Step("recheck", now)
    step = next_step(facts, plan, now)
    if row.handed_over and not facts.held and step.kind in _SENDING:
        return Step("check", facts.last_check_at + plan.check_every if facts.last_check_at else now)
    return step


def locked(notice_id: int) -> Notice:
    """The row, kept from others until the caller's transaction ends."""
    return Notice.objects.select_for_update().get(pk=notice_id)


def under_way(row: Notice) -> Attempt | None:
    """The attempt that is prepared and neither sent nor given up; there is one at most."""
    waiting = Attempt.objects.select_related("notice").filter(sent_at__isnull=True, given_up_at__isnull=True)
    return waiting.filter(notice=row).first()


def tell_reports(content_id: int) -> None:
    """Every report that points to the content takes account of what changed."""
    for report_id in intake.report_ids_with_content(content_id):
        jobs.wake("follow", report_id)


def acknowledge(person: Person, notice_id: int) -> None:
    """The host answered that it took note. Raises NotPermitted, or Conflict where the state does not allow it."""
    _answer(person, notice_id, NoticeState.ACKNOWLEDGED, "")


def refuse(person: Person, notice_id: int, reason: str) -> None:
    """The host answered that it will not remove the content: the notice is escalated next. Needs the host's reason."""
    if not reason.strip():
        raise InputError("the host's reason is missing.", where="reason", advice="Write it down in a sentence.")
    _answer(person, notice_id, NoticeState.REFUSED, reason)


@transaction.atomic
def _answer(person: Person, notice_id: int, state: NoticeState, reason: str) -> None:
    require_permission(person, Permission.NOTICE_MANAGE)
    try:
        row = locked(notice_id)
    except Notice.DoesNotExist:
        raise NotFound("there is no such notice.", where="notice") from None
    check_move(NOTICE_MOVES, NoticeState(row.state), state)
    Notice.objects.filter(pk=row.pk).update(state=state)
    audit.record(f"notice:{state}", f"notice:{row.pk}", actor=person.actor, reason=reason)
    jobs.wake("notice", row.pk)
    tell_reports(row.content_id)


def for_content(content_id: int) -> NoticeView | None:
    row = Notice.objects.filter(content=content_id).first()
    return _view(row) if row else None


def get(notice_id: int) -> NoticeView:
    """Raises NotFound."""
    row = Notice.objects.filter(pk=notice_id).first()
    if row is None:
        raise NotFound("there is no such notice.", where="notice")
    return _view(row)


def overview(filters: Mapping[str, str], page: int = 1) -> tuple[list[NoticeView], int]:
    """One page of notices, oldest first, and how many there are. Filters: state, country (empty: any)."""
    rows = Notice.objects.order_by("pk")
    wanted: dict[str, Any] = {"state": filters.get("state", ""), "host_country": filters.get("country", "").upper()}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    start = (max(page, 1) - 1) * PAGE
    shown = list(rows[start : start + PAGE])
    held = casework.held_among(row.content_id for row in shown)
    return [_view(row, row.content_id in held) for row in shown], rows.count()


def attempts(notice_id: int) -> list[AttemptFacts]:
    """Sendings, oldest first, without their bytes."""
    names = tuple(AttemptFacts.__dataclass_fields__)
    rows = Attempt.objects.filter(notice=notice_id).order_by("ordinal").values(*names)
    return [AttemptFacts(**row) for row in rows]


def checks(notice_id: int, limit: int = 200) -> list[CheckFacts]:
    """Availability checks, newest first."""
    rows = Check.objects.filter(notice=notice_id).order_by("-at", "-pk")[:limit]
    return [CheckFacts(row.at, Availability(row.availability), row.status, row.how) for row in rows]


def counts() -> dict[str, int]:
    """Notices by state."""
    return dict(Notice.objects.order_by().values_list("state").annotate(n=Count("pk")))


def _view(row: Notice, held: bool | None = None) -> NoticeView:
    facts = facts_of(row, held)
    return NoticeView(
        id=row.pk,
        content_id=row.content_id,
        state=facts.state,
        classification=row.classification,
        detection_method=row.detection_method,
        recipient=row.recipient,
        channel=row.channel,
        country=row.host_country,
        created_at=row.created_at,
        first_sent_at=row.first_sent_at,
        last_sent_at=row.last_sent_at,
        sends=row.sends,
        escalated_at=row.escalated_at,
        last_check_at=row.last_check_at,
        last_availability=row.last_availability,
        removed_at=row.removed_at,
        reappeared=row.reappeared,
        handed_over=row.handed_over,
        held=facts.held,
        next=planned(row, facts, notice_plan(), clock().now()),
    )
