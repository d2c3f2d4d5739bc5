"""The queue of what nobody knows yet.

Invariant: one person at a time holds a case. Taking, renewing, handing back and passing on are each one
compare-and-swap on the row, so whoever loses the race changes nothing. A claim that ran out is anybody's again; until
somebody takes it, its holder may go on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from rempart.core.errors import Conflict
from rempart.core.permissions import Permission
from rempart.core.priority import Score
from rempart.node.audit import services as audit
from rempart.node.casework import access
from rempart.node.casework.content import follow_reports
from rempart.node.casework.models import Assessment, Case, PoliceHold
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock

State = Case.State
_TAKEN_BY = (
    (State.WAITING, Permission.CASE_ASSESS),
    (State.SECOND_LOOK, Permission.CASE_SECOND_LOOK),
    (State.ARBITRATION, Permission.CASE_ARBITRATE),
)
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Claim:
    """A case its holder may work on until `until` (node's clock), and longer while they act."""

    content_id: int
    state: Case.State
    until: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the list: neutral facts only."""

    content_id: int
    kind: str
    host: str
    state: Case.State
    priority: int
    reasons: list[dict[str, object]]
    entered_at: datetime
    times_reported: int
    claimed_by_id: int | None
    claimed_by: str
    claimed_until: datetime | None
    is_held: bool


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue to list; empty values do not filter. `open_to` leaves out what that person may not take."""

    state: str = ""
    kind: str = ""
    least_priority: int = 0
    open_to: Person | None = None
    first: int = 0
    count: int = 50


@dataclass(frozen=True, slots=True)
class Overview:
    """One page of the queue, how many cases the filters leave, and all open cases by state."""

    rows: list[Row]
    total: int
    by_state: dict[str, int]


def enter(content_id: int, score: Score) -> None:
    """Put a content into the queue; one that waits already only ever rises."""
    reasons = score.to_json()["reasons"]
    _, made = Case.objects.get_or_create(
        content_id=content_id,
        defaults={"priority": score.points, "priority_reasons": reasons, "entered_at": clock().now()},
    )
    if not made:
        Case.objects.filter(pk=content_id, priority__lt=score.points).update(
            priority=score.points, priority_reasons=reasons
        )


def next_case(person: Person) -> Claim | None:
    """The most urgent case the person may take, claimed; first of all one they hold already. None when all is done."""
    require_permission(person, Permission.CASE_CLAIM)
    now = clock().now()
    mine = Case.objects.filter(access.visible_to(person), claimed_by=person.pk, claimed_until__gt=now)
    held = mine.order_by("-priority", "entered_at").first()
    if held is not None:
        return _as_claim(act(person, held.pk))
    passed: set[int] = set()
    while candidates := list(_in_order(_open_to(person, now).exclude(pk__in=passed))[:_BATCH]):
        for case in candidates:
            if (claim := _take(person, case, now)) is not None:
                return claim
        passed |= {case.pk for case in candidates}
    return None


def claim(person: Person, content_id: int) -> Claim:
    """Take this case, or go on with it. Raises Conflict if somebody holds it or the person may not take it."""
    require_permission(person, Permission.CASE_CLAIM)
    now = clock().now()
    case = _open_to(person, now).filter(pk=content_id).first()
    taken = _take(person, case, now) if case is not None else None
    if taken is None:
        raise Conflict(
            "this case is not open to you: it is decided, a colleague holds it, or you assessed it before.",
            where=f"case {content_id}",
            advice="Take the next one.",
        )
    return taken


@transaction.atomic
def hand_back(person: Person, content_id: int) -> None:
    """Give the case back to the queue. Raises Conflict unless the person holds it."""
    freed = Case.objects.filter(pk=content_id, claimed_by=person.pk).update(claimed_by=None, claimed_until=None)
    if not freed:
        raise _not_held(content_id)
    audit.record("case:handed_back", f"case:{content_id}", actor=person.actor)
    follow_reports(content_id)


def act(person: Person, content_id: int) -> Case:
    """The case, its claim renewed because its holder acts. Raises Conflict unless the person holds it."""
    renewed = Case.objects.filter(~Q(state=State.DECIDED), pk=content_id, claimed_by=person.pk).update(
        claimed_until=_until(clock().now())
    )
    if not renewed:
        raise _not_held(content_id)
    return Case.objects.get(pk=content_id)


def is_holder(person: Person, content_id: int) -> bool:
    return Case.objects.filter(~Q(state=State.DECIDED), pk=content_id, claimed_by=person.pk).exists()


def pass_on(content_id: int, state: Case.State) -> None:
    """Free the case for the next person in its life; called by its holder's transaction."""
    Case.objects.filter(pk=content_id).update(state=state, claimed_by=None, claimed_until=None)


def take_back(person: Person, content_id: int) -> bool:
    """From an unbegun second look back to the first assessor; False if somebody began it."""
    now = clock().now()
    waiting = Case.objects.filter(_is_free(now), pk=content_id, state=State.SECOND_LOOK)
    return bool(waiting.update(state=State.WAITING, claimed_by=person.pk, claimed_until=_until(now)))


def overview(filters: Filters | None = None, viewer: Person | None = None) -> Overview:
    """A page of the open cases, most urgent first; without those of which the viewer may not know."""
    wanted = filters or Filters()
    now = clock().now()
    cases = _open_to(wanted.open_to, now) if wanted.open_to else Case.objects.exclude(state=State.DECIDED)
    if wanted.state:
        cases = cases.filter(state=wanted.state)
    if wanted.kind:
        cases = cases.filter(content__kind=wanted.kind)
    cases = cases.filter(priority__gte=wanted.least_priority)
    if viewer is not None:
        cases = cases.filter(access.visible_to(viewer))
    holds = PoliceHold.objects.filter(content=OuterRef("pk"), released_at__isnull=True)
    page = _in_order(cases.select_related("content", "claimed_by").annotate(is_held=Exists(holds)))
    rows = [_row(case, now) for case in page[wanted.first : wanted.first + wanted.count]]
    return Overview(rows, cases.count(), counts())


def counts() -> dict[str, int]:
    """Cases by state, decided ones too; states without a case are 0."""
    found = dict(Case.objects.order_by().values_list("state").annotate(n=Count("pk")))
    return {str(state): found.get(state, 0) for state in State}


def _row(case: Case, now: datetime) -> Row:
    is_claimed = case.claimed_until is not None and case.claimed_until > now
    return Row(
        content_id=case.content_id,
        kind=case.content.kind,
        host=case.content.host,
        state=State(case.state),
        priority=case.priority,
        reasons=case.priority_reasons,
        entered_at=case.entered_at,
        times_reported=case.content.times_reported,
        claimed_by_id=case.claimed_by_id if is_claimed else None,
        claimed_by=str(case.claimed_by) if is_claimed else "",
        claimed_until=case.claimed_until if is_claimed else None,
        is_held=case.is_held,  # type: ignore[attr-defined]
    )


def _in_order(cases: QuerySet[Case]) -> QuerySet[Case]:
    return cases.order_by("-priority", "entered_at", "pk")


def _is_free(now: datetime) -> Q:
    return Q(claimed_by__isnull=True) | Q(claimed_until__lte=now)


def _open_to(person: Person, now: datetime) -> QuerySet[Case]:
    """Cases the person may take now: their role allows the case's state, nobody else holds it, and beyond the first
    assessment they were no part of it, and the case is open to them."""
    states = [state for state, permission in _TAKEN_BY if person.may(permission)]
    own = Assessment.objects.filter(content=OuterRef("pk"), assessor=person.pk)
    free = Case.objects.filter(_is_free(now) | Q(claimed_by=person.pk), state__in=states)
    return free.filter(Q(state=State.WAITING) | ~Exists(own), access.visible_to(person))


@transaction.atomic
def _take(person: Person, seen: Case, now: datetime) -> Claim | None:
    """Compare-and-swap on the row as it was seen: None means somebody else was faster."""
    until = _until(now)
    won = Case.objects.filter(
        pk=seen.pk, state=seen.state, claimed_by=seen.claimed_by_id, claimed_until=seen.claimed_until
    ).update(claimed_by=person.pk, claimed_until=until)
    if not won:
        return None
    if seen.claimed_by_id != person.pk:
        audit.record("case:claimed", f"case:{seen.pk}", actor=person.actor)
        follow_reports(seen.pk)
    return Claim(seen.pk, State(seen.state), until)


def _as_claim(case: Case) -> Claim:
    return Claim(case.pk, State(case.state), case.claimed_until or clock().now())


def _until(now: datetime) -> datetime:
    return now + timedelta(minutes=settings.CLAIM_MINUTES)


def _not_held(content_id: int) -> Conflict:
    return Conflict(
        "you do not hold this case.",
        where=f"case {content_id}",
        advice="Your claim may have run out and a colleague taken it over; take the case again or the next one.",
    )
