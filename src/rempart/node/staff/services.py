"""Accounts of the people who work here. Whoever changes somebody's rights gives a reason, and it is on record."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from rempart.core.accounts import checked_roles, required_reason
from rempart.core.errors import Conflict, NotFound
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.phrases import Text
from rempart.node.staff import enrolment, factors, logins
from rempart.node.staff.enrolment import Invitation
from rempart.node.staff.models import StaffMember


def names_of(actors: Iterable[str]) -> dict[str, Text]:
    """Display names of those actors of events that are members of staff, by actor."""
    numbers = [actor.removeprefix("staff:") for actor in actors if actor.startswith("staff:")]
    ids = [int(number) for number in numbers if number.isdecimal()]
    return {person.actor: str(person) for person in StaffMember.objects.filter(pk__in=ids)}


@transaction.atomic
def add_person(username: str, roles: list[Role], display_name: str = "", *, actor: str = "system") -> Invitation:
    """Create an account that opens with the link alone.

    Raises Conflict if the name is taken, InputError for roles that do not go together, Django's ValidationError for
    unusable values.
    """
    roles = checked_roles(roles)
    if StaffMember.objects.filter(username=username).exists():
        raise Conflict(f"{username!r} is taken.", where="username", advice="Choose another name.")
    person = StaffMember.objects.create_user(username, None, roles, display_name)
    audit.record("staff:added", person.actor, actor=actor, data={"roles": sorted(str(role) for role in roles)})
    return enrolment.issue(person)


@transaction.atomic
def close_account(username: str, reason: str, *, actor: str = "system") -> None:
    """Refuse this person's logins from now on, and end those that are open; what they did stays theirs."""
    reason = required_reason(reason)
    if not StaffMember.objects.filter(username=username, is_active=True).update(is_active=False):
        raise _no_open_account(username)
    person = StaffMember.objects.get(username=username)
    _close_every_door(person, actor, reason)
    audit.record("staff:closed", person.actor, actor=actor, reason=reason)


@transaction.atomic
def change_roles(username: str, roles: list[Role], reason: str, *, actor: str = "system") -> None:
    """Give a person other roles, at once also in logins that are open; Conflict when they have these already."""
    reason, roles = required_reason(reason), checked_roles(roles)
    person = _open_account(username)
    before, after = sorted(person.roles), sorted(str(role) for role in roles)
    if before == after:
        raise Conflict(f"{username!r} has these roles already.", where="roles", advice="Nothing was changed.")
    person.roles = after
    person.save(update_fields=["roles"])
    audit.record(
        "staff:roles_changed", person.actor, actor=actor, data={"before": before, "after": after}, reason=reason
    )


@transaction.atomic
def enrol_anew(username: str, reason: str, *, actor: str = "system") -> Invitation:
    """Take password and factors from a person, end their logins, and make a link to set new ones."""
    reason = required_reason(reason)
    person = _open_account(username)
    _close_every_door(person, actor, reason)
    audit.record("staff:enrolment_reset", person.actor, actor=actor, reason=reason)
    return enrolment.issue(person)


def _close_every_door(person: StaffMember, actor: str, reason: str) -> None:
    person.set_unusable_password()
    person.save(update_fields=["password"])
    factors.forget_all(person)
    person.enrolments.filter(used_at=None).delete()
    logins.end(person, actor=actor, reason=reason)


@transaction.atomic
def change_password(person: StaffMember, password: str, keep: int | None) -> None:
    """The person's own new password; their other logins end, `keep` stays. ValidationError for a weak one."""
    validate_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record("staff:password_changed", person.actor, actor=person.actor)
    logins.end(person, actor=person.actor, but=keep)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as administrators see it."""

    id: int
    username: str
    name: str
    roles: list[str]
    is_open: bool
    is_enrolled: bool


def people() -> list[Account]:
    """Every account, by name."""
    enrolled = factors.people_with_one()
    return [
        Account(one.pk, one.username, one.display_name, one.roles, one.is_active, one.pk in enrolled)
        for one in StaffMember.objects.order_by("username")
    ]


def holders_of(permission: Permission) -> list[tuple[int, str]]:
    """Number and name of everybody whose open account carries the permission, by name."""
    found = StaffMember.objects.filter(is_active=True).order_by("display_name", "username")
    return [(person.pk, str(person)) for person in found if person.may(permission)]


def _open_account(username: str) -> StaffMember:
    person = StaffMember.objects.select_for_update().filter(username=username, is_active=True).first()
    if person is None:
        raise _no_open_account(username)
    return person


def _no_open_account(username: str) -> NotFound:
    return NotFound(f"there is no open account {username!r}.", where="username", advice="See `rempart staff list`.")
