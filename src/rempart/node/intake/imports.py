"""Reports from a file: one a line, each at most once however often the file is imported."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from django.db import IntegrityError, transaction

from rempart.core.errors import InputError
from rempart.core.vocabulary import Source
from rempart.formats.rows import RejectedRow
from rempart.formats.url_csv import UrlRow, read_url_csv
from rempart.node.intake.models import Report
from rempart.node.intake.reports import NewItem, NewReport, create_report, receive
from rempart.node.intake.turns import turn

IMPORT_SOURCES = frozenset({Source.PROACTIVE, Source.POLICE, Source.PUBLIC})
_BATCH = 50
_KEY_TAG = b"rempart import line 1\n"


@dataclass(frozen=True, slots=True)
class Imported:
    """`present`: lines that an earlier run of the same file had made into reports."""

    added: int = 0
    present: int = 0
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    key: bytes
    row: UrlRow
    raw: bytes


def import_urls(file: Path, source: Source, on_bytes: Callable[[int], None] = lambda size: None) -> Imported:
    """Make a report of each line of a CSV of URLs (`rempart.formats.url_csv`).

    A line's identity is the file's SHA-256 and the line's number, so a run that broke off is simply repeated.
    `on_bytes` is told how many bytes were read since the last call. Raises InputError for another source.
    """
    if source not in IMPORT_SOURCES:
        allowed = ", ".join(sorted(IMPORT_SOURCES))
        raise InputError("reports of this source are not imported.", where="source", advice=f"Use one of {allowed}.")
    added = present = 0
    rejected: list[RejectedRow] = []
    lines = _lines(file, rejected, on_bytes)
    while batch := list(islice(lines, _BATCH)):
        new = _write(batch, source)
        added += new
        present += len(batch) - new
    return Imported(added, present, tuple(rejected))


def _lines(file: Path, rejected: list[RejectedRow], on_bytes: Callable[[int], None]) -> Iterator[_Line]:
    with file.open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").digest()
        opened.seek(0)
        raw = b""

        def texts() -> Iterator[str]:
            nonlocal raw
            for raw in opened:
                on_bytes(len(raw))
                yield raw.decode("utf-8", "surrogateescape")

        # A record is one line and the reader looks no further, so `raw` is the line of the row it just gave.
        for row in read_url_csv(texts()):
            if isinstance(row, UrlRow) and _is_text(raw):
                key = hashlib.sha256(_KEY_TAG + digest + row.line.to_bytes(8, "big")).digest()
                yield _Line(key, row, raw)
            else:
                rejected.append(row if isinstance(row, RejectedRow) else RejectedRow(row.line, _NOT_TEXT))


_NOT_TEXT = "The line is not UTF-8 text. Save the file as UTF-8."


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _write(batch: list[_Line], source: Source) -> int:
    try:
        return _write_once(batch, source)
    except IntegrityError:
        # Another run imports the same file just now: what it committed is seen this time.
        return _write_once(batch, source)


def _write_once(batch: list[_Line], source: Source) -> int:
    with turn(), transaction.atomic():
        keys = [line.key for line in batch]
        rows = Report.objects.filter(import_key__in=keys).values_list("import_key", flat=True)
        known = {bytes(key) for key in rows if key is not None}
        new = [line for line in batch if line.key not in known]
        for line in new:
            receive(create_report(_report(line, source)), "system")
    return len(new)


def _report(line: _Line, source: Source) -> NewReport:
    row = line.row
    details = {name: text for name, text in (("source", row.source), ("note", row.note)) if text}
    return NewReport(
        source=source,
        items=(NewItem(row.kind, row.canonical, details),),
        original_part="csv-line",
        original=line.raw,
        occurred_at=row.seen_at,
        import_key=line.key,
    )
