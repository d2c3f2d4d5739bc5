"""The record of what each person was shown, and their budget of it.

A person reads their own figures. Of anybody else's, nothing leaves this module but the state of the budget.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from rempart.core.errors import Conflict, InputError
from rempart.core.exposure import LONGEST_DAY, BudgetState, Rendering, Rules, Standing, Viewing, standing
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.casework import preferences
from rempart.node.casework.models import BudgetDecision, Exposure
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock
from rempart.node.staff import services as staff


class BudgetReached(Conflict):
    """The day's budget is used up. `may_go_on`: whether the person's own recorded decision would let them see more."""

    def __init__(self, may_go_on: bool) -> None:
        super().__init__(
            "you have reached your limit for today.",
            where="budget",
            advice="You can go on with the facts alone, hand cases back, or leave images for tomorrow.",
        )
        self.may_go_on = may_go_on


@dataclass(frozen=True, slots=True)
class Seen:
    """One of a person's own viewings; `seconds` is how long it was to be seen at most."""

    content_id: int
    at: datetime
    how: str
    seconds: float


def rules() -> Rules:
    found: Rules = settings.EXPOSURE_RULES
    return found


def own(person: Person) -> Standing:
    """The person's own figures of the day."""
    now = clock().now()
    decisions = BudgetDecision.objects.filter(person=person.pk, at__gt=now - LONGEST_DAY)
    extensions = decisions.values_list("at", flat=True)
    return standing(_recent(person.pk, now), extensions, now, rules(), preferences.mine(person).images_per_day)


def own_record(person: Person, count: int = 50) -> list[Seen]:
    """What the person was shown, newest first."""
    rows = Exposure.objects.filter(person=person.pk).order_by("-at", "-pk")[:count]
    now = clock().now()
    return [Seen(row.content_id, row.at, row.how, _seconds(row, now)) for row in rows]


def states(person: Person) -> list[tuple[str, BudgetState]]:
    """Names and the state of the node's budget, of all who may view images: for whoever cares for the team.

    Neither a limit that somebody set for themself nor their decision to go on shows in it. Raises NotPermitted.
    """
    require_permission(person, Permission.CARE_TEAM)
    now = clock().now()
    return [
        (name, standing(_recent(pk, now), (), now, rules(), None).state)
        for pk, name in staff.holders_of(Permission.IMAGE_VIEW)
    ]


def check_budget(person: Person) -> None:
    """Raise BudgetReached when the day's budget is used up."""
    today = own(person)
    if today.state is BudgetState.OVER:
        raise BudgetReached(today.may_go_on)


@transaction.atomic
def go_on(person: Person, reason: str) -> None:
    """Record the person's own decision to see more today.

    Raises InputError without a reason, Conflict where the node's rules leave no room or nothing has been reached. The
    reason is kept for the person alone; the event says only that they decided.
    """
    require_permission(person, Permission.IMAGE_VIEW)
    if not reason.strip():
        raise InputError("going on needs your reason.", where="reason", advice="A few words; only you can read them.")
    today = own(person)
    if today.state is not BudgetState.OVER:
        raise Conflict("you have not reached your limit.", where="budget", advice="Go on as before.")
    if not today.may_go_on:
        raise BudgetReached(may_go_on=False)
    BudgetDecision.objects.create(person_id=person.pk, at=clock().now(), reason=reason.strip()[:1000])
    audit.record("exposure:gone_on", person.actor, actor=person.actor)


def begin(person: Person, content_id: int, shown: Rendering, reason: str) -> int:
    """Record a showing in the caller's transaction, ending the one before it; returns its number."""
    now = clock().now()
    finish(person)
    row = Exposure.objects.create(
        person_id=person.pk,
        content_id=content_id,
        at=now,
        how=shown.name,
        max_side=shown.max_side,
        blur=shown.blur,
        seconds=shown.seconds,
        reason=reason,
    )
    audit.record("exposure:shown", f"content:{content_id}", actor=person.actor, data={"how": shown.name})
    return row.pk


def fetch(exposure_id: int) -> bool:
    """Whether this is the first time the image of this showing is asked for: it is given out once."""
    return bool(
        Exposure.objects.filter(pk=exposure_id, fetched_at__isnull=True, ended_at__isnull=True).update(
            fetched_at=clock().now()
        )
    )


def finish(person: Person) -> None:
    """The person hid what was shown, or went on."""
    Exposure.objects.filter(person=person.pk, ended_at__isnull=True).update(ended_at=clock().now())


def _recent(person_id: int, now: datetime) -> list[Viewing]:
    rows = Exposure.objects.filter(person=person_id, at__gt=now - LONGEST_DAY)
    return [Viewing(row.at, row.content_id, _seconds(row, now)) for row in rows]


def _seconds(row: Exposure, now: datetime) -> float:
    """It hides by itself, so what nobody ended has ended all the same."""
    shown = (row.ended_at or now) - row.at
    return max(0.0, min(shown, timedelta(seconds=row.seconds)).total_seconds())
