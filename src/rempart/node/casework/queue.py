"""The queue of what nobody knows yet: who works on what. What its list shows is `listing`.

Invariant: one person at a time holds a case. Taking, renewing, handing back and passing on are each one
compare-and-swap on the row, so whoever loses the race changes nothing. A claim that ran out is anybody's again; until
somebody takes it or the step "lease" hands it back, its holder may go on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Least

from rempart.core.errors import Conflict, InputError
from rempart.core.permissions import Permission
from rempart.core.priority import Score, assess_by, reason_mask
from rempart.node.audit import services as audit
from rempart.node.casework import access
from rempart.node.casework.content import follow_reports
from rempart.node.casework.models import Assessment, Case, Content
from rempart.node.jobs import services as jobs
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock

State = Case.State
TAKEN_BY = (
    (State.WAITING, Permission.CASE_ASSESS),
    (State.SECOND_LOOK, Permission.CASE_SECOND_LOOK),
    (State.ARBITRATION, Permission.CASE_ARBITRATE),
)
_BATCH = 16


class HandBack(StrEnum):
    """Why a case goes back. "not_now" asks for no explanation, on purpose."""

    NOT_NOW = "not_now"
    LANGUAGE = "language"
    SPECIALIST = "specialist"
    MORE_FACTS = "more_facts"
    INVOLVED = "involved"


@dataclass(frozen=True, slots=True)
class Claim:
    """A case its holder may work on until `until` (node's clock), and longer while they act."""

    content_id: int
    state: Case.State
    until: datetime


def enter(content_id: int, score: Score, country: str = "") -> None:
    """Put a content into the queue; one that waits already only ever rises, and is then due no later.

    `country` counts where none is known yet.
    """
    reasons = score.to_json()["reasons"]
    rated = {
        "priority": score.points,
        "priority_reasons": reasons,
        "reasons": reason_mask(reason.code for reason in score.reasons),
    }
    now = clock().now()
    made = False
    if not Case.objects.filter(pk=content_id).exists():
        kind = Content.objects.values_list("kind", flat=True).get(pk=content_id)
        due_at = assess_by(now, score.points)
        _, made = Case.objects.get_or_create(
            content_id=content_id,
            defaults={**rated, "kind": kind, "country": country, "entered_at": now, "due_at": due_at},
        )
    if not made:
        sooner = Least(F("due_at"), assess_by(now, score.points))
        Case.objects.filter(pk=content_id, priority__lt=score.points).update(**rated, due_at=sooner)
        if country:
            Case.objects.filter(pk=content_id, country="").update(country=country)


def next_case(person: Person) -> Claim | None:
    """The most urgent case the person may take, claimed; first of all one they hold already. None when all is done."""
    require_permission(person, Permission.CASE_CLAIM)
    now = clock().now()
    mine = Case.objects.filter(access.visible_to(person), claimed_by=person.pk, claimed_until__gt=now)
    held = mine.order_by("-priority", "entered_at").first()
    if held is not None:
        return _as_claim(act(person, held.pk))
    passed: set[int] = set()
    while candidates := _most_urgent(person, now, passed):
        for case in candidates:
            if (claim := _take(person, case, now)) is not None:
                return claim
        passed |= {case.pk for case in candidates}
    return None


def claim(person: Person, content_id: int) -> Claim:
    """Take this case, or go on with it. Raises Conflict if somebody holds it or the person may not take it."""
    require_permission(person, Permission.CASE_CLAIM)
    now = clock().now()
    case = open_to(person, now).filter(pk=content_id).first()
    taken = _take(person, case, now) if case is not None else None
    if taken is None:
        raise Conflict(
            "this case is not open to you: it is decided, a colleague holds it, or you assessed it before.",
            where=f"case {content_id}",
            advice="Take the next one.",
        )
    return taken


@transaction.atomic
def hand_back(person: Person, content_id: int, why: str = HandBack.NOT_NOW) -> None:
    """Give the case back to the queue. Raises Conflict unless the person holds it, InputError for an unknown reason."""
    if why not in set(HandBack):
        raise InputError("this is no reason to hand a case back.", where="why", advice="Choose one of the list.")
    freed = Case.objects.filter(pk=content_id, claimed_by=person.pk).update(claimed_by=None, claimed_until=None)
    if not freed:
        raise _not_held(content_id)
    audit.record("case:handed_back", f"case:{content_id}", actor=person.actor, data={"why": str(why)})
    follow_reports(content_id)


def act(person: Person, content_id: int) -> Case:
    """The case, its claim renewed because its holder acts.

    Raises Conflict unless the person holds it and may know of it.
    """
    held = Case.objects.filter(access.visible_to(person), ~Q(state=State.DECIDED), pk=content_id, claimed_by=person.pk)
    if not held.update(claimed_until=until(clock().now())):
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
    waiting = Case.objects.filter(is_free(now), pk=content_id, state=State.SECOND_LOOK)
    taken = waiting.update(state=State.WAITING, claimed_by=person.pk, claimed_until=until(now), decided_with=None)
    if taken:
        watch_lease(content_id, now)
    return bool(taken)


def counts() -> dict[str, int]:
    """Cases by state, decided ones too; states without a case are 0."""
    found = dict(Case.objects.order_by().values_list("state").annotate(n=Count("pk")))
    return {str(state): found.get(state, 0) for state in State}


def is_free(now: datetime) -> Q:
    return Q(claimed_by__isnull=True) | Q(claimed_until__lte=now)


def open_to(person: Person, now: datetime) -> QuerySet[Case]:
    """Cases the person may take now: their role allows the case's state, nobody else holds it, and beyond the first
    assessment they were no part of it, and the case is open to them."""
    states = [state for state, permission in TAKEN_BY if person.may(permission)]
    own = Assessment.objects.filter(content=OuterRef("pk"), assessor=person.pk)
    free = Case.objects.filter(is_free(now) | Q(claimed_by=person.pk), state__in=states, decided_at__isnull=True)
    return free.filter(Q(state=State.WAITING) | ~Exists(own), access.visible_to(person))


def until(now: datetime) -> datetime:
    """When a claim taken or renewed now runs out."""
    return now + timedelta(minutes=settings.CLAIM_MINUTES)


def watch_lease(content_id: int, now: datetime) -> None:
    """Have the step "lease" look at a claim taken now when it runs out."""
    jobs.wake("lease", content_id, due_at=until(now))


@jobs.step("lease")
def end_lease(subject: str) -> jobs.Effects:
    """Subject: a content's id. Hands its case back once its claim has run out; one renewed meanwhile is waited for."""
    content_id = int(subject)

    def effects() -> datetime | None:
        now = clock().now()
        case = Case.objects.filter(pk=content_id, claimed_by__isnull=False, decided_at__isnull=True).first()
        if case is None or case.claimed_until is None:
            return None
        if case.claimed_until > now:
            return case.claimed_until
        ended = Case.objects.filter(pk=content_id, claimed_by=case.claimed_by_id, claimed_until=case.claimed_until)
        if ended.update(claimed_by=None, claimed_until=None):
            audit.record("case:lease_ended", f"case:{content_id}")
            follow_reports(content_id)
        return None

    return effects


def _most_urgent(person: Person, now: datetime, passed: set[int]) -> list[Case]:
    """The first few of each state the person may take from: one state at a time follows the index of its order."""
    found: list[Case] = []
    for state, permission in TAKEN_BY:
        if person.may(permission):
            cases = open_to(person, now).filter(state=state).exclude(pk__in=passed)
            found += cases.order_by("-priority", "entered_at", "pk")[:_BATCH]
    found.sort(key=lambda case: (-case.priority, case.entered_at, case.pk))
    return found[:_BATCH]


@transaction.atomic
def _take(person: Person, seen: Case, now: datetime) -> Claim | None:
    """Compare-and-swap on the row as it was seen: None means somebody else was faster."""
    won = Case.objects.filter(
        pk=seen.pk, state=seen.state, claimed_by=seen.claimed_by_id, claimed_until=seen.claimed_until
    ).update(claimed_by=person.pk, claimed_until=until(now))
    if not won:
        return None
    if seen.claimed_by_id != person.pk:
        audit.record("case:claimed", f"case:{seen.pk}", actor=person.actor)
        watch_lease(seen.pk, now)
        follow_reports(seen.pk)
    return Claim(seen.pk, State(seen.state), until(now))


def _as_claim(case: Case) -> Claim:
    return Claim(case.pk, State(case.state), case.claimed_until or clock().now())


def _not_held(content_id: int) -> Conflict:
    return Conflict(
        "you do not hold this case.",
        where=f"case {content_id}",
        advice="Your claim may have run out and a colleague taken it over; take the case again or the next one.",
    )
