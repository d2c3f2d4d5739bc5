"""What a report's state follows from, and the way there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.reports import REPORT_MOVES, NoticeOutcome, Progress, check_move, derive_state, moves_to_derived
from rempart.core.vocabulary import Legality, ReferralState
from rempart.core.vocabulary import ReportState as R

UNKNOWN = Progress(None)
REVIEWED = Progress(None, in_review=True)
HARMLESS = Progress(Legality.NOT_ILLEGAL)
UNDETERMINED = Progress(Legality.UNDETERMINED)


def illegal(notice: str = "none", *referrals: ReferralState) -> Progress:
    return Progress(Legality.NATIONAL, notice=NoticeOutcome(notice), referrals=referrals)


@pytest.mark.parametrize(
    ("contents", "state"),
    [
        ([], R.TRIAGED),
        ([UNKNOWN], R.TRIAGED),
        ([UNKNOWN, REVIEWED], R.IN_REVIEW),
        ([UNKNOWN, HARMLESS], R.IN_REVIEW),
        ([HARMLESS], R.CLOSED),
        ([UNDETERMINED], R.CLOSED),
        ([illegal()], R.ASSESSED),
        ([illegal("pending")], R.ASSESSED),
        ([illegal("none", ReferralState.PROPOSED)], R.ASSESSED),
        ([illegal("none", ReferralState.QUEUED)], R.ASSESSED),
        ([illegal("sent")], R.ACTIONED),
        ([illegal("pending", ReferralState.EXPORTED)], R.ACTIONED),
        ([illegal("removed"), illegal("sent")], R.ACTIONED),
        ([illegal("removed"), UNKNOWN], R.IN_REVIEW),
        ([illegal("removed", ReferralState.PROPOSED)], R.ACTIONED),
        ([illegal("removed"), HARMLESS], R.CLOSED),
        ([illegal("ended", ReferralState.EXPORTED)], R.CLOSED),
        ([illegal("none", ReferralState.EXPORTED)], R.CLOSED),
        ([illegal("none", ReferralState.WITHDRAWN)], R.CLOSED),
        ([illegal("reappeared"), illegal("removed")], R.REOPENED),
    ],
)
def test_derived(contents, state):
    assert derive_state(contents) is state


@pytest.mark.parametrize(
    ("current", "contents", "way"),
    [
        (R.RECEIVED, [illegal("removed")], ()),
        (R.TRIAGED, [HARMLESS], (R.ASSESSED, R.CLOSED)),
        (R.TRIAGED, [REVIEWED], (R.IN_REVIEW,)),
        (R.TRIAGED, [illegal("removed")], (R.ASSESSED, R.ACTIONED, R.CLOSED)),
        (R.IN_REVIEW, [UNKNOWN], (R.TRIAGED,)),
        (R.IN_REVIEW, [illegal()], (R.ASSESSED,)),
        (R.IN_REVIEW, [illegal("none", ReferralState.WITHDRAWN)], (R.ASSESSED, R.CLOSED)),
        (R.ASSESSED, [illegal("sent")], (R.ACTIONED,)),
        (R.ASSESSED, [UNKNOWN], (R.IN_REVIEW, R.TRIAGED)),
        (R.ACTIONED, [illegal("pending")], ()),
        (R.ACTIONED, [illegal("removed")], (R.CLOSED,)),
        (R.ACTIONED, [illegal("reappeared")], (R.REOPENED,)),
        (R.CLOSED, [illegal("reappeared")], (R.REOPENED,)),
        (R.CLOSED, [illegal("sent")], (R.REOPENED, R.ACTIONED)),
        (R.CLOSED, [illegal("pending")], (R.REOPENED,)),
        (R.CLOSED, [REVIEWED], (R.REOPENED, R.IN_REVIEW)),
        (R.REOPENED, [illegal("pending")], ()),
        (R.REOPENED, [illegal("sent")], (R.ACTIONED,)),
        (R.REOPENED, [illegal("removed")], (R.ACTIONED, R.CLOSED)),
        (R.TRIAGED, [illegal("reappeared")], (R.ASSESSED, R.ACTIONED, R.REOPENED)),
    ],
)
def test_the_way(current, contents, way):
    assert moves_to_derived(current, contents) == way


progress = st.builds(
    Progress,
    legality=st.none() | st.sampled_from(Legality),
    in_review=st.booleans(),
    notice=st.sampled_from(NoticeOutcome),
    referrals=st.lists(st.sampled_from(ReferralState), max_size=2).map(tuple),
)


@given(st.sampled_from(R), st.lists(progress, max_size=3))
def test_every_way_is_allowed_and_ends_where_nothing_more_moves(current, contents):
    state = current
    for new in moves_to_derived(current, contents):
        check_move(REPORT_MOVES, state, new)
        state = new
    assert moves_to_derived(state, contents) == ()
    target = derive_state(contents)
    if current is not R.RECEIVED and state is not target:
        assert target is R.ASSESSED, "only an assessment is never gone back to"
        assert state in (R.REOPENED, R.ACTIONED)


@given(st.sampled_from([R.TRIAGED, R.IN_REVIEW]), st.lists(progress, min_size=1, max_size=3))
def test_nothing_is_closed_without_being_assessed(current, contents):
    way = moves_to_derived(current, contents)
    if R.CLOSED in way:
        assert R.ASSESSED in way
        assert (R.ACTIONED in way) is any(content.is_acted_on for content in contents)
