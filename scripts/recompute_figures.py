"""Published figures counted again from the events, apart from the code that published them.

    python scripts/recompute_figures.py EVENTS PUBLISHED

EVENTS is a Parquet file as `rempart figures events` writes it, PUBLISHED a figures document, such as
`/open-data/figures.json`; either may be a folder of such files. Needs DuckDB and nothing of Rempart: recount.sql,
beside this file, counts; this compares. Every complete value has to be equal, every "at least" no larger than what was
counted and the sum of the months that are shown; what is suppressed has to be below the threshold or to protect
something that is, and nothing below it may be shown. Exit code 1 on any difference.
"""

import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

OFF = {"share": 1e-9}
"""How far a published value may lie from the count: shares are floating point, all else whole numbers."""
BANDS = ("share_removed_24h", "share_removed_72h", "share_removed_7d")
PARTS_OF = {"self_reports": "reports_received"}
"""Indicators that are one part of another's table, and stand under its protection."""
OTHER = "other"
EXPLAINED = (
    "equal",
    "at least, and not more",
    "suppressed: below the threshold",
    "suppressed: protects another",
    "suppressed: so are months of it",
    "not available: nothing was counted",
)


class Cell(NamedTuple):
    """Where a published value stands; `part` is empty for the whole."""

    member: str
    period: str
    indicator: str
    part: str = ""

    @property
    def is_month(self) -> bool:
        return len(self.period) == len("2026-01")


class Published(NamedTuple):
    value: float | None
    status: str
    behind: int | None


class Count(NamedTuple):
    """A recount: `number` of a count, of a share's part or of durations; `whole` of their cases; `figure` of hours."""

    number: int = 0
    whole: int = 0
    figure: float | None = None


@dataclass(frozen=True)
class Document:
    member: str
    counted_to: str
    threshold: int
    measures: dict[str, str]
    cells: dict[Cell, Published]


def main(events: str, published: str) -> int:
    documents = [read(path) for path in files(published, "json")]
    counts, known = recount(files(events, "parquet"), documents)
    of_member: defaultdict[str, dict[Cell, Count]] = defaultdict(dict)
    for cell, count in counts.items():
        of_member[cell.member][cell] = count
    verdicts: list[tuple[Cell, str]] = []
    for document in documents:
        verdicts += Comparison(document, of_member[document.member], known).verdicts()
    return tell(documents, verdicts)


def files(where: str, ending: str) -> list[Path]:
    path = Path(where)
    found = sorted(path.glob(f"*.{ending}")) if path.is_dir() else [path]
    if not found or not all(each.is_file() for each in found):
        raise SystemExit(f"There is no .{ending} file: {where}")
    return found


def read(path: Path) -> Document:
    """What is counted from events; figures from elsewhere are not for this to check."""
    said = json.loads(path.read_text(encoding="utf-8"))
    measures = {each["id"]: each["measure"] for each in said["indicators"] if each["source"] == "counted"}
    cells: dict[Cell, Published] = {}
    for period in said["periods"]:
        for key in measures:
            cell, figure = Cell(said["country"], period["period"], key), period["figures"][key]
            cells[cell] = value(figure)
            cells |= {cell._replace(part=part): value(found) for part, found in figure.get("parts", {}).items()}
    return Document(said["country"], said["counted_to"], said["threshold"], measures, cells)


def value(said: dict[str, Any]) -> Published:
    return Published(said["value"], said["status"], said["count_behind"])


# A stock is that of the period's last month; everything else adds up.
NUMBERS = """
SELECT member, {period} AS period, indicator, part,
       CASE WHEN indicator = 'still_reachable' THEN arg_max(number, month) ELSE sum(number) END, coalesce(sum(whole), 0)
FROM recount GROUP BY 1, 2, 3, 4
"""
DURATIONS = """
WITH lists AS (
    SELECT member, {period} AS period, pool, part, list_sort(list(hours)) AS hours FROM durations GROUP BY ALL
), sums AS (
    SELECT member, {period} AS period, pool, part, sum(number) AS number, sum(whole) AS whole FROM pools GROUP BY ALL
)
SELECT member, period, pool, part, number, whole,
       (hours[(len(hours) + 1) // 2] + hours[len(hours) // 2 + 1] + 100) // 200 / 10,
       (hours[(9 * len(hours) + 9) // 10] + 50) // 100 / 10
FROM sums LEFT JOIN lists USING (member, period, pool, part)
"""
"""Hours to one decimal, halves up: the mean of the two middle values, and the nearest rank."""


