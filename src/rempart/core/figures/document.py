"""A member's published figures, as anybody can read them: the only thing alliance figures are made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from rempart.core.figures.releases import Status, Value

ALL = "all"
NOT_AVAILABLE = Value(None, Status.NOT_AVAILABLE)


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One indicator over one period; `parts` by their keys, in the order they were published."""

    value: Value
    parts: Mapping[str, Value] = field(default_factory=dict)
    parts_are_whole: bool = True


@dataclass(frozen=True, slots=True)
class PublishedPeriod:
    is_final: bool
    figures: Mapping[str, PublishedFigure]


@dataclass(frozen=True, slots=True)
class FiguresDocument:
    """Figures of one member, read from what it published: a month "2026-03", a year "2026" or "all".

    Events before `counted_to` count. An indicator that the document does not have is "not available".
    """

    country: str
    organisation: str
    counted_to: datetime
    threshold: int
    published: Mapping[str, PublishedPeriod] = field(default_factory=lambda: MappingProxyType({}))

    def periods(self) -> tuple[str, ...]:
        """As published: all time, years, then months, the newest first."""
        return tuple(self.published)

    def months(self) -> tuple[str, ...]:
        """Oldest first."""
        return tuple(sorted(period for period in self.published if len(period) == len("2026-03")))

    def figure(self, period: str, key: str) -> PublishedFigure | None:
        found = self.published.get(period)
        return None if found is None else found.figures.get(key)

    def value(self, period: str, key: str, part: str = "") -> Value:
        """What is published of the indicator, or of one part of it."""
        figure = self.figure(period, key)
        if figure is None:
            return NOT_AVAILABLE
        return figure.parts.get(part, NOT_AVAILABLE) if part else figure.value

    def parts(self, period: str, key: str) -> Mapping[str, Value]:
        """The published parts; none where the indicator has none or they are withheld."""
        figure = self.figure(period, key)
        return {} if figure is None else figure.parts

    def is_final(self, period: str) -> bool:
        found = self.published.get(period)
        return found is not None and found.is_final


def completeness(document: FiguresDocument, year: int) -> float:
    """The share (0..1) of a year's twelve months that are published and final."""
    return sum(document.is_final(month) for month in months_of_year(year)) / 12


def months_of_year(year: int) -> Iterator[str]:
    return (f"{year:04}-{month:02}" for month in range(1, 13))
