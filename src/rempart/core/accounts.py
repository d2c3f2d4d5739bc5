"""Rules of staff accounts: which roles go together, who may change whom, how long logins and links last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rempart.core.errors import InputError, NotPermitted
from rempart.core.permissions import CONTENT, TABLE
from rempart.core.vocabulary import Role

MOST_ATTEMPTS = 5
"""Wrong attempts in a row before a pause."""
PAUSE = timedelta(minutes=15)
STRANGERS_AT_ONCE, STRANGERS_EVERY = 50, timedelta(minutes=1)
"""Wrong passwords, whatever the names, from all browsers together in which nobody ever logged in: so many at once, and
one more each minute."""
KNOWN_AT_ONCE, KNOWN_EVERY = 20, timedelta(minutes=3)
"""The same from all browsers in which one and the same person logged in."""
PENDING = timedelta(minutes=10)
"""From the password to the second factor."""
TO_APPROVE = timedelta(hours=24)
"""From the request for somebody's link to the second person's decision."""

APART = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
"""Whoever manages accounts or reads the record sees no content, through no other role either."""


@dataclass(frozen=True, slots=True)
class LoginLimits:
    """`idle`: without any request; `longest`: in all; `recent`: how long a proof of identity counts as recent."""

    idle: timedelta
    longest: timedelta
    recent: timedelta

    def is_over(self, opened: datetime, seen: datetime, now: datetime) -> bool:
        """Whether a login opened and last seen then has ended by now."""
        return now - opened >= self.longest or now - seen >= self.idle

    def is_recent(self, proved: datetime, now: datetime) -> bool:
        """Whether the person proved who they are recently enough for a sensitive step."""
        return now - proved < self.recent


def checked_roles(roles: Iterable[Role]) -> list[Role]:
    """The roles once each, in the vocabulary's order; InputError for none, or for a mix that must stay apart."""
    wanted = set(roles)
    if not wanted:
        raise InputError("an account needs a role.", where="roles", advice="Choose at least one.")
    apart = sorted(wanted & APART)
    if apart and any(TABLE[role] & CONTENT for role in wanted):
        raise InputError(
            f"{' and '.join(apart)} may not be held together with a role that sees content.",
            where="roles",
            advice="Give the person one or the other; a second account is for a second person.",
        )
    return [role for role in Role if role in wanted]


def require_other(actor_id: int, subject_id: int) -> None:
    """Raise NotPermitted when administrators would change their own rights: so one of them always remains."""
    if actor_id == subject_id:
        raise NotPermitted(
            "administrators do not change or close their own account.", advice="Ask another administrator."
        )


def check_second_person(asker_id: int | None, owner_id: int, decider_id: int) -> None:
    """Raise NotPermitted unless the decider is neither who asked for the link nor whose account it opens.

    So nobody gets into an account that is not theirs without two others who agree.
    """
    if decider_id == asker_id:
        raise NotPermitted("a link needs a second person.", advice="Ask another administrator to approve it.")
    if decider_id == owner_id:
        raise NotPermitted("nobody approves a link to their own account.", advice="Ask another administrator.")


def is_waiting(asked_at: datetime, now: datetime) -> bool:
    """Whether a request that nobody decided can still be approved."""
    return now - asked_at < TO_APPROVE


def required_reason(text: str) -> str:
    """The reason, trimmed; InputError when there is none."""
    reason = text.strip()
    if not reason:
        raise InputError("this step needs a reason.", where="reason", advice="Say in a few words why.")
    return reason
