"""Many small lines on one scale, one for each member, to be compared by their shapes."""

from django.utils.safestring import SafeString

from rempart.node.observatory.charts.lines import Values, runs
from rempart.node.observatory.charts.scales import Scale
from rempart.node.observatory.charts.svg import element, percent, picture

_HEIGHT, _WIDE, _EDGE = 44, 1000, 5


def draw(
    key: str, title: str, labels: tuple[str, ...], values: Values, texts: tuple[str, ...], on: Scale
) -> SafeString:
    """One small line; each of its numbers is told where it stands."""

    def across(at: int) -> float:
        return (at + 0.5) / len(labels)

    def down(value: float) -> float:
        return round(_HEIGHT - _EDGE - on.share(value) * (_HEIGHT - 2 * _EDGE), 2)

    steps = [
        "M" + "L".join(f"{_WIDE * across(at):.0f} {down(value)}" for at in run if (value := values[at]) is not None)
        for run in runs(values)
    ]
    path = element("path", {"class": "line a", "d": "".join(steps), "vector-effect": "non-scaling-stroke"})
    shape = {"viewBox": f"0 0 {_WIDE} {_HEIGHT}", "preserveAspectRatio": "none", "width": "100%", "height": _HEIGHT}
    points = [
        element(
            "circle",
            {"class": "point a", "cx": percent(across(at)), "cy": down(value), "r": 2.5},
            element("title", {}, f"{labels[at]}: {texts[at]}"),
        )
        for at, value in enumerate(values)
        if value is not None
    ]
    base = element("line", {"class": "base", "x1": 0, "x2": "100%", "y1": _HEIGHT - 1, "y2": _HEIGHT - 1})
    said = ", ".join(f"{label}: {words}" for label, words in zip(labels, texts, strict=True) if words)
    outer = {"class": "drawn", "width": "100%", "height": _HEIGHT}
    return picture(key, title, said, outer, base, element("svg", shape, path), *points)
