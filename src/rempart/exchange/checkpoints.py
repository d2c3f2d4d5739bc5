"""Checkpoints of a log, and the cosignatures of witnesses.

A checkpoint's text is three lines: origin, size, root (base64). The log signs it as a note under its origin; a witness
signs time and text. Sources: c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature.
"""

import base64
import re
from dataclasses import dataclass

from rempart.core.errors import IntegrityError
from rempart.exchange.tree import EMPTY_ROOT, MAX_SIZE
from rempart.formats.signed_note import Key, KeyType, Note, Sign, Signature, Verify, read_note

MAX_CHECKPOINT_BYTES = 64 * 1024
_TEXT = re.compile(
    r"(?P<origin>[!-*,-~]{1,200})\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n", re.ASCII
)
_TIME_SIZE, _SIGNATURE_SIZE = 8, 64


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: so many entries, with that root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that its log signed, with the time (seconds since 1970) at which each known witness cosigned it."""

    checkpoint: Checkpoint
    note: Note
    witnessed: dict[Key, int]


def parse_checkpoint(text: str) -> Checkpoint:
    """IntegrityError for what is no checkpoint in its one spelling; extension lines are refused."""
    found = _TEXT.fullmatch(text)
    root = base64.b64decode(found["root"]) if found else b""
    if found is None or base64.b64encode(root).decode() != found["root"] or int(found["size"]) > MAX_SIZE:
        raise IntegrityError("this is not a checkpoint of a log.", where="checkpoint")
    point = Checkpoint(found["origin"], int(found["size"]), root)
    if point.size == 0 and root != EMPTY_ROOT:
        raise IntegrityError("an empty log has another root.", where="checkpoint")
    return point


def sign_checkpoint(point: Checkpoint, key: Key, sign: Sign) -> Note:
    """The note that a log publishes; `key` bears the log's origin as its name."""
    text = point.text
    return Note(text, (Signature(key.name, key.number, sign(text.encode())),))


def cosign(text: str, key: Key, sign: Sign, at: int) -> Signature:
    """A witness's line for a checkpoint's text; `at` in seconds since 1970. `key` is of type COSIGNATURE."""
    return Signature(key.name, key.number, at.to_bytes(_TIME_SIZE, "big") + sign(_cosigned(text, at)))


def open_checkpoint(note: str, log: Key, witnesses: list[Key], verify: Verify) -> Cosigned:
    """What a note says, once its log's signature and every cosignature of a known witness verify.

    IntegrityError when it is no checkpoint of that log, or a signature by a known key is wrong. Where a witness
    cosigned twice, the later time counts.
    """
    if len(note) > MAX_CHECKPOINT_BYTES:
        raise IntegrityError("the checkpoint is too large.", where="checkpoint")
    opened = read_note(note)
    point = parse_checkpoint(opened.text)
    text = opened.text.encode()
    of_log = [each for each in opened.signatures if each.is_by(log)]
    if point.origin != log.name or not of_log:
        raise IntegrityError("the checkpoint is not signed by this log's key.", where="checkpoint")
    if not all(len(each.blob) == _SIGNATURE_SIZE and verify(log.public, each.blob, text) for each in of_log):
        raise IntegrityError("the log's signature does not verify.", where="checkpoint")
    known = {(key.name, key.number): key for key in witnesses}
    witnessed: dict[Key, int] = {}
    for each in opened.signatures:
        if key := known.get((each.name, each.number)):
            at = cosigned_at(each, key, opened.text, verify)
            witnessed[key] = max(at, witnessed.get(key, 0))
    return Cosigned(point, opened, witnessed)


def cosigned_at(line: Signature, key: Key, text: str, verify: Verify) -> int:
    """When the witness cosigned, in seconds since 1970; IntegrityError when the cosignature does not verify."""
    at = int.from_bytes(line.blob[:_TIME_SIZE], "big")
    if (
        key.type is not KeyType.COSIGNATURE
        or len(line.blob) != _TIME_SIZE + _SIGNATURE_SIZE
        or not verify(key.public, line.blob[_TIME_SIZE:], _cosigned(text, at))
    ):
        raise IntegrityError(f"the cosignature of {key.name} does not verify.", where="checkpoint")
    return at


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
