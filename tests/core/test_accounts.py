"""Rules of accounts: roles that stay apart, who may change whom, what is over and what is recent."""

from datetime import UTC, datetime, timedelta
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.accounts import (
    LoginLimits,
    check_second_person,
    checked_roles,
    is_waiting,
    require_other,
    required_reason,
)
from rempart.core.errors import InputError, NotPermitted
from rempart.core.permissions import CONTENT, TABLE, Permission
from rempart.core.vocabulary import Role

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LIMITS = LoginLimits(idle=timedelta(minutes=30), longest=timedelta(hours=10), recent=timedelta(minutes=10))
WHO_APPROVES = [
    (asker, owner, decider, decider not in (asker, owner)) for asker, owner, decider in product((1, 2, 3), repeat=3)
]
SEE_CONTENT = [role for role in Role if TABLE[role] & CONTENT]


@pytest.mark.parametrize("role", Role)
def test_each_role_may_be_held_alone(role):
    assert checked_roles([role, role]) == [role]


@pytest.mark.parametrize("apart", [Role.ADMINISTRATOR, Role.AUDITOR])
@pytest.mark.parametrize("content", SEE_CONTENT)
def test_who_manages_or_audits_sees_no_content(apart, content):
    with pytest.raises(InputError, match=apart):
        checked_roles([content, apart])


def test_every_mix_that_is_taken_keeps_administrators_and_auditors_from_content():
    for size in (1, 2, 3):
        for roles in combinations(Role, size):
            try:
                checked_roles(roles)
            except InputError:
                continue
            held = frozenset().union(*(TABLE[role] for role in roles))
            assert not ({Permission.STAFF_MANAGE, Permission.AUDIT_VIEW} & held and CONTENT & held), roles


def test_nobody_without_a_role():
    with pytest.raises(InputError, match="needs a role"):
        checked_roles([])


def test_administrators_leave_their_own_account_alone():
    require_other(1, 2)
    with pytest.raises(NotPermitted, match="their own account"):
        require_other(7, 7)


@pytest.mark.parametrize(("asker", "owner", "decider", "fits"), WHO_APPROVES)
def test_a_link_is_approved_by_somebody_else_than_asked_and_owns(asker, owner, decider, fits):
    if fits:
        check_second_person(asker, owner, decider)
    else:
        with pytest.raises(NotPermitted):
            check_second_person(asker, owner, decider)


def test_a_request_waits_for_a_day():
    assert is_waiting(AT, AT + timedelta(hours=23, minutes=59))
    assert not is_waiting(AT, AT + timedelta(hours=24))


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_reason_says_something(text):
    assert required_reason(" Phone lost ") == "Phone lost"
    with pytest.raises(InputError, match="reason"):
        required_reason(text)


@given(opened=st.integers(0, 1200), idle=st.integers(0, 1200))
def test_a_login_is_over_after_either_time(opened, idle):
    seen = AT + timedelta(minutes=opened)
    now = seen + timedelta(minutes=idle)
    assert LIMITS.is_over(AT, seen, now) == (opened + idle >= 600 or idle >= 30)


def test_a_proof_is_recent_for_a_while():
    assert LIMITS.is_recent(AT, AT + timedelta(minutes=9, seconds=59))
    assert not LIMITS.is_recent(AT, AT + timedelta(minutes=10))
