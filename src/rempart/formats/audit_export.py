"""Exported events and the signed note beside them, by which anybody can tell that the file is what a node exported.

JSON Lines: one event a line, with `previous` and `digest` in hexadecimal. CSV: the same, its facts as JSON in a column;
a text cell that a spreadsheet would take for a formula begins with an apostrophe.

The note's text: origin, name of the format, then

    events NUMBER            in the file
    sha256 HEX               of the file
    chain NUMBER BASE64      the head of the chain at that time, and its digest
    at TIME                  UTC
    filter JSON              what was asked for; {} for everything
"""

import base64
import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from rempart.core.errors import IntegrityError
from rempart.formats.signed_json import canonical_json

Format = Literal["jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv")
COLUMNS = ("seq", "at", "actor", "action", "subject", "data", "reason", "previous", "digest")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TEXT = re.compile(
    r"(?P<origin>\S{1,200})\n(?P<format>jsonl|csv)\nevents (?P<events>[0-9]{1,18})\nsha256 (?P<sha256>[0-9a-f]{64})\n"
    r"chain (?P<seq>[0-9]{1,18}) (?P<digest>[A-Za-z0-9+/]{43}=)\nat (?P<at>[0-9T:.+-]{20,40})\n"
    r"filter (?P<filter>\{.*\})\n"
)


@dataclass(frozen=True, slots=True)
class ExportedEvent:
    """`at` as the digest covers it; `data` is canonical JSON."""

    seq: int
    at: str
    actor: str
    action: str
    subject: str
    data: str
    reason: str
    previous: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class ExportNote:
    """What the node says of a file it exported."""

    origin: str
    format: str
    events: int
    sha256: str
    chain_seq: int
    chain_digest: bytes
    at: datetime
    filter: Mapping[str, str]


def header(format: Format) -> bytes:
    """What the file begins with."""
    return _csv_line(COLUMNS) if format == "csv" else b""


def event_line(event: ExportedEvent, format: Format) -> bytes:
    """One event as a line of UTF-8."""
    previous, digest = event.previous.hex(), event.digest.hex()
    if format == "csv":
        texts = (event.actor, event.action, event.subject, event.data, event.reason)
        return _csv_line((str(event.seq), event.at, *map(_cell, texts), previous, digest))
    fields = (event.seq, event.at, event.actor, event.action, event.subject, json.loads(event.data), event.reason)
    return canonical_json(dict(zip(COLUMNS, (*fields, previous, digest), strict=True))) + b"\n"


def read_event_line(line: bytes) -> ExportedEvent:
    """The event of a line of JSON; IntegrityError when it is none."""
    try:
        fields = json.loads(line)
        data = canonical_json(fields["data"]).decode()
        return ExportedEvent(
            seq=int(fields["seq"]),
            at=fields["at"],
            actor=fields["actor"],
            action=fields["action"],
            subject=fields["subject"],
            data=data,
            reason=fields["reason"],
            previous=bytes.fromhex(fields["previous"]),
            digest=bytes.fromhex(fields["digest"]),
        )
    except (ValueError, KeyError, TypeError):
        raise IntegrityError("a line is not an event.", where="exported events") from None


def write_export_note(note: ExportNote) -> str:
    """The text to sign."""
    return (
        f"{note.origin}\n{note.format}\nevents {note.events}\nsha256 {note.sha256}\n"
        f"chain {note.chain_seq} {base64.b64encode(note.chain_digest).decode()}\n"
        f"at {note.at.astimezone(UTC).isoformat(timespec='microseconds')}\n"
        f"filter {canonical_json(dict(note.filter)).decode()}\n"
    )


def read_export_note(text: str) -> ExportNote:
    """What a note says; IntegrityError when it is about something else."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise IntegrityError("the note is not about exported events.", where="export note")
    return ExportNote(
        origin=found["origin"],
        format=found["format"],
        events=int(found["events"]),
        sha256=found["sha256"],
        chain_seq=int(found["seq"]),
        chain_digest=base64.b64decode(found["digest"]),
        at=datetime.fromisoformat(found["at"]),
        filter=json.loads(found["filter"]),
    )


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_line(fields: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(fields)
    return line.getvalue().encode()
