"""Append to the chain, read it, verify it."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from rempart.core.errors import IntegrityError
from rempart.node import statements
from rempart.node.audit.models import Event, Head
from rempart.node.runtime import clock

GENESIS = bytes(32)
_TAG = b"rempart audit event v1\n"
_HEAD = statements.Select(Head, ("id", "seq", "digest"), "id = 1", lock=True)

Value = str | int | float | bool | None | list[str]


def _digest(seq: int, at: str, actor: str, action: str, subject: str, data: str, reason: str, previous: bytes) -> bytes:
    body = json.dumps([seq, at, actor, action, subject, data, reason], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(_TAG + previous + body.encode()).digest()


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def record(
    action: str,
    subject: str,
    *,
    actor: str = "system",
    data: Mapping[str, Value] | None = None,
    reason: str = "",
) -> int:
    """Append one event inside the caller's transaction and return its number.

    `action` is "source:matter" (see docs/events.md), `subject` "kind:ID"; `data` holds neutral facts only: no
    fingerprint, no address of content, nothing that identifies a reporter, victim or suspect.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an event is recorded in the transaction of what it tells")
    # The lock on the head is held to the end of the transaction: two writers cannot both extend one head.
    head = _HEAD.first()
    if head is None:
        raise Head.DoesNotExist("the chain has no head: the database was not migrated")
    at = clock().now()
    seq = head.seq + 1
    text = json.dumps(dict(data or {}), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    previous = bytes(head.digest)
    digest = _digest(seq, _stamp(at), actor, action, subject, text, reason, previous)
    event = Event(
        seq=seq,
        at=at,
        actor=actor,
        action=action,
        subject=subject,
        data=text,
        reason=reason,
        previous=previous,
        digest=digest,
    )
    statements.insert([event])
    head.seq, head.digest = seq, digest
    statements.update(head, "seq", "digest")
    return seq


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as readers see it."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: dict[str, Value]
    reason: str


def _fact(event: Event) -> Fact:
    return Fact(event.seq, event.at, event.actor, event.action, event.subject, json.loads(event.data), event.reason)


def events(*, actions: list[str] | None = None, subject: str | None = None, after: int = 0) -> Iterator[Fact]:
    """Events in order of their number, without loading them all."""
    rows = Event.objects.filter(seq__gt=after).order_by("seq")
    if actions is not None:
        rows = rows.filter(action__in=actions)
    if subject is not None:
        rows = rows.filter(subject=subject)
    return (_fact(event) for event in rows.iterator(chunk_size=2000))


def about(subjects: Collection[str], count: int) -> list[Fact]:
    """The last `count` events about any of these subjects, newest first."""
    rows = Event.objects.filter(subject__in=list(subjects)).order_by("-seq")
    return [_fact(event) for event in rows[:count]]


def latest(count: int, *, action_prefix: str = "", actor: str = "", before: int = 0) -> list[Fact]:
    """The last `count` events, newest first; with `before`, of those with a smaller number."""
    rows = Event.objects.order_by("-seq")
    if before:
        rows = rows.filter(seq__lt=before)
    if action_prefix:
        rows = rows.filter(action__startswith=action_prefix)
    if actor:
        rows = rows.filter(actor=actor)
    return [_fact(event) for event in rows[:count]]


def head() -> tuple[int, bytes]:
    """The number and digest of the last event."""
    row = Head.objects.get(pk=1)
    return row.seq, bytes(row.digest)


def digest_of(seq: int) -> bytes | None:
    """The digest of one event, which stands for it and for all before it; None where there is no such event."""
    found = Event.objects.filter(pk=seq).values_list("digest", flat=True).first()
    return None if found is None else bytes(found)


def verify() -> int:
    """Recompute the whole chain and return how many events it holds.

    Finds an edited, deleted, inserted or reordered event and a tail cut off behind the head's back; raises
    IntegrityError naming the first event that does not fit. A cut that also rewrites the head needs the signed
    head that is kept apart.
    """
    with transaction.atomic():
        # Events appended meanwhile lie beyond this head and are left to the next verification.
        last_seq, last_digest = head()
        previous, expected = GENESIS, 1
        for event in Event.objects.filter(seq__lte=last_seq).order_by("seq").iterator(chunk_size=2000):
            where = f"event {expected}"
            if event.seq != expected:
                raise IntegrityError(f"missing: the chain goes on with event {event.seq}.", where=where)
            digest = _digest(
                event.seq,
                _stamp(event.at),
                event.actor,
                event.action,
                event.subject,
                event.data,
                event.reason,
                previous,
            )
            if bytes(event.previous) != previous or bytes(event.digest) != digest:
                raise IntegrityError("its content does not match the chain: it was altered.", where=where)
            previous, expected = digest, expected + 1
        if (expected - 1, previous) != (last_seq, last_digest):
            raise IntegrityError(f"the head names event {last_seq}: the tail was cut off.", where=f"event {expected}")
    return last_seq
