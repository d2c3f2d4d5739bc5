"""The Merkle tree of a log: hashes, frontier and proofs.

Hashes are 32 bytes. `level` counts from the leaves (0); the node (level, index) covers the leaves from index * 2**level
on. Source: RFC 6962, section 2.1; RFC 9162, section 2.1.3 and 2.1.4 for checking proofs.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rempart.core.errors import InputError, IntegrityError

HASH_SIZE = 32
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()
_sha256 = sha256 = hashlib.sha256

ReadNode = Callable[[int, int], bytes]
"""The hash of a complete node, by level and index."""


def leaf_hash(entry: bytes) -> bytes:
    return _sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The node above a power of two of neighbours."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [_sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return hashes[0]


@dataclass(slots=True)
class Frontier:
    """All that is needed of a tree to go on from it: the roots of its complete subtrees, the largest first.

    At most 63 hashes; `size` counts leaves.
    """

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add one leaf's hash."""
        size, hashes = self.size, self.hashes
        while size & 1:
            leaf = _sha256(b"\x01" + hashes.pop() + leaf).digest()
            size >>= 1
        hashes.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self.append(leaf)

    def append_node(self, level: int, found: bytes) -> None:
        """Add 2**level leaves by the hash over them; `size` is a multiple of that."""
        at = self.size >> level
        if at << level != self.size:
            raise InputError("a subtree does not begin here.", where="frontier")
        while at & 1:
            found = _sha256(b"\x01" + self.hashes.pop() + found).digest()
            at >>= 1
        self.hashes.append(found)
        self.size += 1 << level

    @property
    def root(self) -> bytes:
        if not self.hashes:
            return EMPTY_ROOT
        *rest, found = self.hashes
        for left in reversed(rest):
            found = node_hash(left, found)
        return found

    def copy(self) -> "Frontier":
        return Frontier(self.size, list(self.hashes))

    def to_bytes(self) -> bytes:
        """8 bytes of size, big-endian, then the hashes."""
        return self.size.to_bytes(8, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frontier":
        """Raises IntegrityError when it is not what `to_bytes` gave."""
        size, rest = int.from_bytes(data[:8], "big"), data[8:]
        if len(data) < 8 or size > MAX_SIZE or len(rest) != HASH_SIZE * size.bit_count():
            raise IntegrityError("this is not the frontier of a tree.", where="frontier")
        return cls(size, [rest[at : at + HASH_SIZE] for at in range(0, len(rest), HASH_SIZE)])


def subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """The complete nodes (level, index) that cover the leaves from `start` to before `end`, from left to right.

    `start` is 0, or such that each node is one of the tree's own (a left edge of a proof).
    """
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return found


def root_of(start: int, end: int, read: ReadNode) -> bytes:
    """The hash over the leaves from `start` to before `end` of a tree of at least `end` leaves."""
    if start == end:
        return EMPTY_ROOT
    *rest, last = [read(level, index) for level, index in subtrees(start, end)]
    for left in reversed(rest):
        last = node_hash(left, last)
    return last


def inclusion_proof(index: int, size: int, read: ReadNode) -> list[bytes]:
    """PATH(index, D[size]). Raises InputError when the tree has no such leaf."""
    if not 0 <= index < size:
        raise InputError(f"a tree of {size} leaves has no leaf {index}.", where="proof")
    start, end, proof = 0, size, []
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            proof.append(root_of(split, end, read))
            end = split
        else:
            proof.append(root_of(start, split, read))
            start = split
    return proof[::-1]


def consistency_proof(old: int, new: int, read: ReadNode) -> list[bytes]:
    """PROOF(old, D[new]); empty for an old size of 0 or `new`. Raises InputError unless 0 <= old <= new."""
    if not 0 <= old <= new:
        raise InputError(f"a tree of {new} leaves has none of {old} before it.", where="proof")
    if old in (0, new):
        return []
    start, end, proof, is_whole = 0, new, [], True
    while old != end:
        split = start + _split(end - start)
        if old <= split:
            proof.append(root_of(split, end, read))
            end = split
        else:
            proof.append(root_of(start, split, read))
            start, is_whole = split, False
    if not is_whole:
        proof.append(root_of(start, end, read))
    return proof[::-1]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof leads from the leaf's hash to the root of the tree of that size."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of size `new` begins with the one of size `old`, as the proof says."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return old_root == new_root and not proof
    if old == 0:
        return old_root == EMPTY_ROOT and not proof
    return _leads_on(old, old_root, new, new_root, list(proof))


def _leads_on(old: int, old_root: bytes, new: int, new_root: bytes, steps: list[bytes]) -> bool:
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
