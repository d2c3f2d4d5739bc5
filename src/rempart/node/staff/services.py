"""Accounts of the people who work here."""

from collections.abc import Iterable

from django.db import transaction

from rempart.core.errors import Conflict, NotFound
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.phrases import Text
from rempart.node.staff.models import StaffMember


def names_of(actors: Iterable[str]) -> dict[str, Text]:
    """Display names of those actors of events that are members of staff, by actor."""
    numbers = [actor.removeprefix("staff:") for actor in actors if actor.startswith("staff:")]
    ids = [int(number) for number in numbers if number.isdecimal()]
    return {person.actor: str(person) for person in StaffMember.objects.filter(pk__in=ids)}


@transaction.atomic
def add_person(username: str, password: str, roles: list[Role], display_name: str = "") -> StaffMember:
    """Create an account; raises Conflict if the name is taken, Django's ValidationError for unusable values."""
    if StaffMember.objects.filter(username=username).exists():
        raise Conflict(f"{username!r} is taken.", where="username", advice="Choose another name.")
    person = StaffMember.objects.create_user(username, password, roles, display_name)
    audit.record("staff:added", person.actor, data={"roles": sorted(str(role) for role in roles)})
    return person


@transaction.atomic
def close_account(username: str) -> None:
    """Refuse this person's logins from now on, and end those that are open; what they did stays theirs."""
    if not StaffMember.objects.filter(username=username, is_active=True).update(is_active=False):
        raise NotFound(f"there is no open account {username!r}.", where="username", advice="See `rempart staff list`.")
    audit.record("staff:closed", StaffMember.objects.get(username=username).actor)


def people() -> list[tuple[str, list[str], bool]]:
    """Name, roles and whether the account is open, by name."""
    return list(StaffMember.objects.order_by("username").values_list("username", "roles", "is_active"))


def holders_of(permission: Permission) -> list[tuple[int, str]]:
    """Number and name of everybody whose open account carries the permission, by name."""
    found = StaffMember.objects.filter(is_active=True).order_by("display_name", "username")
    return [(person.pk, str(person)) for person in found if person.may(permission)]
