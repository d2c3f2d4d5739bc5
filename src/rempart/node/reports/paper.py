"""What a report says, before it is set in type: sections of blocks, every text final, every number traceable.

The PDF and the HTML edition are made from the same tree, so they cannot differ.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Cell:
    """A text of a table; for a figure also the published number, its status and its name in the open data.

    `figure` is "COUNTRY/PERIOD/KEY", then "/PART" for a part; empty for words and for what was computed here.
    """

    text: str
    number: float | None = None
    status: str = ""
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph: "plain", "lead" or "note"."""

    text: str
    tone: str = "plain"
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """A label with a value; `share` (0..1) is the length of a bar, None where there is none to draw."""

    label: str
    cell: Cell
    share: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """A few numbers in large type."""

    lines: tuple[Line, ...]
    kind: str = "cards"


@dataclass(frozen=True, slots=True)
class Bars:
    """Parts of a whole, or things beside each other, the largest first."""

    caption: str
    lines: tuple[Line, ...]
    note: str = ""
    kind: str = "bars"


@dataclass(frozen=True, slots=True)
class Columns:
    """A course of time, a column each month or year; a gap where nothing may be or can be shown."""

    caption: str
    lines: tuple[Line, ...]
    top: str
    note: str = ""
    kind: str = "columns"


@dataclass(frozen=True, slots=True)
class Table:
    """`heads` are texts and whether the column holds numbers; the first cell of a row is its head."""

    caption: str
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    kind: str = "table"

    @property
    def lined(self) -> list[list[tuple[Cell, bool]]]:
        """The rows, each cell with whether its column holds numbers."""
        return [[(cell, head[1]) for cell, head in zip(row, self.heads, strict=True)] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Facts:
    """Terms and what is to be known of each."""

    lines: tuple[tuple[str, str], ...]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target and what the figures say of it. `mood` is yes, no or unknown; `word` says it in a word."""

    number: str
    target: str
    mood: str
    word: str
    because: str
    lines: tuple[Line, ...]
    kind: str = "verdict"


@dataclass(frozen=True, slots=True)
class Definition:
    """An indicator explained, with its address in the open data."""

    key: str
    title: str
    text: str
    lines: tuple[tuple[str, str], ...]
    address: str
    kind: str = "definition"


Block = Text | Cards | Bars | Columns | Table | Facts | Verdict | Definition


@dataclass(frozen=True, slots=True)
class Section:
    """`new_page` begins one on paper."""

    key: str
    title: str
    blocks: tuple[Block, ...]
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report. `at`, the moment of its figures, is all it knows of time: same input, same bytes."""

    language: str
    title: str
    subtitle: str
    author: str
    at: datetime
    cover: tuple[tuple[str, str], ...]
    summary: str
    sections: tuple[Section, ...]
    words: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": [self.at.year, self.at.month, self.at.day]}

    def cells(self) -> list[Cell]:
        """Every cell that holds a figure, in the order of the report."""
        found = [cell for section in self.sections for block in section.blocks for cell in _cells(block)]
        return [cell for cell in found if cell.figure]


def _cells(block: Block) -> list[Cell]:
    if isinstance(block, Table):
        return [cell for row in block.rows for cell in row]
    if isinstance(block, Cards | Bars | Columns | Verdict):
        return [line.cell for line in block.lines]
    return []
