"""The register of members: states that founded, joined, were invited or left, each with its date."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from rempart.core.errors import InputError
from rempart.core.routing import Membership, country_code

_DATES = ("founded", "invited", "acceded", "left")
_FIELDS = frozenset({"code", "name_en", "name_fr", "number", *_DATES})


@dataclass(frozen=True, slots=True)
class Member:
    """`number` is the place in the register; None for a state that never acceded."""

    code: str
    name_en: str
    name_fr: str
    founded: date | None
    invited: date | None
    acceded: date | None
    left: date | None
    number: int | None


def load_members(text: str) -> tuple[Member, ...]:
    """Members from the JSON of a register; raises InputError naming the entry and what is wrong with it."""
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise InputError("this is not JSON.", where="members", advice="Restore the file.") from error
    if not isinstance(entries, list):
        raise _wrong("members", "a list of members is expected")
    members = tuple(_member(entry, f"members[{place}]") for place, entry in enumerate(entries))
    for name, values in (
        ("code", [member.code for member in members]),
        ("number", [member.number for member in members if member.number is not None]),
    ):
        if len(set(values)) != len(values):
            raise _wrong("members", f"a {name} occurs twice")
    return members


def memberships(members: Iterable[Member]) -> dict[str, Membership]:
    """By country code, as `routing.RoutingTable` takes them."""
    return {m.code: Membership(m.code, m.invited, m.acceded, m.left) for m in members}


def _member(entry: Any, where: str) -> Member:
    if not isinstance(entry, dict) or set(entry) != _FIELDS:
        raise _wrong(where, f"exactly these fields are expected: {', '.join(sorted(_FIELDS))}")
    code, number = entry["code"], entry["number"]
    if not isinstance(code, str) or country_code(code) != code:
        raise _wrong(where, "the code is not ISO 3166-1 alpha-2 (or XK) in capitals")
    if number is not None and (type(number) is not int or number < 1):
        raise _wrong(where, "the number is neither null nor 1 or more")
    names = [entry["name_en"], entry["name_fr"]]
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise _wrong(where, "a name is missing")
    founded, invited, acceded, left = (_date(entry[name], f"{where}.{name}") for name in _DATES)
    if left is not None and (acceded is None or left <= acceded):
        raise _wrong(where, "a member leaves after it acceded")
    if founded is not None and founded != acceded:
        raise _wrong(where, "a founder acceded on the day of the foundation")
    return Member(code, names[0], names[1], founded, invited, acceded, left, number)


def _date(value: Any, where: str) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _wrong(where, "a date is written as 2012-12-05") from error


def _wrong(where: str, what: str) -> InputError:
    return InputError(f"{what}.", where=where, advice="Correct the register and load it again.")
