"""Plots of benchmark results as SVG: ours in petrol, peers in greys, labels at the lines, nothing else."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from bench_index import Row

OURS, INK, RULE = "#0f5b66", "#30383c", "#dfe3e4"
GREYS = ("#5f696d", "#82898c", "#9aa1a3", "#6f7f85", "#b0b5b7")
_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "rempart",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.facecolor": "white",
}


def plot_index(rows: Sequence["Row"], folder: Path) -> None:
    """index-time.svg over the sizes, and index-costs.svg at the largest size that most peers have."""
    folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context(_STYLE):
        _times(rows, folder / "index-time.svg")
        _costs(rows, folder / "index-costs.svg")


def colour(name: str, names: Sequence[str]) -> str:
    return OURS if name == names[0] else GREYS[(names.index(name) - 1) % len(GREYS)]


def _times(rows: Sequence["Row"], path: Path) -> None:
    names = list(dict.fromkeys(row.name for row in rows))
    figure, axes = plt.subplots(figsize=(8, 4.6))
    ends = []
    for name in names:
        mine = sorted((row for row in rows if row.name == name), key=lambda row: row.entries)
        sizes = [row.entries for row in mine]
        times = [median(row.batch or row.call) * 1e6 for row in mine]
        axes.plot(
            sizes,
            times,
            color=colour(name, names),
            marker="o",
            markersize=4,
            linewidth=2.4 if name == names[0] else 1.4,
        )
        ends.append((times[-1], sizes[-1], name))
    axes.set(xscale="log", yscale="log", xlabel="fingerprints in the list", ylabel="µs a query, one thread")
    axes.grid(axis="y", color=RULE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.set_xticks(
        sorted({row.entries for row in rows}), [f"{size:,}" for size in sorted({row.entries for row in rows})]
    )
    axes.minorticks_off()
    _end_labels(axes, ends, names)
    _saved(figure, path)


def _end_labels(axes: plt.Axes, ends: list[tuple[float, int, str]], names: Sequence[str]) -> None:
    """Beside the lines that go on to the right edge; over the others, where no line runs. `ends`: µs, entries, name."""
    furthest = max(size for _, size, _ in ends)
    for value, size, name in ends:
        is_last = size == furthest
        axes.annotate(
            name,
            (size, value),
            xytext=(9, -3) if is_last else (0, 9),
            textcoords="offset points",
            ha="left" if is_last else "right",
            color=OURS if name == names[0] else INK,
            weight="bold" if name == names[0] else "normal",
            annotation_clip=False,
        )


def _costs(rows: Sequence["Row"], path: Path) -> None:
    sizes = sorted({row.entries for row in rows})
    shown = max(sizes, key=lambda size: (sum(row.entries == size for row in rows), size))
    chosen = [row for row in rows if row.entries == shown]
    names = [row.name for row in chosen]
    parts = (
        ("bytes of memory an entry", [row.bytes_each for row in chosen]),
        ("seconds to build", [row.build for row in chosen]),
        ("ms from file to first answer", [median(row.open_first) * 1e3 if row.open_first else None for row in chosen]),
    )
    figure, panels = plt.subplots(1, len(parts), figsize=(10, 0.42 * len(names) + 1.1), sharey=True)
    for axes, (title, values) in zip(panels, parts, strict=True):
        _bars(axes, title, names, values)
    figure.suptitle(f"{shown:,} fingerprints", x=0.01, ha="left", fontsize=10)
    _saved(figure, path)


def _bars(axes: plt.Axes, title: str, names: Sequence[str], values: Sequence[float | None]) -> None:
    lengths = [value or 0 for value in values]
    axes.barh(names, lengths, color=[colour(name, names) for name in names], height=0.6)
    axes.invert_yaxis()
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlim(0, max(lengths) * 1.25 or 1)
    axes.xaxis.set_visible(False)
    axes.spines[["bottom", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    for number, value in enumerate(values):
        text = "" if value is None else f" {value:,.0f}" if value >= 10 else f" {value:.2g}"
        axes.text(lengths[number], number, text, va="center")


def _saved(figure: plt.Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)
