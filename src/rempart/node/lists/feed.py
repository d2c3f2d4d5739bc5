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
from rempart.node.lists.models import FeedFile, FoldedList, HashList, ListEntry

_LINES_TOGETHER = 500
_SAID = ("number", "category", "kind", "value", "confirmations")


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
    is_signed = FoldedList.objects.filter(hash_list=file.hash_list_id).exists()
    entries = ListEntry.objects.filter(hash_list=file.hash_list_id, sequence__lte=file.last)
    if file.is_snapshot:
        standing = entries.filter(Q(withdrawn_sequence__isnull=True) | Q(withdrawn_sequence__gt=file.last))
        return _snapshot(standing) if is_signed else _changed(standing, "sequence", is_signed)
    withdrawn = entries.filter(withdrawn_sequence__gt=file.first, withdrawn_sequence__lte=file.last)
    added = entries.filter(sequence__gt=file.first)
    return merge(
        _changed(withdrawn, "withdrawn_sequence", is_signed),
        _changed(added, "sequence", is_signed),
        key=attrgetter("sequence"),
    )


def _snapshot(entries: QuerySet[ListEntry]) -> Iterator[FeedRow]:
    """Of a signed list: the same rows wherever it stands so, whenever each came to stand."""
    for number, category, kind, value, count in entries.order_by("kind", "value").values_list(*_SAID).iterator():
        yield FeedRow(0, 0, False, number, category, FingerprintType(kind), bytes(value), count)


def _changed(entries: QuerySet[ListEntry], moment: str, is_signed: bool) -> Iterator[FeedRow]:
    """Entries by the change that listed or withdrew them; of a signed list in one order everywhere."""
    ordered = entries.order_by(moment, "kind", "value") if is_signed else entries.order_by(moment, "pk")
    rows = ordered.values_list(moment, "pk", *_SAID).iterator(chunk_size=5000)
    is_removal = moment == "withdrawn_sequence"
    for sequence, pk, number, category, kind, value, count in rows:
        if is_removal and not is_signed:
            yield FeedRow(0, sequence, True, pk)
        else:
            entry = pk if number is None else number
            yield FeedRow(0, sequence, is_removal, entry, category, FingerprintType(kind), bytes(value), count)
