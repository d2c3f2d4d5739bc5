"""CSV lines with their line numbers; broken quoting and oversize fields become rejected rows."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rempart.formats.rows import RejectedRow

MAX_LINE_CHARACTERS = 65_536

Record = tuple[int, list[str]]
"""Line number and stripped fields."""
Columns = TypeVar("Columns")
Row = TypeVar("Row")


def read_csv_lines(lines: Iterable[str]) -> Iterator[Record | RejectedRow]:
    """Yield (line number, stripped fields); each line is a record of its own, blank lines are skipped.

    Quoted fields cannot span lines, so one broken quote spoils one line and not the rest of the file.
    The delimiter is a comma, or a semicolon or tab where the first line has one and no comma.
    """
    delimiter = None
    for number, raw in enumerate(lines, start=1):
        line = raw.removeprefix("\ufeff") if number == 1 else raw
        if not line.strip():
            continue
        if len(line) > MAX_LINE_CHARACTERS:
            yield RejectedRow(number, f"The line is longer than {MAX_LINE_CHARACTERS} characters.")
            continue
        delimiter = delimiter or _delimiter(line)
        text = line.rstrip("\r\n")
        if '"' not in text and "\r" not in text:
            yield number, [field.strip() for field in text.split(delimiter)]
            continue
        try:
            fields = next(csv.reader([text], delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration):
            yield RejectedRow(number, "The line is not valid CSV; check its quotes.")
            continue
        yield number, [field.strip() for field in fields]


def read_table(
    lines: Iterable[str],
    read_header: Callable[[Record | RejectedRow], Columns],
    read_row: Callable[[int, list[str], Columns], Row],
) -> Iterator[Row | RejectedRow]:
    """Yield what `read_row` makes of each line after the first, and rejected lines, in file order."""
    columns: Columns | None = None
    for record in read_csv_lines(lines):
        if columns is None:
            columns = read_header(record)
        elif isinstance(record, RejectedRow):
            yield record
        else:
            yield read_row(*record, columns)


def quoted(text: str) -> str:
    """A field of a line whose delimiter is a comma."""
    if not any(mark in text for mark in ',;\t"\r\n'):
        return text
    written = io.StringIO()
    csv.writer(written, lineterminator="", quoting=csv.QUOTE_ALL).writerow([text])
    return written.getvalue()


def _delimiter(line: str) -> str:
    return next((mark for mark in ",;\t" if mark in line), ",")
