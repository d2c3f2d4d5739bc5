"""Shares of a whole: one bar a row, its parts in a fixed order. Parts differ by pattern and by their own words."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from rempart.node.observatory.charts.svg import element, joined, percent, picture, text

PATTERNS = ("solid", "lines", "dots", "open")
_LEAST_FOR_WORDS = 0.16
_HEIGHT = 30


@dataclass(frozen=True, slots=True)
class Part:
    """`share` is 0..1 of the row's whole; `text` as read."""

    name: str
    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A row; without parts nothing is known of it, and `note` says so."""

    key: str
    label: str
    parts: tuple[Part, ...]
    note: str = ""


def draw(bar: Bar) -> SafeString:
    """The bar of a row; its label stands beside it in the page."""
    start, drawn = 0.0, []
    for place, part in enumerate(bar.parts):
        drawn.append(_part(part, start, PATTERNS[place % len(PATTERNS)], bar.key))
        start += part.share
    description = ", ".join(f"{part.name}: {part.text}" for part in bar.parts) or bar.note
    frame = element("rect", {"class": "frame", "width": "100%", "height": _HEIGHT})
    outer = {"class": "drawn stacked", "width": "100%", "height": _HEIGHT}
    return picture(bar.key, bar.label, description, outer, _patterns(bar.key), joined(drawn), frame)


def swatch(place: int, key: str) -> SafeString:
    """The pattern of a part, for a legend; `key` is one of the page's own."""
    pattern = PATTERNS[place % len(PATTERNS)]
    box = element("rect", {"class": f"part {pattern}", "width": 28, "height": 16, **_fill(pattern, key)})
    frame = element("rect", {"class": "frame", "width": 28, "height": 16})
    attributes = {"class": "swatch", "width": 28, "height": 16, "aria-hidden": "true"}
    return element("svg", attributes, _patterns(key), box, frame)


def _part(part: Part, start: float, pattern: str, key: str) -> SafeString:
    place = {"x": percent(start), "width": percent(part.share), "height": _HEIGHT}
    box = element(
        "rect",
        {"class": f"part {pattern}", **place, **_fill(pattern, key)},
        element("title", {}, f"{part.name}: {part.text}"),
    )
    if part.share < _LEAST_FOR_WORDS:
        return box
    return joined([box, text(part.text, percent(start + part.share / 2), 20, f"on {pattern}", "middle")])


def _fill(pattern: str, key: str) -> dict[str, str]:
    return {"fill": f"url(#{key}-{pattern})"} if pattern in ("lines", "dots") else {}


def _patterns(key: str) -> SafeString:
    def pattern(name: str, size: int, shape: SafeString) -> SafeString:
        ground = element("rect", {"class": "ground", "width": size, "height": size})
        attributes = {"id": f"{key}-{name}", "width": size, "height": size, "patternUnits": "userSpaceOnUse"}
        return element("pattern", attributes, ground, shape)

    lines = element("path", {"class": "hatch", "d": "M-1 1l2-2M0 6l6-6M5 7l2-2"})
    dots = element("circle", {"class": "spot", "cx": 3, "cy": 3, "r": 1.1})
    return element("defs", {}, pattern("lines", 6, lines), pattern("dots", 6, dots))
