"""Erasing what this node said of a content from its log: withdrawn first, then the openings are destroyed.

What lists a fingerprint is destroyed once its withdrawal stands in the log. The withdrawal itself names the fingerprint
too, and a follower that was away needs it to stop listing: it is destroyed a month later. The tree keeps commitments,
which tell nothing without the salts.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction

from rempart.core.errors import InputError, NotFound
from rempart.exchange.signals import Action, Reason
from rempart.node.audit import services as audit
from rempart.node.exchange import outgoing, own_log
from rempart.node.exchange.models import Outgoing, Word
from rempart.node.runtime import clock

State = Outgoing.State
FOR_FOLLOWERS = timedelta(days=30)
"""How long a withdrawal stays readable for members that were away."""


@transaction.atomic
def ask(content_id: int, reason: str, *, operator: str = "") -> int:
    """Have everything that was ever said of a content erased; returns how many signals that concerns.

    Raises NotFound where nothing was said, InputError without a reason.
    """
    if not reason.strip():
        raise InputError("the reason is missing.", where="reason", advice="Say why, in a sentence.")
    number = outgoing.number_of(content_id)
    rows = Outgoing.objects.filter(content=number or 0).exclude(value=b"")
    if number is None or not rows.exists():
        raise NotFound("nothing was said of this content.", where="content", advice="See the page Signals.")
    outgoing.withdraw(number, Reason.ERASURE)
    now = clock().now()
    withdrawals = rows.filter(action=Action.WITHDRAW)
    run_by: dict[str, audit.Value] = {"operator": operator} if operator else {}
    count = rows.exclude(action=Action.WITHDRAW).update(erase_at=now) + withdrawals.update(erase_at=now + FOR_FOLLOWERS)
    audit.record("signal:erasure_asked", f"content:{content_id}", data={"signals": count, **run_by}, reason=reason)
    return count


def destroy_due() -> int:
    """Destroy what is due and no longer listed; returns how many openings. Repeating it after a crash changes nothing.

    The log's file first: a row that still holds the value says that it may still lie there.
    """
    due = Outgoing.objects.filter(erase_at__lte=clock().now()).exclude(state=State.WAITING).order_by("pk")
    destroyed = 0
    for row in due:
        if _still_listed(row):
            continue
        if row.log_index is not None:
            own_log.writer().erase(row.log_index)
        _forget(row)
        destroyed += 1
    return destroyed


def _still_listed(row: Outgoing) -> bool:
    last = outgoing.last_said([(row.kind, bytes(row.value))]).get((row.kind, bytes(row.value)))
    return last is not None and last.content == row.content and Action(last.action).lists


@transaction.atomic
def _forget(row: Outgoing) -> None:
    content = outgoing.content_of(row.content)
    if row.action == Action.WITHDRAW and row.log_index is not None:
        same = Word.objects.filter(origin=settings.ORIGIN, kind=row.kind, value=row.value)
        same.filter(log_index=row.log_index).delete()
    Outgoing.objects.filter(pk=row.pk).update(value=b"", salt=None, erase_at=None, erased_at=clock().now())
    audit.record("signal:erased", f"content:{content}", data={"signal": row.pk})
