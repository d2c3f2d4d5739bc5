"""The state machines of casework, as data: which state may follow which.

A re-send of a notice is an attempt, not a move; a further feedback on a referral is a move onto itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from rempart.core.errors import Conflict
from rempart.core.vocabulary import Legality, NoticeState, ReferralState, ReportState, SecondLook

State = TypeVar("State", bound=StrEnum)
_R, _N, _F, _S = ReportState, NoticeState, ReferralState, SecondLook


class CoarseStatus(StrEnum):
    """All a reporter learns from the receipt: it tells nobody what was found."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    ACTED = "acted"
    CLOSED = "closed"


REPORT_MOVES: Mapping[ReportState, frozenset[ReportState]] = MappingProxyType(
    {
        _R.RECEIVED: frozenset({_R.TRIAGED, _R.CLOSED}),
        # Known content is settled from the lists, so it is assessed without a review.
        _R.TRIAGED: frozenset({_R.IN_REVIEW, _R.ASSESSED, _R.CLOSED}),
        _R.IN_REVIEW: frozenset({_R.TRIAGED, _R.ASSESSED, _R.CLOSED}),
        _R.ASSESSED: frozenset({_R.IN_REVIEW, _R.ACTIONED, _R.CLOSED}),
        _R.ACTIONED: frozenset({_R.CLOSED, _R.REOPENED}),
        _R.CLOSED: frozenset({_R.REOPENED}),
        # A reappearance needs action only: its assessment still stands.
        _R.REOPENED: frozenset({_R.TRIAGED, _R.IN_REVIEW, _R.ACTIONED, _R.CLOSED}),
    }
)

NOTICE_MOVES: Mapping[NoticeState, frozenset[NoticeState]] = MappingProxyType(
    {
        _N.DRAFT: frozenset({_N.QUEUED, _N.REMOVED}),
        # Back to draft: police placed a hold while the notice waited. Escalated: every recipient refused to take it.
        _N.QUEUED: frozenset({_N.DRAFT, _N.SENT, _N.REMOVED, _N.ESCALATED}),
        # Queued again from here on: the content moved to another host, which is told anew.
        _N.SENT: frozenset(
            {_N.QUEUED, _N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.REFUSED, _N.UNANSWERED, _N.ESCALATED},
        ),
        _N.ACKNOWLEDGED: frozenset(
            {_N.QUEUED, _N.REMOVED, _N.UNAVAILABLE, _N.REFUSED, _N.UNANSWERED, _N.ESCALATED},
        ),
        _N.REMOVED: frozenset({_N.QUEUED}),
        _N.UNAVAILABLE: frozenset(
            {_N.QUEUED, _N.SENT, _N.ACKNOWLEDGED, _N.REMOVED, _N.REFUSED, _N.UNANSWERED, _N.ESCALATED},
        ),
        _N.REFUSED: frozenset({_N.QUEUED, _N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.ESCALATED}),
        _N.UNANSWERED: frozenset(
            {_N.QUEUED, _N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.REFUSED, _N.ESCALATED},
        ),
        _N.ESCALATED: frozenset({_N.QUEUED, _N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.REFUSED}),
    }
)

REFERRAL_MOVES: Mapping[ReferralState, frozenset[ReferralState]] = MappingProxyType(
    {
        _F.PROPOSED: frozenset({_F.QUEUED, _F.WITHDRAWN}),
        _F.QUEUED: frozenset({_F.EXPORTED, _F.SENT, _F.WITHDRAWN}),
        _F.EXPORTED: frozenset({_F.SENT, _F.RECEIVED, _F.WITHDRAWN}),
        _F.SENT: frozenset({_F.RECEIVED, _F.WITHDRAWN}),
        _F.RECEIVED: frozenset({_F.ACCEPTED, _F.DECLINED, _F.REDIRECTED, _F.WITHDRAWN}),
        _F.ACCEPTED: frozenset({_F.FEEDBACK, _F.REDIRECTED, _F.WITHDRAWN}),
        _F.FEEDBACK: frozenset({_F.FEEDBACK}),
        _F.DECLINED: frozenset(),
        _F.REDIRECTED: frozenset(),
        _F.WITHDRAWN: frozenset(),
    }
)

SECOND_LOOK_MOVES: Mapping[SecondLook, frozenset[SecondLook]] = MappingProxyType(
    {
        _S.NOT_NEEDED: frozenset(),
        _S.PENDING: frozenset({_S.AGREED, _S.DISAGREED}),
        _S.AGREED: frozenset(),
        _S.DISAGREED: frozenset({_S.ARBITRATED}),
        _S.ARBITRATED: frozenset(),
    }
)

_COARSE: Mapping[ReportState, CoarseStatus] = MappingProxyType(
    {
        _R.RECEIVED: CoarseStatus.RECEIVED,
        _R.TRIAGED: CoarseStatus.RECEIVED,
        _R.IN_REVIEW: CoarseStatus.IN_REVIEW,
        _R.ASSESSED: CoarseStatus.IN_REVIEW,
        _R.REOPENED: CoarseStatus.IN_REVIEW,
        _R.ACTIONED: CoarseStatus.ACTED,
        _R.CLOSED: CoarseStatus.CLOSED,
    }
)


