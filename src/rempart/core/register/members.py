"""Members: states that founded, joined, were invited or left, each with its date; and their names."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from rempart.core.errors import InputError
from rempart.core.register.fields import Fields, language, wrong
from rempart.core.routing import Membership, country_code

_DATES = ("founded", "invited", "acceded", "left")
FIELDS = ("code", "alpha3", "numeric", "number", "languages", "names", *_DATES)
_MOST_NAMES = 30


class Standing(StrEnum):
    """What a state is to the alliance on a day."""

    FOUNDER = "founder"
    MEMBER = "member"
    INVITED = "invited"
    LEFT = "left"
    NONE = "none"


@dataclass(frozen=True)
class Member:
    """`number` is the place in the register, or None for a state that never acceded.

    `numeric` is empty where ISO has none. `names` are by language code: English, French and the state's official
    `languages` at least.
    """

    code: str
    alpha3: str
    numeric: str
    number: int | None
    languages: tuple[str, ...]
    names: Mapping[str, str]
    founded: date | None
    invited: date | None
    acceded: date | None
    left: date | None

    def name(self, language: str) -> str:
        """In that language if the register has it, else in English."""
        return self.names.get(language) or self.names["en"]

    @property
    def own_names(self) -> tuple[tuple[str, str], ...]:
        """Language and name, in the order of its official languages."""
        return tuple((code, self.names[code]) for code in self.languages)

    def standing(self, on: date) -> Standing:
        if self.left is not None and self.left <= on:
            return Standing.LEFT
        if self.acceded is not None and self.acceded <= on:
            return Standing.FOUNDER if self.founded else Standing.MEMBER
        return Standing.INVITED if self.invited is not None and self.invited <= on else Standing.NONE


def load_members(text: str) -> tuple[Member, ...]:
    """Members from the JSON of a list; raises InputError naming the entry and what is wrong with it."""
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise InputError("this is not JSON.", where="members", advice="Restore the file.") from error
    return read_members(entries)


def read_members(entries: Any) -> tuple[Member, ...]:
    """Members from a list of plain objects; raises InputError like `load_members`."""
    if not isinstance(entries, list):
        raise wrong("members", "a list of members is expected")
    members = tuple(read_member(entry, f"members[{place}]") for place, entry in enumerate(entries))
    check_together(members)
    return members


def check_together(members: Iterable[Member]) -> None:
    """InputError when a code or a number occurs twice."""
    found = list(members)
    for name, values in (
        ("code", [member.code for member in found]),
        ("number", [member.number for member in found if member.number is not None]),
    ):
        if len(set(values)) != len(values):
            raise wrong("members", f"a {name} occurs twice")


def memberships(members: Iterable[Member]) -> dict[str, Membership]:
    """By country code, as `routing.RoutingTable` takes them."""
    return {m.code: Membership(m.code, m.invited, m.acceded, m.left) for m in members}


def read_member(entry: Any, where: str) -> Member:
    """One member from a plain object; raises InputError naming `where`."""
    fields = Fields.of(entry, where, FIELDS)
    code, number = entry["code"], entry["number"]
    if not isinstance(code, str) or country_code(code) != code:
        raise wrong(where, "the code is not ISO 3166-1 alpha-2 (or XK) in capitals")
    if number is not None and (type(number) is not int or number < 1):
        raise wrong(where, "the number is neither null nor 1 or more")
    alpha3, numeric = _codes(entry, where)
    languages = tuple(language(each, place) for each, place in fields.each("languages", _MOST_NAMES))
    names = _names(entry["names"], languages, where)
    founded, invited, acceded, left = (fields.day_or_none(name) for name in _DATES)
    if left is not None and (acceded is None or left <= acceded):
        raise wrong(where, "a member leaves after it acceded")
    if founded is not None and founded != acceded:
        raise wrong(where, "a founder acceded on the day of the foundation")
    return Member(code, alpha3, numeric, number, languages, names, founded, invited, acceded, left)


def member_fields(member: Member) -> dict[str, Any]:
    """The plain object that `read_member` reads."""
    return {
        "code": member.code,
        "alpha3": member.alpha3,
        "numeric": member.numeric or None,
        "number": member.number,
        "languages": list(member.languages),
        "names": dict(member.names),
        **{name: day.isoformat() if (day := getattr(member, name)) else None for name in _DATES},
    }


def _codes(entry: Mapping[str, Any], where: str) -> tuple[str, str]:
    alpha3, numeric = entry["alpha3"], entry["numeric"]
    if not isinstance(alpha3, str) or len(alpha3) != 3 or not (alpha3.isascii() and alpha3.isupper()):
        raise wrong(where, "alpha3 is not a code of three capital letters")
    if numeric is None:
        return alpha3, ""
    if not isinstance(numeric, str) or len(numeric) != 3 or not (numeric.isascii() and numeric.isdigit()):
        raise wrong(where, "numeric is neither null nor three digits")
    return alpha3, numeric


def _names(entry: Any, languages: tuple[str, ...], where: str) -> Mapping[str, str]:
    if not isinstance(entry, Mapping) or len(entry) > _MOST_NAMES:
        raise wrong(where, "names are an object of language and name")
    fields = Fields(entry, f"{where}.names")
    names = {language(code, f"{where}.names"): fields.line(code) for code in entry}
    if not {"en", "fr", *languages} <= set(names) or not languages:
        raise wrong(where, "a name is missing: English, French and each official language")
    return names
