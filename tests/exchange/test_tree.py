"""The tree against RFC 6962's recursive definitions, written down here as they stand there."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    fold,
    inclusion_proof,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = [bytes([n]) * (n % 7) for n in range(140)]
LEAVES = [leaf_hash(each) for each in ENTRIES]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries: list[bytes]) -> bytes:
    """MTH(D[n]) of section 2.1."""
    if not entries:
        return sha256(b"")
    if len(entries) == 1:
        return sha256(b"\0" + entries[0])
    k = split(len(entries))
    return sha256(b"\1" + mth(entries[:k]) + mth(entries[k:]))


def path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of section 2.1.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: list[bytes], is_whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) of section 2.1.2."""
    if m == len(entries):
        return [] if is_whole else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], is_whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def node(level: int, index: int) -> bytes:
    return fold(LEAVES[index << level : (index + 1) << level])


SIZES = st.integers(0, len(ENTRIES))


@pytest.mark.parametrize("size", range(len(ENTRIES) + 1))
def test_roots_are_those_of_the_definition(size: int) -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:size])
    assert frontier.root == root_of(0, size, node) == mth(ENTRIES[:size])
    assert len(frontier.hashes) == size.bit_count()
    again = Frontier.from_bytes(frontier.to_bytes())
    again.extend(LEAVES[size:])
    assert again.root == mth(ENTRIES)


def test_a_frontier_goes_on_without_touching_its_copy() -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:9])
    copy = frontier.copy()
    frontier.append(LEAVES[9])
    assert (copy.root, frontier.root) == (mth(ENTRIES[:9]), mth(ENTRIES[:10]))


@settings(max_examples=300, deadline=None)
@given(SIZES, st.data())
def test_inclusion_proofs_are_those_of_the_definition_and_verify(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, max(0, size - 1)))
    if not size:
        with pytest.raises(InputError):
            inclusion_proof(index, size, node)
        return
    proof, root = inclusion_proof(index, size, node), mth(ENTRIES[:size])
    assert proof == path(index, ENTRIES[:size])
    assert verify_inclusion(index, size, LEAVES[index], proof, root)
    other = data.draw(st.integers(-1, size + 1))
    assert verify_inclusion(other, size, LEAVES[index], proof, root) == (other == index)


@settings(max_examples=300, deadline=None)
@given(SIZES, SIZES)
def test_consistency_proofs_are_those_of_the_definition_and_verify(one: int, two: int) -> None:
    old, new = sorted((one, two))
    proof = consistency_proof(old, new, node)
    if old:
        assert proof == subproof(old, ENTRIES[:new])
    assert verify_consistency(old, mth(ENTRIES[:old]), new, mth(ENTRIES[:new]), proof)


@settings(max_examples=500, deadline=None)
@given(SIZES, SIZES, st.data())
def test_a_proof_that_was_changed_in_any_way_verifies_nothing(one: int, two: int, data: st.DataObject) -> None:
    old, new = sorted((one, two))
    proof = consistency_proof(old, new, node)
    changed = changed_proof(proof, data)
    assert not verify_consistency(old, mth(ENTRIES[:old]), new, mth(ENTRIES[:new]), changed)
    if new:
        index = data.draw(st.integers(0, new - 1))
        changed = changed_proof(inclusion_proof(index, new, node), data)
        assert not verify_inclusion(index, new, LEAVES[index], changed, mth(ENTRIES[:new]))


def changed_proof(proof: list[bytes], data: st.DataObject) -> list[bytes]:
    kind = data.draw(st.sampled_from(["longer", "cut", "flipped"] if proof else ["longer"]))
    at = data.draw(st.integers(0, max(0, len(proof) - 1)))
    if kind == "longer":
        return [*proof[:at], sha256(b"x"), *proof[at:]]
    if kind == "cut":
        return proof[:at] + proof[at + 1 :]
    return [*proof[:at], proof[at][:-1] + bytes([proof[at][-1] ^ 1]), *proof[at + 1 :]]


@settings(max_examples=300, deadline=None)
@given(st.integers(1, len(ENTRIES)), SIZES)
def test_no_proof_connects_trees_of_which_one_is_not_the_others_beginning(old: int, new: int) -> None:
    altered = [b"other", *ENTRIES[1:old]]
    proof = subproof(min(old, new), ENTRIES[:new]) if new else []
    assert not verify_consistency(old, mth(altered), new, mth(ENTRIES[:new]), proof)


def test_sizes_that_go_backwards_have_no_proof() -> None:
    assert not verify_consistency(2, mth(ENTRIES[:2]), 1, mth(ENTRIES[:1]), [])
    assert not verify_consistency(-1, EMPTY_ROOT, 1, mth(ENTRIES[:1]), [])
    with pytest.raises(InputError):
        consistency_proof(3, 2, node)


@given(st.binary(max_size=120))
def test_a_frontier_has_one_byte_string(data: bytes) -> None:
    try:
        found = Frontier.from_bytes(data)
    except IntegrityError:
        return
    assert found.to_bytes() == data
    assert len(found.hashes) == found.size.bit_count()
