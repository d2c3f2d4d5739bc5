"""A list as the files of its feed (formats.list_feed): which are published, and their bytes.

A file's bytes follow from the entries and the file's range of sequences alone, so every process of the node, and a
mirror, gives the same ones.
"""

import hashlib
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from operator import attrgetter

from django.db.models import Q, QuerySet

from rempart.core.vocabulary import FingerprintType
from rempart.formats.list_feed import ChangeFile, FeedHead, FeedRow, Snapshot, write_rows
from rempart.node.lists.models import FeedFile, HashList, ListEntry

_LINES_TOGETHER = 500
_ADDED = ("sequence", "pk", "category", "kind", "value")
_REMOVED = ("withdrawn_sequence", "pk")


def head(hash_list: HashList) -> FeedHead | None:
    """What is published of the list; None before anything is."""
    files = list(FeedFile.objects.filter(hash_list=hash_list).order_by("last"))
    snapshot = next((file for file in files if file.is_snapshot), None)
    if snapshot is None:
        return None
    changes = tuple(ChangeFile(file.name, file.first, file.last, file.sha256) for file in files if not file.is_snapshot)
    return FeedHead(
        name=hash_list.name,
        source=hash_list.source,
        sequence=max(snapshot.last, *(each.last for each in changes), 0),
        snapshot=Snapshot(snapshot.name, snapshot.last, snapshot.rows, snapshot.sha256),
        changes=changes,
    )


def content(file: FeedFile) -> Iterator[bytes]:
    """The file's bytes in pieces."""
    lines = write_rows(_rows(file))
    while piece := b"".join(islice(lines, _LINES_TOGETHER)):
        yield piece


def measured(file: FeedFile) -> FeedFile:
    """The file with its rows, size and digest filled in."""
    digest, size, lines = hashlib.sha256(), 0, 0
    for piece in content(file):
        digest.update(piece)
        size += len(piece)
        lines += piece.count(b"\n")
    file.rows, file.size, file.sha256 = lines - 1, size, digest.hexdigest()
    return file


def _rows(file: FeedFile) -> Iterable[FeedRow]:
    entries = ListEntry.objects.filter(hash_list=file.hash_list_id, sequence__lte=file.last)
    if file.is_snapshot:
        return _added(entries.filter(Q(withdrawn_sequence__isnull=True) | Q(withdrawn_sequence__gt=file.last)))
    withdrawn = entries.filter(withdrawn_sequence__gt=file.first, withdrawn_sequence__lte=file.last)
    return merge(_removed(withdrawn), _added(entries.filter(sequence__gt=file.first)), key=attrgetter("sequence"))


def _added(entries: QuerySet[ListEntry]) -> Iterator[FeedRow]:
    rows = entries.order_by("sequence", "pk").values_list(*_ADDED).iterator(chunk_size=5000)
    for sequence, pk, category, kind, value in rows:
        yield FeedRow(0, sequence, False, pk, category, FingerprintType(kind), bytes(value))


def _removed(entries: QuerySet[ListEntry]) -> Iterator[FeedRow]:
    rows = entries.order_by("withdrawn_sequence", "pk").values_list(*_REMOVED).iterator()
    for sequence, pk in rows:
        yield FeedRow(0, sequence, True, pk)
