"""What a platform's credential allows: which calls, how many, and for how long a former secret still counts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rempart.core.errors import InputError

MAX_OVERLAP = timedelta(days=30)
"""A former secret that outlives this is not rotated but forgotten."""


class Scope(StrEnum):
    """What a credential may call; every call of the machine surface needs one."""

    REPORT = "report"
    """Open, fill, finish and retract reports, and follow its own."""
    LISTS = "lists"
    """Fetch the lists it was granted."""
    EXCHANGE = "exchange"
    """Fetch the openings of this node's log, fingerprints included: for members' nodes and vetted platforms."""


USUAL = (Scope.REPORT, Scope.LISTS)
"""What a credential is for where nothing is said; openings are for those to whom somebody gave them by name."""


def overlap_end(now: datetime, overlap: timedelta) -> datetime | None:
    """Until when the secret before the new one is accepted; None for not at all. InputError outside 0 to 30 days."""
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise InputError(
            f"a former secret is accepted for 0 to {MAX_OVERLAP.days} days.",
            where="overlap",
            advice="Rotate when the platform is ready for the new one.",
        )
    return now + overlap if overlap else None


@dataclass(slots=True)
class Allowance:
    """A token bucket: `rate` calls a second, and `burst` at once. Not for several threads without a lock.

    `moment` is any clock in seconds that does not go back.
    """

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _seen: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._tokens = self.burst

    def take(self, moment: float) -> float:
        """0.0 if the call is within what is allowed; else the seconds until one is."""
        passed = max(0.0, moment - self._seen) if self._seen is not None else 0.0
        self._seen = moment
        self._tokens = min(self.burst, self._tokens + passed * self.rate)
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self.rate
