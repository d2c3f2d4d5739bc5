"""A member's own part of the register: how it is reached, and what it committed itself to.

A part is one document; a newer one replaces it, and the older ones stay readable. What was committed stays in every
later one: a commitment is withdrawn, never left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from rempart.core.errors import Conflict
from rempart.core.register.fields import Fields, wrong
from rempart.core.register.rounds import round_of
from rempart.core.register.targets import Goal, Target
from rempart.core.routing import country_code

MOST_CONTACTS, MOST_COMMITMENTS, MOST_EVIDENCE = 50, 500, 50
MOST_NUMBER = 9999
PART_FIELDS = ("country", "language", "round", "contacts", "commitments")
CONTACT_FIELDS = ("role", "name", "url", "email", "phone", "source", "checked_on")
COMMITMENT_FIELDS = (
    "number",
    "target",
    "goal",
    "title",
    "baseline",
    "planned",
    "starts",
    "ends",
    "status",
    "status_on",
    "evidence",
)
EVIDENCE_FIELDS = ("on", "text", "url")


class ContactRole(StrEnum):
    POINT_OF_CONTACT = "point_of_contact"
    AUTHORITY = "authority"
    HOTLINE = "hotline"
    LAW_ENFORCEMENT = "law_enforcement"
    VICTIM_SUPPORT = "victim_support"


class Status(StrEnum):
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    KEPT = "kept"
    PARTLY_KEPT = "partly_kept"
    NOT_KEPT = "not_kept"
    WITHDRAWN = "withdrawn"

    @property
    def needs_evidence(self) -> bool:
        return self in (Status.KEPT, Status.PARTLY_KEPT)


@dataclass(frozen=True, slots=True)
class Contact:
    """`source` is where anybody can check it, `checked_on` when somebody did."""

    role: ContactRole
    name: str
    url: str
    email: str
    phone: str
    source: str
    checked_on: date


@dataclass(frozen=True, slots=True)
class Evidence:
    on: date
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """`number` is the member's own, from 1 on, and stays; `starts` and `ends` are its time frame."""

    number: int
    target: Target
    goal: Goal
    title: str
    baseline: str
    planned: str
    starts: date | None
    ends: date | None
    status: Status
    status_on: date
    evidence: tuple[Evidence, ...] = ()

    def is_overdue(self, on: date) -> bool:
        """Its time is over and nobody has said what became of it."""
        return self.ends is not None and self.ends < on and self.status in (Status.PLANNED, Status.UNDER_WAY)


@dataclass(frozen=True, slots=True)
class Part:
    """`language` is that of its texts; `round` the key of the reporting round it answers, or empty."""

    country: str
    language: str = "en"
    round: str = ""
    contacts: tuple[Contact, ...] = ()
    commitments: tuple[Commitment, ...] = ()

    def commitment(self, number: int) -> Commitment | None:
        return next((each for each in self.commitments if each.number == number), None)

    @property
    def next_number(self) -> int:
        return max((each.number for each in self.commitments), default=0) + 1

    @property
    def missing_roles(self) -> tuple[ContactRole, ...]:
        """What the member has not named yet: its open tasks."""
        named = {each.role for each in self.contacts}
        return tuple(role for role in ContactRole if role not in named)


def check_succession(before: Part | None, after: Part) -> None:
    """Conflict when `after` leaves out a commitment of `before`, the last one published."""
    if before is None:
        return
    lost = {each.number for each in before.commitments} - {each.number for each in after.commitments}
    if lost:
        raise Conflict(
            f"commitment {min(lost)} was published and is missing.",
            where=f"part {after.country}",
            advice="Give it the status withdrawn: what was committed stays readable.",
        )


