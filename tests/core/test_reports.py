from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import Conflict
from rempart.core.reports import (
    NOTICE_MOVES,
    REFERRAL_MOVES,
    REPORT_MOVES,
    SECOND_LOOK_MOVES,
    CoarseStatus,
    check_move,
    coarse_status,
)
from rempart.core.vocabulary import NoticeState, ReferralState, ReportState, SecondLook

Machine = Mapping[Any, frozenset[Any]]
MACHINES: list[tuple[Machine, type[StrEnum], set[StrEnum]]] = [
    (REPORT_MOVES, ReportState, {ReportState.RECEIVED}),
    (NOTICE_MOVES, NoticeState, {NoticeState.DRAFT}),
    (REFERRAL_MOVES, ReferralState, {ReferralState.PROPOSED}),
    (SECOND_LOOK_MOVES, SecondLook, {SecondLook.PENDING, SecondLook.NOT_NEEDED}),
]


@pytest.mark.parametrize(("machine", "states", "starts"), MACHINES)
def test_every_state_is_known_and_can_be_reached(machine: Machine, states: type[StrEnum], starts: set[StrEnum]) -> None:
    assert set(machine) == set(states)
    reached, frontier = set(starts), list(starts)
    while frontier:
        for following in machine[frontier.pop()] - reached:
            reached.add(following)
            frontier.append(following)
    assert reached == set(states)


@given(st.sampled_from(MACHINES), st.data())
def test_random_walks_go_only_where_the_table_allows(case: tuple[Any, Any, Any], data: st.DataObject) -> None:
    machine, states, starts = case
    state = data.draw(st.sampled_from(sorted(starts)))
    for wanted in data.draw(st.lists(st.sampled_from(list(states)), max_size=30)):
        if wanted in machine[state]:
            check_move(machine, state, wanted)
            state = wanted
        else:
            with pytest.raises(Conflict) as caught:
                check_move(machine, state, wanted)
            assert state in caught.value.what
            assert all(allowed in caught.value.advice for allowed in machine[state])


@given(st.lists(st.integers(0, 7), max_size=40))
def test_a_report_can_always_be_closed(choices: list[int]) -> None:
    state = ReportState.RECEIVED
    for choice in choices:
        following = sorted(REPORT_MOVES[state])
        state = following[choice % len(following)]
    assert state is ReportState.CLOSED or ReportState.CLOSED in REPORT_MOVES[state]


@given(st.lists(st.integers(0, 7), max_size=40))
def test_nothing_about_a_person_leaves_before_a_decision(choices: list[int]) -> None:
    state, seen = ReferralState.PROPOSED, [ReferralState.PROPOSED]
    for choice in choices:
        if not (following := sorted(REFERRAL_MOVES[state])):
            break
        state = following[choice % len(following)]
        seen.append(state)
    left = [s for s in seen if s in (ReferralState.SENT, ReferralState.EXPORTED, ReferralState.RECEIVED)]
    assert not left or seen.index(ReferralState.QUEUED) < seen.index(left[0])


def test_a_removed_notice_only_reopens() -> None:
    assert NOTICE_MOVES[NoticeState.REMOVED] == {NoticeState.QUEUED}


def test_a_disagreement_needs_arbitration() -> None:
    assert SECOND_LOOK_MOVES[SecondLook.DISAGREED] == {SecondLook.ARBITRATED}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (ReportState.RECEIVED, CoarseStatus.RECEIVED),
        (ReportState.TRIAGED, CoarseStatus.RECEIVED),
        (ReportState.IN_REVIEW, CoarseStatus.IN_REVIEW),
        (ReportState.ASSESSED, CoarseStatus.IN_REVIEW),
        (ReportState.REOPENED, CoarseStatus.IN_REVIEW),
        (ReportState.ACTIONED, CoarseStatus.ACTED),
        (ReportState.CLOSED, CoarseStatus.CLOSED),
    ],
)
def test_coarse_status(state: ReportState, status: CoarseStatus) -> None:
    assert coarse_status(state) is status


def test_every_report_state_has_a_coarse_status() -> None:
    assert {coarse_status(state) for state in ReportState} == set(CoarseStatus)
