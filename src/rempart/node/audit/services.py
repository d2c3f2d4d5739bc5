"""Append to the chain, read it, verify it."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max, QuerySet

from rempart.node import statements
from rempart.node.audit import chain
from rempart.node.audit.bulk import MADE_UP, Past, record_past
from rempart.node.audit.checkpoints import write as sign_head
from rempart.node.audit.models import Event, Head
from rempart.node.audit.rows import digest_of, head
from rempart.node.audit.verification import Verified, verify
from rempart.node.runtime import clock

__all__ = [
    "MADE_UP",
    "Fact",
    "Past",
    "Search",
    "Verified",
    "digest_of",
    "events",
    "head",
    "lock",
    "record",
    "record_past",
    "sign_head",
    "verify",
]

_HEAD = statements.Select(Head, ("id", "seq", "digest"), "id = 1", lock=True)

Value = str | int | float | bool | None | list[str]


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
    held = _HEAD.first()
    if held is None:
        raise Head.DoesNotExist("the chain has no head: the database was not migrated")
    at = clock().now()
    seq = held.seq + 1
    text = chain.text_of(data or {})
    previous = bytes(held.digest)
    digest = chain.digest_of(seq, chain.stamp(at), actor, action, subject, text, reason, previous)
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
    held.seq, held.digest = seq, digest
    statements.update(held, "seq", "digest")
    return seq


def lock() -> None:
    """Let nobody else record to the end of the caller's transaction: for a decision that looks at events first."""
    _HEAD.first()


def is_told(action: str, subject: str, actor: str, since: datetime) -> bool:
    """Whether an event says this of that actor and subject, after `since`."""
    return Event.objects.filter(subject=subject, action=action, actor=actor, at__gt=since).exists()


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


_FACT = ("seq", "at", "actor", "action", "subject", "data", "reason")


def _fact(event: Event) -> Fact:
    return Fact(event.seq, event.at, event.actor, event.action, event.subject, json.loads(event.data), event.reason)


def events(*, actions: list[str] | None = None, subject: str | None = None, after: int = 0) -> Iterator[Fact]:
    """Events in order of their number, without loading them all.

    Without a subject they are read along the chain and chosen here: a database that chose by the actions' index would
    first have to sort all of theirs.
    """
    rows = Event.objects.filter(seq__gt=after).order_by("seq")
    if subject is not None:
        rows = rows.filter(subject=subject)
    wanted = None if actions is None else frozenset(actions)
    for seq, at, actor, action, about, data, reason in rows.values_list(*_FACT).iterator(chunk_size=2000):
        if wanted is None or action in wanted:
            yield Fact(seq, at, actor, action, about, json.loads(data), reason)


@dataclass(frozen=True, slots=True)
class Search:
    """Which events somebody asks for; what is empty does not restrict. `since` is included, `until` is not.

    `subject` is a beginning of it, such as "report:"; `subjects` are whole ones, of which one must fit. `but` holds
    beginnings of actions that are left out.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    action: str = ""
    subject: str = ""
    subjects: tuple[str, ...] | None = None
    but: tuple[str, ...] = ()

    def rows(self) -> QuerySet[Event]:
        """Unordered."""
        conditions: dict[str, object] = {
            "at__gte": self.since,
            "at__lt": self.until,
            "actor": self.actor or None,
            "action__startswith": self.action or None,
            "subject__startswith": self.subject or None,
            "subject__in": self.subjects,
        }
        found = Event.objects.filter(**{name: value for name, value in conditions.items() if value is not None})
        for beginning in self.but:
            found = found.exclude(action__startswith=beginning)
        return found


def latest(count: int, search: Search, *, before: int = 0) -> list[Fact]:
    """The last `count` events that fit, newest first; with `before`, of those with a smaller number."""
    rows = search.rows().order_by("-seq")
    if before:
        rows = rows.filter(seq__lt=before)
    return [_fact(event) for event in rows[:count]]


def latest_at(action: str, subjects: Collection[str]) -> dict[str, datetime]:
    """When an event of that name last told of each subject; subjects it never told of are left out."""
    rows = Event.objects.filter(subject__in=subjects, action=action).order_by()
    return dict(rows.values_list("subject").annotate(Max("at")))
