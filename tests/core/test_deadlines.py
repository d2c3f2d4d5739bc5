from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.deadlines import (
    NoticeFacts,
    NoticePlan,
    next_step,
    record_check,
    record_escalation,
    record_send,
    reopen,
)
from rempart.core.errors import Conflict, InputError
from rempart.core.reports import NOTICE_MOVES
from rempart.core.vocabulary import Availability, NoticeState

START = datetime(2024, 5, 1, tzinfo=UTC)
PLAN = NoticePlan()
QUEUED = NoticeFacts(NoticeState.QUEUED)
GONE, REACHABLE, UNREACHABLE = Availability.GONE, Availability.REACHABLE, Availability.UNREACHABLE
Host = Callable[[datetime], Availability]
Event = tuple[datetime, str, NoticeFacts]


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def act(kind: str, facts: NoticeFacts, at: datetime, host: Host, plan: NoticePlan) -> NoticeFacts:
    if kind in ("send", "resend"):
        return record_send(facts, at, plan)
    if kind == "escalate":
        return record_escalation(facts, at)
    if kind == "reopen":
        return reopen(facts)
    if kind in ("check", "confirm_removed", "recheck"):
        return record_check(facts, host(at), at, plan)
    return facts


def simulate(host: Host, span: timedelta, plan: NoticePlan = PLAN, late: timedelta = timedelta(0)) -> list[Event]:
    """Do what the clock says, each step `late` after it is due, until it stops or `span` is over."""
    facts, now, events = QUEUED, START, list[Event]()
    while True:
        step = next_step(facts, plan, now)
        now = max(now, step.due_at + late)
        if now > START + span:
            return events
        before = facts.state
        facts = act(step.kind, facts, now, host, plan)
        assert facts.state is before or facts.state in NOTICE_MOVES[before]
        events.append((now, step.kind, facts))
        if step.kind == "stop":
            return events


def kinds(events: list[Event], *wanted: str) -> list[float]:
    return [(at - START) / hours(1) for at, kind, _ in events if kind in wanted]


def test_a_host_that_never_answers_is_pressed_then_escalated_and_checked_for_ever() -> None:
    events = simulate(lambda at: REACHABLE, timedelta(days=60))
    assert kinds(events, "send", "resend") == [0, 24, 48]
    assert kinds(events, "escalate") == [72]
    assert kinds(events, "check") == [6 * n for n in range(1, 241)]
    assert events[-1][2].state is NoticeState.ESCALATED


def test_an_obedient_host_is_confirmed_watched_and_left_alone() -> None:
    events = simulate(lambda at: GONE if at >= START + hours(5) else REACHABLE, timedelta(days=60))
    assert [kind for _, kind, _ in events][:3] == ["send", "check", "confirm_removed"]
    assert events[2][2].state is NoticeState.REMOVED
    assert events[2][2].removed_at == START + hours(6)
    assert events[-1][1] == "stop"
    assert events[-1][0] == START + hours(6) + PLAN.watch_removed_for
    assert len(kinds(events, "recheck")) == 29


removal = st.integers(0, 500).map(hours)
lateness = st.sampled_from([timedelta(0), timedelta(minutes=7), hours(5), hours(100)])
noise = st.lists(st.sampled_from([REACHABLE, UNREACHABLE, Availability.NOT_CHECKED]), min_size=1, max_size=8)
plans = st.builds(
    NoticePlan,
    check_every=st.integers(1, 48).map(hours),
    resend_after=st.integers(1, 48).map(hours),
    escalate_after=st.integers(1, 200).map(hours),
    max_sends=st.integers(1, 5),
    confirm_after=st.integers(1, 12).map(hours),
    unavailable_after=st.integers(1, 3),
)


@given(removal, lateness, noise, plans)
def test_whatever_it_did_before_a_removal_is_always_found(
    after: timedelta, late: timedelta, before: list[Availability], plan: NoticePlan
) -> None:
    gone_at = START + after

    def host(at: datetime) -> Availability:
        return GONE if at >= gone_at else before[int((at - START) / hours(1)) % len(before)]

    events = simulate(host, after + timedelta(days=40), plan, late)
    found = next(at for at, _, facts in events if facts.state is NoticeState.REMOVED)
    # A check, perhaps held up by one step of each other kind, then the confirmation.
    assert gone_at <= found <= gone_at + plan.check_every + plan.confirm_after + 4 * late
    assert not [at for at, kind, _ in events if at > found and kind in ("send", "resend", "escalate")]


behaviours = st.lists(st.sampled_from(Availability), min_size=1, max_size=40)


@given(behaviours, lateness, plans)
def test_sends_and_removals_keep_their_bounds_whatever_the_host_does(
    behaviour: list[Availability], late: timedelta, plan: NoticePlan
) -> None:
    looks = [0]

    def host(at: datetime) -> Availability:
        looks[0] += 1
        return behaviour[looks[0] % len(behaviour)]

    sent, escalated, gone_at = 0, 0, None
    for at, kind, facts in simulate(host, timedelta(days=15), plan, late):
        sent, escalated = (0, 0) if kind == "reopen" else (sent, escalated)
        sent += kind in ("send", "resend")
        escalated += kind == "escalate"
        assert sent == facts.sends <= plan.max_sends
        assert escalated <= 1
        if kind in ("check", "confirm_removed", "recheck"):
            if facts.last_availability is REACHABLE:
                gone_at = None
            elif facts.last_availability is GONE:
                gone_at = gone_at or at
        if facts.state is NoticeState.REMOVED and kind == "confirm_removed":
            assert gone_at is not None
            assert at - gone_at >= plan.confirm_after