def check_move(machine: Mapping[State, frozenset[State]], old: State, new: State) -> None:
    """Pass if `new` may follow `old` in `machine`; raises Conflict naming the states that may."""
    if new in machine[old]:
        return
    allowed = ", ".join(sorted(machine[old]))
    raise Conflict(
        f"'{old}' cannot become '{new}'.",
        where=type(old).__name__,
        advice=f"From here it may become: {allowed}." if allowed else "Nothing follows this state; open a new one.",
    )


def coarse_status(state: ReportState) -> CoarseStatus:
    """What the reporter may know of a report's state."""
    return _COARSE[state]


class NoticeOutcome(StrEnum):
    """How far the notices about one content have come, all taken together."""

    NONE = "none"
    PENDING = "pending"
    SENT = "sent"
    REMOVED = "removed"
    ENDED = "ended"
    REAPPEARED = "reappeared"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one content of a report has come. `legality` is None while undecided."""

    legality: Legality | None
    in_review: bool = False
    notice: NoticeOutcome = NoticeOutcome.NONE
    referrals: tuple[ReferralState, ...] = ()

    @property
    def is_acted_on(self) -> bool:
        """Somebody outside has been told."""
        told = self.notice not in (NoticeOutcome.NONE, NoticeOutcome.PENDING)
        return told or any(state in _HANDED_OVER for state in self.referrals)

    @property
    def is_finished(self) -> bool:
        """Nothing more is waited for. Illegal content that nobody has been found for yet is not finished."""
        if self.legality is None or not self.legality.is_illegal:
            return self.legality is not None
        ended = self.notice in (NoticeOutcome.REMOVED, NoticeOutcome.ENDED)
        untold = self.notice is NoticeOutcome.NONE and bool(self.referrals)
        return (ended or untold) and not any(state in _OPEN for state in self.referrals)


_OPEN = frozenset({_F.PROPOSED, _F.QUEUED})
_HANDED_OVER = frozenset(_F) - _OPEN - {_F.WITHDRAWN}
_FORWARD = (_R.RECEIVED, _R.TRIAGED, _R.IN_REVIEW, _R.ASSESSED, _R.ACTIONED, _R.CLOSED)


def derive_state(contents: Sequence[Progress]) -> ReportState:
    """The state in which a triaged report's contents put it; a report without contents waits as triaged."""
    undecided = [content for content in contents if content.legality is None]
    if undecided or not contents:
        is_begun = len(undecided) < len(contents) or any(content.in_review for content in undecided)
        return _R.IN_REVIEW if is_begun else _R.TRIAGED
    if any(content.notice is NoticeOutcome.REAPPEARED for content in contents):
        return _R.REOPENED
    if all(content.is_finished for content in contents):
        return _R.CLOSED
    return _R.ACTIONED if any(content.is_acted_on for content in contents) else _R.ASSESSED


def moves_to_derived(current: ReportState, contents: Sequence[Progress]) -> tuple[ReportState, ...]:
    """The allowed moves, in order, from `current` to the derived state, or as near to it as the machine lets.

    A report is assessed before it is closed, and actioned on the way only if somebody outside was told. One that was
    acted on or closed and has work again is reopened; it is never assessed a second time. A report that is only
    received moves by triage alone.
    """
    target = derive_state(contents)
    is_acted_on = any(content.is_acted_on for content in contents)
    if current in (_R.RECEIVED, target):
        return ()
    if target is _R.REOPENED:
        return (*_forward(current, _R.ACTIONED, is_acted_on), _R.REOPENED)
    if current is _R.REOPENED:
        return _after_reopening(target, is_acted_on)
    if _FORWARD.index(target) > _FORWARD.index(current):
        return _forward(current, target, is_acted_on)
    return _back(current, target, is_acted_on)


def _forward(current: ReportState, target: ReportState, is_acted_on: bool) -> tuple[ReportState, ...]:
    stations = _FORWARD[_FORWARD.index(current) + 1 : _FORWARD.index(target)]
    passed = (_R.ASSESSED, _R.ACTIONED) if is_acted_on else (_R.ASSESSED,)
    through = tuple(station for station in stations if station in passed)
    return (*through, target) if target is not current and current is not _R.CLOSED else ()


def _after_reopening(target: ReportState, is_acted_on: bool) -> tuple[ReportState, ...]:
    if target is _R.ASSESSED:
        return ()
    return (_R.ACTIONED, _R.CLOSED) if target is _R.CLOSED and is_acted_on else (target,)


def _back(current: ReportState, target: ReportState, is_acted_on: bool) -> tuple[ReportState, ...]:
    if current is _R.ASSESSED:
        return (_R.IN_REVIEW, _R.TRIAGED)[: 2 if target is _R.TRIAGED else 1]
    if current is _R.IN_REVIEW:
        return (target,)
    if (current, target) == (_R.ACTIONED, _R.ASSESSED):
        return ()
    return (_R.REOPENED, *_after_reopening(target, is_acted_on))
