"""How events are chained: each one's digest covers all it says and the digest before it."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from rempart.core.errors import IntegrityError

GENESIS = bytes(32)
_TAG = b"rempart audit event v1\n"


def digest_of(
    seq: int, at: str, actor: str, action: str, subject: str, data: str, reason: str, previous: bytes
) -> bytes:
    """SHA-256 over a tag, the digest before and the event's fields as JSON; 32 bytes."""
    body = json.dumps([seq, at, actor, action, subject, data, reason], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(_TAG + previous + body.encode()).digest()


def text_of(data: Mapping[str, object]) -> str:
    """Facts as they are stored and as the digest covers them: canonical JSON."""
    return json.dumps(dict(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def stamp(at: datetime) -> str:
    """A time as the digest covers it: UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the database holds it."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: str
    reason: str
    previous: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: the number of an event, and its digest, which stands for all before it too."""

    seq: int
    digest: bytes


START = Link(0, GENESIS)


def links(events: Iterable[Stored], after: Link) -> Iterator[Link]:
    """Recompute the events that follow `after`; IntegrityError names the first that is missing or does not fit."""
    for event in events:
        where = f"event {after.seq + 1}"
        if event.seq != after.seq + 1:
            raise IntegrityError(f"missing: the chain goes on with event {event.seq}.", where=where)
        fields = (event.seq, stamp(event.at), event.actor, event.action, event.subject, event.data, event.reason)
        digest = digest_of(*fields, after.digest)
        if event.previous != after.digest or event.digest != digest:
            raise IntegrityError("its content does not match the chain: it was altered.", where=where)
        after = Link(event.seq, digest)
        yield after
