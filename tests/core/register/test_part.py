"""What a member states of itself: every form of it comes back as it was, and what does not hold is named."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from core.register.made_up import commitment, commitments, contact, parts
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import Conflict, InputError
from rempart.core.register.part import (
    Commitment,
    ContactRole,
    Evidence,
    Part,
    Status,
    check_succession,
    part_fields,
    read_commitment,
    read_part,
    with_commitment,
)
from rempart.core.register.targets import Goal, Target
from rempart.core.register.whole import FORMAT, Register, read_register, register_fields

PART = Part("FR", "fr", "2014-progress", (contact(),), (commitment(1), commitment(2)))


@given(parts())
def test_what_is_written_is_what_was_read(part: Part) -> None:
    assert read_part(part_fields(part)) == part


@given(st.lists(st.sampled_from(["AL", "BE", "FR"]), unique=True).flatmap(lambda codes: st.tuples(*map(parts, codes))))
def test_the_whole_register_comes_back(found: tuple[Part, ...]) -> None:
    register = Register((), tuple(sorted(found, key=lambda part: part.country)))
    assert read_register(register_fields(register)) == register


def changed(at: str, value: Any) -> dict[str, Any]:
    """The example with one field set; `at` names it as errors do."""
    document = part_fields(PART)
    place: Any = document
    *way, last = at.replace("[", ".").replace("]", "").split(".")
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return document


@pytest.mark.parametrize(
    ("at", "value"),
    [
        ("country", "ZZ"),
        ("country", "fr"),
        ("language", "French"),
        ("round", "2012-progress"),
        ("round", "2013-progress"),
        ("round", "20 26-progress"),
        ("contacts[0].role", "friend"),
        ("contacts[0].name", ""),
        ("contacts[0].name", " x"),
        ("contacts[0].name", "two\nlines"),
        ("contacts[0].url", "http://hotline.example"),
        ("contacts[0].url", "javascript:alert(1)"),
        ("contacts[0].url", "https://hotline.example/a b"),
        ("contacts[0].email", "nobody"),
        ("contacts[0].source", ""),
        ("contacts[0].checked_on", None),
        ("contacts[0].checked_on", "2026-2-1"),
        ("contacts[0].checked_on", "20260201"),
        ("contacts", {}),
        ("commitments[1].number", 0),
        ("commitments[1].number", True),
        ("commitments[1].target", "T5"),
        ("commitments[1].goal", "G1.1"),
        ("commitments[1].title", "x" * 201),
        ("commitments[1].planned", ""),
        ("commitments[1].planned", "x\x07"),
        ("commitments[1].ends", "2025-12-31"),
        ("commitments[1].status", "done"),
        ("commitments[1].status_on", 5),
        ("commitments[1].evidence", [{}]),
        ("commitments", ["x"]),
    ],
)
def test_what_does_not_hold_is_named(at: str, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        read_part(changed(at, value))
    assert caught.value.where.startswith(f"part.{at}")


def test_other_fields_orders_and_repetitions_are_refused() -> None:
    with pytest.raises(InputError, match="exactly"):
        read_part(part_fields(PART) | {"more": 1})
    for numbers in ((2, 1), (1, 1)):
        with pytest.raises(InputError, match="order"):
            read_part(part_fields(replace(PART, commitments=tuple(map(commitment, numbers)))))
    with pytest.raises(InputError, match="telephone"):
        read_part(part_fields(replace(PART, contacts=(contact(url=""),))))
    with pytest.raises(InputError, match="format"):
        read_register({"format": "rempart-register/2", "members": [], "parts": []})
    with pytest.raises(InputError, match="order"):
        read_register({"format": FORMAT, "members": [], "parts": [part_fields(PART)] * 2})


def test_who_says_that_it_kept_its_word_shows_it() -> None:
    for status in Status:
        fields = part_fields(Part("FR", commitments=(commitment(status=status),)))["commitments"][0]
        if status.needs_evidence:
            with pytest.raises(InputError, match="evidence"):
                read_commitment(fields, "commitment")
        else:
            assert read_commitment(fields, "commitment").status is status
    shown = commitment(status=Status.KEPT, evidence=(Evidence(date(2026, 3, 1), "The report of the ministry.", ""),))
    assert read_part(part_fields(Part("FR", commitments=(shown,)))).commitments == (shown,)


@given(parts(), parts())
def test_nothing_that_was_committed_disappears(before: Part, after: Part) -> None:
    lost = {each.number for each in before.commitments} - {each.number for each in after.commitments}
    check_succession(None, after)
    if lost:
        with pytest.raises(Conflict, match=str(min(lost))):
            check_succession(before, after)
    else:
        check_succession(before, after)


@given(parts(), st.integers(1, 9999).flatmap(commitments))
def test_a_commitment_replaces_the_one_with_its_number(part: Part, one: Commitment) -> None:
    found = with_commitment(part, one)
    assert found.commitment(one.number) == one
    assert read_part(part_fields(found)) == found
    check_succession(part, found)
    assert part.next_number not in {each.number for each in part.commitments}


def test_open_tasks_and_what_is_overdue() -> None:
    assert set(PART.missing_roles) == set(ContactRole) - {ContactRole.HOTLINE}
    assert not commitment().is_overdue(date(2026, 12, 31))
    assert commitment().is_overdue(date(2027, 1, 1))
    assert not commitment(status=Status.WITHDRAWN).is_overdue(date(2027, 1, 1))
    assert not commitment(ends=None).is_overdue(date(2027, 1, 1))


def test_goals_belong_to_their_targets() -> None:
    assert Goal.KNOWN_VICTIMS.target is Target.VICTIMS
    assert Goal.LEGAL_FRAMEWORK.target is Target.OFFENDERS
    assert Goal.OWN.target is None
