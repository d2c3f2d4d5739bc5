"""Changes of the roster: each step from the state that allows it, and told in plain words before anyone signs."""

from dataclasses import replace
from datetime import timedelta

import pytest
from exchange.roster_people import NOW, alliance, member, outsider, signed_by_all, witness

from rempart.core.errors import Conflict, InputError, NotFound, RempartError
from rempart.exchange.roster import LIFETIME, Roster, adopt
from rempart.exchange.roster_changes import (
    Accession,
    Change,
    Departure,
    Renewal,
    Resumption,
    Rotation,
    Suspension,
    WitnessAccession,
    WitnessRemoval,
    describe,
    propose_change,
)
from rempart.exchange.roster_entries import Status

FOUR = alliance(4)
LAST = member(3).origin


def after(*changes: Change, current: Roster = FOUR, by: tuple[int, ...] = (0, 1, 2)) -> Roster:
    following = propose_change(current, changes, NOW)
    return adopt(current, [signed_by_all(following, list(by), current)], NOW)


def status(roster: Roster) -> Status:
    found = roster.facts.member(LAST)
    assert found
    return found.status


def test_accession_dates_the_entry_and_brings_its_witness() -> None:
    later = NOW + timedelta(days=40)
    facts = propose_change(FOUR, Accession(member(4), witness(4)), later).facts
    new = facts.member(member(4).origin)
    assert new
    assert (new.since, new.status, facts.version, facts.expires) == (later.date(), Status.ACTIVE, 2, later + LIFETIME)
    assert facts.quorum.groups[witness(4).key] == "BR"


def test_suspension_and_return() -> None:
    suspended = after(Suspension(LAST))
    assert status(suspended) is Status.SUSPENDED
    assert witness(3).key not in suspended.facts.quorum.groups
    back = after(Resumption(LAST), current=suspended)
    assert back.facts.members == FOUR.facts.members
    assert back.facts.quorum == FOUR.facts.quorum


def test_leaving_and_coming_back() -> None:
    gone = after(Departure(LAST))
    assert status(gone) is Status.LEFT
    assert [each.origin for each in gone.facts.members] == [each.origin for each in FOUR.facts.members]
    assert witness(3) not in gone.facts.witnesses
    with pytest.raises(Conflict):
        after(Resumption(LAST), current=gone)
    with pytest.raises(Conflict):
        after(Rotation(member(3, 1)), current=gone)
    back = after(Accession(member(3, 1), witness(3, 1)), current=gone)
    assert status(back) is Status.ACTIVE


def test_rotation_keeps_origin_day_and_status() -> None:
    suspended = after(Suspension(LAST))
    rotated = after(Rotation(member(3, 1), witness(3, 1)), current=suspended)
    assert status(rotated) is Status.SUSPENDED
    found = rotated.facts.member(LAST)
    assert found
    assert (found.log.public, found.since) == (member(3, 1).log.public, member(3).since)
    assert witness(3) not in rotated.facts.witnesses
    assert witness(3, 1) in rotated.facts.witnesses


def test_several_changes_make_one_version() -> None:
    facts = after(Suspension(LAST), WitnessAccession(outsider("observatory"))).facts
    assert (facts.version, len(facts.witnesses), facts.quorum.needed) == (2, 5, 3)
    assert not after(Renewal(), WitnessRemoval(witness(0).key.vkey)).facts.quorum.groups.get(witness(0).key)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (Accession(member(3, 1)), Conflict),
        (Accession(replace(member(4), roster_key=member(0).roster_key)), InputError),
        (Accession(member(4), witness(3)), InputError),
        (Rotation(member(4)), NotFound),
        (Rotation(replace(member(3, 1), country="FR")), Conflict),
        (Suspension("nobody.example/log"), NotFound),
        (Resumption(LAST), Conflict),
        (Departure("nobody.example/log"), NotFound),
        (WitnessRemoval(outsider("observatory").key.vkey), NotFound),
        (WitnessAccession(replace(outsider("observatory"), member=LAST)), InputError),
    ],
    ids=lambda it: type(it).__name__,
)
def test_a_step_that_the_state_does_not_allow_is_refused(change: Change, error: type[RempartError]) -> None:
    with pytest.raises(error):
        propose_change(FOUR, change, NOW)


def test_the_last_active_member_stays() -> None:
    with pytest.raises(InputError, match="active"):
        propose_change(alliance(1), Departure(member(0).origin), NOW)


def test_what_would_change_is_told_from_the_versions_alone() -> None:
    told = describe(FOUR, propose_change(FOUR, [Suspension(LAST), WitnessAccession(outsider("observatory"))], NOW))
    assert len(told) == 2
    assert told[0].startswith(f"Hotline of BG (BG, {LAST}) is suspended")
    assert "group observatory" in told[1]
    assert describe(FOUR, propose_change(FOUR, Renewal(), NOW)) == []
    (rotated, new_key, *witnesses) = describe(FOUR, propose_change(FOUR, Rotation(member(3, 1), witness(3, 1)), NOW))
    assert member(3, 1).log.vkey in rotated
    assert member(3, 1).key_id in new_key
    assert len(witnesses) == 2
    assert len(describe(None, FOUR)) == 8
