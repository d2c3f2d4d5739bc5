"""The auditor's question: what a form or an address says, and the events it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rempart.node.audit.services import Search
from rempart.node.intake import services as intake

FIELDS = ("since", "until", "actor", "action", "subject", "reference")
KINDS = ("report", "content", "case", "notice", "referral", "list", "contact", "staff", "platform")
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Question:
    """What was typed, by field, and the fields that cannot be understood."""

    typed: dict[str, str]
    search: Search
    wrong: tuple[str, ...]

    @property
    def asked(self) -> dict[str, str]:
        """The fields that restrict, as they go into an address."""
        return {name: text for name, text in self.typed.items() if text}


def read(given: Mapping[str, str]) -> Question:
    """The search behind these fields; days are UTC and the last one is included.

    `reference` is whatever a person has at hand: a subject, a bare number, or a report's reference, which stands for
    the report, its content and its cases.
    """
    typed = {name: given.get(name, "").strip()[:_LONGEST] for name in FIELDS}
    since, until = _day(typed["since"]), _day(typed["until"])
    wrong = tuple(name for name, day in (("since", since), ("until", until)) if typed[name] and day is None)
    search = Search(
        since=since,
        until=until + timedelta(days=1) if until else None,
        actor=typed["actor"],
        action=typed["action"],
        subject=typed["subject"],
        subjects=_subjects(typed["reference"]) if typed["reference"] else None,
    )
    return Question(typed, search, wrong)


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # The last day of the calendar has none after it.
    return datetime.combine(day, time(), UTC) if day < date.max else None


def _subjects(reference: str) -> tuple[str, ...]:
    if ":" in reference:
        return (reference,)
    if reference.isascii() and reference.isdigit():
        return tuple(f"{kind}:{int(reference)}" for kind in KINDS)
    return intake.subjects_of(reference)
