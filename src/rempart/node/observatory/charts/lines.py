"""Numbers over time: lines with their points, and a band where a number is told ahead.

A number that is not there is a gap. Series differ by dashes and by the shape of their points, not by colour alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from rempart.node.observatory.charts.scales import Scale, linear, logarithmic
from rempart.node.observatory.charts.svg import element, joined, percent, picture, text

Values = tuple[float | None, ...]
Said = Callable[[float], str]
MARKS = ("a", "b", "c", "d")
_SHAPES = {
    "a": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "b": "M-4-4h8v8h-8z",
    "c": "M0-5l5 9h-10z",
    "d": "M0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z",
}
_HEIGHT, _TOP, _FOOT, _WIDE = 240, 12, 28, 1000
_MOST_POINTS, _LABELS, _LABELS_NARROW = 40, 12, 5


@dataclass(frozen=True, slots=True)
class Series:
    """`texts` are the values as read, one for each; the same stand in the table."""

    name: str
    values: Values
    texts: tuple[str, ...]
    mark: str = "a"


@dataclass(frozen=True, slots=True)
class Range:
    """Between which numbers another is expected; None where nothing is told."""

    name: str
    low: Values
    high: Values


@dataclass(frozen=True, slots=True)
class Lines:
    """A chart over `labels`, evenly apart. `said` writes a number of the axis; `unit`: number, percent or hours."""

    key: str
    title: str
    description: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    said: Said
    unit: str = "number"
    band: Range | None = None
    is_log: bool = False
    ceiling: float | None = None
    height: int = _HEIGHT


def draw(chart: Lines) -> SafeString:
    scale, places = scale_of(chart), _places(len(chart.labels))
    bottom = chart.height - _FOOT

    def down(value: float) -> float:
        return round(bottom - scale.share(value) * (bottom - _TOP), 2)

    names = [text(chart.said(tick), "100%", down(tick) + 4, "axis", "end") for tick in scale.ticks]
    side = element("svg", {"class": "drawn side", "height": chart.height, "aria-hidden": "true"}, *names)
    stretched = {"viewBox": f"0 0 {_WIDE} {chart.height}", "preserveAspectRatio": "none"}
    shapes = element(
        "svg",
        {**stretched, "width": "100%", "height": chart.height},
        *([_band(chart.band, places, down)] if chart.band else []),
        *[_path(each.values, places, down, f"line {each.mark}") for each in chart.series],
    )
    plot = picture(
        chart.key,
        chart.title,
        chart.description,
        {"class": "drawn plot", "width": "100%", "height": chart.height, "overflow": "visible"},
        *[_rule(down(tick), tick == scale.low) for tick in scale.ticks],
        shapes,
        *[point for each in chart.series for point in _points(each, chart.labels, places, down)],
        _times(chart.labels, places, chart.height - 6),
    )
    return element("div", {"class": "lined"}, side, plot)


def scale_of(chart: Lines) -> Scale:
    values = [value for each in chart.series for value in each.values if value is not None]
    if chart.band:
        values += [value for value in (*chart.band.low, *chart.band.high) if value is not None]
    return logarithmic(values) if chart.is_log else linear(values, ceiling=chart.ceiling)


def shape(mark: str) -> SafeString:
    """The point of a series, for a legend."""
    line = element("path", {"class": f"line {mark}", "d": "M0 8H28"})
    point = element("path", {"class": f"point {mark}", "d": _SHAPES[mark], "transform": "translate(14 8)"})
    return element("svg", {"class": "swatch", "width": 28, "height": 16, "aria-hidden": "true"}, line, point)


def band_swatch() -> SafeString:
    box = element("rect", {"class": "band", "x": 1, "y": 1, "width": 26, "height": 14})
    return element("svg", {"class": "swatch", "width": 28, "height": 16, "aria-hidden": "true"}, box)


def live(chart: Lines) -> dict[str, Any]:
    """The chart for the page's script: the same numbers, and the same words for them."""
    series = [
        {"name": each.name, "mark": each.mark, "values": each.values, "texts": each.texts} for each in chart.series
    ]
    band = chart.band and {"name": chart.band.name, "low": chart.band.low, "high": chart.band.high}
    return {
        "title": chart.title,
        "labels": chart.labels,
        "unit": chart.unit,
        "isLog": chart.is_log,
        "height": chart.height,
        "series": series,
        "band": band,
    }


def _places(number: int) -> tuple[float, ...]:
    return tuple((at + 0.5) / number for at in range(number))


def _rule(y: float, is_base: bool) -> SafeString:
    return element("line", {"class": "base" if is_base else "rule", "x1": 0, "x2": "100%", "y1": y, "y2": y})


def runs(values: Values) -> list[list[int]]:
    """Places without a gap between them."""
    found: list[list[int]] = [[]]
    for at, value in enumerate(values):
        if value is not None:
            found[-1].append(at)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


def _path(values: Values, places: tuple[float, ...], down: Callable[[float], float], style: str) -> SafeString:
    parts = []
    for run in runs(values):
        steps = [f"{_WIDE * places[at]:.1f} {down(value)}" for at in run if (value := values[at]) is not None]
        parts.append("M" + "L".join(steps))
    return element("path", {"class": style, "d": "".join(parts), "vector-effect": "non-scaling-stroke"})


def _band(band: Range, places: tuple[float, ...], down: Callable[[float], float]) -> SafeString:
    found = []
    for run in runs(band.low):
        edges = [(at, band.low[at], band.high[at]) for at in run]
        over = [f"{_WIDE * places[at]:.1f} {down(high)}" for at, _low, high in edges if high is not None]
        under = [f"{_WIDE * places[at]:.1f} {down(low)}" for at, low, _high in reversed(edges) if low is not None]
        path = "M" + "L".join([*over, *under]) + "z"
        found.append(element("path", {"class": "band", "d": path, "vector-effect": "non-scaling-stroke"}))
    return joined(found)


def _points(
    series: Series, labels: Sequence[str], places: tuple[float, ...], down: Callable[[float], float]
) -> list[SafeString]:
    """Each with what it says; small where there are many."""
    style = f"point {series.mark}" + (" many" if len(labels) > _MOST_POINTS else "")
    return [
        element(
            "svg",
            {"x": percent(places[at]), "y": down(value), "overflow": "visible"},
            element(
                "path",
                {"class": style, "d": _SHAPES[series.mark]},
                element("title", {}, f"{series.name}, {labels[at]}: {series.texts[at]}"),
            ),
        )
        for at, value in enumerate(series.values)
        if value is not None
    ]


def _times(labels: Sequence[str], places: tuple[float, ...], y: float) -> SafeString:
    """As many names under the axis as there is room for; on a narrow page fewer."""
    wide = _every(len(labels), _LABELS)
    narrow = wide * _every(-(-len(labels) // wide), _LABELS_NARROW)
    return joined(
        [
            text(label, percent(places[at]), y, "axis" if not at % narrow else "axis if-wide", "middle")
            for at, label in enumerate(labels)
            if not at % wide
        ]
    )


def _every(number: int, most: int) -> int:
    return max(1, -(-number // most))
