"""The roster: what members signed counts, and nothing else does."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from exchange.roster_people import NOW, alliance, member, outsider, signed_by_all, signer, witness
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import SSlibKey
from tuf.api.metadata import Metadata, Root

from rempart.core.errors import Conflict, InputError, IntegrityError, LimitExceeded, NotPermitted, RempartError
from rempart.exchange.roster import (
    LIFETIME,
    MAX_ROSTER_BYTES,
    Roster,
    adopt,
    found,
    merge_signatures,
    missing,
    read_roster,
    sign,
    signed_by,
)
from rempart.exchange.roster_changes import Accession, Departure, Renewal, Rotation, Suspension, propose_change
from rempart.exchange.roster_entries import RosterFacts, Status, threshold
from rempart.formats.signed_json import canonical_json

FOUR = alliance(4)
WIRE = FOUR.to_bytes()
EVERYONE = [0, 1, 2, 3]


def test_it_is_metadata_that_tuf_itself_reads_and_signs_alike() -> None:
    theirs: Metadata[Root] = Metadata.from_bytes(WIRE)
    assert theirs.signed_bytes == FOUR.payload
    assert theirs.signed.get_root_verification_result(None, FOUR.payload, theirs.signatures).verified
    assert theirs.signed.roles["root"].threshold == 3
    for each in FOUR.facts.members:
        public = Ed25519PublicKey.from_public_bytes(each.roster_key)
        assert SSlibKey.from_crypto(public).keyid == each.key_id


@pytest.mark.parametrize(("active", "needed"), [(1, 1), (2, 2), (3, 3), (4, 3), (7, 5), (10, 7), (50, 34)])
def test_more_than_two_thirds_sign(active: int, needed: int) -> None:
    assert threshold(active) == needed


def test_what_was_written_is_read() -> None:
    assert read_roster(WIRE) == FOUR
    assert adopt(None, [read_roster(WIRE)], NOW).facts == FOUR.facts


@given(st.data())
def test_every_roster_has_one_spelling(data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, 48), min_size=1, max_size=5, unique=True))
    text = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
    members = [
        replace(member(n), name=data.draw(text), status=data.draw(st.sampled_from(Status)) if at else Status.ACTIVE)
        for at, n in enumerate(numbers)
    ]
    witnesses = [witness(n) for n in data.draw(st.sets(st.sampled_from(numbers)))]
    made = found(members, witnesses, NOW + timedelta(seconds=data.draw(st.integers(0, 10**9))))
    active = [n for n, each in zip(numbers, members, strict=True) if each.is_active]
    made = signed_by_all(made, data.draw(st.permutations(active))[: data.draw(st.integers(0, len(active)))])
    again = read_roster(made.to_bytes())
    assert (again, again.to_bytes(), again.payload) == (made, made.to_bytes(), made.payload)


@given(st.data())
def test_no_changed_byte_is_adopted(data: st.DataObject) -> None:
    """Of the least that counts: three of four signatures."""
    three = Roster(FOUR.facts, dict(sorted(FOUR.signatures.items())[:3]))
    raw = bytearray(three.to_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RempartError):
        adopt(None, [read_roster(bytes(raw))], NOW)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda it: json.dumps(it).encode()))
def test_what_is_no_roster_is_refused(data: bytes) -> None:
    with pytest.raises(RempartError):
        read_roster(data)


def test_ten_megabytes_are_refused_unread() -> None:
    with pytest.raises(LimitExceeded):
        read_roster(b'{"signed":' + b" " * 10 * 2**20)
    assert len(alliance(49).to_bytes()) < MAX_ROSTER_BYTES


def test_depth_is_refused() -> None:
    with pytest.raises(InputError):
        read_roster(b"[" * 200_000)


def _edited(edit: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(WIRE)
    edit(document)
    return canonical_json(document)


FIRST = "hotline-at.example/log"
EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "an unknown field outside": lambda it: it.update(note="x"),
    "an unknown field inside": lambda it: it["signed"].update(note="x"),
    "an unknown field of ours": lambda it: it["signed"]["rempart"].update(note="x"),
    "an unknown field of an entry": lambda it: it["signed"]["rempart"]["members"][0].update(note="x"),
    "a lower threshold": lambda it: it["signed"]["roles"]["root"].update(threshold=1),
    "a key more": lambda it: it["signed"]["keys"].update({"0" * 64: it["signed"]["keys"].popitem()[1]}),
    "a role more": lambda it: it["signed"]["roles"].update(mirror={"keyids": [], "threshold": 1}),
    "a key of another role": lambda it: it["signed"]["roles"]["targets"]["keyids"].append("0" * 64),
    "another specification": lambda it: it["signed"].update(spec_version="1.0.30"),
    "another type": lambda it: it["signed"].update(_type="targets"),
    "a version as a fraction": lambda it: it["signed"].update(version=1.0),
    "a version as a truth": lambda it: it["signed"].update(version=True),
    "version nought": lambda it: it["signed"].update(version=0),
    "a status that is none": lambda it: it["signed"]["rempart"]["members"][0].update(status="guest"),
    "a country that is none": lambda it: it["signed"]["rempart"]["members"][0].update(country="EU"),
    "another origin than the key's": lambda it: it["signed"]["rempart"]["members"][0].update(origin="a.example/log"),
    "members in another order": lambda it: it["signed"]["rempart"]["members"].reverse(),
    "signatures in another order": lambda it: it["signatures"].reverse(),
    "a signature twice": lambda it: it["signatures"].append(it["signatures"][0]),
    "a short signature": lambda it: it["signatures"][0].update(sig="00"),
    "a signature in capitals": lambda it: it["signatures"][0].update(sig=it["signatures"][0]["sig"].upper()),
    "a number for text": lambda it: it["signed"]["rempart"]["members"][0].update(name=7),
    "a list for text": lambda it: it["signed"]["rempart"]["members"][0].update(origin=["a"]),
    "nothing for members": lambda it: it["signed"]["rempart"].update(members=None),
    "a key twice": lambda it: it["signed"]["rempart"]["members"][0].update(
        roster_key=it["signed"]["rempart"]["members"][1]["roster_key"]
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_roster_says_nothing_but_what_follows_from_its_entries(edit: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RempartError):
        read_roster(_edited(edit))


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(json.loads(WIRE)).encode(),
        WIRE.replace(b'"version":1', b'"version":1,"version":1'),
        WIRE.replace(b'{"signatures"', b'{"signatures":[],"signatures"'),
        WIRE + b"\n",
        b"\xef\xbb\xbf" + WIRE,
        WIRE.decode().encode("utf-16"),
        WIRE.replace(b"Hotline of AT", b"Hotl\\u0069ne of AT"),
    ],
    ids=["spaces", "a key twice", "signatures twice", "a line's end", "a byte order mark", "UTF-16", "escapes"],
)
def test_another_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        read_roster(data)


def test_a_change_needs_both_thresholds() -> None:
    following = propose_change(FOUR, Accession(member(4), witness(4)), NOW)
    assert missing(following, FOUR) == 4
    with pytest.raises(IntegrityError, match="2 more"):
        adopt(FOUR, [signed_by_all(following, [0, 1], FOUR)], NOW)
    with pytest.raises(IntegrityError, match="1 more"):
        adopt(FOUR, [signed_by_all(following, [0, 1, 4], FOUR)], NOW)
    adopted = adopt(FOUR, [signed_by_all(following, [0, 1, 2, 4], FOUR)], NOW)
    assert [each.country for each in adopted.facts.active] == ["AT", "AU", "BE", "BG", "BR"]


def test_versions_follow_one_another() -> None:
    second = signed_by_all(propose_change(FOUR, Renewal(), NOW), EVERYONE, FOUR)
    third = signed_by_all(propose_change(second, Renewal(), NOW), EVERYONE, second)
    assert adopt(FOUR, [second, third], NOW).facts.version == 3
    for current, chain in [(FOUR, [third]), (second, [second]), (third, [second]), (FOUR, [third, second])]:
        with pytest.raises(Conflict, match="does not follow"):
            adopt(current, chain, NOW)


def test_an_expired_roster_is_not_adopted_but_leads_to_one_that_counts() -> None:
    late = NOW + LIFETIME
    with pytest.raises(IntegrityError, match="expired"):
        adopt(None, [FOUR], late)
    with pytest.raises(IntegrityError, match="expired"):
        adopt(FOUR, [], late)
    second = signed_by_all(propose_change(FOUR, Renewal(), late), EVERYONE, FOUR)
    assert adopt(None, [FOUR, second], late).facts.version == 2


def test_an_altered_field_is_found() -> None:
    facts = FOUR.facts
    moved = replace(facts.members[0], log_url="https://elsewhere.example/log")
    altered = Roster(replace(facts, members=(moved, *facts.members[1:])), FOUR.signatures)
    with pytest.raises(IntegrityError, match="3 more"):
        adopt(None, [read_roster(altered.to_bytes())], NOW)


def test_a_removed_key_signs_nothing() -> None:
    second = signed_by_all(propose_change(FOUR, Rotation(member(0, 1), witness(0, 1)), NOW), [1, 2, 3], FOUR)
    second = adopt(FOUR, [second], NOW)
    third = propose_change(second, Renewal(), NOW)
    old = signer("roster", 0)
    with pytest.raises(NotPermitted):
        sign(third, second, old.public_key, old.sign)
    forced = Roster(third.facts, {FOUR.facts.members[0].key_id: old.sign(third.payload).hex()})
    assert signed_by(forced, second) == frozenset()
    with pytest.raises(IntegrityError, match="1 more"):
        adopt(second, [merge_signatures([forced, signed_by_all(third, [1, 2], second)])], NOW)


def test_a_suspended_members_key_signs_nothing_and_lowers_the_threshold() -> None:
    second = adopt(FOUR, [signed_by_all(propose_change(FOUR, Suspension(member(3).origin), NOW), [0, 1, 2], FOUR)], NOW)
    assert (second.facts.threshold, len(second.facts.active), len(second.facts.members)) == (3, 3, 4)
    with pytest.raises(NotPermitted):
        signed_by_all(propose_change(second, Renewal(), NOW), [3], second)


def test_signatures_that_do_not_count_are_not_passed_on() -> None:
    second = signed_by_all(propose_change(FOUR, Renewal(), NOW), [0, 1, 2], FOUR)
    stuffed = replace(second, signatures={**second.signatures, "0" * 64: "0" * 128, member(3).key_id: "0" * 128})
    assert adopt(FOUR, [read_roster(stuffed.to_bytes())], NOW).to_bytes() == second.to_bytes()


def test_entries_stay_with_their_country() -> None:
    facts = propose_change(FOUR, Renewal(), NOW).facts
    gone = Roster(RosterFacts.of(2, facts.expires, facts.members[:3], facts.witnesses[:3]))
    moved = replace(facts.members[3], country="CA")
    for following in [gone, Roster(RosterFacts.of(2, facts.expires, [*facts.members[:3], moved], []))]:
        with pytest.raises(IntegrityError, match="stays"):
            adopt(FOUR, [signed_by_all(following, [0, 1, 2], FOUR)], NOW)


def test_files_signed_apart_become_one() -> None:
    following = propose_change(FOUR, Departure(member(3).origin), NOW)
    parts = [signed_by_all(following, [n], FOUR) for n in (2, 0, 1)]
    merged = merge_signatures(parts)
    assert adopt(FOUR, [merged], NOW).to_bytes() == signed_by_all(following, [0, 1, 2], FOUR).to_bytes()
    with pytest.raises(Conflict):
        merge_signatures([*parts, propose_change(FOUR, Renewal(), NOW)])
    with pytest.raises(InputError):
        merge_signatures([])


def test_a_witness_counts_while_its_member_is_active() -> None:
    facts = FOUR.facts
    with_outsiders = RosterFacts.of(1, facts.expires, facts.members, [*facts.witnesses, outsider("observatory")])
    assert (len(with_outsiders.quorum.groups), with_outsiders.quorum.needed) == (5, 4)
    without = propose_change(Roster(with_outsiders), Suspension(member(0).origin), NOW).facts
    assert set(without.quorum.groups.values()) == {"AU", "BE", "BG", "observatory"}
    assert without.quorum.needed == 3
