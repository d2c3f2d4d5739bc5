"""Hash lists as CSV: one column for each kind of fingerprint, or `type,value`; `category` is optional.

Every line yields an entry or a reason, so that an import accounts for each line of the file. What is written has a
column for each kind, and reads back as it was.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.csv_lines import Record, quoted, read_table
from rempart.formats.hash_values import fingerprint_type, normalise
from rempart.formats.rows import RejectedRow

COLUMNS = (
    FingerprintType.MD5,
    FingerprintType.SHA1,
    FingerprintType.SHA256,
    FingerprintType.PDQ,
    FingerprintType.PHOTODNA,
)
"""What a written file has a column for."""
_MAX_CATEGORY = 64
_VALUE_NAMES = frozenset({"value", "hash", "hash_value"})
_TYPE_NAMES = frozenset({"type", "hash_type", "algorithm"})


@dataclass(frozen=True, slots=True)
class HashRow:
    """One file's fingerprints, in their one spelling; `category` as written, None when absent.

    `is_video` only where that is known, which a CSV does not tell.
    """

    line: int
    hashes: dict[FingerprintType, str] = field(repr=False)
    category: str | None = None
    is_video: bool = False


@dataclass(frozen=True, slots=True)
class _Columns:
    kinds: Mapping[int, FingerprintType]
    type_at: int | None
    value_at: int | None
    category_at: int | None


def read_hash_csv(lines: Iterable[str]) -> Iterator[HashRow | RejectedRow]:
    """Entries and rejected lines in file order; raises `InputError` when the first line is not a usable header."""
    return read_table(lines, _read_header, _read_row)


def write_hash_csv(rows: Iterable[HashRow]) -> Iterator[bytes]:
    """The lines of a file, header first, each ending in a line feed. Raises InputError for a kind without a column."""
    yield (",".join((*COLUMNS, "category")) + "\n").encode()
    for row in rows:
        if not row.hashes or not row.hashes.keys() <= set(COLUMNS):
            raise InputError("An entry has no fingerprint that a list has a column for.", where=f"line {row.line}")
        fields = [row.hashes.get(kind, "") for kind in COLUMNS]
        yield (",".join(quoted(text) for text in (*fields, row.category or "")) + "\n").encode()


def _read_header(record: Record | RejectedRow) -> _Columns:
    names = [] if isinstance(record, RejectedRow) else [name.lower().replace(" ", "_") for name in record[1]]
    kinds = {at: kind for at, name in enumerate(names) if (kind := fingerprint_type(name)) is not None}
    type_at = _first(names, _TYPE_NAMES)
    value_at = _first(names, _VALUE_NAMES)
    if not kinds and (type_at is None or value_at is None):
        raise InputError(
            "The file has no usable header.",
            where="line 1",
            advice="Begin with a line naming md5, sha1, sha256, pdq or photodna, or type,value; category is optional.",
        )
    return _Columns(kinds, type_at, value_at, _first(names, frozenset({"category"})))


def _first(names: list[str], wanted: frozenset[str]) -> int | None:
    return next((at for at, name in enumerate(names) if name in wanted), None)


def _read_row(line: int, fields: list[str], columns: _Columns) -> HashRow | RejectedRow:
    try:
        hashes = {kind: normalise(kind, text) for kind, text in _values(fields, columns)}
    except InputError as error:
        return RejectedRow(line, error.what)
    if not hashes:
        return RejectedRow(line, "The line has no fingerprint.")
    category = _at(fields, columns.category_at)
    if len(category) > _MAX_CATEGORY:
        return RejectedRow(line, f"The category is longer than {_MAX_CATEGORY} characters.")
    return HashRow(line, hashes, category or None)


def _values(fields: list[str], columns: _Columns) -> Iterator[tuple[FingerprintType, str]]:
    for at, kind in columns.kinds.items():
        if text := _at(fields, at):
            yield kind, text
    value = _at(fields, columns.value_at)
    if not columns.kinds and value:
        kind_read = fingerprint_type(_at(fields, columns.type_at))
        if kind_read is None:
            raise InputError("The kind of fingerprint is missing or unknown.")
        yield kind_read, value


def _at(fields: list[str], at: int | None) -> str:
    return fields[at] if at is not None and at < len(fields) else ""
