"""Figures that others published, year by year, each with its source. Nothing is computed; a gap is a gap."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """Where a figure was published. `url` is empty where no address is known; `note`: what is to be known of it."""

    title: str
    publisher: str
    year: int
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExternalPoint:
    """A year's figure as published; `value` None is a gap: nobody published one that this project knows of.

    `wording` is what the source says it counts. `is_at_least`: the source says "over" or "more than".
    """

    year: int
    value: float | None
    is_at_least: bool = False
    wording: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class ExternalSeries:
    """Points of one measure, oldest first, one for each year of the decade."""

    key: str
    title: str
    unit: str
    points: tuple[ExternalPoint, ...]

    def value(self, year: int) -> float | None:
        return next((point.value for point in self.points if point.year == year), None)

    @property
    def sources(self) -> tuple[Source, ...]:
        """Each once, in the order of the years."""
        return tuple(dict.fromkeys(point.source for point in self.points if point.source is not None))


@cache
def series() -> tuple[ExternalSeries, ...]:
    """Every series that ships with the node. Titles, units and wordings are English, as published."""
    found = json.loads(files(__package__).joinpath("data/history.json").read_text("utf-8"))
    sources = {key: Source(**each) for key, each in found["sources"].items()}
    return tuple(_series(each, sources) for each in found["series"])


def _series(found: dict[str, Any], sources: dict[str, Source]) -> ExternalSeries:
    points = tuple(
        ExternalPoint(
            each["year"],
            each["value"],
            each.get("is_at_least", False),
            each.get("wording", ""),
            sources[each["source"]] if each.get("source") else None,
        )
        for each in found["points"]
    )
    return ExternalSeries(found["key"], found["title"], found["unit"], points)
