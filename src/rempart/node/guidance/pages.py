"""Where the pages of advice stand, and which others each one names."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from rempart.node.guidance.advice import ADVICE
from rempart.node.guidance.awareness import AWARENESS
from rempart.node.guidance.written import Text, Way, Written


@dataclass(frozen=True, slots=True)
class Entry:
    page: Written
    address: str


@dataclass(frozen=True, slots=True)
class Button:
    title: Text
    address: str


def advice_entries() -> list[Entry]:
    return [Entry(page, reverse("guidance:advice", kwargs={"who": page.key})) for page in ADVICE.values()]


def awareness_entries() -> list[Entry]:
    return [Entry(page, reverse("guidance:awareness", kwargs={"key": page.key})) for page in AWARENESS.values()]


def on_the_first_page() -> list[Entry]:
    """Those to whom no door of the first page leads, and what can be read before anything has happened."""
    behind_doors = {"child", "victim", "platform"}
    return [entry for entry in advice_entries() if entry.page.key not in behind_doors] + awareness_entries()


def others(page: Written, entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.page.key != page.key]


def buttons(page: Written) -> list[Button]:
    return [Button(way.title, _address(way)) for way in page.ways]


def _address(way: Way) -> str:
    name, _mark, who = way.to.partition("/")
    return reverse(name, kwargs={"who": who}) if who else reverse(name)
