"""The signed list: what is signed is read back, and nothing else is."""

import base64
import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.adapters.signing import Signer, verify
from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.policy import ALLIANCE
from rempart.formats.list_feed import ChangeFile, FeedHead, Snapshot
from rempart.formats.signed_json import canonical_json
from rempart.formats.signed_list import (
    FORMAT,
    LogHead,
    SignedHead,
    lists_key,
    open_list,
    read_list,
    sequence_of,
    sign_list,
)
from rempart.formats.signed_note import sign_note

SIGNER = Signer(bytes(range(32)))
KEY = lists_key("hotline.example/log", SIGNER.public_key)
OTHER = lists_key("other.example/log", Signer(bytes(32)).public_key)
DIGEST = "ab" * 32
NAMES = st.text(st.characters(categories=["L", "Nd", "P"], include_characters=" "), min_size=1, max_size=120)


@st.composite
def signed_heads(draw: st.DrawFn) -> SignedHead:
    sizes = draw(st.lists(st.integers(0, 2**30), max_size=5))
    logs = tuple(
        LogHead(f"hotline-{n}.example/log", size, draw(st.binary(min_size=32, max_size=32)))
        for n, size in enumerate(sizes)
    )
    roster, revision = draw(st.integers(0, 2**14 - 1)), draw(st.integers(1, 4095))
    policy = ALLIANCE.document | {"revision": revision}
    sequence = sequence_of(revision, roster, logs)
    steps = sorted(draw(st.sets(st.integers(0, sequence), min_size=1, max_size=5)))
    changes = tuple(ChangeFile(f"changes-{a}-{b}.csv", a, b, DIGEST) for a, b in pairwise(steps))
    snapshot = Snapshot("snapshot.csv", draw(st.sampled_from(steps)) if changes else steps[0], 3, DIGEST)
    feed = FeedHead(draw(NAMES), draw(st.one_of(st.just(""), NAMES)), sequence, snapshot, changes)
    return SignedHead(feed, policy, roster, logs, draw(st.integers(0, 2**40)), DIGEST, draw(st.integers(0, 2**40)))


def example() -> SignedHead:
    logs = (LogHead("a.example/log", 9, b"\x01" * 32), LogHead("b.example/log", 5, b"\x02" * 32))
    sequence = sequence_of(1, 3, logs)
    feed = FeedHead("alliance", "", sequence, Snapshot("snapshot-1.csv", sequence - 4, 2, DIGEST), ())
    return SignedHead(feed, ALLIANCE.document, 3, logs, 2, DIGEST, 1_790_000_000)


def signed(head: SignedHead) -> str:
    return sign_list(head, KEY, SIGNER.sign)


def with_fields(**fields: Any) -> str:
    """A note by the right key whose document differs from the example's."""
    document = json.loads(signed(example()).split("\n")[1]) | fields
    return noted(canonical_json(document).decode())


def noted(line: str, first: str = FORMAT) -> str:
    return sign_note(f"{first}\n{line}\n", KEY, SIGNER.sign)


@given(signed_heads())
def test_a_head_is_read_back_from_its_note(head: SignedHead) -> None:
    note = signed(head)
    assert open_list(note, [OTHER, KEY], verify) == (head, KEY)
    assert read_list(note) == head
    assert signed(head) == note


@given(st.data())
def test_a_note_that_was_altered_anywhere_is_refused(data: st.DataObject) -> None:
    note = signed(example())
    at = data.draw(st.integers(0, len(note) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != note[at]))
    with pytest.raises(IntegrityError):
        open_list(note[:at] + letter + note[at + 1 :], [KEY], verify)


@given(st.data())
def test_a_note_that_is_cut_off_is_refused(data: st.DataObject) -> None:
    note = signed(example())
    with pytest.raises(IntegrityError):
        open_list(note[: data.draw(st.integers(0, len(note) - 1))], [KEY], verify)


def test_another_key_or_the_same_key_under_another_name_is_refused() -> None:
    note = signed(example())
    for key in (OTHER, lists_key("stranger.example/log", SIGNER.public_key)):
        with pytest.raises(IntegrityError):
            open_list(note, [key], verify)
    with pytest.raises(IntegrityError):
        open_list(note, [], verify)


