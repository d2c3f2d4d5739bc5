"""The person who acts, as services see them."""

from typing import Protocol

from rempart.core.errors import NotPermitted
from rempart.core.permissions import Permission, require
from rempart.core.vocabulary import Role


class Person(Protocol):
    """A member of staff; `actor` is the name events know them by."""

    pk: int
    roles: list[str]
    is_active: bool

    @property
    def actor(self) -> str: ...

    def may(self, permission: Permission) -> bool: ...


def roles_of(person: Person) -> list[Role]:
    return [Role(role) for role in person.roles] if person.is_active else []


def require_permission(person: Person, permission: Permission) -> None:
    """Raise NotPermitted unless an active role of theirs carries the permission."""
    if not person.is_active:
        raise NotPermitted("this account is closed.", advice="Ask an administrator.")
    require(roles_of(person), permission)
