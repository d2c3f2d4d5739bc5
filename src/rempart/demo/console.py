"""What the demonstration shows while it plays: a live table on a terminal, plain lines anywhere else."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from types import TracebackType
from typing import Protocol, Self

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rempart.demo.watch import NOT_YET, Row


class Screen(Protocol):
    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, rows: Sequence[Row], now: datetime) -> None:
        """How far every journey is at this moment of the node's clock."""


def screen(console: Console) -> Screen:
    return LiveScreen(console) if console.is_terminal else PlainScreen(console)


class LiveScreen:
    """One table that changes in place."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, refresh_per_second=8, transient=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, rows: Sequence[Row], now: datetime) -> None:
        tables = [_table(steps, list(group)) for steps, group in groupby(rows, lambda row: row.steps)]
        self._live.update(Group(_clock_line(now), *tables))


class PlainScreen:
    """A line for each step that is new."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, tuple[str, ...]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def show(self, rows: Sequence[Row], now: datetime) -> None:
        for row in rows:
            before = self._shown.get(row.title, (NOT_YET,) * len(row.steps))
            for name, old, new in zip(row.steps, before, row.cells, strict=True):
                if new != old:
                    line = f"{now:%d %b %H:%M}  {row.title}: {name} {new}"
                    self._console.print(line, highlight=False, markup=False, soft_wrap=True)
            self._shown[row.title] = row.cells


def _clock_line(now: datetime) -> Text:
    return Text(f"The node's clock: {now:%A %d %B %Y, %H:%M} UTC", style="bold")


def _table(steps: Sequence[str], rows: Sequence[Row]) -> Table:
    table = Table(
        "Journey", "By", *(f"{step[0].upper()}{step[1:]}" for step in steps), box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )
    for column in table.columns:
        column.no_wrap = True
    for row in rows:
        table.add_row(row.title, row.by, *row.cells)
    return table
