"""Two people, the same files, once, in time: every way to fall short of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import Conflict, NotPermitted
from rempart.core.release import (
    NEVER,
    TO_DECIDE,
    TO_TAKE,
    ReleaseFacts,
    ReleaseState,
    check_decision,
    check_part,
    check_taking,
    set_digest,
    state,
)
from rempart.core.vocabulary import Role

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASKED = ReleaseFacts(1, AT, None, None, None, None)
APPROVED = replace(ASKED, approved=True, decided_by=2, decided_at=AT)
SET, OTHER = b"s" * 32, b"o" * 32
files = st.sets(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2**40)), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("facts", "later", "expected"),
    [
        (ASKED, timedelta(0), ReleaseState.REQUESTED),
        (ASKED, TO_DECIDE - timedelta(seconds=1), ReleaseState.REQUESTED),
        (ASKED, TO_DECIDE, ReleaseState.EXPIRED),
        (APPROVED, TO_TAKE - timedelta(seconds=1), ReleaseState.APPROVED),
        (APPROVED, TO_TAKE, ReleaseState.EXPIRED),
        (replace(APPROVED, approved=False), timedelta(days=90), ReleaseState.REFUSED),
        (replace(APPROVED, taken_at=AT), timedelta(days=90), ReleaseState.TAKEN),
    ],
)
def test_states(facts, later, expected):
    assert state(facts, AT + later) is expected


@pytest.mark.parametrize(("decider", "taker"), list(product((1, 2, 3), repeat=2)))
def test_every_combination_of_people(decider, taker):
    """Person 1 requested: it is decided by another one and taken by person 1."""
    if decider == 1:
        with pytest.raises(NotPermitted):
            check_decision(ASKED, decider, SET, SET, AT)
    else:
        check_decision(ASKED, decider, SET, SET, AT)
    decided = replace(APPROVED, decided_by=decider)
    if taker == 1 and decider != 1:
        check_taking(decided, taker, SET, SET, AT)
    else:
        with pytest.raises(NotPermitted):
            check_taking(decided, taker, SET, SET, AT)


@pytest.mark.parametrize(
    ("facts", "later"),
    [
        (ASKED, timedelta(0)),
        (APPROVED, TO_TAKE),
        (replace(APPROVED, approved=False), timedelta(0)),
        (replace(APPROVED, taken_at=AT), timedelta(0)),
    ],
)
def test_what_cannot_be_taken(facts, later):
    with pytest.raises(Conflict):
        check_taking(replace(facts, decided_by=2), 1, SET, SET, AT + later)


@pytest.mark.parametrize("facts", [APPROVED, replace(APPROVED, approved=False), replace(APPROVED, taken_at=AT)])
def test_what_is_decided_is_not_decided_again(facts):
    with pytest.raises(Conflict):
        check_decision(facts, 3, SET, SET, AT)


def test_another_set_is_neither_approved_nor_taken():
    with pytest.raises(Conflict, match="not those"):
        check_decision(ASKED, 2, OTHER, SET, AT)
    with pytest.raises(Conflict, match="not those"):
        check_taking(APPROVED, 1, OTHER, SET, AT)


@given(files, files)
def test_a_digest_stands_for_one_set(one, other):
    assert (set_digest(one) == set_digest(other)) == (one == other)
    assert set_digest(sorted(one)) == set_digest(sorted(one, reverse=True))


@given(st.sets(st.sampled_from(Role)))
def test_whoever_holds_a_role_without_content_takes_no_part(roles):
    if roles & NEVER:
        with pytest.raises(NotPermitted):
            check_part(roles)
    else:
        check_part(roles)


def test_these_roles_are_meant():
    assert {Role.ADMINISTRATOR, Role.AUDITOR} == NEVER
