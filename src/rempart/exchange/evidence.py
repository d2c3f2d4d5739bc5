"""Proof that a log showed two histories: two checkpoints that it signed and that cannot both be true.

Two checkpoints of one size with different roots are proof by themselves. For two sizes, hashes are added that lead to
the later root and show that the first entries of that tree have another root than the earlier checkpoint says: as
nobody can make hashes collide, the later root leaves no other choice. Anyone can verify it with the log's key alone.

    split-view ORIGIN
    BASE64                  one line each: `subtrees(0, smaller size)`, then `subtrees(smaller size, larger size)`
                            an empty line
    first checkpoint        a note; the one of the smaller size, or of the smaller root
                            an empty line
    second checkpoint       a note

A file of proofs has one after another, an empty line between them.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rempart.core.errors import IntegrityError
from rempart.exchange.checkpoints import MAX_CHECKPOINT_BYTES, Checkpoint, open_checkpoint, parse_checkpoint
from rempart.exchange.tree import HASH_SIZE, Frontier, ReadNode, subtrees
from rempart.formats.signed_note import Key, Note, Verify, read_note

MAX_PROOFS = 256
MAX_FILE_BYTES = 16 * 1024 * 1024
_MAX_STEPS = 192
_HEAD = "split-view "
_BLOCKS = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two notes of one log, in the order of the format above."""

    origin: str
    first: str
    second: str
    steps: tuple[bytes, ...] = ()

    def __str__(self) -> str:
        steps = "".join(f"{base64.b64encode(step).decode()}\n" for step in self.steps)
        return f"{_HEAD}{self.origin}\n{steps}\n{self.first}\n{self.second}"


def split_view(one: Note, other: Note, read: ReadNode | None = None) -> Evidence | None:
    """What two notes prove, whose signatures by one log were verified before; None when nothing.

    `read` gives the nodes of the larger tree, and is needed for two sizes; what it raises goes through.
    """
    (first, before), (second, after) = sorted(
        ((parse_checkpoint(note.text), note) for note in (one, other)), key=lambda pair: (pair[0].size, pair[0].root)
    )
    steps: tuple[bytes, ...] = ()
    if first.size != second.size:
        if read is None:
            return None
        steps = tuple(read(*node) for node in _nodes(first.size, second.size))
    if not _contradict(first, second, steps):
        return None
    return Evidence(first.origin, str(before), str(after), steps)


def verify_evidence(evidence: Evidence, log: Key, verify: Verify) -> None:
    """Raises IntegrityError unless `log` signed both and they contradict one another."""
    first, second = (open_checkpoint(note, log, [], verify).checkpoint for note in (evidence.first, evidence.second))
    in_order = (first.size, first.root) < (second.size, second.root)
    if evidence.origin != log.name or not in_order or not _contradict(first, second, evidence.steps):
        raise IntegrityError("the two checkpoints do not contradict one another.", where="proof")


def write_proofs(proofs: Iterable[Evidence]) -> str:
    return "\n".join(str(each) for each in proofs)


def read_proofs(text: str) -> list[Evidence]:
    """The proofs of a file; nothing is verified. IntegrityError when it is none, or too large."""
    if not text:
        return []
    blocks = text.removesuffix("\n").split("\n\n")
    count, rest = divmod(len(blocks), _BLOCKS)
    if len(text) > MAX_FILE_BYTES or rest or count > MAX_PROOFS or not text.endswith("\n"):
        raise _no_proof()
    return [_read(*blocks[at : at + _BLOCKS]) for at in range(0, len(blocks), _BLOCKS)]


def only(note: Note, keys: Iterable[Key]) -> Note:
    """A note with one signature of each of `keys` that signed it, its latest, and no other."""
    found = []
    for key in keys:
        lines = [each for each in note.signatures if each.is_by(key)]
        found += [max(lines, key=lambda line: line.blob)] if lines else []
    return Note(note.text, tuple(found))


def _nodes(old: int, new: int) -> list[tuple[int, int]]:
    return subtrees(0, old) + subtrees(old, new)


def _contradict(first: Checkpoint, second: Checkpoint, steps: Sequence[bytes]) -> bool:
    if first.origin != second.origin:
        return False
    if first.size == second.size:
        return first.root != second.root and not steps
    nodes = _nodes(first.size, second.size)
    if not first.size or len(steps) != len(nodes):
        return False
    whole, before = Frontier(), b""
    for (level, _), step in zip(nodes, steps, strict=True):
        whole.append_node(level, step)
        if whole.size == first.size:
            before = whole.root
    return whole.root == second.root and before != first.root


def _read(head: str, *parts: str) -> Evidence:
    title, *lines = head.split("\n")
    first, second = (f"{parts[at]}\n\n{parts[at + 1]}\n" for at in (0, 2))
    if not title.startswith(_HEAD) or len(lines) > _MAX_STEPS or max(len(first), len(second)) > MAX_CHECKPOINT_BYTES:
        raise _no_proof()
    points = [parse_checkpoint(read_note(note).text) for note in (first, second)]
    origin = title.removeprefix(_HEAD)
    if any(point.origin != origin for point in points):
        raise _no_proof()
    return Evidence(origin, first, second, tuple(_hash(line) for line in lines))


def _hash(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != HASH_SIZE or base64.b64encode(raw).decode() != line:
        raise _no_proof()
    return raw


def _no_proof() -> IntegrityError:
    return IntegrityError("this is not a proof of two histories.", where="proof")
