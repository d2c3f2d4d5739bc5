"""Real time, for people and their codes: a demonstration's compressed clock would end logins within seconds."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