def recount(events: list[Path], documents: list[Document]) -> tuple[dict[Cell, Count], set[str]]:
    """Every month, year and all time, and what is counted; durations under their median and 90th percentile."""
    base = duckdb.connect()
    base.execute("SET TimeZone = 'UTC'")
    base.read_parquet([str(path) for path in events]).create_view("events")
    base.execute("CREATE TABLE documents (member VARCHAR, counted_to TIMESTAMP, threshold INT)")
    rows = [(each.member, each.counted_to, each.threshold) for each in documents]
    base.executemany("INSERT INTO documents VALUES (?, ?::TIMESTAMPTZ AT TIME ZONE 'UTC', ?)", rows)
    base.execute(Path(__file__).with_name("recount.sql").read_text(encoding="utf-8"))
    found: dict[Cell, Count] = {}
    for period in ("month", "left(month, 4)", "'all'"):
        numbers = base.execute(NUMBERS.format(period=period)).fetchall()
        found |= {Cell(*row[:4]): Count(*map(int, row[4:])) for row in numbers}
        for row in base.execute(DURATIONS.format(period=period)).fetchall():
            member, name, pool, part, number, whole, median, p90 = row
            found[Cell(member, name, f"{pool}_median", part)] = Count(int(number), int(whole), median)
            found[Cell(member, name, f"{pool}_p90", part)] = Count(int(number), int(whole), p90)
    return found, {name for (name,) in base.execute("SELECT indicator FROM indicators").fetchall()}


