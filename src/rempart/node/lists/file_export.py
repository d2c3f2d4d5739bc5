"""A list as one file for others' tools: CSV of hashes, or a VICS hash set."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet

from rempart.adapters.files import sync_directory, temporary_name
from rempart.core.errors import Conflict, OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import COLUMNS, HashRow, write_hash_csv
from rempart.formats.vics import VicsMedia, write_vics
from rempart.node.audit import services as audit
from rempart.node.lists.finding import list_called
from rempart.node.lists.models import HashList, ListEntry

_FILE_MODE = 0o600
_PIECES = 5000


class FileFormat(StrEnum):
    CSV = "csv"
    VICS = "vics"
    """It requires an MD5 of every file, so other fingerprints are left out."""


@dataclass(frozen=True, slots=True)
class Written:
    """`entries` stand in the file, `left_out` are of a kind that the format cannot carry alone."""

    list_id: int
    entries: int
    left_out: int


def export_file(name: str, path: Path, file_format: FileFormat, *, actor: str = "system") -> Written:
    """Write or replace `path` with the list's standing entries. Readers see the old file or the new one.

    Raises NotFound, Conflict if the list may not be passed on, OutsideFailure.
    """
    hash_list = HashList.objects.get(pk=list_called(name))
    if not hash_list.may_share:
        raise Conflict(
            "This list may not be passed on.",
            where="list",
            advice="If its terms allow it: `rempart lists terms LIST --may-share`.",
        )
    kinds = set(COLUMNS) if file_format is FileFormat.CSV else {FingerprintType.MD5}
    standing = _standing(hash_list.pk)
    counts = standing.filter(kind__in=kinds).count(), standing.exclude(kind__in=kinds).count()
    rows = _rows(hash_list.pk, kinds)
    try:
        _write(path, write_hash_csv(rows) if file_format is FileFormat.CSV else write_vics(map(_media, rows)))
    except OSError as error:
        raise OutsideFailure(
            f"The file cannot be written ({type(error).__name__}).",
            where=str(path),
            advice="Check the folder's rights.",
        ) from error
    with transaction.atomic():
        data: dict[str, str | int] = {"entries": counts[0], "format": str(file_format)}
        audit.record("list:written", f"list:{hash_list.pk}", actor=actor, data={**data})
    return Written(hash_list.pk, *counts)


def _standing(list_id: int) -> QuerySet[ListEntry]:
    return ListEntry.objects.filter(hash_list=list_id, sequence__isnull=False, withdrawn_at__isnull=True)


def _rows(list_id: int, kinds: set[FingerprintType]) -> Iterator[HashRow]:
    rows = _standing(list_id).filter(kind__in=kinds).order_by("sequence", "pk")
    columns = rows.values_list("pk", "kind", "value", "category", "is_video")
    for pk, name, value, category, is_video in columns.iterator(chunk_size=_PIECES):
        kind = FingerprintType(name)
        text = bytes(value).decode("ascii") if kind is FingerprintType.PHOTODNA else bytes(value).hex()
        yield HashRow(pk, {kind: text}, category, is_video)


def _media(row: HashRow) -> VicsMedia:
    return VicsMedia(row.line, row.hashes, row.category)


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    draft = temporary_name(path)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as opened:
            for piece in pieces:
                opened.write(piece)
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(draft, path)
        sync_directory(path.parent)
    finally:
        draft.unlink(missing_ok=True)
