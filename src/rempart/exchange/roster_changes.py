"""Changes of the roster: what members propose, and what a proposal would change, told from the two versions alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.exchange.roster import Roster, expiry
from rempart.exchange.roster_entries import Member, RosterFacts, Status, Witness


@dataclass(frozen=True, slots=True)
class Accession:
    """A new member, or one that had left; with the witness that it runs, if any."""

    member: Member
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """New keys, addresses or another name of a member; origin, country and day of accession stay."""

    member: Member
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    origin: str


@dataclass(frozen=True, slots=True)
class Resumption:
    origin: str


@dataclass(frozen=True, slots=True)
class Departure:
    origin: str


@dataclass(frozen=True, slots=True)
class WitnessAccession:
    witness: Witness


@dataclass(frozen=True, slots=True)
class WitnessRemoval:
    vkey: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """Nothing but another year."""


Change = Accession | Rotation | Suspension | Resumption | Departure | WitnessAccession | WitnessRemoval | Renewal


def propose_change(current: Roster, changes: Sequence[Change] | Change, now: datetime) -> Roster:
    """The next version, unsigned, valid for a year from `now`.

    NotFound for an entry that is not there, Conflict for a step that its state does not allow, InputError for entries
    that cannot stand together.
    """
    facts = current.facts
    members = {member.origin: member for member in facts.members}
    witnesses = {witness.key.vkey: witness for witness in facts.witnesses}
    for change in changes if isinstance(changes, Sequence) else [changes]:
        _apply(change, members, witnesses, now)
    return Roster(RosterFacts.of(facts.version + 1, expiry(now), members.values(), witnesses.values()))


def describe(current: Roster | None, following: Roster) -> list[str]:
    """What adopting `following` would change, a sentence each; empty when only the expiry changes."""
    before, after = current.facts if current else None, following.facts
    told = []
    for member in after.members:
        told += _told_of_member(before.member(member.origin) if before else None, member)
    if before:
        told += [f"{each.origin} would vanish." for each in before.members if after.member(each.origin) is None]
    return told + _told_of_witnesses(before.witnesses if before else (), after.witnesses)


def _apply(change: Change, members: dict[str, Member], witnesses: dict[str, Witness], now: datetime) -> None:
    match change:
        case Accession():
            _accede(change, members, witnesses, now)
        case Rotation():
            _rotate(change, members, witnesses)
        case Suspension(origin):
            _move(members, origin, Status.SUSPENDED, [Status.ACTIVE])
        case Resumption(origin):
            _move(members, origin, Status.ACTIVE, [Status.SUSPENDED])
        case Departure(origin):
            _move(members, origin, Status.LEFT, [Status.ACTIVE, Status.SUSPENDED])
            _replace_witness(witnesses, origin, None)
        case WitnessAccession(witness):
            witnesses[witness.key.vkey] = witness
        case WitnessRemoval(vkey):
            if witnesses.pop(vkey, None) is None:
                raise NotFound("the roster has no such witness.", where="witness", advice="See `rempart roster show`.")


def _accede(change: Accession, members: dict[str, Member], witnesses: dict[str, Witness], now: datetime) -> None:
    new, known = change.member, members.get(change.member.origin)
    if known is not None and (known.status is not Status.LEFT or known.country != new.country):
        raise Conflict(
            "this origin is in the roster.", where=new.origin, advice="Rotate its entry, or choose another origin."
        )
    members[new.origin] = replace(new, status=Status.ACTIVE, since=now.date())
    _replace_witness(witnesses, new.origin, change.witness)


def _rotate(change: Rotation, members: dict[str, Member], witnesses: dict[str, Witness]) -> None:
    new = change.member
    known = _known(members, new.origin)
    if known.status is Status.LEFT or known.country != new.country:
        raise Conflict("a member that left, or another country, takes no new keys.", where=new.origin)
    members[new.origin] = replace(new, status=known.status, since=known.since)
    _replace_witness(witnesses, new.origin, change.witness)


def _replace_witness(witnesses: dict[str, Witness], origin: str, new: Witness | None) -> None:
    for vkey in [vkey for vkey, witness in witnesses.items() if witness.member == origin]:
        del witnesses[vkey]
    if new is not None:
        if new.member != origin:
            raise InputError("the witness is not this member's.", where=origin)
        witnesses[new.key.vkey] = new


def _move(members: dict[str, Member], origin: str, to: Status, allowed: Sequence[Status]) -> None:
    member = _known(members, origin)
    if member.status not in allowed:
        raise Conflict(f"the member is {member.status}.", where=origin, advice="See `rempart roster show`.")
    members[origin] = replace(member, status=to)


def _known(members: dict[str, Member], origin: str) -> Member:
    if origin not in members:
        raise NotFound("the roster has no such member.", where=origin, advice="See `rempart roster show`.")
    return members[origin]


_MOVED = {
    Status.ACTIVE: "is active again",
    Status.SUSPENDED: "is suspended: nothing it says counts, and its roster key signs nothing, until it is resumed",
    Status.LEFT: "leaves: its log stays verifiable, nothing it says counts",
}


def _told_of_member(before: Member | None, after: Member) -> list[str]:
    who = f"{after.name} ({after.country}, {after.origin})"
    if before is None:
        return [f"{who} joins as {after.status}, with the log at {after.log_url}."]
    told = [f"{who} {_MOVED[after.status]}."] if before.status is not after.status else []
    parts = {
        "name": (before.name, after.name),
        "country": (before.country, after.country),
        "log key": (before.log.vkey, after.log.vkey),
        "roster key": (before.key_id, after.key_id),
        "log address": (before.log_url, after.log_url),
        "machine address": (before.machine_url, after.machine_url),
    }
    return told + [
        f"{who}: the {part} changes from {old} to {new}." for part, (old, new) in parts.items() if old != new
    ]


def _told_of_witnesses(before: Sequence[Witness], after: Sequence[Witness]) -> list[str]:
    return [
        *(f"Witness {each.key.vkey} of group {each.group} counts no longer." for each in before if each not in after),
        *(
            f"Witness {each.key.vkey} counts for group {each.group}, at {each.url}."
            for each in after
            if each not in before
        ),
    ]
