"""Every address of a surface, with an example for each, read from its URL map."""

import re
from collections.abc import Iterator
from importlib import import_module

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern

SURFACES = ("public", "staff", "machine")
_VALUES = {"int": "987654", "str": "nothing", "slug": "nothing", "path": "no/thing"}
_UUID = "00000000-0000-4000-8000-000000000000"


def addresses(surface: str) -> list[str]:
    """An example of each address, in the order of the map."""
    return sorted(set(_addresses(import_module(f"rempart.node.urls_{surface}").urlpatterns, "/")))


def _addresses(patterns: list[URLPattern | URLResolver], path: str) -> Iterator[str]:
    for one in patterns:
        here = path + _example(one)
        if isinstance(one, URLResolver):
            yield from _addresses(one.url_patterns, here)
        else:
            yield here


def _example(one: URLPattern | URLResolver) -> str:
    if isinstance(one.pattern, LocalePrefixPattern):
        return "en/"
    route = str(one.pattern)
    if isinstance(one.pattern, RegexPattern):
        return (
            re.sub(r"\(\?P<\w+>[^()]*\)|\([^()]*\)", "x", route)
            .translate(str.maketrans("", "", "^$"))
            .replace(r"\Z", "")
        )
    for name, converter in one.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        value = _UUID if kind == "uuid" else _VALUES[kind]
        route = route.replace(f"<{kind}:{name}>", value).replace(f"<{name}>", value)
    assert "<" not in route, f"no example value for {route}"
    return route
