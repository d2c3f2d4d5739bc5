"""A witness's side of C2SP tlog-witness: what it is asked, and what it answers. Nothing is stored or signed here.

A witness cosigns a checkpoint that goes on from the last one it cosigned, and no other. Whoever runs one

1. reads the request and finds what it knows of its log,
2. lets `decide` say what follows,
3. replaces what it knows, if it is still `Known` (compare-and-swap), on the disk,
4. and only then signs.

A request that lost the race of step 3 is decided again. Source: c2sp.org/tlog-witness.
"""

import base64
import re
from dataclasses import dataclass

from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.checkpoints import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    cosigned_at,
    open_checkpoint,
    parse_checkpoint,
)
from rempart.exchange.evidence import Evidence, only, split_view
from rempart.exchange.tree import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, verify_consistency
from rempart.formats.signed_note import Key, Signature, Verify, read_note

MAX_PROOF = 63
MAX_REQUEST_BYTES = MAX_CHECKPOINT_BYTES + MAX_PROOF * 45 + 64
SIZE_TYPE = "text/x.tlog.size"
PLAIN = "text/plain; charset=utf-8"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_HASH = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """`note` as it came; `checkpoint` is what it says, which nothing vouches for yet."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Known:
    """The last checkpoint of a log that this witness cosigned."""

    size: int = 0
    root: bytes = EMPTY_ROOT
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer as HTTP has it.

    With status 200 `body` is to be the cosignature of `accepted`, once that was stored; otherwise nothing is stored.
    `evidence` is there when the request itself proves that the log is not one history.
    """

    status: int
    body: str = ""
    content_type: str = PLAIN
    accepted: Checkpoint | None = None
    evidence: Evidence | None = None


def write_request(old: int, proof: list[bytes], note: str) -> bytes:
    """The body of `add-checkpoint`: the proof leads from `old` entries to the note's checkpoint."""
    lines = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"old {old}\n{lines}\n{note}".encode()


def read_request(body: bytes) -> Request:
    """Raises InputError for what is no request in its one spelling; a status of 400."""
    if len(body) > MAX_REQUEST_BYTES:
        raise _malformed("is too large")
    try:
        text = body.decode()
        head, _, note = text.partition("\n\n")
        point = parse_checkpoint(read_note(note).text)
    except (UnicodeDecodeError, IntegrityError):
        raise _malformed("has no checkpoint") from None
    first, *steps = head.split("\n")
    old = _OLD.fullmatch(first)
    if old is None or int(old[1]) > MAX_SIZE:
        raise _malformed("does not name an old size")
    if len(steps) > MAX_PROOF:
        raise _malformed("has a proof that is too long")
    return Request(int(old[1]), tuple(_hash(step) for step in steps), note, point)


def decide(request: Request, log: Key | None, known: Known | None, verify: Verify) -> Decision:
    """What a witness does with a request. `log`: the key it trusts for the request's origin, None where there is none.

    `known`: what it cosigned last for that origin, None if nothing.
    """
    if log is None or log.name != request.checkpoint.origin:
        return Decision(404, "This witness does not know the log.\n")
    try:
        open_checkpoint(request.note, log, [], verify)
    except IntegrityError:
        return Decision(403, "The checkpoint is not signed by the log.\n")
    return _follows(request, log, known or Known())


def read_answer(body: bytes, text: str, witness: Key, verify: Verify) -> Signature | None:
    """The witness's cosignature of a checkpoint's text in its answer of status 200; None when there is none.

    One that does not verify is none: published, it would have the whole checkpoint refused.
    """
    try:
        lines = read_note(f"{text}\n{body.decode()}").signatures
        found = [line for line in lines if line.is_by(witness)]
        for line in found:
            cosigned_at(line, witness, text, verify)
    except (UnicodeDecodeError, IntegrityError):
        return None
    return max(found, key=lambda line: line.blob, default=None)


def _follows(request: Request, log: Key, known: Known) -> Decision:
    point = request.checkpoint
    if request.old > point.size:
        return Decision(400, "The old size is larger than the checkpoint's.\n")
    differs = point.size == known.size and point.root != known.root
    evidence = split_view(only(read_note(known.note), [log]), only(read_note(request.note), [log])) if differs else None
    if request.old != known.size:
        return Decision(409, f"{known.size}\n", SIZE_TYPE, evidence=evidence)
    if differs:
        return Decision(409, "Another checkpoint of this size was cosigned.\n", evidence=evidence)
    if not verify_consistency(known.size, known.root, point.size, point.root, request.proof):
        return Decision(422, "The proof does not lead from the old checkpoint to the new one.\n")
    return Decision(200, accepted=point)


def _hash(line: str) -> bytes:
    raw = base64.b64decode(line) if _HASH.fullmatch(line) else b""
    if len(raw) != HASH_SIZE or base64.b64encode(raw).decode() != line:
        raise _malformed("has a line in its proof that is no hash")
    return raw


def _malformed(what: str) -> InputError:
    return InputError(f"the request {what}.", where="add-checkpoint", advice="See c2sp.org/tlog-witness.")
