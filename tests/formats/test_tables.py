"""One table, three files that say the same."""

import csv
import io
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from rempart.core.errors import InputError
from rempart.formats.tables import Column, Kind, Row, Table, as_csv, as_json, as_objects, as_parquet, schema

COLUMNS = (
    Column("name", Kind.TEXT, "A name."),
    Column("count", Kind.INTEGER, "How many.", is_nullable=True),
    Column("share", Kind.NUMBER, "0 to 1.", is_nullable=True),
    Column("is_final", Kind.TRUTH, "Whether it stays."),
    Column("day", Kind.DATE, "A day.", is_nullable=True),
    Column("at", Kind.MOMENT, "A time."),
    Column("names", Kind.TEXTS, "Names."),
)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_text = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)
_rows = st.lists(
    st.tuples(
        _text,
        st.none() | st.integers(-(2**53), 2**53),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.none() | st.dates(),
        st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),
        st.lists(_text, max_size=3),
    ),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(_rows)
def test_the_three_forms_hold_the_same(rows: list[Row]) -> None:
    table = Table(COLUMNS, rows)
    objects = json.loads(as_json(table))
    found = parquet.read_table(io.BytesIO(as_parquet(table))).to_pylist()
    assert [list(each.values()) for each in found] == [list(row) for row in rows]
    assert objects == [
        {**each, "day": each["day"] and each["day"].isoformat(), "at": each["at"].isoformat()} for each in found
    ]
    lines = list(csv.DictReader(io.StringIO(as_csv(table).decode(), newline="")))
    assert [line["count"] for line in lines] == ["" if row[1] is None else str(row[1]) for row in rows]
    assert [line["name"].removeprefix("'") for line in lines] == [str(row[0]).removeprefix("'") for row in rows]


def test_descriptions_travel_with_the_parquet_file() -> None:
    read = parquet.read_schema(io.BytesIO(as_parquet(Table(COLUMNS, []))))
    assert [field.metadata[b"description"].decode() for field in read] == [each.description for each in COLUMNS]
    assert [field.nullable for field in read] == [each.is_nullable for each in COLUMNS]


def test_the_schema_names_every_column() -> None:
    assert schema(COLUMNS)[1] == {"name": "count", "type": "integer", "nullable": True, "description": "How many."}


GOOD: Row = ("Fr", 1, 0.5, True, date(2026, 1, 1), AT, ["a"])


@pytest.mark.parametrize(
    ("place", "cell"),
    [
        (0, None),
        (0, 5),
        (1, 1.5),
        (1, True),
        (2, float("nan")),
        (2, "0.5"),
        (3, 1),
        (4, AT),
        (5, datetime(2026, 1, 1)),
        (6, "a"),
    ],
)
def test_a_cell_that_is_not_what_its_column_says_is_refused(place: int, cell: object) -> None:
    row = (*GOOD[:place], cell, *GOOD[place + 1 :])
    for write in (as_json, as_csv, as_parquet):
        with pytest.raises(InputError):
            write(Table(COLUMNS, [row]))  # type: ignore[list-item]


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(InputError):
        as_objects(Table(COLUMNS, [GOOD[:-1]]))


@pytest.mark.parametrize("text", ["=1+1", "+1", "@x", "-1+1"])
def test_no_text_becomes_a_formula_in_a_spreadsheet(text: str) -> None:
    assert as_csv(Table(COLUMNS[:1], [(text,)])).decode() == f"name\r\n'{text}\r\n"