@given(st.text(max_size=200))
def test_any_text_is_refused_as_an_integrity_error(text: str) -> None:
    with pytest.raises(IntegrityError):
        read_list(text)


@given(st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)), st.lists, max_leaves=4))
@pytest.mark.parametrize(
    "name", ["policy", "policy_sha256", "roster", "heads", "entries", "sha256", "snapshot", "changes"]
)
def test_a_field_of_another_shape_is_refused(name: str, value: Any) -> None:
    right = json.loads(signed(example()).split("\n")[1])[name]
    if value != right and not (name in ("entries", "roster") and type(value) is int and 0 <= value < 2**63):
        with pytest.raises(IntegrityError):
            read_list(with_fields(**{name: value}))


class TestOneSpelling:
    def test_the_sequence_follows_from_policy_roster_and_heads(self) -> None:
        assert sequence_of(1, 3, example().heads) == (1 << 51) + (3 << 37) + 14
        with pytest.raises(IntegrityError):
            read_list(with_fields(sequence=example().feed.sequence + 1))
        with pytest.raises(IntegrityError):
            read_list(with_fields(roster=4))

    @pytest.mark.parametrize(("revision", "roster", "size"), [(4096, 0, 0), (0, 16384, 0), (0, 0, 2**37), (-1, 0, 0)])
    def test_what_a_sequence_has_no_room_for_is_refused(self, revision: int, roster: int, size: int) -> None:
        with pytest.raises(InputError):
            sequence_of(revision, roster, [LogHead("a", size, bytes(32))])

    def test_the_policy_and_its_digest_go_together(self) -> None:
        with pytest.raises(IntegrityError):
            read_list(with_fields(policy=ALLIANCE.revised(governments=1).document | {"revision": 1}))

    def test_heads_stand_once_and_in_order(self) -> None:
        heads = json.loads(signed(example()).split("\n")[1])["heads"]
        with pytest.raises(IntegrityError):
            read_list(with_fields(heads=heads[::-1]))
        spelled = base64.b64encode(b"\x01" * 32).decode()
        with pytest.raises(IntegrityError):
            read_list(with_fields(heads=[heads[0] | {"root": spelled[:-2] + "F="}, heads[1]]))

    @pytest.mark.parametrize("line", ["{}", "[]", "1", "not JSON", "{" * 3000, '{"format":NaN}'])
    def test_another_document_is_refused(self, line: str) -> None:
        with pytest.raises(IntegrityError):
            read_list(noted(line))

    def test_spaces_second_fields_and_other_formats_are_refused(self) -> None:
        line = signed(example()).split("\n")[1]
        for other in (line + " ", line.replace(":", ": ", 1), '{"at":1,"at":1,' + line[1:]):
            with pytest.raises(IntegrityError):
                read_list(noted(other))
        for first in ("rempart-list/1", "rempart-list/3", "hotline.example/log"):
            with pytest.raises(IntegrityError):
                read_list(noted(line, first))

    def test_fields_of_a_later_version_are_passed_over(self) -> None:
        assert read_list(with_fields(later=[1])) == example()

    def test_the_files_reach_no_further_than_the_sequence(self) -> None:
        head = example()
        ahead = replace(head.feed, snapshot=replace(head.feed.snapshot, sequence=head.feed.sequence + 1))
        with pytest.raises(IntegrityError):
            read_list(signed(replace(head, feed=ahead)))


def test_a_reader_between_two_files_of_changes_takes_the_one_that_covers_it() -> None:
    snapshot = Snapshot("snapshot.csv", 10, 1, DIGEST)
    changes = (ChangeFile("a.csv", 10, 20, DIGEST), ChangeFile("b.csv", 20, 30, DIGEST))
    head = FeedHead("x", "", 35, snapshot, changes)
    assert head.changes_after(25) == changes[1:]
    assert head.changes_after(30) == head.changes_after(33) == head.changes_after(35) == ()
    assert head.changes_after(9) is None
