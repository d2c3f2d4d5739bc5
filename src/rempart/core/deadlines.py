"""The notice clock: what is due next for a notice, and how what happens changes what is known of it.

Rules: nothing is sent while police hold the content. Removal takes two GONE observations `confirm_after` apart; a host
that is merely unreachable is unavailable and goes on being checked. A check that is due comes before a re-send or
an escalation, so that nobody is pressed for what is already gone. After removal the address is watched for a
while; content that reappears starts a new round of sending.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Literal

from rempart.core.errors import Conflict, InputError
from rempart.core.reports import NOTICE_MOVES, check_move
from rempart.core.vocabulary import Availability, NoticeState

StepKind = Literal["send", "resend", "escalate", "check", "confirm_removed", "recheck", "reopen", "stop", "wait"]
_BEFORE_SENDING = frozenset({NoticeState.DRAFT, NoticeState.QUEUED})
_AWAITS_ANSWER = frozenset({NoticeState.SENT, NoticeState.UNANSWERED})
_TO_ESCALATE = frozenset({NoticeState.SENT, NoticeState.ACKNOWLEDGED, NoticeState.UNANSWERED, NoticeState.REFUSED})


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """A node's deadlines. `unavailable_after` is how many failed checks in a row make a notice unavailable."""

    check_every: timedelta = timedelta(hours=6)
    resend_after: timedelta = timedelta(hours=24)
    escalate_after: timedelta = timedelta(hours=72)
    max_sends: int = 3
    recheck_removed_every: timedelta = timedelta(hours=24)
    watch_removed_for: timedelta = timedelta(days=30)
    confirm_after: timedelta = timedelta(hours=1)
    unavailable_after: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 1 if isinstance(value, int) else value <= timedelta(0):
                raise InputError(
                    "must be more than nothing.", where=f"notice plan, {field.name}", advice="Set a positive value."
                )


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What is recorded of one notice. `sends` counts this round; `gone_since` is the first GONE since it was last seen.

    `removed_at` is the first of the two observations that confirmed the removal.
    """

    state: NoticeState
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    sends: int = 0
    escalated_at: datetime | None = None
    last_check_at: datetime | None = None
    last_availability: Availability | None = None
    removed_at: datetime | None = None
    failed_checks_in_row: int = 0
    held: bool = False
    gone_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`due_at` may lie in the past: then it is due now. A "wait" says when to ask again."""

    kind: StepKind
    due_at: datetime


def next_step(facts: NoticeFacts, plan: NoticePlan, now: datetime) -> Step:
    """The one step that comes next for a notice. "check", "confirm_removed" and "recheck" all mean: look again."""
    if facts.held or facts.state is NoticeState.DRAFT:
        return Step("wait", now + plan.check_every)
    if facts.state is NoticeState.REMOVED:
        return _watch(facts, plan, now)
    if facts.gone_since is not None:
        return Step("confirm_removed", max(facts.gone_since, facts.last_check_at or now) + plan.confirm_after)
    if facts.state is NoticeState.QUEUED:
        return Step("send", now)
    since = facts.last_check_at or facts.first_sent_at or facts.escalated_at
    check = Step("check", since + plan.check_every if since else now)
    if check.due_at <= now:
        return check
    return min((check, *_pressure(facts, plan, now)), key=lambda step: step.due_at)


def record_send(facts: NoticeFacts, at: datetime, plan: NoticePlan) -> NoticeFacts:
    """The facts after a notice went out at `at`. Raises Conflict while held, out of turn or beyond `max_sends`."""
    state = NoticeState.UNANSWERED if facts.sends else NoticeState.SENT
    if facts.held or facts.sends >= plan.max_sends:
        raise Conflict(
            "this notice may not be sent now.", where="notice", advice="Ask for the next step and follow it."
        )
    if facts.state is not state:
        check_move(NOTICE_MOVES, facts.state, state)
    return replace(facts, state=state, first_sent_at=facts.first_sent_at or at, last_sent_at=at, sends=facts.sends + 1)


