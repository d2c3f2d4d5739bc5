"""The people of the demonstration's node."""

import secrets
from dataclasses import dataclass, field

from rempart.core.vocabulary import Role

CAST = (
    ("ana", "Ana Analyst", Role.ANALYST),
    ("ben", "Ben Analyst", Role.ANALYST),
    ("sacha", "Sacha Senior", Role.SENIOR_ANALYST),
    ("luis", "Luis Liaison", Role.LE_LIAISON),
    ("lena", "Lena Lists", Role.LIST_MANAGER),
)
ABROAD = ("nora", "Nora Analyst", Role.ANALYST)
"""Who works at the node of the Netherlands; nobody does at Germany's."""


@dataclass(frozen=True, slots=True)
class Person:
    username: str
    name: str
    role: Role
    password: str = field(repr=False)
    link: str = field(default="", repr=False)
    """The one-time link to the account."""
    codes: list[str] = field(default_factory=list, repr=False, compare=False)
    """Recovery codes, once the account is set up."""


def hire_abroad() -> Person:
    username, name, role = ABROAD
    return Person(username, name, role, secrets.token_urlsafe(12))


def hire() -> tuple[Person, ...]:
    """The cast with passwords of their own, known only until the demonstration ends."""
    return tuple(Person(username, name, role, secrets.token_urlsafe(12)) for username, name, role in CAST)
