"""What other apps may ask of this node's hash lists."""

import threading
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db.models import Count, Q

from rempart.core.errors import NotFound
from rempart.core.vocabulary import FingerprintType, IndustryClass, Legality
from rempart.node.lists.models import HashList, ListEntry
from rempart.signals import lists as signals

CATEGORY_LEGALITY = MappingProxyType(
    {
        "baseline": Legality.BASELINE,
        "national": Legality.NATIONAL,
        **{str(industry): Legality.NATIONAL for industry in IndustryClass},
        "not_illegal": Legality.NOT_ILLEGAL,
    }
)
"""What a listed category means for the content it is matched with."""

Version = tuple[tuple[int, datetime], ...]


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A list as staff see it; `entries` stand, `withdrawn` are kept with their date."""

    id: int
    name: str
    category: str
    settles: bool
    source: str
    changed_at: datetime
    entries: int
    withdrawn: int


_loading = threading.Lock()
_loaded: tuple[Version, signals.Recogniser] | None = None


def version() -> Version:
    """Changes with every change of a list, because each one moves its `changed_at` forward."""
    return tuple(HashList.objects.order_by("pk").values_list("pk", "changed_at"))


def recogniser() -> signals.Recogniser:
    """All standing entries, loaded once a process and again after a list changed."""
    global _loaded
    with _loading:
        current = version()
        if _loaded is None or _loaded[0] != current:
            _loaded = (current, signals.Recogniser.build(_standing_entries()))
        return _loaded[1]


def forget_recogniser() -> None:
    """Load the entries anew at the next use (the database was exchanged under this process)."""
    global _loaded
    with _loading:
        _loaded = None


def _standing_entries() -> list[signals.ListEntry]:
    rows = ListEntry.objects.filter(withdrawn_at__isnull=True)
    columns = rows.values_list("pk", "hash_list__name", "category", "kind", "value").iterator(chunk_size=5000)
    return [
        signals.ListEntry(pk, name, category, FingerprintType(kind), bytes(value))
        for pk, name, category, kind, value in columns
    ]


def settling_lists() -> frozenset[str]:
    """Names of the lists whose matches settle content without anyone viewing it."""
    return frozenset(HashList.objects.filter(settles=True).values_list("name", flat=True))


def name_of(list_id: int) -> str:
    """Raises NotFound."""
    name = HashList.objects.filter(pk=list_id).values_list("name", flat=True).first()
    if name is None:
        raise NotFound("There is no such list.", where="list")
    return name


def all_lists() -> list[ListFacts]:
    """Every list with its counts, by name."""
    counted = HashList.objects.annotate(
        standing=Count("entries", filter=Q(entries__withdrawn_at__isnull=True)),
        withdrawn=Count("entries", filter=Q(entries__withdrawn_at__isnull=False)),
    )
    return [
        ListFacts(row.pk, row.name, row.category, row.settles, row.source, row.changed_at, row.standing, row.withdrawn)
        for row in counted.order_by("name")
    ]


def counts() -> dict[str, int]:
    """Standing entries by list, for `rempart status`."""
    return {facts.name: facts.entries for facts in all_lists()}
