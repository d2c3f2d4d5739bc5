"""Accounts of the people who work here. Whoever changes somebody's rights gives a reason, and it is on record."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from rempart.core.accounts import checked_roles, required_reason
from rempart.core.errors import Conflict, InputError
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.phrases import Text
from rempart.node.staff import enrolment, factors, link_requests, logins
from rempart.node.staff.enrolment import Invitation
from rempart.node.staff.models import StaffMember


def names_of(actors: Iterable[str]) -> dict[str, Text]:
    """Display names of those actors of events that are members of staff, by actor."""
    numbers = [actor.removeprefix("staff:") for actor in actors if actor.startswith("staff:")]
    ids = [int(number) for number in numbers if number.isdecimal()]
    return {person.actor: str(person) for person in StaffMember.objects.filter(pk__in=ids)}


@transaction.atomic
def add_person(username: str, roles: list[Role], display_name: str = "", *, operator: str = "") -> Invitation:
    """Create an account on the machine and return its link; the account opens with the link alone.

    `operator` is who ran the command. Raises Conflict if the name is taken, InputError for roles that do not go
    together, Django's ValidationError for unusable values.
    """
    person = _add(username, roles, display_name, "system", operator)
    link_requests.made_on_the_machine(person, "", operator)
    return enrolment.issue(person)


@transaction.atomic
def propose_person(asker: StaffMember, username: str, roles: list[Role], display_name: str, reason: str) -> int:
    """Create an account and ask for its link, which another administrator approves; returns the request's number.

    Raises as `add_person` does, and as `link_requests.ask` does: then there is no account either.
    """
    link_requests.require_approver(asker)
    _add(username, roles, display_name, asker.actor, "")
    return link_requests.ask(asker, username, reason)


def _add(username: str, roles: list[Role], display_name: str, actor: str, operator: str) -> StaffMember:
    roles = checked_roles(roles)
    if StaffMember.objects.filter(username=username).exists():
        raise Conflict(f"{username!r} is taken.", where="username", advice="Choose another name.")
    person = StaffMember.objects.create_user(username, None, roles, display_name)
    data = {"roles": sorted(str(role) for role in roles), **_run_by(operator)}
    audit.record("staff:added", person.actor, actor=actor, data=data)
    return person


def _run_by(operator: str) -> dict[str, audit.Value]:
    return {"operator": operator} if operator else {}


@transaction.atomic
def close_account(username: str, reason: str, *, actor: str = "system", operator: str = "") -> None:
    """Refuse this person's logins from now on, and end those that are open; what they did stays theirs."""
    reason = required_reason(reason)
    if not StaffMember.objects.filter(username=username, is_active=True).update(is_active=False):
        raise link_requests.no_open_account(username)
    person = StaffMember.objects.get(username=username)
    link_requests.close_every_door(person, actor, reason)
    audit.record("staff:closed", person.actor, actor=actor, data=_run_by(operator), reason=reason)


@transaction.atomic
def choose_language(person: StaffMember, language: str) -> None:
    """What this person reads the workplace in; empty for what the browser says. InputError for any other language."""
    if language and language not in settings.STAFF_LANGUAGES:
        raise InputError("the workplace does not speak it.", where="language", advice="Choose one from the list.")
    person.language = language
    person.save(update_fields=["language"])
    audit.record("staff:language_chosen", person.actor, actor=person.actor, data={"language": language})


@transaction.atomic
def change_roles(username: str, roles: list[Role], reason: str, *, actor: str = "system", operator: str = "") -> None:
    """Give a person other roles, at once also in logins that are open; Conflict when they have these already."""
    reason, roles = required_reason(reason), checked_roles(roles)
    person = link_requests.locked_account(username)
    before, after = sorted(person.roles), sorted(str(role) for role in roles)
    if before == after:
        raise Conflict(f"{username!r} has these roles already.", where="roles", advice="Nothing was changed.")
    person.roles = after
    person.save(update_fields=["roles"])
    data: dict[str, audit.Value] = {"before": before, "after": after, **_run_by(operator)}
    audit.record("staff:roles_changed", person.actor, actor=actor, data=data, reason=reason)


@transaction.atomic
def enrol_anew(username: str, reason: str, *, operator: str = "") -> Invitation:
    """On the machine: take password and factors from a person, end their logins, and make a link to set new ones."""
    reason, person = required_reason(reason), link_requests.locked_account(username)
    link_requests.made_on_the_machine(person, reason, operator)
    link_requests.close_every_door(person, "system", reason)
    audit.record("staff:enrolment_reset", person.actor, data=_run_by(operator), reason=reason)
    return enrolment.issue(person)


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
