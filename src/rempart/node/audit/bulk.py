"""A made-up past at the beginning of a demonstration's chain: many events at once, with times of their own."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from rempart.node import statements
from rempart.node.audit import chain
from rempart.node.audit.models import Event, Head
from rempart.node.runtime import clock

MADE_UP = "made up for the demonstration"
_AT_ONCE = 5000


class Past(NamedTuple):
    at: datetime
    actor: str
    action: str
    subject: str
    data: Mapping[str, str | int | float | bool | None]


@transaction.atomic
def record_past(told: Iterable[Past]) -> int:
    """Append events in order of their time, each with MADE_UP as its reason; returns how many.

    Raises RuntimeError anywhere but in a demonstration: a real node tells what happens when it happens.
    """
    if settings.MODE not in ("demo", "test"):
        raise RuntimeError("only a demonstration has a made-up past")
    head = Head.objects.select_for_update().get(pk=1)
    before, written = head.seq, iter(_linked(head, told, clock().now()))
    while rows := list(islice(written, _AT_ONCE)):
        statements.insert(rows)
    head.save()
    return head.seq - before


def _linked(head: Head, told: Iterable[Past], now: datetime) -> Iterator[Event]:
    """Each event in its place of the chain; the head moves on with them."""
    latest = None
    for past in told:
        if past.at > now or (latest is not None and past.at < latest):
            raise ValueError("a past is told in order, and lies before now")
        latest, seq, previous = past.at, head.seq + 1, bytes(head.digest)
        text = chain.text_of(past.data)
        fields = (past.actor, past.action, past.subject, text, MADE_UP)
        head.seq, head.digest = seq, chain.digest_of(seq, chain.stamp(past.at), *fields, previous)
        yield Event(
            seq=seq,
            at=past.at,
            actor=past.actor,
            action=past.action,
            subject=past.subject,
            data=text,
            reason=MADE_UP,
            previous=previous,
            digest=head.digest,
        )
