"""Check exported events anywhere: no database, no data folder, only the file, its note and the node's public key."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from rempart.adapters import signing
from rempart.core.errors import IntegrityError
from rempart.formats.audit_export import ExportNote, read_event_line, read_export_note
from rempart.formats.signed_note import Key, open_note
from rempart.node.audit.chain import START, Link, digest_of

ORIGIN = "rempart.audit.export"


@dataclass(frozen=True, slots=True)
class Checked:
    """What the note says, and whether the file holds the whole chain up to the head the note names."""

    note: ExportNote
    whole_chain: bool


def check(file: Path, note: str, public_key: bytes) -> Checked:
    """Verify signature, digest of the file and, for JSON Lines, every event's own digest.

    IntegrityError says what does not fit. A selection of events cannot show that none was left out: for that the
    node's signature vouches, or the whole chain.
    """
    text, _ = open_note(note, [Key(ORIGIN, public_key)], signing.verify)
    said = read_export_note(text)
    with file.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != said.sha256:
            raise IntegrityError("the file is not the one the note was signed for: it was altered.", where=file.name)
    whole = said.format == "jsonl" and _recompute(file) == Link(said.chain_seq, said.chain_digest)
    return Checked(said, whole)


def _recompute(file: Path) -> Link | None:
    """The last link if the events follow on one another from the first; None where they are a selection."""
    last: Link | None = START
    with file.open("rb") as opened:
        for line in opened:
            event = read_event_line(line)
            fields = (event.seq, event.at, event.actor, event.action, event.subject, event.data, event.reason)
            if digest_of(*fields, event.previous) != event.digest:
                raise IntegrityError("its content does not fit its digest: it was altered.", where=f"event {event.seq}")
            follows = last is not None and (event.seq, event.previous) == (last.seq + 1, last.digest)
            last = Link(event.seq, event.digest) if follows else None
    return last
