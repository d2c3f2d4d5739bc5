"""What retention may ask of notices: the exact bytes of messages to hosts that left, or never will."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from rempart.node.audit import services as audit
from rempart.node.notices.models import Attempt

_ENDED_AT = Coalesce("sent_at", "given_up_at")


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """A message whose bytes are kept, without them; `at` is when it was sent or given up."""

    id: int
    content_id: int
    at: datetime


def message_ids(after_id: int, limit: int, before: datetime | None = None) -> list[int]:
    """The next by number; with `before`, only such."""
    rows = _kept().filter(pk__gt=after_id)
    if before is not None:
        rows = rows.filter(LessThanOrEqual(_ENDED_AT, before))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def messages(message_ids: Iterable[int]) -> list[MessageFacts]:
    rows = _kept().filter(pk__in=list(message_ids)).order_by("pk")
    return [MessageFacts(*row) for row in rows.values_list("pk", "notice__content_id", _ENDED_AT)]


def erase_messages(message_ids: Iterable[int], rule: str) -> int:
    """In the caller's transaction; digest, recipient, times and the host's answer stay."""
    rows = _kept().filter(pk__in=list(message_ids)).order_by("pk")
    for pk, notice_id, ordinal in rows.values_list("pk", "notice_id", "ordinal"):
        Attempt.objects.filter(pk=pk).update(message=b"")
        audit.record("notice:message_erased", f"notice:{notice_id}", data={"rule": rule, "ordinal": ordinal})
    return len(rows)


def _kept() -> QuerySet[Attempt]:
    """What is still to leave is left out: its time has not begun."""
    under_way = {"sent_at__isnull": True, "given_up_at__isnull": True}
    return Attempt.objects.exclude(**under_way).exclude(message=b"")
