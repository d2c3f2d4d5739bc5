"""Elements of SVG as safe text. Everything that comes in is escaped; nothing has an inline style."""

from collections.abc import Mapping

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Attributes = Mapping[str, object]


def element(name: str, attributes: Attributes, *children: str) -> SafeString:
    """`<name attributes>children</name>`; children that are no SafeString are text. Numbers are written short."""
    pairs = format_html_join("", ' {}="{}"', ((key, _short(value)) for key, value in attributes.items()))
    return format_html("<{0}{1}>{2}</{0}>", name, pairs, format_html_join("", "{}", ((child,) for child in children)))


def joined(children: list[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((child,) for child in children))


def text(words: str, x: float | str, y: float, style: str = "", anchor: str = "start") -> SafeString:
    attributes: dict[str, object] = {"x": x, "y": y, "text-anchor": anchor}
    return element("text", attributes | ({"class": style} if style else {}), words)


def percent(share: float) -> str:
    """A place along a side, 0..1, as a part of whatever width the picture has."""
    return f"{_short(round(100 * share, 2))}%"


def picture(key: str, title: str, description: str, attributes: Attributes, *children: str) -> SafeString:
    """A whole picture with its name and its description, as screen readers tell it."""
    named = {"role": "img", "aria-labelledby": f"{key}-title {key}-desc"}
    return element(
        "svg",
        {**attributes, **named},
        element("title", {"id": f"{key}-title"}, title),
        element("desc", {"id": f"{key}-desc"}, description),
        *children,
    )


def _short(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, int | float) else str(value)
