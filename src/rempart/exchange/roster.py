"""The roster of the alliance: TUF root metadata that more than two thirds of its members signed.

Version N+1 counts once a threshold of N's and a threshold of N+1's roster keys signed it, so no server and no minority
decides who is a member. Everything in the signed part follows from the facts (`RosterFacts`): roles, keys and threshold
are derived, and a file that says anything else, or says it in another spelling, is none. Source: The Update Framework,
section 5.3; the field `rempart` is ours (docs/protocol.md).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from rempart.core.errors import Conflict, InputError, IntegrityError, LimitExceeded, NotPermitted
from rempart.exchange.roster_entries import Member, RosterFacts, Witness, roster_key_id, tuf_key
from rempart.exchange.roster_fields import member_fields, read_member, read_witness, witness_fields
from rempart.formats.signed_json import canonical_json
from rempart.formats.signed_note import Sign

MAX_ROSTER_BYTES = 512 * 1024
FORMAT = "rempart-roster/1"
LIFETIME = timedelta(days=365)
_SPECIFICATION = "1.0.31"
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_UNUSED_ROLES = ("snapshot", "targets", "timestamp")
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Roster:
    """Facts and signatures (hexadecimal, by the number of their key); nothing about them is verified."""

    facts: RosterFacts
    signatures: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def signed(self) -> Mapping[str, Any]:
        """The signed part as TUF has it."""
        facts = self.facts
        keys = {member.key_id: member.roster_key for member in facts.active}
        return {
            "_type": "root",
            "consistent_snapshot": False,
            "expires": facts.expires.strftime(_TIME),
            "keys": {key_id: tuf_key(public) for key_id, public in keys.items()},
            "rempart": {
                "format": FORMAT,
                "members": [member_fields(member) for member in facts.members],
                "witnesses": [witness_fields(witness) for witness in facts.witnesses],
            },
            "roles": {
                "root": {"keyids": sorted(keys), "threshold": facts.threshold},
                **{role: {"keyids": [], "threshold": 1} for role in _UNUSED_ROLES},
            },
            "spec_version": _SPECIFICATION,
            "version": facts.version,
        }

    @cached_property
    def payload(self) -> bytes:
        """What the signatures are over."""
        return canonical_json(self.signed)

    @property
    def digest(self) -> str:
        """SHA-256 of the signed part in hexadecimal: what people compare by telephone."""
        return sha256(self.payload).hexdigest()

    def to_bytes(self) -> bytes:
        signatures = [{"keyid": key_id, "sig": self.signatures[key_id]} for key_id in sorted(self.signatures)]
        return b'{"signatures":%b,"signed":%b}' % (canonical_json(signatures), self.payload)


def read_roster(data: bytes) -> Roster:
    """The roster behind its only bytes (for these signatures); no signature is verified.

    LimitExceeded for what is too large, InputError for what is no roster, IntegrityError for another spelling of one.
    """
    if len(data) > MAX_ROSTER_BYTES:
        raise LimitExceeded(f"a roster has at most {MAX_ROSTER_BYTES} bytes.", where="roster")
    try:
        document = json.loads(data)
        signed, signatures = document["signed"], document["signatures"]
        roster = Roster(_facts(signed), {each["keyid"]: each["sig"] for each in signatures})
        is_sound = all(_is_hex(key_id, 64) and _is_hex(sig, 128) for key_id, sig in roster.signatures.items())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError("this is not a roster.", where="roster", advice="Ask a member for theirs.") from None
    if not is_sound or roster.to_bytes() != data:
        raise IntegrityError("the roster says more than it may, or in another spelling.", where="roster")
    return roster


def found(members: Iterable[Member], witnesses: Iterable[Witness], now: datetime) -> Roster:
    """Version 1, to be signed by its own members. Raises InputError for entries that cannot stand together."""
    return Roster(RosterFacts.of(1, expiry(now), members, witnesses))


def expiry(now: datetime) -> datetime:
    return (now.astimezone(UTC) + LIFETIME).replace(microsecond=0)


def sign(following: Roster, current: Roster | None, public: bytes, make: Sign) -> Roster:
    """`following` with a signature by the key `public`, which `make` uses.

    NotPermitted when neither it nor `current`, the version before, has that key at work: suspended and departed
    members do not sign.
    """
    key_id = roster_key_id(public)
    if key_id not in _signers(following, current):
        raise NotPermitted(
            "this key is neither an active member's of this version nor of the one before.",
            where="roster",
            advice="Look at `rempart roster show`, or have your entry rotated to your present key.",
        )
    return replace(following, signatures={**following.signatures, key_id: make(following.payload).hex()})


def merge_signatures(rosters: Sequence[Roster]) -> Roster:
    """One roster with the signatures of all; the first's counts where two have one by the same key.

    InputError for none, Conflict when they do not propose the same.
    """
    if not rosters:
        raise InputError("there is nothing to merge.", where="roster")
    first = rosters[0]
    if any(each.payload != first.payload for each in rosters):
        raise Conflict(
            "these files propose different rosters.", where="roster", advice="Compare their digests; sign one of them."
        )
    merged: dict[str, str] = {}
    for each in reversed(rosters):
        merged.update(each.signatures)
    return replace(first, signatures=merged)


def signed_by(following: Roster, current: Roster | None) -> frozenset[str]:
    """The numbers of the keys, of this version or the one before, whose signatures verify."""
    return frozenset(_verified(following, current)[0])


def missing(following: Roster, current: Roster | None) -> int:
    """How many signatures it needs still, at the least, to count after `current`."""
    return _verified(following, current)[1]


def adopt(current: Roster | None, chain: Sequence[Roster], now: datetime) -> Roster:
    """The last of `chain`, once each version is found to follow the one before; without signatures that do not count.

    With no `current`, a person vouches for the first of the chain, which must be signed by its own members. Raises
    Conflict for a chain that does not begin with the next version, IntegrityError for what members did not sign or
    may not change, and when the last version has expired.
    """
    *_, last = [current, *follow(current, chain)]
    if last is None:
        raise InputError("there is no roster yet.", where="roster")
    check_expiry(last, now)
    return last


def follow(current: Roster | None, chain: Sequence[Roster]) -> list[Roster]:
    """All of `chain` as `adopt` verifies them, but for the expiry: only the last has to be in force."""
    verified = []
    for following in chain:
        current = _follow(current, following)
        verified.append(current)
    return verified


def check_expiry(roster: Roster, now: datetime) -> None:
    if roster.facts.is_expired(now):
        raise IntegrityError(
            f"version {roster.facts.version} of the roster expired on {roster.facts.expires:%Y-%m-%d}.",
            where="roster",
            advice="Ask the members for a newer one, or have it renewed.",
        )


def _follow(current: Roster | None, following: Roster) -> Roster:
    if current is not None:
        _check_succession(current.facts, following.facts)
    verified, lacking = _verified(following, current)
    if lacking:
        raise IntegrityError(
            f"version {following.facts.version} of the roster needs {lacking} more signatures.",
            where="roster",
            advice="More than two thirds of the members must sign it, by the roster before and by this one.",
        )
    return replace(following, signatures=verified)


def _check_succession(current: RosterFacts, following: RosterFacts) -> None:
    if following.version != current.version + 1:
        raise Conflict(
            f"version {following.version} of the roster does not follow version {current.version}.",
            where="roster",
            advice="Versions are adopted one after another, none left out and none twice.",
        )
    for member in current.members:
        kept = following.member(member.origin)
        if kept is None or kept.country != member.country:
            raise IntegrityError("an entry of the roster stays, with its country.", where=member.origin)


def _verified(following: Roster, current: Roster | None) -> tuple[dict[str, str], int]:
    """The signatures that count, and how many are lacking; the arithmetic is TUF's own.

    Where both versions name the same keys and threshold, one verification answers for both.
    """
    from tuf.api.metadata import Metadata  # loads slowly, and few commands need it

    signed: Metadata[Any] = Metadata.from_bytes(following.to_bytes())
    results = [signed.signed.get_verification_result("root", following.payload, signed.signatures)]
    if current is not None and current.signed["roles"] != following.signed["roles"]:
        before = Metadata[Any].from_bytes(current.to_bytes()).signed
        results.append(before.get_verification_result("root", following.payload, signed.signatures))
    counted = sorted({key_id for result in results for key_id in result.signed})
    return {key_id: following.signatures[key_id] for key_id in counted}, max(result.missing for result in results)


def _signers(following: Roster, current: Roster | None) -> set[str]:
    return {member.key_id for each in (following, current) if each for member in each.facts.active}


def _facts(signed: Mapping[str, Any]) -> RosterFacts:
    said = signed["rempart"]
    expires = datetime.strptime(signed["expires"], _TIME).replace(tzinfo=UTC)
    members = tuple(read_member(each) for each in said["members"])
    return RosterFacts(signed["version"], expires, members, tuple(read_witness(each) for each in said["witnesses"]))


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and set(text) <= _HEX
