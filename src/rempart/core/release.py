"""Evidence leaves the node only when two different people want the same files to leave, once, within a time.

The request names each file by its SHA-256. What is approved, and what is taken, is that set and no other: both steps
present the digest of the set, so a set changed in between fits neither.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rempart.core.errors import Conflict, NotPermitted
from rempart.core.vocabulary import Role

TO_DECIDE = timedelta(hours=72)
TO_TAKE = timedelta(hours=24)
MAX_FILES = 500
NEVER = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
"""Nobody who holds one of these takes part in a release, whatever else they hold."""
_LABEL = b"rempart evidence set v1\n"


class ReleaseState(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """A release as the rules see it; people by number. `approved` is None while nobody decided."""

    requested_by: int
    requested_at: datetime
    approved: bool | None
    decided_by: int | None
    decided_at: datetime | None
    taken_at: datetime | None


def state(facts: ReleaseFacts, now: datetime) -> ReleaseState:
    if facts.taken_at is not None:
        return ReleaseState.TAKEN
    if facts.approved is False:
        return ReleaseState.REFUSED
    if facts.approved is None or facts.decided_at is None:
        return ReleaseState.REQUESTED if now < facts.requested_at + TO_DECIDE else ReleaseState.EXPIRED
    return ReleaseState.APPROVED if now < facts.decided_at + TO_TAKE else ReleaseState.EXPIRED


def set_digest(files: Iterable[tuple[bytes, int]]) -> bytes:
    """32 bytes that stand for exactly these files, each by SHA-256 and size in bytes; their order does not count."""
    rows = sorted(f"{sha256.hex()} {size}\n" for sha256, size in files)
    return hashlib.sha256(_LABEL + "".join(rows).encode()).digest()


def check_part(roles: Iterable[Role]) -> None:
    """Raise NotPermitted for anybody who holds a role that sees no content."""
    if barred := sorted(NEVER & set(roles)):
        raise NotPermitted(
            f"nobody with the role '{barred[0]}' takes part in a release of evidence.",
            advice="Two colleagues without that role do it.",
        )


def check_decision(facts: ReleaseFacts, decider: int, presented: bytes, digest: bytes, now: datetime) -> None:
    """Raise NotPermitted for the requester, Conflict when it is decided, too old or another set."""
    if decider == facts.requested_by:
        raise NotPermitted("a release needs a second person.", advice="Ask a colleague to look at the request.")
    _check_state(facts, ReleaseState.REQUESTED, now)
    _check_set(presented, digest)


def check_taking(facts: ReleaseFacts, taker: int, presented: bytes, digest: bytes, now: datetime) -> None:
    """Raise NotPermitted for anybody but the requester, Conflict unless it is approved, unused and this set."""
    if taker != facts.requested_by:
        raise NotPermitted("only who requested a release takes the files.", advice="Ask that colleague.")
    if facts.decided_by == facts.requested_by:
        raise NotPermitted("this release was not approved by a second person.", advice="Request it anew.")
    _check_state(facts, ReleaseState.APPROVED, now)
    _check_set(presented, digest)


def _check_state(facts: ReleaseFacts, needed: ReleaseState, now: datetime) -> None:
    found = state(facts, now)
    if found is not needed:
        raise Conflict(
            f"this release is {found}; the step is possible only while it is {needed}.",
            where="release",
            advice="Request a new one if the files are still needed.",
        )


def _check_set(presented: bytes, digest: bytes) -> None:
    if presented != digest:
        raise Conflict(
            "the files are not those that were looked at.", where="release", advice="Open the release and look again."
        )
