"""How a scan shows itself on standard error: a bar on a terminal, a line now and then elsewhere, and a line for each
input that could not be read whole.
"""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from rempart.formats.rows import RejectedRow
from rempart.scanning.outputs import printable
from rempart.scanning.records import Outcome, Totals

DONE, FAILED, SOME_UNREADABLE, SOME_HITS, INTERRUPTED = 0, 1, 3, 10, 130
_PLAIN_SECONDS = 30.0


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed or 0:,.0f}/s")


class ScanProgress:
    """A `rempart.scanning.scan.Watch` on standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, soft_wrap=True)
        columns = (
            TextColumn("{task.completed:,.0f} inputs, {task.fields[hits]:,} with hits"),
            BarColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=self._console, disable=not self._console.is_terminal, transient=True)
        self._task = self._bar.add_task("", total=None, hits=0)
        self._inputs = self._hits = 0
        self._began = self._told = time.monotonic()
        self.rejected_rows = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def rejected(self, list_name: str, row: RejectedRow) -> None:
        self.rejected_rows += 1
        self.say(f"list {printable(list_name)}, line {row.line}: {row.reason}")

    def count(self, counted: Callable[[], int | None], finished: int) -> None:
        """Counting runs beside the scan, and only where somebody watches."""
        self._bar.update(self._task, completed=finished)
        if self._console.is_terminal:
            threading.Thread(
                target=lambda: self._bar.update(self._task, total=counted()), name="scan-count", daemon=True
            ).start()

    def done(self, outcome: Outcome) -> None:
        self._inputs += 1
        self._hits += outcome.is_hit
        self._bar.update(self._task, advance=1, hits=self._hits)
        if outcome.problem is not None:
            self.say(f"{printable(outcome.name)}: {outcome.problem}")
        now = time.monotonic()
        if not self._console.is_terminal and now - self._told >= _PLAIN_SECONDS:
            self._told = now
            rate = self._inputs / (now - self._began)
            self.say(f"So far {self._inputs:,} inputs, {self._hits:,} with hits, {rate:,.1f} a second.")

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False)


def exit_code(totals: Totals) -> int:
    """0, 3 (some inputs unreadable), 10 (hits) or 13 (both)."""
    return SOME_UNREADABLE * bool(totals.problems) + SOME_HITS * bool(totals.hits)
