"""The register as one document: facts of members, and members' parts. Files and declarations both hold it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rempart.core.register.fields import Fields, wrong
from rempart.core.register.members import Member, member_fields, read_members
from rempart.core.register.part import Part, part_fields, read_part

FORMAT = "rempart-register/1"
_FIELDS = ("format", "members", "parts")
MOST_PARTS = 400


@dataclass(frozen=True, slots=True)
class Register:
    """Members in the order they are given, parts in that of their country, each once."""

    members: tuple[Member, ...] = ()
    parts: tuple[Part, ...] = ()

    def part(self, country: str) -> Part | None:
        return next((part for part in self.parts if part.country == country), None)


def read_register(document: Any) -> Register:
    """The register from a plain object; raises InputError naming the first field that is wrong."""
    fields = Fields.of(document, "register", _FIELDS)
    if document["format"] != FORMAT:
        raise wrong("register.format", f"the format is {FORMAT}")
    parts = tuple(read_part(each, place) for each, place in fields.each("parts", MOST_PARTS))
    countries = [part.country for part in parts]
    if countries != sorted(set(countries)):
        raise wrong("register.parts", "parts stand in the order of their countries, each once")
    return Register(read_members(document["members"]), parts)


def register_fields(register: Register) -> Mapping[str, Any]:
    """The plain object that `read_register` reads."""
    return {
        "format": FORMAT,
        "members": [member_fields(each) for each in register.members],
        "parts": [part_fields(each) for each in register.parts],
    }
