"""What lists follow from: how far each log's words are kept here, and the words themselves.

A log's head and its words move in one transaction, so what is read of both under `heads(lock=True)` belongs together.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

from django.conf import settings
from django.db.models import Q, QuerySet

from rempart.core.vocabulary import FingerprintType
from rempart.exchange.checkpoints import parse_checkpoint
from rempart.exchange.fold import Key, Word
from rempart.exchange.signals import Action, Reason, SignalBasis
from rempart.exchange.tree import Frontier
from rempart.formats.signed_list import LogHead
from rempart.formats.signed_note import Note
from rempart.node.exchange import models

_TOGETHER = 400
_FIELDS = ("kind", "value", "origin", "log_index", "action", "category", "basis", "reason")
_Row = tuple[str, bytes, str, int, int, str, str, str]


def keep_own(note: Note | None) -> None:
    """How far this node's own words are kept now; in the transaction that keeps them."""
    if note is None:
        return
    size = parse_checkpoint(note.text).size
    values = {"size": size, "note": str(note), "frontier": b""}
    models.Peer.objects.update_or_create(origin=settings.ORIGIN, defaults=values)


def heads(origins: Collection[str], *, lock: bool = False) -> dict[str, LogHead]:
    """The heads of these logs, as far as their words are kept; logs of which nothing is kept are absent.

    `lock`: nobody moves them before the caller's transaction ends.
    """
    rows = models.Peer.objects.filter(origin__in=list(origins), size__gt=0).order_by("origin")
    found = (rows.select_for_update() if lock else rows).values_list("origin", "size", "note", "frontier")
    return {origin: LogHead(origin, size, _root(origin, note, bytes(kept))) for origin, size, note, kept in found}


def has_spoken(origin: str) -> bool:
    """Whether a word of it is kept."""
    return models.Word.objects.filter(origin=origin).exists()


def words_changed(before: Mapping[str, int], now: Mapping[str, int]) -> set[Key]:
    """The fingerprints of which a member said something between two sizes of its log."""
    found: set[Key] = set()
    for rows in _between(before, now):
        found.update((FingerprintType(kind), bytes(value)) for kind, value in rows.values_list("kind", "value"))
    return found


def count_changed(before: Mapping[str, int], now: Mapping[str, int]) -> int:
    return sum(rows.count() for rows in _between(before, now))


def words_of(keys: Collection[Key]) -> dict[Key, list[Word]]:
    """Every member's last word on these fingerprints; those of which nobody said anything are absent."""
    values: defaultdict[str, list[bytes]] = defaultdict(list)
    for kind, value in keys:
        values[kind].append(value)
    found: defaultdict[Key, list[Word]] = defaultdict(list)
    for name, wanted in values.items():
        for start in range(0, len(wanted), _TOGETHER):
            rows = models.Word.objects.filter(kind=name, value__in=wanted[start : start + _TOGETHER])
            for row in rows.values_list(*_FIELDS):
                found[_key(row)].append(_word(row))
    return dict(found)


def all_words(origins: Collection[str]) -> Iterator[tuple[Key, list[Word]]]:
    """Every fingerprint, by kind and value, with the last words of these members on it."""
    rows = models.Word.objects.filter(origin__in=list(origins)).order_by("kind", "value", "origin")
    for key, words in groupby(rows.values_list(*_FIELDS).iterator(chunk_size=5000), _key):
        yield key, [_word(row) for row in words]


def _between(before: Mapping[str, int], now: Mapping[str, int]) -> Iterator[QuerySet[models.Word]]:
    for origin, size in now.items():
        condition = Q(origin=origin, log_index__gte=before.get(origin, 0), log_index__lt=size)
        yield models.Word.objects.filter(condition)


def _root(origin: str, note: str, frontier: bytes) -> bytes:
    if frontier:
        return Frontier.from_bytes(frontier).root
    return parse_checkpoint(note.partition("\n\n")[0] + "\n").root


def _key(row: _Row) -> Key:
    return FingerprintType(row[0]), bytes(row[1])


def _word(row: _Row) -> Word:
    _, _, origin, place, action, category, basis, reason = row
    said = SignalBasis(basis) if basis else None
    return Word(origin, place, Action(action), category, said, Reason(reason) if reason else None)
