"""The chain as it lies in the database."""

from collections.abc import Iterator

from rempart.node.audit.chain import Stored
from rempart.node.audit.models import Event, Head

_FIELDS = ("seq", "at", "actor", "action", "subject", "data", "reason", "previous", "digest")
_CHUNK = 2000


def head() -> tuple[int, bytes]:
    """The number and digest of the last event."""
    row = Head.objects.get(pk=1)
    return row.seq, bytes(row.digest)


def digest_of(seq: int) -> bytes | None:
    """The digest of one event, which stands for it and for all before it; None where there is no such event."""
    found = Event.objects.filter(pk=seq).values_list("digest", flat=True).first()
    return None if found is None else bytes(found)


def stored(after: int, last: int) -> Iterator[Stored]:
    """The events with a number above `after` up to `last`, in order, without loading them all.

    A page at a time: a verification that ends at a fault leaves no cursor open, which PostgreSQL's driver could then
    close in the middle of another question and wait for itself.
    """
    events = Event.objects.order_by("seq").values_list(*_FIELDS)
    while rows := list(events.filter(seq__gt=after, seq__lte=last)[:_CHUNK]):
        for seq, at, actor, action, subject, data, reason, previous, digest in rows:
            yield Stored(seq, at, actor, action, subject, data, reason, bytes(previous), bytes(digest))
        after = rows[-1][0]
