"""Page numbers of long staff lists, with the filters kept in the links."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Pages:
    """`before` and `after` are query strings, empty where there is no such page."""

    number: int
    count: int
    before: str
    after: str


def page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def pages(number: int, total: int, size: int, filters: Mapping[str, str]) -> Pages:
    """Where one is in a list of `total` rows, `size` a page."""
    count = max(1, -(-total // size))

    def link(wanted: int) -> str:
        if not 1 <= wanted <= count:
            return ""
        return "?" + urlencode({**{name: value for name, value in filters.items() if value}, "page": wanted})

    return Pages(number, count, link(number - 1), link(number + 1))
