"""The last word of each member on a fingerprint: this node's own from its log, and questions about those of others."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Q

from rempart.exchange.signals import Action, Reason, Signal
from rempart.exchange.standing import last_words
from rempart.node.exchange.models import Word

Print = tuple[str, bytes]
"""A kind and a value."""
LISTING = tuple(action for action in Action if action.lists)


def keep_own(signals: Iterable[tuple[int, Signal]]) -> None:
    """What this node's log says from each index (ascending) on, in the caller's transaction; a later word replaces."""
    keep(settings.ORIGIN, signals)


def keep(origin: str, signals: Iterable[tuple[int, Signal]]) -> None:
    """The same of any member's log."""
    rows = [
        Word(
            origin=origin,
            kind=str(kind),
            value=value,
            action=one.action,
            content=one.content,
            at=datetime.fromtimestamp(one.at, UTC),
            category=one.category,
            basis=one.basis or "",
            verifiers=one.verifiers,
            reason=one.reason or "",
            log_index=index,
        )
        for (kind, value), (index, one) in last_words(signals).items()
    ]
    fields = ["action", "content", "at", "category", "basis", "verifiers", "reason", "log_index"]
    Word.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["kind", "value", "origin"],
        update_fields=fields,
    )


def of_others(prints: Collection[Print]) -> dict[Print, list[Word]]:
    """What other members say of these fingerprints."""
    wanted: defaultdict[str, list[bytes]] = defaultdict(list)
    for kind, value in prints:
        wanted[kind].append(value)
    condition = Q(pk__in=[])
    for kind, values in wanted.items():
        condition |= Q(kind=kind, value__in=values)
    found: defaultdict[Print, list[Word]] = defaultdict(list)
    for word in Word.objects.filter(condition).exclude(origin=settings.ORIGIN).order_by("origin"):
        found[word.kind, bytes(word.value)].append(word)
    return dict(found)


def lists(word: Word) -> bool:
    return word.action in LISTING


def speaks_against(word: Word) -> bool:
    """A dispute, or a withdrawal because the content is lawful."""
    return word.action == Action.DISPUTE or (word.action == Action.WITHDRAW and word.reason == Reason.LAWFUL)
