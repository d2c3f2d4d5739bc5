"""The rows of followed logs: when each is looked at next, and what a look came to."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from rempart.exchange.following import Refusal
from rempart.exchange.roster_entries import Member
from rempart.exchange.tree import Frontier
from rempart.node.audit import services as audit
from rempart.node.exchange.models import Peer
from rempart.node.runtime import clock

LONGEST_WAIT = timedelta(minutes=10)
_QUIET = {"", Refusal.UNREACHABLE}
"""What is no event: networks fail, and come back."""


def of(member: Member) -> Peer:
    """The row of a member's log, made when it is first looked at."""
    peer, _ = Peer.objects.get_or_create(origin=member.origin, defaults={"frontier": Frontier().to_bytes()})
    return peer


def due(some: Collection[Member]) -> list[Member]:
    """Whose log is to be looked at now: in its turn, or because it said that there is something new."""
    rows = {peer.origin: peer for peer in Peer.objects.filter(origin__in=[member.origin for member in some])}
    now = clock().now()
    return [member for member in some if (peer := rows.get(member.origin)) is None or _is_due(peer, now)]


def is_hinted(peer: Peer) -> bool:
    return peer.hinted_at is not None and (peer.checked_at is None or peer.hinted_at >= peer.checked_at)


def hinted(origin: str) -> None:
    """A member says that there is something new; who failed so far still waits for its usual turn."""
    Peer.objects.get_or_create(origin=origin, defaults={"frontier": Frontier().to_bytes()})
    Peer.objects.filter(origin=origin).update(hinted_at=clock().now())


def move(peer: Peer, start: int, frontier: Frontier, note: str) -> bool:
    """Believe entries up to a frontier, if nobody else did so meanwhile; in the transaction of what they say."""
    mine = Peer.objects.filter(pk=peer.pk, size=start)
    now = clock().now()
    return bool(mine.update(size=frontier.size, frontier=frontier.to_bytes(), note=note, advanced_at=now))


def believed(peer: Peer, note: str, size: int, began: datetime) -> None:
    """A look that began then came to the end of the log, or found it as it was.

    Its beginning counts: what the member hinted at meanwhile may not have been seen.
    """
    with transaction.atomic():
        Peer.objects.filter(pk=peer.pk, size=size).update(note=note)
        Peer.objects.filter(pk=peer.pk).update(checked_at=began, failing_since=None, failures=0, refusal="")
        if peer.refusal not in _QUIET:
            audit.record("log:believed", f"log:{peer.origin}", data={"after": peer.refusal})


def refused(peer: Peer, refusal: Refusal, began: datetime) -> None:
    """A look was refused; what was believed before stays."""
    with transaction.atomic():
        Peer.objects.filter(pk=peer.pk).update(
            checked_at=began,
            failing_since=peer.failing_since or began,
            failures=peer.failures + 1,
            refusal=refusal,
        )
        if refusal not in _QUIET and refusal != peer.refusal:
            audit.record("log:refused", f"log:{peer.origin}", data={"refusal": str(refusal)})


def _is_due(peer: Peer, now: datetime) -> bool:
    usual = timedelta(seconds=settings.FOLLOW_SECONDS)
    if peer.checked_at is None or (is_hinted(peer) and not peer.failures):
        return True
    # A hint ends a long pause, not the usual one: anybody can send it.
    wait = usual if is_hinted(peer) else min(usual * 2 ** min(peer.failures, 10), LONGEST_WAIT)
    # The step itself comes back after the usual time: a fraction less, or every second turn would come too early.
    return bool(now - peer.checked_at >= wait * 0.9)
