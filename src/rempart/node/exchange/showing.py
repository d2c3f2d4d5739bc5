"""What the pages and commands tell of this node's signals, never a fingerprint's value."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from rempart.exchange.signals import CATEGORIES, Action
from rempart.node.exchange import outgoing
from rempart.node.exchange.models import Outgoing, Subject
from rempart.node.runtime import clock

State = Outgoing.State
PAGE = 50
FILTERS = ("state", "category", "kind")


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """One signal; `content_id` is casework's number, `canary` the label of what stopped it."""

    id: int
    content_id: int
    state: str
    action: str
    kind: str
    category: str
    verifiers: int
    reason: str
    at: datetime
    log_index: int | None
    canary: str
    is_erased: bool


def overview(filters: dict[str, str], page: int, without: Collection[int] = ()) -> tuple[list[SignalFacts], int]:
    """Signals newest first, and how many fit; not those of the contents in `without`."""
    rows = _fitting(filters)
    if without:
        rows = rows.exclude(content__in=Subject.objects.filter(content__in=without).values("number"))
    start = (page - 1) * PAGE
    return _facts(rows.order_by("-pk")[start : start + PAGE]), rows.count()


def of_content(content_id: int) -> list[SignalFacts]:
    """Everything that was or will be said of a content, oldest first."""
    number = outgoing.number_of(content_id)
    return _facts(Outgoing.objects.filter(content=number).order_by("pk")) if number is not None else []


def stands(signals: Collection[SignalFacts]) -> bool:
    """Whether something of a content is, or is about to be, said that can be taken back."""
    lists = {action.name.lower() for action in Action if action.lists}
    last = {one.kind: one for one in signals if one.state in (State.SIGNED, State.WAITING) and not one.is_erased}
    return any(one.action in lists or one.action == "dispute" for one in last.values())


def counts() -> dict[str, int]:
    """Signals by state, for `rempart status`."""
    rows = Outgoing.objects.order_by().values_list("state").annotate(n=Count("pk"))
    return dict.fromkeys(State.values, 0) | dict(rows)


def longest_waiting() -> timedelta | None:
    """How long the oldest signal that is not signed yet has waited; None where none waits."""
    first = Outgoing.objects.filter(state=State.WAITING).order_by("at").values_list("at", flat=True).first()
    return None if first is None else max(timedelta(), clock().now() - first)


def kinds() -> list[str]:
    return [str(kind) for kind in outgoing.SAID]


def categories() -> list[str]:
    return list(CATEGORIES[:2])


def _fitting(filters: dict[str, str]) -> QuerySet[Outgoing]:
    rows = Outgoing.objects.all()
    for name in FILTERS:
        if filters.get(name):
            rows = rows.filter(**{name: filters[name]})
    return rows


def _facts(rows: QuerySet[Outgoing]) -> list[SignalFacts]:
    found = list(rows.select_related("stopped_by"))
    contents = dict(Subject.objects.filter(number__in={row.content for row in found}).values_list("number", "content"))
    return [
        SignalFacts(
            id=row.pk,
            content_id=contents[row.content],
            state=row.state,
            action=Action(row.action).name.lower(),
            kind=row.kind,
            category=row.category,
            verifiers=row.verifiers,
            reason=row.reason,
            at=row.at,
            log_index=row.log_index,
            canary=row.stopped_by.label if row.stopped_by else "",
            is_erased=row.erased_at is not None,
        )
        for row in found
    ]
