"""Going on after a restored backup: only when nobody has seen more of this node's log than the folder holds.

The log that comes from a backup agrees with itself; what it lacks are the entries published since. To sign over them
would be a second history, which every witness refuses and every follower keeps as a proof against this member.
"""

from collections.abc import Iterator, Sequence

from django.db import transaction

from rempart.adapters.signing import verify
from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.checkpoints import Checkpoint, open_checkpoint
from rempart.exchange.commitments import signal_in
from rempart.exchange.signals import Signal, decode
from rempart.exchange.tiles import bundle_path, bundles_of, split_entries
from rempart.exchange.writer import LogWriter
from rempart.node.audit import services as audit
from rempart.node.exchange import cosigning, own_log, words
from rempart.node.exchange.signing import LOG

_AT_ONCE = 5000


def resume(seen: Sequence[str] = (), *, alone: bool = False, operator: str = "") -> Checkpoint:
    """Let the log be signed again; returns its checkpoint.

    `seen` are texts that hold checkpoints of it, as members or mirrors have them, one or a file of heads; members that
    can be reached are asked besides. `alone`: nobody ever followed this log. Raises IntegrityError where somebody has
    seen more or something else, InputError where nobody can tell.
    """
    known = [point for text in [*seen, *cosigning.seen_elsewhere()] for point in _own_checkpoints(text)]
    if not known and not alone:
        raise InputError(
            "nobody who has seen this log can be asked.",
            where="--seen",
            advice="Name a file with its checkpoint from a member or mirror; --alone if nobody ever followed it.",
        )
    # Opening the log checks each against it, and publishes only what the head already says.
    writer = LogWriter(own_log.store(), own_log.key(), own_log.signer().sign, known=known)
    point = writer.checkpoint
    with transaction.atomic():
        some: list[tuple[int, Signal]] = []
        for found in _signals(point.size):
            some.append(found)
            if len(some) >= _AT_ONCE:
                words.keep_own(some)
                some = []
        words.keep_own(some)
        run_by: dict[str, audit.Value] = {"operator": operator} if operator else {}
        audit.record("log:resumed", LOG, data={"size": point.size, "compared": len(known), **run_by})
    (own_log.folder() / own_log.RESTORED).unlink(missing_ok=True)
    own_log.forget_writer()
    return point


def _own_checkpoints(text: str) -> Iterator[Checkpoint]:
    """Those of this log in a text that may hold several notes; others are passed over."""
    key = own_log.key()
    for note in _notes(text):
        if note.startswith(f"{key.name}\n"):
            yield open_checkpoint(note, key, [], verify).checkpoint


def _notes(text: str) -> Iterator[str]:
    """Each note of a file: a text, an empty line, lines of signatures; empty lines between notes."""
    parts = text.strip("\n").split("\n\n")
    if len(parts) % 2:
        raise IntegrityError("this is no file of checkpoints.", where="--seen", advice="Fetch /log/checkpoint anew.")
    for body, signatures in zip(parts[::2], parts[1::2], strict=True):
        yield f"{body}\n\n{signatures}\n"


def _signals(size: int) -> Iterator[tuple[int, Signal]]:
    """What the log itself says: the database may be older than it, or newer."""
    store = own_log.store()
    for number, width in bundles_of(0, size):
        data = store.read(bundle_path(number, width))
        for at, opening in enumerate(split_entries(data or b"", width)):
            if opening and (body := signal_in(opening)):
                yield number * 256 + at, decode(body)
