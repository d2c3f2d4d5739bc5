"""The state machines of casework, as data: which state may follow which.

A re-send of a notice is an attempt, not a move; a further feedback on a referral is a move onto itself.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from rempart.core.errors import Conflict
from rempart.core.vocabulary import NoticeState, ReferralState, ReportState, SecondLook

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
        _N.SENT: frozenset(
            {_N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.REFUSED, _N.UNANSWERED, _N.ESCALATED},
        ),
        _N.ACKNOWLEDGED: frozenset({_N.REMOVED, _N.UNAVAILABLE, _N.REFUSED, _N.UNANSWERED, _N.ESCALATED}),
        _N.REMOVED: frozenset({_N.QUEUED}),
        _N.UNAVAILABLE: frozenset(
            {_N.SENT, _N.ACKNOWLEDGED, _N.REMOVED, _N.REFUSED, _N.UNANSWERED, _N.ESCALATED},
        ),
        _N.REFUSED: frozenset({_N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.ESCALATED}),
        _N.UNANSWERED: frozenset({_N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.REFUSED, _N.ESCALATED}),
        _N.ESCALATED: frozenset({_N.ACKNOWLEDGED, _N.REMOVED, _N.UNAVAILABLE, _N.REFUSED}),
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