def read_part(entry: Any, where: str = "part") -> Part:
    """A part from a plain object; raises InputError naming the field."""
    fields = Fields.of(entry, where, PART_FIELDS)
    country, key = fields.line("country"), fields.line("round", is_needed=False)
    if country_code(country) != country:
        raise wrong(fields.place("country"), "the code is not ISO 3166-1 alpha-2 (or XK) in capitals")
    if key and round_of(key) is None:
        raise wrong(fields.place("round"), "there is no such reporting round")
    contacts = tuple(read_contact(each, place) for each, place in fields.each("contacts", MOST_CONTACTS))
    commitments = tuple(read_commitment(each, place) for each, place in fields.each("commitments", MOST_COMMITMENTS))
    numbers = [each.number for each in commitments]
    if numbers != sorted(set(numbers)):
        raise wrong(fields.place("commitments"), "commitments stand in the order of their numbers, each once")
    return Part(country, fields.language("language"), key, contacts, commitments)


def read_commitment(entry: Any, where: str) -> Commitment:
    """A commitment from a plain object; raises InputError naming the field."""
    fields = Fields.of(entry, where, COMMITMENT_FIELDS)
    found = Commitment(
        fields.whole("number", 1, MOST_NUMBER),
        fields.choice("target", Target),
        fields.choice("goal", Goal),
        fields.line("title"),
        fields.text("baseline"),
        fields.text("planned", is_needed=True),
        fields.day_or_none("starts"),
        fields.day_or_none("ends"),
        fields.choice("status", Status),
        fields.day("status_on"),
        tuple(read_evidence(each, place) for each, place in fields.each("evidence", MOST_EVIDENCE)),
    )
    if found.goal.target not in (None, found.target):
        raise wrong(fields.place("goal"), f"goal {found.goal} belongs to target {found.goal.target}")
    if found.starts and found.ends and found.ends < found.starts:
        raise wrong(fields.place("ends"), "a time frame ends after it starts")
    if found.status.needs_evidence and not found.evidence:
        raise wrong(fields.place("evidence"), "what is said to be kept, also in part, needs evidence")
    return found


def part_fields(part: Part) -> dict[str, Any]:
    """The plain object that `read_part` reads."""
    return {
        "country": part.country,
        "language": part.language,
        "round": part.round,
        "contacts": [plain(each, CONTACT_FIELDS) for each in part.contacts],
        "commitments": [
            plain(each, COMMITMENT_FIELDS) | {"evidence": [plain(one, EVIDENCE_FIELDS) for one in each.evidence]}
            for each in part.commitments
        ],
    }


def with_commitment(part: Part, commitment: Commitment) -> Part:
    """The part with this commitment in place of the one with its number, or added."""
    others = [each for each in part.commitments if each.number != commitment.number]
    return Part(part.country, part.language, part.round, part.contacts, _sorted([*others, commitment]))


def _sorted(commitments: Iterable[Commitment]) -> tuple[Commitment, ...]:
    return tuple(sorted(commitments, key=lambda each: each.number))


def read_contact(entry: Any, where: str) -> Contact:
    """A contact from a plain object; raises InputError naming the field."""
    fields = Fields.of(entry, where, CONTACT_FIELDS)
    found = Contact(
        fields.choice("role", ContactRole),
        fields.line("name"),
        fields.url("url"),
        fields.mail("email"),
        fields.line("phone", is_needed=False),
        fields.url("source", is_needed=True),
        fields.day("checked_on"),
    )
    if not (found.url or found.email or found.phone):
        raise wrong(where, "a contact has an address, an e-mail address or a telephone number")
    return found


def read_evidence(entry: Any, where: str) -> Evidence:
    """One piece of evidence from a plain object; raises InputError naming the field."""
    fields = Fields.of(entry, where, EVIDENCE_FIELDS)
    return Evidence(fields.day("on"), fields.text("text", is_needed=True), fields.url("url"))


def plain(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """These attributes as values of JSON; tuples stay as they are."""
    found: Mapping[str, Any] = {name: getattr(value, name) for name in names}
    return {
        name: each.isoformat() if isinstance(each, date) else str(each) if isinstance(each, StrEnum) else each
        for name, each in found.items()
    }
