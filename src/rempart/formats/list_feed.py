"""The list feed, format "rempart-list/1": one list as files that any web server or a node can serve.

`list.json` names a snapshot and the changes after it, each with its SHA-256; the files are CSV with the columns
`sequence,change,entry,category,kind,value,confirmations`. The sequence numbers a list's changes: rows of one change
share it. A snapshot holds what stood at its sequence; a file of changes holds those after `from` up to `to`, oldest
first, and the files of changes follow one another without a gap up to the list's sequence. docs/list-feed.md has all.

Bytes in and bytes out; nothing here opens a file or a connection.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rempart.core.categories import category_named
from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.csv_lines import Record, read_table
from rempart.formats.hash_values import fingerprint_type, normalise
from rempart.formats.rows import RejectedRow

FORMAT = "rempart-list/1"
HEAD_NAME = "list.json"
COLUMNS = ("sequence", "change", "entry", "category", "kind", "value", "confirmations")
MAX_HEAD_BYTES = 1 << 20
MAX_CHANGES = 1000
MAX_NAME = 120
MAX_SOURCE = 200
_MOST = 2**63 - 1
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_ADVICE = "Ask whoever publishes the list to publish it again."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file of all entries that stood at `sequence`; `entries` counts its rows."""

    path: str
    sequence: int
    entries: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ChangeFile:
    """A file of the changes after sequence `first` up to and including `last` (`from` and `to` in JSON)."""

    path: str
    first: int
    last: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What `list.json` says. Some changes may be older than the snapshot: they serve readers who are behind."""

    name: str
    source: str
    sequence: int
    snapshot: Snapshot
    changes: tuple[ChangeFile, ...]

    @property
    def reach(self) -> int:
        """Up to here the files go; between it and `sequence` nothing changed."""
        return max(self.snapshot.sequence, *(each.last for each in self.changes), 0)

    def changes_after(self, sequence: int) -> tuple[ChangeFile, ...] | None:
        """The files that lead from `sequence` to the list's own, oldest first; None where they do not reach back."""
        needed = tuple(each for each in self.changes if each.last > sequence)
        if self.reach <= sequence <= self.sequence:
            return ()
        return needed if needed and needed[0].first <= sequence else None


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One row. A removal names its entry alone (`kind` is None, `category` and `value` are empty), in a signed list
    all that is removed.

    `value` is binary, a PDQ in the byte order of its hex; PhotoDNA is the text it was carried as.
    `confirmations`: how many countries or agencies confirmed the entry; 0 where that is not stated.
    """

    line: int
    sequence: int
    is_removal: bool
    entry: int
    category: str = ""
    kind: FingerprintType | None = None
    value: bytes = field(default=b"", repr=False)
    confirmations: int = 0


def write_head(head: FeedHead) -> bytes:
    """`list.json`, the same bytes for the same head."""
    return (json.dumps({"format": FORMAT} | head_document(head), ensure_ascii=False, indent=1) + "\n").encode()


def head_document(head: FeedHead) -> dict[str, Any]:
    """What a head says, of either format."""
    return {
        "name": head.name,
        "source": head.source,
        "sequence": head.sequence,
        "snapshot": {
            "path": head.snapshot.path,
            "sequence": head.snapshot.sequence,
            "entries": head.snapshot.entries,
            "sha256": head.snapshot.sha256,
        },
        "changes": [
            {"path": each.path, "from": each.first, "to": each.last, "sha256": each.sha256} for each in head.changes
        ],
    }


def read_head(data: bytes) -> FeedHead:
    """What `write_head` wrote; fields it does not know are ignored.

    Raises InputError for anything that is not a complete head of this format, without repeating what it holds.
    """
    return head_from(_load(data), gapless=True)


def head_from(document: dict[str, Any], *, gapless: bool) -> FeedHead:
    """What `head_document` gave. Not `gapless`: nothing changed after the last file of changes, or the snapshot."""
    sequence = _whole(document, "sequence")
    snapshot = _object(document.get("snapshot"), "snapshot")
    changes = document.get("changes")
    if not isinstance(changes, list) or len(changes) > MAX_CHANGES:
        raise _wrong("changes")
    head = FeedHead(
        name=_text(document, "name", 1, MAX_NAME),
        source=_text(document, "source", 0, MAX_SOURCE),
        sequence=sequence,
        snapshot=Snapshot(
            path=_path(snapshot),
            sequence=_whole(snapshot, "sequence"),
            entries=_whole(snapshot, "entries"),
            sha256=_digest(snapshot),
        ),
        changes=tuple(_change(_object(each, "changes")) for each in changes),
    )
    _check_order(head, gapless)
    return head


def write_rows(rows: Iterable[FeedRow], *, with_header: bool = True) -> Iterator[bytes]:
    """The lines of a CSV file, header first, each ending in a line feed; the same bytes for the same rows."""
    if with_header:
        yield (",".join(COLUMNS) + "\n").encode()
    for row in rows:
        change = "remove" if row.is_removal else "add"
        text = _spelling(row)
        yield (
            f"{row.sequence},{change},{row.entry},{row.category},{row.kind or ''},{text},{row.confirmations}\n"
        ).encode()


def read_rows(lines: Iterable[str]) -> Iterator[FeedRow | RejectedRow]:
    """Rows and rejected lines in file order; raises InputError when the first line does not name the columns."""
    return read_table(lines, _read_header, _read_row)


def _load(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_HEAD_BYTES:
        raise InputError(f"The file is larger than {MAX_HEAD_BYTES} bytes.", where=HEAD_NAME, advice=_ADVICE)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("The file is not JSON.", where=HEAD_NAME, advice=_ADVICE) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"The file is not of the format {FORMAT}.", where=HEAD_NAME, advice="Check the address.")
    return document


def _check_order(head: FeedHead, gapless: bool) -> None:
    """The changes lead on from one another, and from the snapshot to where the files reach."""
    last = None
    for each in head.changes:
        if each.first >= each.last or (last is not None and each.first != last):
            raise _wrong("changes")
        last = each.last
    if head.reach > head.sequence or (gapless and head.reach != head.sequence) or last not in (None, head.reach):
        raise _wrong("sequence")
    if head.changes_after(head.snapshot.sequence) is None:
        raise _wrong("changes")


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name)
    return value


def _change(value: dict[str, Any]) -> ChangeFile:
    return ChangeFile(_path(value), _whole(value, "from"), _whole(value, "to"), _digest(value))


def _whole(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= _MOST:
        raise _wrong(name)
    return found


def _text(value: dict[str, Any], name: str, least: int, most: int) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not least <= len(found) <= most or not (found.isprintable() or not found):
        raise _wrong(name)
    return found


def _path(value: dict[str, Any]) -> str:
    """A plain file name beside `list.json`: no folder, no other host."""
    found = value.get("path")
    if not isinstance(found, str) or not _PATH.fullmatch(found) or found == HEAD_NAME:
        raise _wrong("path")
    return found


def _digest(value: dict[str, Any]) -> str:
    found = value.get("sha256")
    if not isinstance(found, str) or not _SHA256.fullmatch(found):
        raise _wrong("sha256")
    return found


def _wrong(name: str) -> InputError:
    return InputError(f"The field `{name}` is missing or not as {FORMAT} has it.", where=HEAD_NAME, advice=_ADVICE)


def _spelling(row: FeedRow) -> str:
    if row.kind is not FingerprintType.PHOTODNA:
        return row.value.hex()
    quoted = io.StringIO()
    csv.writer(quoted, lineterminator="").writerow([row.value.decode("ascii")])
    return quoted.getvalue()


def _read_header(record: Record | RejectedRow) -> Mapping[str, int]:
    names = [] if isinstance(record, RejectedRow) else [name.lower() for name in record[1]]
    if any(names.count(name) != 1 for name in COLUMNS):
        raise InputError("The first line does not name the columns.", where="line 1", advice=_ADVICE)
    return {name: names.index(name) for name in COLUMNS}


def _read_row(line: int, fields: list[str], columns: Mapping[str, int]) -> FeedRow | RejectedRow:
    if len(fields) <= max(columns.values()):
        return RejectedRow(line, "The line has too few fields.")
    sequence, change, entry, category, kind, value, confirmations = (fields[columns[name]] for name in COLUMNS)
    try:
        numbers = _number(sequence, "sequence"), _number(entry, "entry"), _number(confirmations or "0", "confirmations")
        if change not in ("add", "remove"):
            raise InputError("The change is neither add nor remove.")
        is_removal = change == "remove"
        if is_removal and not kind:
            return FeedRow(line, numbers[0], True, numbers[1])
        known, binary = _value(kind, value)
        return FeedRow(line, numbers[0], is_removal, numbers[1], category_named(category), known, binary, numbers[2])
    except InputError as error:
        return RejectedRow(line, error.what)


def _value(kind: str, text: str) -> tuple[FingerprintType, bytes]:
    known = fingerprint_type(kind)
    if known is None:
        raise InputError("The kind of fingerprint is missing or unknown.")
    spelled = normalise(known, text)
    return known, spelled.encode("ascii") if known is FingerprintType.PHOTODNA else bytes.fromhex(spelled)


def _number(text: str, name: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > _MOST:
        raise InputError(f"The field {name} is not a whole number.")
    return int(text)
