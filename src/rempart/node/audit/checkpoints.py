"""Signed checkpoints of the chain's head, kept apart from the database.

Each is made only after the events since the last one were recomputed and found to follow on it: a chain that was cut
off or rewritten behind the node's back is never signed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from rempart.adapters import signing
from rempart.adapters.note_file import NoteFile, notes_in
from rempart.core.errors import IntegrityError
from rempart.formats.audit_checkpoint import (
    MARK_SIZE,
    Checkpoint,
    read_checkpoint,
    stride_of,
    write_checkpoint,
)
from rempart.formats.signed_note import Key, open_note, sign_note
from rempart.node import runtime
from rempart.node.audit import rows
from rempart.node.audit.chain import START, Link, links

FILE = "audit.notes"
ORIGIN = "rempart.audit"
_NONE = bytes(32)


def own_key() -> Key:
    """The key by which this node signs checkpoints."""
    return Key(ORIGIN, runtime.signer().public_key)


def own_file() -> NoteFile:
    return NoteFile(settings.HOME.checkpoints / FILE)


def copy_file() -> NoteFile | None:
    """The second file, on another disk or machine, where the setting names a folder for it."""
    return NoteFile(Path(settings.CHECKPOINT_COPY) / FILE) if settings.CHECKPOINT_COPY else None


def write() -> Checkpoint | None:
    """Sign the head unless the last checkpoint stands for it already, and bring the copy up to date.

    IntegrityError when the chain does not follow on the last checkpoint: then nothing is signed.
    """
    own = own_file()
    with own.appending() as held:
        before = held.last
        last = None if before is None else _unverified(before)
        made = _next(last, _NONE if before is None else _digest(before))
        if made is not None:
            held.add(sign_note(write_checkpoint(made), own_key(), runtime.signer().sign))
    copy = copy_file()
    if copy is not None:
        copy.follow(own)
    return made


def _next(last: Checkpoint | None, before: bytes) -> Checkpoint | None:
    start = START if last is None else Link(last.seq, last.digest)
    head_seq, head_digest = rows.head()
    if last is not None:
        refuse_other(start, head_seq)
    if head_seq == start.seq:
        return None
    stride, trail, link = stride_of(head_seq - start.seq), [], start
    for link in links(rows.stored(start.seq, head_seq), start):
        if (link.seq - start.seq) % stride == 0:
            trail.append(link.digest[:MARK_SIZE])
    if link != Link(head_seq, head_digest):
        raise IntegrityError(f"the head names event {head_seq}: the tail was cut off.", where=f"event {link.seq + 1}")
    at = runtime.clock().now()
    return Checkpoint(ORIGIN, link.seq, link.digest, at, start.seq, before, stride, tuple(trail))


def refuse_other(known: Link, head_seq: int) -> None:
    """IntegrityError unless the database holds the event a checkpoint stands for, with the same digest."""
    if head_seq < known.seq:
        raise IntegrityError(
            f"missing: a signed checkpoint stands for {known.seq} events, the tail was cut off.",
            where=f"event {head_seq + 1}",
        )
    if rows.digest_of(known.seq) != known.digest:
        raise IntegrityError(
            "it is not the one a signed checkpoint stands for: the chain was rewritten here or before.",
            where=f"event {known.seq}",
            advice="Run `rempart audit verify` without --since-checkpoint to find the first.",
        )


def latest() -> Checkpoint | None:
    """What the last checkpoint says, without checking who signed it; for questions of age."""
    notes = notes_in(own_file().whole())
    return _unverified(notes[-1]) if notes else None


def _unverified(note: str) -> Checkpoint:
    return read_checkpoint(note.rpartition("\n\n")[0] + "\n")


def _digest(note: str) -> bytes:
    return hashlib.sha256(note.encode()).digest()


@dataclass(frozen=True, slots=True)
class Kept:
    """The verified checkpoints of the longer of the two files, and how the files differ, if they do."""

    points: tuple[Checkpoint, ...]
    difference: IntegrityError | None


def read(former: Sequence[bytes] = ()) -> Kept:
    """Every checkpoint, in order; IntegrityError names one that is altered, missing, or signed by an unknown key.

    `former` are public keys (32 bytes) by which this node signed earlier.
    """
    own = own_file().whole()
    copy = copy_file()
    other = own if copy is None else copy.whole()
    keys = [own_key(), *(Key(ORIGIN, public) for public in former)]
    return Kept(tuple(_verified(max(own, other, key=len), keys)), _difference(own, other))


def _verified(whole: bytes, keys: list[Key]) -> Iterator[Checkpoint]:
    since, before = 0, _NONE
    for number, note in enumerate(notes_in(whole), 1):
        try:
            text, _ = open_note(note, keys, signing.verify)
            point = read_checkpoint(text)
        except IntegrityError as error:
            raise IntegrityError(error.what, where=f"checkpoint {number}", advice=error.advice) from error
        if (point.since, point.before) != (since, before):
            raise IntegrityError(
                "it does not follow on the one before it: a checkpoint was removed or put elsewhere.",
                where=f"checkpoint {number}",
            )
        since, before = point.seq, _digest(note)
        yield point


def _difference(own: bytes, copy: bytes) -> IntegrityError | None:
    """A copy may lag behind while its disk is away; anything else was changed."""
    if own.startswith(copy):
        return None
    if copy.startswith(own):
        what = "the node's own file of checkpoints is shorter than its copy: it was cut off."
    else:
        what = "the node's own file of checkpoints and its copy differ: one of them was changed."
    return IntegrityError(
        what,
        where=str(own_file().path),
        advice="Keep both and tell the auditor. After a restored backup, move the copy aside.",
    )
