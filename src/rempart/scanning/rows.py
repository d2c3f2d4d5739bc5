"""Inputs that are fingerprints already: rows of a CSV or Parquet file.

Columns: any of md5, sha1, sha256, pdq, in hexadecimal (in Parquet also binary); `quality` of the PDQ (0..100) and
`path`, which the output then calls the row, may be missing. Other columns are passed over. Zero and placeholder values
are taken as they are, as lists do not hold them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from rempart.core.errors import InputError, IntegrityError, NotFound, OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.formats.csv_lines import Record, read_table
from rempart.formats.hash_values import fingerprint_type
from rempart.formats.rows import RejectedRow
from rempart.scanning.records import Item

BYTES = {FingerprintType.MD5: 16, FingerprintType.SHA1: 20, FingerprintType.SHA256: 32, FingerprintType.PDQ: 32}
_BATCH = 4096


@dataclass(frozen=True, slots=True)
class _Columns:
    kinds: Mapping[int, FingerprintType]
    quality: int | None
    name: int | None

    @classmethod
    def named(cls, names: Sequence[str], where: str) -> "_Columns":
        spelled = [name.strip().lower() for name in names]
        kinds = {at: kind for at, name in enumerate(spelled) if (kind := fingerprint_type(name)) in BYTES and kind}
        if not kinds:
            raise InputError(
                "The file has no column of fingerprints.",
                where=where,
                advice="Name the columns in the first line: md5, sha1, sha256 or pdq; quality and path are optional.",
            )
        return cls(kinds, _at(spelled, "quality"), _at(spelled, "path"))

    @classmethod
    def of_header(cls, where: str, record: Record | RejectedRow) -> "_Columns":
        return cls.named([] if isinstance(record, RejectedRow) else record[1], where)


def from_csv(path: Path) -> Iterator[Item]:
    """A row that cannot be used becomes an item with the reason. Raises InputError, NotFound and OutsideFailure."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise unreadable(path, error) from error
    with file:
        lines = (line.decode("utf-8", errors="replace") for line in file)
        for row in read_table(lines, partial(_Columns.of_header, path.name), partial(_item, path)):
            if isinstance(row, RejectedRow):
                yield Item(_name(path, row.line), _key(path, row.line), problem=row.reason)
            else:
                yield row


def from_parquet(path: Path) -> Iterator[Item]:
    """As `from_csv`; needs the extra `parquet`. Rows count from 1."""
    batches = parquet_batches(path)
    names = next(batches)
    columns = _Columns.named(names, path.name)
    wanted = sorted({*columns.kinds, *(at for at in (columns.quality, columns.name) if at is not None)})
    row = 0
    for batch in batches:
        lists = {at: batch[names[at]] for at in wanted}
        for cells in zip(*lists.values(), strict=True):
            row += 1
            yield _item(path, row, dict(zip(lists, cells, strict=True)), columns)


def parquet_batches(path: Path) -> Iterator[Any]:
    """First the list of column names, then dicts of column name to list of values, a few thousand rows each."""
    parquet = _parquet()
    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            yield list(file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=_BATCH):
                yield batch.to_pydict()
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:  # pyarrow's ArrowInvalid
        raise IntegrityError(
            "This is not a Parquet file, or it was cut off.", where=path.name, advice="Write it again."
        ) from error


def count_parquet(path: Path) -> int:
    with _parquet().ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def _parquet() -> ModuleType:
    try:
        import pyarrow.parquet
    except ModuleNotFoundError as missing:
        raise InputError(
            "Parquet files need pyarrow.", where="parquet", advice="Install it with `pip install rempart[parquet]`."
        ) from missing
    module: ModuleType = pyarrow.parquet
    return module


def unreadable(path: Path, error: OSError) -> NotFound | OutsideFailure:
    if isinstance(error, FileNotFoundError):
        return NotFound("There is no such file.", where=str(path), advice="Check the name.")
    reason = error.strerror or "no reason given"
    return OutsideFailure(f"The file cannot be read: {reason}.", where=str(path), advice="Check its rights.")


def _item(path: Path, row: int, cells: Sequence[Any] | Mapping[int, Any], columns: _Columns) -> Item:
    name = _text(_cell(cells, columns.name)) or _name(path, row)
    try:
        values = ((kind, _cell(cells, at)) for at, kind in columns.kinds.items())
        fingerprints = {kind: binary(kind, value) for kind, value in values if value}
        if not fingerprints:
            raise InputError("The row has no fingerprint.")
        quality = _quality(_cell(cells, columns.quality))
    except InputError as refused:
        return Item(name, _key(path, row), problem=refused.what)
    return Item(name, _key(path, row), fingerprints=fingerprints, quality=quality)


def binary(kind: FingerprintType, value: object) -> bytes:
    """Of hexadecimal text or of bytes. Raises InputError without the value."""
    if isinstance(value, str):
        try:
            value = bytes.fromhex(value.strip())
        except ValueError:
            value = b""
    if not isinstance(value, bytes) or len(value) != BYTES[kind]:
        raise InputError(f"The {kind} value is not {2 * BYTES[kind]} hexadecimal digits.")
    return value


def _quality(value: object) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = int(value) if isinstance(value, str | int) else -1
    except ValueError:
        number = -1
    if not 0 <= number <= 100:
        raise InputError("The quality is not a whole number from 0 to 100.")
    return number


def _cell(cells: Sequence[Any] | Mapping[int, Any], at: int | None) -> Any:
    if at is None:
        return None
    if isinstance(cells, Mapping):
        return cells[at]
    return cells[at] if at < len(cells) else None


def _at(names: Iterable[str], wanted: str) -> int | None:
    return next((at for at, name in enumerate(names) if name == wanted), None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _name(path: Path, row: int) -> str:
    return f"{path.name}:{row}"


def _key(path: Path, row: int) -> str:
    return f"{path}:{row}"
