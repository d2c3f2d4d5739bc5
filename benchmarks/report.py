"""Interleaved timing, ratios with their spread, and tables; shared by the benchmarks.

Absolute times on a shared machine vary twofold with the neighbours. So the ways take turns in short slots (A B C A B
C), a ratio is taken within a round, and its median is told with its range.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

Times = dict[str, list[float]]


def interleave(
    ways: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> Times:
    """Seconds of each call, round by round; by `time.process_time`, waiting for the processor does not count."""
    times: Times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(timed(way, clock))
    return times


def timed(way: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    began = clock()
    way()
    return clock() - began


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> tuple[float, float, float]:
    """Median, least and greatest of theirs/ours, each within one round."""
    found = sorted(their / our for their, our in zip(theirs, ours, strict=True))
    return statistics.median(found), found[0], found[-1]


def spread(ratio: tuple[float, float, float]) -> str:
    median, low, high = ratio
    return f"{rounded(median)}× ({rounded(low)}-{rounded(high)})"


def rounded(value: float) -> str:
    """Three significant digits at most, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, notes: Sequence[str] = ()) -> None:
    """The first column is text, the others are figures."""
    drawn = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        drawn.add_column(column, justify="right" if number else "left", no_wrap=not number)
    for row in rows:
        drawn.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(drawn)
    for note in notes:
        console.print(note, style="dim", highlight=False)
    console.print()