class Comparison:
    """One document with the recount; a verdict on each of its values, and on what it should have and has not."""

    def __init__(self, document: Document, counts: dict[Cell, Count], known: set[str]) -> None:
        self.document, self.counts, self.known = document, counts, known
        self.least = document.threshold
        self.tables: defaultdict[Cell, dict[str, Count]] = defaultdict(dict)
        for cell, count in counts.items():
            if cell.part:
                self.tables[cell._replace(part="")][cell.part] = count
        self.parted = {cell._replace(part="") for cell in document.cells if cell.part}
        self.months = sorted({cell.period for cell in document.cells if cell.is_month})

    def verdicts(self) -> list[tuple[Cell, str]]:
        found = [(cell, self.verdict(cell, published)) for cell, published in self.document.cells.items()]
        return found + [(cell, "counted, but not published") for cell in self.missing()]

    def verdict(self, cell: Cell, published: Published) -> str:
        if cell.indicator not in self.known:
            return "nothing counts this indicator again"
        count, measure = self.counts.get(cell, Count()), self.document.measures[cell.indicator]
        if published.status == "shown":
            return self.shown(cell, published, count, measure)
        if published.status == "partial":
            return self.partial(cell, published, count, measure)
        if published.status == "suppressed":
            return self.suppressed(cell, count, measure)
        nothing = count.number == 0 if measure in ("median", "p90") else measure == "share" and count.whole == 0
        return "not available: nothing was counted" if nothing else f"not available, but {count.number} were counted"

    def shown(self, cell: Cell, published: Published, count: Count, measure: str) -> str:
        expected: float | None = count.figure if measure in ("median", "p90") else count.number
        if measure == "share":
            expected = count.number / count.whole if count.whole else None
        behind = count.whole if measure == "share" else count.number
        is_equal = expected is not None and abs((published.value or 0) - expected) <= OFF.get(measure, 0)
        if not is_equal or published.behind != behind:
            return f"published {published.value} of {published.behind}, counted {expected} of {behind}"
        if cell.is_month and not self.may_show(cell, count, measure):
            return f"published, though it tells of fewer than {self.least}"
        if cell.is_month and measure == "count" and self.is_recoverable(cell):
            return "published, though it gives away the only part that is suppressed"
        return "equal"

    def partial(self, cell: Cell, published: Published, count: Count, measure: str) -> str:
        if cell.is_month:
            return "a month cannot be partial"
        most = count.whole if measure == "share" else count.number
        if published.behind is None or published.behind > most:
            return f"published at least {published.behind}, counted {most}"
        shown = [self.of_month(cell, month) for month in self.months_of(cell)]
        if measure in ("count", "share") and published.behind != sum(each.behind or 0 for each in shown):
            return f"published at least {published.behind}, which is not the sum of its months"
        return "at least, and not more"

    def suppressed(self, cell: Cell, count: Count, measure: str) -> str:
        if not cell.is_month:
            hidden = any(self.of_month(cell, month).status == "suppressed" for month in self.months_of(cell))
            return "suppressed: so are months of it" if hidden else "suppressed, though no month of it is"
        if not self.may_show(cell, count, measure):
            return "suppressed: below the threshold"
        if self.is_needed(cell):
            return "suppressed: protects another"
        return f"suppressed without need: {count.number} were counted"

    def may_show(self, cell: Cell, count: Count, measure: str) -> bool:
        """Whether a month's value tells of no small group: neither itself nor the rest of its whole."""
        if cell.indicator == "illegal_content" and not cell.part:
            assessed = self.counts.get(cell._replace(indicator="content_assessed"), Count())
            return self.is_safe(count.number, assessed.number)
        if measure in ("count", "stock"):
            return not 0 < count.number < self.least
        enough = {"share": 0, "median": self.least, "p90": 2 * self.least}[measure]
        return self.is_safe(count.number, count.whole) and count.number >= enough

    def is_safe(self, number: int, whole: int) -> bool:
        return not any(0 < each < self.least for each in (number, whole - number, whole))

    def is_needed(self, cell: Cell) -> bool:
        """Whether something in the same table is below the threshold."""
        return any(0 < number < self.least for number in self.table_of(cell))

    def table_of(self, cell: Cell) -> list[int]:
        """The numbers that are protected together with a cell. Providers and bands of time are one table."""
        if cell.indicator in BANDS or (cell.indicator == "notices_sent" and cell.part):
            wholes = [cell._replace(indicator=band, part="") for band in BANDS]
            tables = [{**self.tables[whole], "": self.counts.get(whole, Count())} for whole in wholes]
            found = []
            for part, last in tables[-1].items():
                ends = [0, *(table[part].number for table in tables), last.whole]
                found += [last.whole, *(end - start for start, end in pairwise(ends))]
            return found
        indicator = PARTS_OF.get(cell.indicator, cell.indicator)
        if not cell.part and indicator == cell.indicator:
            return []
        return [count.number for count in self.tables[cell._replace(indicator=indicator, part="")].values()]

    def is_recoverable(self, cell: Cell) -> bool:
        """Whether a total that is shown leaves exactly one part open."""
        if cell.part or cell not in self.parted:
            return False
        parts = [self.document.cells.get(cell._replace(part=part)) for part in self.tables[cell]]
        return sum(part is None or part.status != "shown" for part in parts) == 1

    def missing(self) -> list[Cell]:
        """What was counted above 0 and is neither published nor withheld with its table."""
        return [
            cell
            for cell, count in self.counts.items()
            if count.number and cell.indicator in self.document.measures and cell not in self.document.cells
            if not self.is_withheld(cell)
        ]

    def is_withheld(self, cell: Cell) -> bool:
        """A month's table is withheld as a whole; a longer period lacks what each of its months lacks."""
        if not cell.part:
            return False
        if not cell.is_month:
            return all(cell._replace(period=month) not in self.document.cells for month in self.months_of(cell))
        table = cell._replace(part="")
        is_small = not self.may_show(table, self.counts[table], self.document.measures[cell.indicator])
        return table not in self.parted and (is_small or self.is_needed(cell))

    def months_of(self, cell: Cell) -> list[str]:
        return [month for month in self.months if cell.period == "all" or month.startswith(cell.period)]

    def of_month(self, cell: Cell, month: str) -> Published:
        """A part that a month does not name is 0 there, unless it may be among the others or the table is withheld."""
        found = self.document.cells.get(cell._replace(period=month))
        if found is not None:
            return found
        table = cell._replace(period=month, part="")
        others = self.document.cells.get(table._replace(part=OTHER)) if cell.part != OTHER else None
        is_withheld = table not in self.parted and self.tables[table]
        return Published(None, "suppressed", None) if others or is_withheld else Published(0, "shown", 0)


def tell(documents: list[Document], verdicts: list[tuple[Cell, str]]) -> int:
    found = Counter(verdict for _cell, verdict in verdicts)
    wrong = [(cell, verdict) for cell, verdict in verdicts if verdict not in EXPLAINED]
    print(f"{len(documents)} documents, {len(verdicts)} values compared.")
    for verdict in EXPLAINED:
        print(f"{found[verdict]:>10}  {verdict}")
    print(f"{len(wrong):>10}  different")
    for cell, verdict in wrong[:50]:
        print(f"  {' '.join(cell).rstrip()}: {verdict}")
    return 1 if wrong or not found["equal"] else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
