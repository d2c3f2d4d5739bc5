"""What other apps may ask of this node's hash lists."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from rempart.core.categories import CATEGORY_LEGALITY
from rempart.core.vocabulary import FingerprintType
from rempart.node.lists.feedback import RETURN_STEP, Tally, feedback_for, give_feedback, mark_returned, waiting_feedback
from rempart.node.lists.finding import name_of
from rempart.node.lists.models import HashList, ListEntry, ListGrant
from rempart.node.lists.sharing import (
    SharedFile,
    SharedList,
    end_grants,
    feed_digest,
    feed_file,
    feed_head,
    feed_note,
    shared_with,
)
from rempart.node.lists.windows import LATEST, Position, Window, WindowEntry, WindowPage, stamp_granted
from rempart.signals import lists as signals

__all__ = [
    "CATEGORY_LEGALITY",
    "LATEST",
    "RETURN_STEP",
    "ListFacts",
    "Position",
    "SharedFile",
    "SharedList",
    "Tally",
    "Window",
    "WindowEntry",
    "WindowPage",
    "all_lists",
    "counts",
    "end_grants",
    "feed_digest",
    "feed_file",
    "feed_head",
    "feed_note",
    "feedback_for",
    "forget_recogniser",
    "give_feedback",
    "mark_returned",
    "name_of",
    "recogniser",
    "settling_lists",
    "shared_with",
    "stamp_granted",
    "version",
    "waiting_feedback",
]

Version = tuple[tuple[int, int], ...]
"""Each list's id and the number of its last change."""


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A list as staff see it; `entries` stand, `withdrawn` are kept with their date.

    `platforms` were granted it, which has an effect only while it may be shared.
    """

    id: int
    name: str
    category: str
    settles: bool
    source: str
    changed_at: datetime
    entries: int
    withdrawn: int
    may_share: bool
    platforms: int


_loading = threading.Lock()
_loaded: tuple[Version, signals.Recogniser] | None = None


def version() -> Version:
    """Changes with every change of a list, because each one moves its sequence forward."""
    return tuple(HashList.objects.order_by("pk").values_list("pk", "sequence"))


def recogniser() -> signals.Recogniser:
    """All standing entries: loaded once a process, then only what changed since."""
    global _loaded
    with _loading:
        current = version()
        if _loaded is None:
            _loaded = (current, signals.Recogniser.build(_standing_entries(current)))
        elif _loaded[0] != current:
            before, loaded = _loaded
            # Half applied is of no use: after a failure everything is loaded anew.
            _loaded = None
            loaded.change(*_changes(dict(before), current))
            _loaded = (current, loaded)
        return _loaded[1]


def forget_recogniser() -> None:
    """Load the entries anew at the next use (the database was exchanged under this process)."""
    global _loaded
    with _loading:
        _loaded = None


def _standing_entries(current: Version) -> Iterator[signals.ListEntry]:
    for list_id, sequence in current:
        yield from _entries(_standing(list_id, sequence))


def _changes(before: dict[int, int], current: Version) -> tuple[list[signals.ListEntry], list[tuple[str, int]]]:
    """Entries that count now and did not before, and the keys of those that did and do not now."""
    added: list[signals.ListEntry] = []
    removed: list[tuple[str, int]] = []
    for list_id, sequence in current:
        known = before.get(list_id, 0)
        if sequence != known:
            added += _entries(_standing(list_id, sequence).filter(sequence__gt=known))
            gone = ListEntry.objects.filter(
                hash_list=list_id, sequence__lte=known, withdrawn_sequence__gt=known, withdrawn_sequence__lte=sequence
            )
            removed += gone.values_list("hash_list__name", "pk")
    return added, removed


def _standing(list_id: int, sequence: int) -> QuerySet[ListEntry]:
    """What counts at that sequence; a change that commits meanwhile has a higher one."""
    rows = ListEntry.objects.filter(hash_list=list_id, sequence__lte=sequence)
    return rows.filter(Q(withdrawn_sequence__isnull=True) | Q(withdrawn_sequence__gt=sequence))


def _entries(rows: QuerySet[ListEntry]) -> Iterator[signals.ListEntry]:
    columns = rows.values_list(
        "pk", "hash_list__name", "category", "kind", "value", "hash_list__source", "confirmations"
    )
    for pk, name, category, kind, value, source, confirmations in columns.iterator(chunk_size=5000):
        yield signals.ListEntry(pk, name, category, FingerprintType(kind), bytes(value), source, confirmations)


def settling_lists() -> frozenset[str]:
    """Names of the lists whose matches settle content without anyone viewing it."""
    return frozenset(HashList.objects.filter(settles=True).values_list("name", flat=True))


def all_lists() -> list[ListFacts]:
    """Every list with its counts, by name."""
    counted = HashList.objects.annotate(
        standing=Count("entries", filter=Q(entries__sequence__isnull=False, entries__withdrawn_at__isnull=True)),
        withdrawn=Count("entries", filter=Q(entries__withdrawn_at__isnull=False)),
    )
    granted = dict(ListGrant.objects.order_by().values_list("hash_list").annotate(n=Count("pk")))
    return [
        ListFacts(
            id=row.pk,
            name=row.name,
            category=row.category,
            settles=row.settles,
            source=row.source,
            changed_at=row.changed_at,
            entries=row.standing,
            withdrawn=row.withdrawn,
            may_share=row.may_share,
            platforms=granted.get(row.pk, 0),
        )
        for row in counted.order_by("name")
    ]


def counts() -> dict[str, int]:
    """Standing entries by list, for `rempart status`."""
    return {facts.name: facts.entries for facts in all_lists()}
