"""New links to people's accounts, which take two people, neither of them the account's owner.

Whoever has a link has the account, so none is made on the pages by one person alone: an administrator asks with a
reason, another one approves within a day, and only the approver sees the link. Until then nothing happens to the
account. The person concerned sees every request on their own page, can refuse it, and is told at each login until they
say that they know. The other way is the command on the machine, which leaves who ran it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from rempart.core.accounts import TO_APPROVE, check_second_person, is_waiting, required_reason
from rempart.core.errors import Conflict, NotFound
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.people import require_permission
from rempart.node.staff import enrolment, factors, logins, moment
from rempart.node.staff.enrolment import Invitation
from rempart.node.staff.models import LinkRequest, StaffMember

State = LinkRequest.State
KEPT = timedelta(days=365)
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class LinkView:
    """A request as staff see it; `operator` is the machine's account where a command made the link."""

    id: int
    person_id: int
    username: str
    is_first: bool
    reason: str
    state: str
    asked_by_id: int | None
    asked_by: str
    operator: str
    asked_at: datetime
    until: datetime
    decided_by: str
    decided_at: datetime | None
    is_known: bool


@transaction.atomic
def ask(asker: StaffMember, username: str, reason: str) -> int:
    """Ask for a new link to an open account; returns the request's number. Nothing happens to the account yet.

    Raises NotPermitted, InputError without a reason, NotFound without an open account, Conflict while another request
    for it waits or nobody else could approve one.
    """
    require_permission(asker, Permission.STAFF_MANAGE)
    reason, person = required_reason(reason), locked_account(username)
    require_approver(asker, person)
    waiting = LinkRequest.objects.filter(person=person, state=State.ASKED)
    waiting.filter(asked_at__lte=moment.now() - TO_APPROVE).update(state=State.EXPIRED)
    if waiting.exists():
        raise Conflict(
            "a link to this account was asked for already.", where="reason", advice="See the requests that wait."
        )
    row = LinkRequest.objects.create(
        person=person, is_first=_is_first(person), reason=reason, asked_by=asker, asked_at=moment.now()
    )
    data: dict[str, audit.Value] = {"request": row.pk, "first": row.is_first}
    audit.record("staff:link_asked", person.actor, actor=asker.actor, data=data, reason=reason)
    return row.pk


def require_approver(asker: StaffMember, person: StaffMember | None = None) -> None:
    """Raise Conflict where no third account that works could approve."""
    enrolled = factors.people_with_one() - {asker.pk} - ({person.pk} if person else set())
    others = StaffMember.objects.filter(is_active=True, pk__in=enrolled)
    if not any(one.may(Permission.STAFF_MANAGE) for one in others):
        raise Conflict(
            "this node has no other administrator who could approve the link.",
            advice="On the machine, `rempart staff add` and `rempart staff enrol` make links; they leave who ran them.",
        )


@transaction.atomic
def approve(approver: StaffMember, request_id: int) -> Invitation:
    """Take password and factors from the person, end their logins, and return the link, once, to the approver.

    Raises NotPermitted to who asked and to the account's owner, Conflict when it was decided, is too old, or who asked
    may not ask any more, NotFound.
    """
    require_permission(approver, Permission.STAFF_MANAGE)
    row = _waiting(request_id)
    check_second_person(row.asked_by_id, row.person_id, approver.pk)
    if row.asked_by is None or not row.asked_by.may(Permission.STAFF_MANAGE):
        raise Conflict("who asked is no administrator any more.", where="request", advice="Refuse it, and ask anew.")
    person = locked_account(row.person.username)
    _decide(row, State.APPROVED, approver)
    data: dict[str, audit.Value] = {"request": row.pk, "asked_by": row.asked_by.actor}
    audit.record("staff:link_approved", person.actor, actor=approver.actor, data=data)
    if not row.is_first:
        audit.record("staff:enrolment_reset", person.actor, actor=approver.actor, data=data, reason=row.reason)
    close_every_door(person, approver.actor, row.reason)
    return enrolment.issue(person)


@transaction.atomic
def end(actor: StaffMember, request_id: int) -> None:
    """Withdraw one's own request, or refuse another's as an administrator or as the person concerned.

    Raises NotPermitted to anybody else, Conflict when it was decided or is too old, NotFound.
    """
    row = _waiting(request_id)
    if actor.pk not in {row.asked_by_id, row.person_id}:
        require_permission(actor, Permission.STAFF_MANAGE)
    is_own = actor.pk == row.asked_by_id
    _decide(row, State.WITHDRAWN if is_own else State.REFUSED, actor)
    audit.record(
        "staff:link_withdrawn" if is_own else "staff:link_refused",
        row.person.actor,
        actor=actor.actor,
        data={"request": row.pk},
    )


