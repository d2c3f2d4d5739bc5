"""How long something took: from the middle case to nine in ten, a row each, all on one scale of times."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from rempart.node.observatory.charts.scales import Scale
from rempart.node.observatory.charts.svg import element, percent, picture, text

MARKS_H = (24.0, 72.0, 168.0)
_HEIGHT, _MIDDLE = 28, 14
_AXIS = 20


@dataclass(frozen=True, slots=True)
class Span:
    """Hours; `far` None where the ninth in ten is not told. `text` says both."""

    key: str
    label: str
    near: float
    far: float | None
    text: str


def scale(spans: tuple[Span, ...]) -> Scale:
    """Times run over factors, so that hours and weeks are both seen."""
    ends = [each.far or each.near for each in spans]
    low = min([0.7 * MARKS_H[0], *(0.8 * each.near for each in spans if each.near > 0)])
    return Scale(max(low, 0.01), max([*(1.1 * end for end in ends), 1.5 * MARKS_H[-1]]), MARKS_H, is_log=True)


def draw(span: Span, on: Scale) -> SafeString:
    near = percent(on.share(span.near))
    parts = [
        element("line", {"class": "rule", "x1": percent(at), "x2": percent(at), "y1": 0, "y2": _HEIGHT})
        for at in map(on.share, on.ticks)
    ]
    if span.far is not None:
        far = percent(on.share(span.far))
        parts.append(element("line", {"class": "span", "x1": near, "x2": far, "y1": _MIDDLE, "y2": _MIDDLE}))
        parts.append(element("line", {"class": "span", "x1": far, "x2": far, "y1": _MIDDLE - 5, "y2": _MIDDLE + 5}))
    parts.append(element("circle", {"class": "point a", "cx": near, "cy": _MIDDLE, "r": 5}))
    outer = {"class": "drawn", "width": "100%", "height": _HEIGHT, "overflow": "visible"}
    return picture(span.key, span.label, span.text, outer, *parts)


def axis(on: Scale, names: tuple[str, ...]) -> SafeString:
    """The scale over the rows; `names` as the visitor's language writes its marks."""
    outer = {"class": "drawn", "width": "100%", "height": _AXIS, "overflow": "visible", "aria-hidden": "true"}
    marks = [
        text(name, percent(on.share(at)), _AXIS - 6, "axis", "middle") for at, name in zip(on.ticks, names, strict=True)
    ]
    return element("svg", outer, *marks)
