"""The made-up year of a member whose node runs: at the beginning of its own chain, before anything else happens there.

    python -m rempart.demo.year.loading EVENTS.parquet

A process of its own, with the environment of that node.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pyarrow import parquet

from rempart.formats.figure_events import FACTS

if TYPE_CHECKING:
    from rempart.node.audit.services import Past

NUMBERS_FROM = 1_000_000
"""Above what the database numbers in a demonstration: nothing of the past is mistaken for what is there."""


def load(path: Path) -> int:
    """Append the file's events to this node's chain; returns how many."""
    from rempart.node.audit.services import record_past

    return record_past(_past(path))


def _past(path: Path) -> "Iterator[Past]":
    from rempart.node.audit.services import Past

    for batch in parquet.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            data = {name: row[name] for name in FACTS[row["action"]]}
            yield Past(row["at"], row["actor"] or "system", row["action"], _subject(row["subject"]), data)


def _subject(text: str) -> str:
    kind, _, number = text.partition(":")
    return f"{kind}:{NUMBERS_FROM + int(number)}" if number.isdigit() else text


if __name__ == "__main__":
    import django

    django.setup()
    print(load(Path(sys.argv[1])))
