"""Tables of open data: named and typed columns with a description each, as JSON rows, CSV or Parquet.

The same table gives the same bytes, whoever asks; what is not known is null, an empty field in CSV.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from rempart.core.errors import InputError

Cell = str | int | float | bool | date | datetime | Sequence[str] | None
Row = tuple[Cell, ...]
_BATCH = 50_000


class Kind(StrEnum):
    """What a column holds. MOMENT is a time with its zone; TEXTS is a list, in CSV joined with "; "."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "boolean"
    DATE = "date"
    MOMENT = "date-time"
    TEXTS = "list of text"


_HOLDS: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.NUMBER: (int, float),
    Kind.TRUTH: (bool,),
    Kind.DATE: (date,),
    Kind.MOMENT: (datetime,),
    Kind.TEXTS: (list, tuple),
}


@dataclass(frozen=True, slots=True)
class Column:
    """`description` says what a value means and in which unit; `is_nullable` tells whether it may be unknown."""

    name: str
    kind: Kind
    description: str
    is_nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows hold one cell for each column, in their order. `rows` may be an iterator: it is read once."""

    columns: tuple[Column, ...]
    rows: Iterable[Row]


def schema(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The columns as open data describes them."""
    return [
        {
            "name": column.name,
            "type": str(column.kind),
            "nullable": column.is_nullable,
            "description": column.description,
        }
        for column in columns
    ]


def as_objects(table: Table) -> list[dict[str, Any]]:
    """One object for each row, ready for JSON: times as ISO 8601. Raises InputError for a cell that does not fit."""
    names = [column.name for column in table.columns]
    return [dict(zip(names, (_json(cell) for cell in row), strict=True)) for row in _checked(table)]


def as_json(table: Table) -> bytes:
    """A JSON array of rows, UTF-8."""
    return json.dumps(as_objects(table), ensure_ascii=False, indent=1, allow_nan=False).encode()


def as_csv(table: Table) -> bytes:
    """RFC 4180 with a header, UTF-8. A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([_csv(cell) for cell in row] for row in _checked(table))
    return out.getvalue().encode()


def as_parquet(table: Table) -> bytes:
    """One Parquet file, whose fields carry the descriptions. Needs pyarrow: the extra `node` or `parquet`."""
    import pyarrow
    from pyarrow import parquet

    fields = pyarrow.schema(
        [
            pyarrow.field(
                column.name, _arrow_type(column.kind), column.is_nullable, {"description": column.description}
            )
            for column in table.columns
        ]
    )
    out, rows = io.BytesIO(), _checked(table)
    with parquet.ParquetWriter(out, fields, compression="zstd") as writer:
        while batch := list(islice(rows, _BATCH)):
            arrays = [pyarrow.array([row[place] for row in batch], field.type) for place, field in enumerate(fields)]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=fields))
    return out.getvalue()


def _arrow_type(kind: Kind) -> Any:
    import pyarrow

    return {
        Kind.TEXT: pyarrow.string(),
        Kind.INTEGER: pyarrow.int64(),
        Kind.NUMBER: pyarrow.float64(),
        Kind.TRUTH: pyarrow.bool_(),
        Kind.DATE: pyarrow.date32(),
        Kind.MOMENT: pyarrow.timestamp("us", tz="UTC"),
        Kind.TEXTS: pyarrow.list_(pyarrow.string()),
    }[kind]


def _checked(table: Table) -> Iterator[Row]:
    """The rows, each cell of which is what its column says: the three formats refuse the same tables."""

    def check(number: int, row: Row) -> Row:
        if len(row) != len(table.columns):
            raise _unfit(number, f"has {len(row)} cells for {len(table.columns)} columns")
        for column, cell in zip(table.columns, row, strict=True):
            if not _fits(column, cell):
                raise _unfit(number, f"holds no {column.kind} in the column {column.name}")
        return row

    return iter([check(number, row) for number, row in enumerate(table.rows, start=1)])


def _fits(column: Column, cell: Cell) -> bool:
    if cell is None:
        return column.is_nullable
    if column.kind is Kind.TRUTH or isinstance(cell, bool):
        return column.kind is Kind.TRUTH and isinstance(cell, bool)
    if isinstance(cell, datetime):
        return column.kind is Kind.MOMENT and cell.tzinfo is not None
    if isinstance(cell, float) and (cell != cell or cell in (float("inf"), float("-inf"))):
        return False
    return isinstance(cell, _HOLDS[column.kind])


def _unfit(number: int, what: str) -> InputError:
    return InputError(f"row {number} {what}.", where="table", advice="Make the row as its columns are described.")


def _json(cell: Cell) -> Any:
    if isinstance(cell, date):
        return cell.isoformat()
    return list(cell) if isinstance(cell, list | tuple) else cell


def _csv(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return cell
    text = cell if isinstance(cell, str) else cell.isoformat() if isinstance(cell, date) else "; ".join(cell)
    return f"'{text}" if text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and len(text) > 1) else text