def test_an_unreachable_host_is_never_removed_and_never_forgotten() -> None:
    events = simulate(lambda at: UNREACHABLE, timedelta(days=30))
    assert events[1][2].state is NoticeState.UNAVAILABLE
    assert {facts.state for _, _, facts in events[1:]} == {NoticeState.UNAVAILABLE}
    assert kinds(events, "check")[-1] == 30 * 24
    assert events[-1][2].failed_checks_in_row == 120


def test_one_failed_check_may_be_tolerated() -> None:
    plan = replace(PLAN, unavailable_after=3)
    events = simulate(lambda at: UNREACHABLE, hours(18), plan)
    assert [facts.state for _, _, facts in events] == [NoticeState.SENT] * 3 + [NoticeState.UNAVAILABLE]


def test_content_back_on_a_host_that_was_down_is_pressed_again() -> None:
    events = simulate(lambda at: UNREACHABLE if at < START + hours(30) else REACHABLE, timedelta(days=5))
    assert kinds(events, "resend") == [30, 54]
    assert kinds(events, "escalate") == [72]


def test_a_reappearance_starts_a_new_round() -> None:
    def host(at: datetime) -> Availability:
        return GONE if START + hours(5) <= at < START + hours(100) else REACHABLE

    events = simulate(host, timedelta(days=6))
    (again,) = kinds(events, "reopen")
    assert again == 7 + 96
    assert kinds(events, "send") == [0, again]
    assert events[-1][2].sends == 2


def test_content_gone_before_sending_gets_no_notice() -> None:
    seen = record_check(QUEUED, GONE, START, PLAN)
    step = next_step(seen, PLAN, START)
    assert (step.kind, step.due_at) == ("confirm_removed", START + PLAN.confirm_after)
    assert record_check(seen, GONE, step.due_at, PLAN).state is NoticeState.REMOVED


def test_two_hasty_looks_do_not_confirm_a_removal() -> None:
    facts = record_check(record_send(QUEUED, START, PLAN), GONE, START + hours(1), PLAN)
    hasty = record_check(facts, GONE, START + hours(1.5), PLAN)
    assert hasty.state is NoticeState.SENT
    assert next_step(hasty, PLAN, START + hours(1.5)).kind == "confirm_removed"


def test_an_address_that_cannot_be_checked_is_still_escalated_and_never_removed() -> None:
    events = simulate(lambda at: Availability.NOT_CHECKED, timedelta(days=10))
    assert kinds(events, "escalate") == [72]
    assert not [facts for _, _, facts in events if facts.removed_at]


@given(st.sampled_from(NoticeState), st.integers(0, 5), st.none() | st.sampled_from(Availability))
def test_nothing_happens_while_held(state: NoticeState, sends: int, seen: Availability | None) -> None:
    facts = NoticeFacts(state, first_sent_at=START, sends=sends, last_availability=seen, held=True)
    step = next_step(facts, PLAN, START)
    assert step.kind == "wait"
    assert step.due_at > START
    with pytest.raises(Conflict):
        record_send(facts, START, PLAN)


def test_a_draft_waits_to_be_queued() -> None:
    assert next_step(NoticeFacts(NoticeState.DRAFT), PLAN, START).kind == "wait"
    with pytest.raises(Conflict):
        record_send(NoticeFacts(NoticeState.DRAFT), START, PLAN)


def test_an_answer_ends_re_sends_but_not_the_deadline() -> None:
    sent = record_send(QUEUED, START, PLAN)
    answered = replace(sent, state=NoticeState.ACKNOWLEDGED, last_check_at=START + hours(70))
    step = next_step(answered, PLAN, START + hours(71))
    assert (step.kind, step.due_at) == ("escalate", START + hours(72))
    refused = replace(answered, state=NoticeState.REFUSED)
    assert next_step(refused, PLAN, START + hours(71)).due_at == START + hours(71)


def test_a_look_comes_before_a_re_send_that_is_overdue() -> None:
    sent = replace(record_send(QUEUED, START, PLAN), last_check_at=START + hours(30))
    assert next_step(sent, PLAN, START + hours(200)).kind == "check"
    assert next_step(replace(sent, last_check_at=START + hours(199)), PLAN, START + hours(200)).kind == "resend"


def test_no_send_beyond_the_limit_and_no_double_escalation() -> None:
    facts = QUEUED
    for _ in range(PLAN.max_sends):
        facts = record_send(facts, START, PLAN)
    assert facts.state is NoticeState.UNANSWERED
    with pytest.raises(Conflict):
        record_send(facts, START, PLAN)
    with pytest.raises(Conflict):
        record_escalation(record_escalation(facts, START), START)


def test_a_new_round_begins_after_a_move_or_a_reappearance_only() -> None:
    sent = record_send(QUEUED, START, PLAN)
    assert reopen(sent) == QUEUED
    with pytest.raises(Conflict):
        reopen(QUEUED)


@pytest.mark.parametrize("name", [field.name for field in fields(NoticePlan)])
def test_a_plan_without_time_is_refused(name: str) -> None:
    nothing: Any = 0 if isinstance(getattr(PLAN, name), int) else timedelta(0)
    with pytest.raises(InputError, match=name):
        replace(PLAN, **{name: nothing})


def test_re_sends_do_not_put_off_the_first_check() -> None:
    plan = replace(PLAN, check_every=hours(10), resend_after=hours(4))
    assert kinds(simulate(lambda at: REACHABLE, hours(10), plan), "check") == [10]


def test_a_notice_escalated_without_ever_being_sent_is_checked_too() -> None:
    facts = record_escalation(QUEUED, START)
    assert next_step(facts, PLAN, START + hours(5)).due_at == START + hours(6)
    assert next_step(replace(facts, escalated_at=None), PLAN, START).kind == "check"
