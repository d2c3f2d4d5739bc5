"""Lists come in as files. Repeating an import changes nothing; each line is an entry or a reason.

Entries take effect when the import ends: its last transaction gives them the list's next sequence number and asks for
what waits in the queue to be matched again. An import that was cut off is completed by repeating it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice

from django.db import transaction

from rempart.core.categories import category_named
from rempart.core.errors import Conflict, InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.formats.rows import RejectedRow
from rempart.formats.vics import VicsEntry
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.lists.finding import PUBLISH_STEP
from rempart.node.lists.models import FoldedList, HashList, ListEntry
from rempart.node.runtime import clock

BATCH = 2000

Row = HashRow | VicsEntry | RejectedRow


@dataclass(frozen=True, slots=True)
class Imported:
    """`present` entries were on the list already; `rejected` counts lines (VICS: media entries)."""

    list_id: int
    added: int
    present: int
    rejected: int


def import_rows(
    name: str,
    category: str,
    rows: Iterable[Row],
    *,
    settles: bool = True,
    source: str = "",
    actor: str = "system",
    on_rejected: Callable[[RejectedRow], None] = lambda row: None,
) -> Imported:
    """Add the rows to the list called `name`, which is made if it does not exist.

    `category` counts for rows that name none. An entry that is on the list keeps its category and its withdrawal.
    Raises InputError for an unknown category, Conflict if the list exists with another category or settlement.
    """
    remaining = iter(rows)
    # A file that cannot be read at all says so at its first row: before a list is made for it.
    first = list(islice(remaining, 1))
    hash_list = _list_called(name, category_named(category), settles, source)
    rejected = 0

    def refused(row: RejectedRow) -> None:
        nonlocal rejected
        rejected += 1
        on_rejected(row)

    before = ListEntry.objects.filter(hash_list=hash_list).count()
    read = 0
    entries = _entries(hash_list, chain(first, remaining), refused)
    while batch := list(islice(entries, BATCH)):
        ListEntry.objects.bulk_create(batch, ignore_conflicts=True)
        read += len(batch)
    added = ListEntry.objects.filter(hash_list=hash_list).count() - before
    _take_effect(hash_list, added, rejected, actor)
    return Imported(hash_list.pk, added, read - added, rejected)


def _list_called(name: str, category: str, settles: bool, source: str) -> HashList:
    label = " ".join(name.split())
    if not label or len(label) > 120:
        raise InputError("A list's name has 1 to 120 characters.", where="name")
    now = clock().now()
    values = {"category": category, "settles": settles, "source": source, "created_at": now, "changed_at": now}
    hash_list, _ = HashList.objects.get_or_create(name=label, defaults=values)
    refuse_folded(hash_list)
    if (hash_list.category, hash_list.settles) != (category, settles):
        raise Conflict(
            f"The list exists with category '{hash_list.category}' and its matches "
            f"{'settle' if hash_list.settles else 'do not settle'} content.",
            where="name",
            advice="Import with the same category and settlement, or under another name.",
        )
    return hash_list


def refuse_folded(hash_list: HashList) -> None:
    """Raises Conflict for a list that follows from signals: nobody writes into it."""
    if FoldedList.objects.filter(hash_list=hash_list).exists():
        raise Conflict(
            "This list follows from the members' signals by a policy.",
            where="name",
            advice="Decide the content, recall or dispute it: the list follows. Import under another name.",
        )


def _entries(hash_list: HashList, rows: Iterable[Row], refused: Callable[[RejectedRow], None]) -> Iterator[ListEntry]:
    for row in rows:
        if isinstance(row, RejectedRow):
            refused(row)
            continue
        try:
            category = category_named(row.category) if row.category else hash_list.category
        except InputError as error:
            refused(RejectedRow(row.line, error.what))
            continue
        now = clock().now()
        for kind, text in row.hashes.items():
            value = text.encode("ascii") if kind is FingerprintType.PHOTODNA else bytes.fromhex(text)
            common = {"category": category, "is_video": row.is_video, "added_at": now}
            yield ListEntry(hash_list=hash_list, kind=kind, value=value, **common)


@transaction.atomic
def _take_effect(hash_list: HashList, added: int, rejected: int, actor: str) -> None:
    held = HashList.objects.select_for_update().get(pk=hash_list.pk)
    # Always forward, even within one tick of the clock: readers compare it to know that entries changed.
    held.changed_at = max(clock().now(), held.changed_at + timedelta(microseconds=1))
    waiting = ListEntry.objects.filter(hash_list=held, sequence__isnull=True, withdrawn_at__isnull=True)
    if waiting.update(sequence=held.sequence + 1):
        held.sequence += 1
    held.save(update_fields=["changed_at", "sequence"])
    audit.record("list:imported", f"list:{held.pk}", actor=actor, data={"entries": added, "rejected": rejected})
    jobs.wake("rematch", held.pk)
    if held.may_share:
        jobs.wake(PUBLISH_STEP, held.pk)
