"""The world, each country in one of a few kinds. Kinds differ by pattern, small states are dots, Europe is larger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.safestring import SafeString

import rempart.node
from rempart.node.observatory.charts.svg import element, joined, picture

_FILE = Path(rempart.node.__file__).parent / "static/vendor/world/world.json"
_EUROPE = (888, 20, 300, 232)
KINDS = ("full", "strong", "middle", "light", "hatched", "dotted")
_PATTERNED = ("hatched", "dotted")


@dataclass(frozen=True, slots=True)
class Country:
    """How a country is drawn and what is said of it."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class World:
    """`countries` by ISO code; those not named are drawn plain. Codes without an outline are in the table alone."""

    key: str
    title: str
    description: str
    countries: Mapping[str, Country]


def has_outline(code: str) -> bool:
    return code in _world()["countries"]


def draw(world: World) -> SafeString:
    size = f"0 0 {_world()['width']} {_world()['height']}"
    attributes = {"class": "drawn world", "viewBox": size}
    return picture(world.key, world.title, world.description, attributes, _patterns(world.key), _land(world, 9))


def draw_europe(world: World) -> SafeString:
    """The same outlines, near; the picture repeats none of them."""
    x, y, width, height = _EUROPE
    attributes = {"class": "drawn world near", "viewBox": f"{x} {y} {width} {height}", "aria-hidden": "true"}
    return element("svg", attributes, element("use", {"href": f"#{world.key}-land"}), _dots(world, 2.4))


def swatch(kind: str, key: str) -> SafeString:
    box = element("rect", {"class": f"land {kind}", "width": 28, "height": 16, **_fill(kind, key)})
    return element("svg", {"class": "swatch", "width": 28, "height": 16, "aria-hidden": "true"}, box)


def _land(world: World, radius: float) -> SafeString:
    plain = "".join(str(one["path"]) for code, one in _world()["countries"].items() if code not in world.countries)
    named = [_shape(world, code) for code in world.countries if has_outline(code)]
    land = element("g", {"id": f"{world.key}-land"}, element("path", {"class": "land", "d": plain}), *named)
    return joined([land, _dots(world, radius)])


def _shape(world: World, code: str) -> SafeString:
    country = world.countries[code]
    attributes = {"class": f"land {country.kind}", "d": str(_world()["countries"][code]["path"])}
    return element(
        "path", attributes | _fill(country.kind, world.key), element("title", {}, f"{country.name}: {country.text}")
    )


def _dots(world: World, radius: float) -> SafeString:
    """States too small to be seen otherwise."""
    found = []
    for code, country in world.countries.items():
        if not has_outline(code) or not _world()["countries"][code]["small"]:
            continue
        x, y = _world()["countries"][code]["at"]
        place = {"class": f"land dot {country.kind}", "cx": x, "cy": y, "r": radius}
        title = element("title", {}, f"{country.name}: {country.text}")
        found.append(element("circle", place | _fill(country.kind, world.key), title))
    return joined(found)


def _fill(kind: str, key: str) -> dict[str, str]:
    return {"fill": f"url(#{key}-{kind})"} if kind in _PATTERNED else {}


def _patterns(key: str) -> SafeString:
    def pattern(kind: str, shape: SafeString) -> SafeString:
        size = {"width": 8, "height": 8, "patternUnits": "userSpaceOnUse"}
        return element(
            "pattern",
            {"id": f"{key}-{kind}", **size},
            element("rect", {"class": "ground", "width": 8, "height": 8}),
            shape,
        )

    hatch = element("path", {"class": "hatch", "d": "M-1 1l2-2M0 8l8-8M7 9l2-2"})
    spot = element("circle", {"class": "spot", "cx": 4, "cy": 4, "r": 1.6})
    return element("defs", {}, pattern("hatched", hatch), pattern("dotted", spot))


@cache
def _world() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text())
    return found