def record_escalation(facts: NoticeFacts, at: datetime) -> NoticeFacts:
    """The facts after the notice went to the next authority; raises Conflict when its state does not allow it."""
    check_move(NOTICE_MOVES, facts.state, NoticeState.ESCALATED)
    return replace(facts, state=NoticeState.ESCALATED, escalated_at=at)


def record_check(facts: NoticeFacts, seen: Availability, at: datetime, plan: NoticePlan) -> NoticeFacts:
    """The facts after an availability check, or after the look just before sending.

    A removed notice that is REACHABLE again keeps its state until `reopen`. NOT_CHECKED changes nothing but the time.
    An unavailable notice that is REACHABLE again returns to sent, unanswered or escalated, whatever its host said.
    """
    looked = replace(facts, last_check_at=at, last_availability=seen)
    if seen is Availability.GONE:
        return _gone(looked, at, plan)
    if seen is Availability.UNREACHABLE:
        return _unreachable(looked, plan)
    if seen is Availability.REACHABLE:
        return _reachable(looked)
    return looked


def reopen(facts: NoticeFacts) -> NoticeFacts:
    """A new round, queued and with nothing sent yet: removed content reappeared, or content moved to another host."""
    check_move(NOTICE_MOVES, facts.state, NoticeState.QUEUED)
    return NoticeFacts(
        NoticeState.QUEUED,
        last_check_at=facts.last_check_at,
        last_availability=facts.last_availability,
        held=facts.held,
    )


def _watch(facts: NoticeFacts, plan: NoticePlan, now: datetime) -> Step:
    if facts.last_availability is Availability.REACHABLE:
        return Step("reopen", now)
    removed_at = facts.removed_at or facts.last_check_at or now
    watched_until = removed_at + plan.watch_removed_for
    due_at = max(removed_at, facts.last_check_at or removed_at) + plan.recheck_removed_every
    return Step("recheck", due_at) if due_at <= watched_until else Step("stop", watched_until)


def _pressure(facts: NoticeFacts, plan: NoticePlan, now: datetime) -> Iterator[Step]:
    if facts.escalated_at is not None:
        return
    if facts.state in _TO_ESCALATE and facts.first_sent_at is not None:
        refused = facts.state is NoticeState.REFUSED
        yield Step("escalate", now if refused else facts.first_sent_at + plan.escalate_after)
    if facts.state in _AWAITS_ANSWER and facts.last_sent_at is not None and facts.sends < plan.max_sends:
        yield Step("resend", facts.last_sent_at + plan.resend_after)


def _gone(facts: NoticeFacts, at: datetime, plan: NoticePlan) -> NoticeFacts:
    since = facts.gone_since or at
    facts = replace(facts, gone_since=since, failed_checks_in_row=0)
    if facts.state is NoticeState.REMOVED or at - since < plan.confirm_after:
        return facts
    check_move(NOTICE_MOVES, facts.state, NoticeState.REMOVED)
    return replace(facts, state=NoticeState.REMOVED, removed_at=since)


def _unreachable(facts: NoticeFacts, plan: NoticePlan) -> NoticeFacts:
    failed = facts.failed_checks_in_row + 1
    facts = replace(facts, failed_checks_in_row=failed)
    settled = facts.state in _BEFORE_SENDING or facts.state in (NoticeState.REMOVED, NoticeState.UNAVAILABLE)
    if settled or failed < plan.unavailable_after:
        return facts
    return replace(facts, state=NoticeState.UNAVAILABLE)


def _reachable(facts: NoticeFacts) -> NoticeFacts:
    facts = replace(facts, gone_since=None, failed_checks_in_row=0)
    if facts.state is not NoticeState.UNAVAILABLE:
        return facts
    if facts.escalated_at is not None:
        return replace(facts, state=NoticeState.ESCALATED)
    return replace(facts, state=NoticeState.UNANSWERED if facts.sends > 1 else NoticeState.SENT)
