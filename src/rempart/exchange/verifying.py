"""Verifying a log from outside, as anybody can: nothing but its public files, and what was verified before."""

from collections.abc import Callable, Sequence

from rempart.core.errors import IntegrityError, NotFound
from rempart.exchange.checking import check_log
from rempart.exchange.checkpoints import Checkpoint, Cosigned, open_checkpoint, parse_checkpoint
from rempart.exchange.reading import LogReader
from rempart.exchange.store import Reader
from rempart.exchange.tiles import CHECKPOINT
from rempart.exchange.tree import consistency_proof, verify_consistency
from rempart.formats.signed_note import Key, Verify, read_note

_KEEP = "Keep both checkpoints: two that one log signed and that cannot both be true are a proof."


def read_checkpoint_file(reader: Reader) -> str:
    """The log's checkpoint as text. NotFound where there is none."""
    data = reader.read(CHECKPOINT)
    if data is None:
        raise NotFound("there is no log here: it has no checkpoint.", where=CHECKPOINT)
    return data.decode(errors="replace")


def origin_of(note: str) -> str:
    """Whose checkpoint a note claims to be; nothing is verified."""
    return parse_checkpoint(read_note(note).text).origin


def verify_log(
    reader: Reader,
    note: str,
    log: Key,
    witnesses: Sequence[Key],
    verify: Verify,
    before: Checkpoint | None = None,
    progress: Callable[[int], object] = int,
) -> Cosigned:
    """What the checkpoint says, once its signatures verify and all entries lead to its root.

    `before` is a checkpoint of the log that was verified earlier: it must be continued. IntegrityError, which names
    the first file, when anything does not hold.
    """
    opened = open_checkpoint(note, log, list(witnesses), verify)
    point = opened.checkpoint
    if before is not None and before.size > point.size:
        raise IntegrityError(
            f"the log shows {point.size} entries, and showed {before.size} before.", where=CHECKPOINT, advice=_KEEP
        )
    if before is not None:
        _check_continuation(reader, before, point)
    check_log(reader, point, progress=progress)
    return opened


def _check_continuation(reader: Reader, before: Checkpoint, point: Checkpoint) -> None:
    proof = consistency_proof(before.size, point.size, LogReader(reader, point.size).node)
    if not verify_consistency(before.size, before.root, point.size, point.root, proof):
        raise IntegrityError(
            f"the log is not a continuation of its first {before.size} entries as they were verified before.",
            where=CHECKPOINT,
            advice=_KEEP,
        )
