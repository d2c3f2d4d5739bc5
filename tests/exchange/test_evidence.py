"""A proof of two histories convinces with the log's key alone, and nobody can make one against an honest log."""

import random

import pytest
from exchange.simulation import signing
from exchange.simulation.histories import History, opening
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import IntegrityError
from rempart.exchange.checkpoints import Checkpoint, cosign, sign_checkpoint
from rempart.exchange.evidence import Evidence, only, read_proofs, split_view, verify_evidence, write_proofs
from rempart.formats.signed_note import KeyType, Note, read_note

LOG, SIGN = signing.make_key("hotline.example/log")
WITNESS, WITNESS_SIGN = signing.make_key("other.example/witness", KeyType.COSIGNATURE)
SIZES = st.integers(1, 80)


def history(shared: int, seed: int) -> History:
    made = History(tuple(opening(random.Random(0), None) for _ in range(shared)))
    made.extend([opening(random.Random(seed), None) for _ in range(80 - shared)])
    return made


def note(made: History, size: int) -> Note:
    return sign_checkpoint(Checkpoint(LOG.name, size, made.root(size)), LOG, SIGN)


@given(SIZES, SIZES, st.integers(0, 79))
def test_two_histories_are_proven(one: int, other: int, shared: int) -> None:
    first, second = history(shared, 1), history(shared, 2)
    larger = second if other >= one else first
    evidence = split_view(note(first, one), note(second, other), larger.node)
    if shared >= min(one, other):
        assert evidence is None
        return
    assert evidence is not None
    verify_evidence(evidence, LOG, signing.verify)
    assert read_proofs(write_proofs([evidence, evidence])) == [evidence, evidence]


@given(SIZES, SIZES)
def test_one_history_is_never_proven_to_be_two(one: int, other: int) -> None:
    made, lie = history(80, 1), history(5, 3)
    assert split_view(note(made, one), note(made, other), made.node) is None
    assert split_view(note(made, one), note(made, other), lie.node) is None or one == other
    for steps in ((), tuple(lie.node(0, at) for at in range(3))):
        texts = [str(note(made, size)) for size in sorted((one, other))]
        with pytest.raises(IntegrityError):
            verify_evidence(Evidence(LOG.name, *texts, steps), LOG, signing.verify)


def test_the_order_of_finding_makes_no_difference() -> None:
    first, second = history(3, 1), history(3, 2)
    for sizes in ((20, 20), (20, 33)):
        notes = note(first, sizes[0]), note(second, sizes[1])
        assert split_view(*notes, second.node) == split_view(*reversed(notes), second.node)


def test_of_two_sizes_nothing_follows_without_the_tree() -> None:
    assert split_view(note(history(3, 1), 20), note(history(3, 2), 33)) is None


def test_a_proof_against_another_log_is_none() -> None:
    evidence = split_view(note(history(3, 1), 20), note(history(3, 2), 20))
    assert evidence is not None
    other, _ = signing.make_key("else.example/log")
    with pytest.raises(IntegrityError):
        verify_evidence(evidence, other, signing.verify)
    swapped = Evidence(evidence.origin, evidence.second, evidence.first)
    with pytest.raises(IntegrityError):
        verify_evidence(swapped, LOG, signing.verify)


@given(st.data())
def test_a_mangled_proof_is_refused_or_the_same(data: st.DataObject) -> None:
    evidence = split_view(note(history(3, 1), 20), note(history(3, 2), 33), history(3, 2).node)
    assert evidence is not None
    raw = bytearray(str(evidence).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError):
        verify_evidence(read_proofs(raw.decode("utf-8", errors="replace"))[0], LOG, signing.verify)


@given(st.text(max_size=300))
def test_anything_else_is_no_file_of_proofs(text: str) -> None:
    if not text:
        assert read_proofs(text) == []
        return
    with pytest.raises(IntegrityError):
        read_proofs(text)


def test_what_strangers_signed_is_left_out_and_the_latest_cosignature_stays() -> None:
    plain = note(history(3, 1), 20)
    stranger, stranger_sign = signing.make_key("stranger.example/witness", KeyType.COSIGNATURE)
    early, late = (cosign(plain.text, WITNESS, WITNESS_SIGN, at) for at in (100, 200))
    full = Note(plain.text, (*plain.signatures, early, cosign(plain.text, stranger, stranger_sign, 300), late))
    assert only(full, [LOG, WITNESS]).signatures == (*plain.signatures, late)
    assert read_note(str(only(full, [LOG]))) == plain
