"""Reporting rounds and ministerial meetings: when members state what they commit to, and what came of it.

The commitments of December 2013 and the progress of September 2014 are of the alliance's own history. It reports yearly
since; that a round is due on the last day of September, and when members are reminded, is this project's proposal.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

FIRST_YEAR, LAST_YEAR = 2015, 2999
REMINDERS = (timedelta(days=60), timedelta(days=30), timedelta(days=7))
"""So long before a round is due."""
OVERDUE_EVERY = timedelta(days=30)


class Subject(StrEnum):
    COMMITMENTS = "commitments"
    PROGRESS = "progress"


@dataclass(frozen=True, slots=True)
class Round:
    """`key` is its year and subject, such as 2014-progress."""

    key: str
    subject: Subject
    due: date


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting of ministers, from its first to its last day."""

    key: str
    starts: date
    ends: date
    city: str
    country: str


MEETINGS = (
    Meeting("2012-launch", date(2012, 12, 5), date(2012, 12, 5), "Brussels", "BE"),
    Meeting("2014-conference", date(2014, 9, 29), date(2014, 9, 30), "Washington, D.C.", "US"),
)
_EARLY = (
    Round("2013-commitments", Subject.COMMITMENTS, date(2013, 12, 31)),
    Round("2014-progress", Subject.PROGRESS, date(2014, 9, 30)),
)


class Answer(StrEnum):
    """What became of a member's answer to a round."""

    PUBLISHED = "published"
    LATE = "late"
    """Published after the day it was due."""
    SUBMITTED = "submitted"
    DRAFT = "draft"
    AWAITED = "awaited"
    MISSING = "missing"
    """Not published, and the day is past."""


def rounds(until: date) -> tuple[Round, ...]:
    """All that are due on or before `until`, and the first after it; oldest first."""
    yearly = (_yearly(year) for year in range(FIRST_YEAR, until.year + 2))
    known = [*_EARLY, *yearly]
    past = [each for each in known if each.due <= until]
    return tuple(known[: len(past) + 1])


def round_of(key: str) -> Round | None:
    """The round with this key; None where there is none."""
    early = next((each for each in _EARLY if each.key == key), None)
    year = key.removesuffix("-progress")
    if early or not (year.isascii() and year.isdigit() and len(year) == 4 and year + "-progress" == key):
        return early
    return _yearly(int(year)) if FIRST_YEAR <= int(year) <= LAST_YEAR else None


def answer(due: date, published: date | None, today: date, *, is_submitted: bool, has_draft: bool) -> Answer:
    """A member's answer to a round that is due on a day, published first on another."""
    if published is not None:
        return Answer.PUBLISHED if published <= due else Answer.LATE
    if is_submitted:
        return Answer.SUBMITTED
    if has_draft:
        return Answer.DRAFT
    return Answer.AWAITED if today <= due else Answer.MISSING


def last_reminder(due: date, today: date) -> date | None:
    """The latest day up to today on which a member that has not published is reminded; None before the first.

    Two months, one month and a week before, on the day itself, and every 30 days after it.
    """
    if today >= due:
        return due + (today - due) // OVERDUE_EVERY * OVERDUE_EVERY
    return max((due - before for before in REMINDERS if due - before <= today), default=None)


def _yearly(year: int) -> Round:
    return Round(f"{year}-progress", Subject.PROGRESS, date(year, 9, 30))
