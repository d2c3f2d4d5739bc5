"""Checkpoints of a chain of events: the text that is signed and kept apart from the database.

Lines of the text, in the manner of C2SP checkpoints: origin, number of events, digest of the last one (base64), and

    at TIME                  when it was made, UTC
    since NUMBER             events the checkpoint before stands for; 0 for the first
    before BASE64            SHA-256 of the whole note before; zeros for the first
    trail STRIDE BASE64      the first 8 bytes of the digests of every STRIDE-th event since the checkpoint before

The trail is there to say *which* event was changed: a changed chain is found by the digest alone.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from rempart.core.errors import IntegrityError

MARK_SIZE = 8
MAX_MARKS = 1024
_TEXT = re.compile(
    r"(?P<origin>\S{1,200})\n(?P<seq>[1-9][0-9]{0,17})\n(?P<digest>[A-Za-z0-9+/]{43}=)\n"
    r"at (?P<at>[0-9T:.+-]{20,40})\nsince (?P<since>0|[1-9][0-9]{0,17})\nbefore (?P<before>[A-Za-z0-9+/]{43}=)\n"
    r"trail (?P<stride>[1-9][0-9]{0,17}) (?P<trail>[A-Za-z0-9+/]*={0,2})\n"
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`seq` events end with `digest`; `trail` holds marks of 8 bytes for each `stride`-th event after `since`."""

    origin: str
    seq: int
    digest: bytes
    at: datetime
    since: int
    before: bytes
    stride: int
    trail: tuple[bytes, ...]


def stride_of(events: int) -> int:
    """Every how many of so many events one leaves a mark, so that no checkpoint is large."""
    return max(1, -(-events // MAX_MARKS))


def write_checkpoint(point: Checkpoint) -> str:
    """The text to sign."""
    return (
        f"{point.origin}\n{point.seq}\n{_encoded(point.digest)}\n"
        f"at {point.at.astimezone(UTC).isoformat(timespec='microseconds')}\n"
        f"since {point.since}\nbefore {_encoded(point.before)}\n"
        f"trail {point.stride} {_encoded(b''.join(point.trail))}\n"
    )


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint behind a note's text; IntegrityError when it is none, or says what cannot be."""
    found = _TEXT.fullmatch(text)
    broken = IntegrityError("this is not a checkpoint of a chain of events.", where="checkpoint")
    if found is None:
        raise broken
    try:
        marks = base64.b64decode(found["trail"], validate=True)
        point = Checkpoint(
            origin=found["origin"],
            seq=int(found["seq"]),
            digest=base64.b64decode(found["digest"], validate=True),
            at=datetime.fromisoformat(found["at"]),
            since=int(found["since"]),
            before=base64.b64decode(found["before"], validate=True),
            stride=int(found["stride"]),
            trail=tuple(marks[at : at + MARK_SIZE] for at in range(0, len(marks), MARK_SIZE)),
        )
    except (ValueError, binascii.Error):
        raise broken from None
    if point.since >= point.seq or len(marks) != MARK_SIZE * ((point.seq - point.since) // point.stride):
        raise broken
    return point


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
