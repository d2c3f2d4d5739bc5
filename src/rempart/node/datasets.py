"""What a data set of the open data is: an app describes its own, `node.open_data` lists them all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rempart.formats.tables import Column, Table

FORMS = ("json", "csv", "parquet")
CONTENT_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """Served at /open-data/KEY.json, .csv and .parquet. Texts are English, like the names of columns.

    `table` makes the rows anew on each call. `document` makes the JSON file where that is more than the table's rows.
    """

    key: str
    title: str
    description: str
    columns: tuple[Column, ...]
    table: Callable[[], Table]
    document: Callable[[], dict[str, Any]] | None = None