def made_on_the_machine(person: StaffMember, reason: str, operator: str) -> None:
    """Keep that a command made a link, for the person to see; inside the caller's transaction."""
    now = moment.now()
    LinkRequest.objects.filter(person=person, state=State.ASKED).update(state=State.WITHDRAWN, decided_at=now)
    LinkRequest.objects.create(
        person=person,
        is_first=_is_first(person),
        reason=reason,
        operator=operator,
        asked_at=now,
        decided_at=now,
        state=State.APPROVED,
    )


@transaction.atomic
def acknowledge(person: StaffMember) -> None:
    """The person knows of what was asked and made so far."""
    if _untold(person).update(known_at=moment.now()):
        audit.record("staff:reset_noted", person.actor, actor=person.actor)


def to_tell(person: StaffMember) -> bool:
    """Whether there is something the person has not said they know of: a request that waits, or a reset."""
    return _untold(person).exists()


def tell(request: HttpRequest, person: StaffMember) -> None:
    """At each login, until the person says that they know: what their own page shows."""
    if to_tell(person):
        said = _("A new link to your account was asked for or made. Look at “New links” on the page of your account.")
        messages.warning(request, said, extra_tags="attention")


def waiting() -> list[LinkView]:
    """What an administrator can still approve, oldest first."""
    rows = _rows().filter(state=State.ASKED, person__is_active=True, asked_at__gt=moment.now() - TO_APPROVE)
    return [_view(row) for row in rows.order_by("pk")]


def about(person: StaffMember) -> list[LinkView]:
    """The last requests for a link to this account, newest first."""
    return [_view(row) for row in _rows().filter(person=person).order_by("-pk")[:_SHOWN]]


def forget_old() -> None:
    """Delete requests of more than a year ago; the events stay."""
    LinkRequest.objects.filter(asked_at__lt=moment.now() - KEPT).delete()


def locked_account(username: str) -> StaffMember:
    """The open account of that name, for the caller's transaction alone; NotFound when there is none."""
    person = StaffMember.objects.select_for_update().filter(username=username, is_active=True).first()
    if person is None:
        raise no_open_account(username)
    return person


def no_open_account(username: str) -> NotFound:
    return NotFound(f"there is no open account {username!r}.", where="username", advice="See `rempart staff list`.")


def close_every_door(person: StaffMember, actor: str, reason: str) -> None:
    """Take password, factors and links from a person and end their logins, inside the caller's transaction."""
    person.set_unusable_password()
    person.save(update_fields=["password"])
    factors.forget_all(person)
    person.enrolments.filter(used_at=None).delete()
    logins.end(person, actor=actor, reason=reason)


def _is_first(person: StaffMember) -> bool:
    """Nobody has ever been in this account."""
    return person.last_login is None and not person.has_usable_password()


def _untold(person: StaffMember) -> QuerySet[LinkRequest]:
    """First links are no news to the person who comes in by one."""
    still = Q(state=State.ASKED, asked_at__gt=moment.now() - TO_APPROVE) | Q(state=State.APPROVED)
    return LinkRequest.objects.filter(still, person=person, is_first=False, known_at=None)


def _waiting(request_id: int) -> LinkRequest:
    row = _rows().select_for_update(of=("self",)).filter(pk=request_id).first()
    if row is None:
        raise NotFound("there is no such request.", where="request")
    if row.state != State.ASKED or not is_waiting(row.asked_at, moment.now()):
        raise Conflict("this request was decided already, or is too old.", where="request", advice="Ask anew.")
    return row


def _decide(row: LinkRequest, state: State, by: StaffMember) -> None:
    row.state, row.decided_by, row.decided_at = state, by, moment.now()
    # Compare-and-swap: of two who decide at once, one is told that it is decided.
    decided = {"state": state, "decided_by": by, "decided_at": row.decided_at}
    if not LinkRequest.objects.filter(pk=row.pk, state=State.ASKED).update(**decided):
        raise Conflict("this request was decided meanwhile.", where="request", advice="Look at it again.")


def _rows() -> QuerySet[LinkRequest]:
    return LinkRequest.objects.select_related("person", "asked_by", "decided_by")


def _view(row: LinkRequest) -> LinkView:
    is_over = row.state == State.ASKED and not is_waiting(row.asked_at, moment.now())
    return LinkView(
        id=row.pk,
        person_id=row.person_id,
        username=row.person.username,
        is_first=row.is_first,
        reason=row.reason,
        state=State.EXPIRED if is_over else row.state,
        asked_by_id=row.asked_by_id,
        asked_by=str(row.asked_by) if row.asked_by else "",
        operator=row.operator,
        asked_at=row.asked_at,
        until=row.asked_at + TO_APPROVE,
        decided_by=str(row.decided_by) if row.decided_by else "",
        decided_at=row.decided_at,
        is_known=row.known_at is not None or row.is_first,
    )
