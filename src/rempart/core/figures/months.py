"""Calendar months (UTC), by names such as "2026-03", and when one is final."""

from datetime import UTC, datetime, timedelta
from functools import cache

SETTLING = timedelta(days=7)
"""After it a month is final: every removal within 7 days of its notices is known, and where its content is hosted."""


def month_of(at: datetime) -> str:
    return _name(at.year, at.month)


@cache
def _name(year: int, month: int) -> str:
    return f"{year:04}-{month:02}"


@cache
def end_of(month: str) -> datetime:
    """The first moment after the month."""
    start = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return (start + timedelta(days=32)).replace(day=1)


def months_after(start: datetime, until: datetime) -> list[str]:
    """The months after the one of `start`, up to the one of `until`."""
    name, last, found = month_of(start), month_of(until), []
    while name < last:
        name = month_of(end_of(name))
        found.append(name)
    return found


def is_settled(month: str, at: datetime) -> bool:
    return end_of(month) + SETTLING <= at
