"""A figure as it is shown: a claim, its charts, its table, what it means, where each number comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from rempart.core.errors import NotFound
from rempart.core.figures.document import ALL, FiguresDocument
from rempart.core.figures.releases import Status, Value
from rempart.core.register.part import Part
from rempart.core.routing import Membership
from rempart.formats.tables import Column, Kind, Table
from rempart.node.observatory import numbers
from rempart.node.observatory.charts import lines
from rempart.node.observatory.charts.lines import Lines
from rempart.node.observatory.external import ExternalSeries, Source
from rempart.node.observatory.indicators import INDICATORS, Indicator, Measure
from rempart.node.observatory.presenting import Row

BY_KEY = {each.key: each for each in INDICATORS}
MEASURED = (
    Column("member", Kind.TEXT, "The member's ISO 3166-1 code; empty for a figure of all that publish, or of others."),
    Column("period", Kind.TEXT, 'A month "2026-03" (UTC), a year "2026" or "all".'),
    Column("indicator", Kind.TEXT, "The key of the indicator or of the external series."),
    Column("part", Kind.TEXT, "The part of the figure, such as a country; empty for the whole."),
    Column("value", Kind.NUMBER, "A count, a share from 0 to 1, or hours.", is_nullable=True),
    Column("status", Kind.TEXT, "shown, partial (at least), suppressed, not_available (not 0), published, projected."),
    Column("count_behind", Kind.INTEGER, "How many cases the value is computed from.", is_nullable=True),
    Column("source", Kind.TEXT, "Who published the number."),
)
MeasuredRow = tuple[str, str, str, str, float | None, str, int | None, str]


@dataclass(frozen=True, slots=True)
class Alliance:
    """All that figures are made of, at one moment. `parts` are what members state in the register."""

    today: date
    documents: Mapping[str, FiguresDocument]
    memberships: Mapping[str, Membership]
    external: tuple[ExternalSeries, ...]
    parts: Mapping[str, Part] = field(default_factory=dict)

    def members(self, on: date) -> tuple[str, ...]:
        """Codes of the states that are members on that day, by name."""
        found = [code for code, one in self.memberships.items() if one.is_member(on)]
        return tuple(sorted(found, key=numbers.country_key))

    def publishing(self) -> tuple[FiguresDocument, ...]:
        """Documents by the name of their country."""
        return tuple(self.documents[code] for code in sorted(self.documents, key=numbers.country_key))

    def years(self) -> tuple[str, ...]:
        """The newest first."""
        found = {period for each in self.documents.values() for period in each.periods() if len(period) == 4}
        return tuple(sorted(found, reverse=True))


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table as read; where there is none, `text` says why and `is_missing` is True.

    `share` is drawn as a bar 64 wide.
    """

    text: str
    is_missing: bool = False
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table in the page: a label and cells in each row."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its legend. `live` is what the chart's script gets: the same numbers; empty where it has none.

    `rows` are a label, a small picture and the words beside it; `bars` as in the component; `beside` a second picture.
    """

    heading: str
    drawing: str = ""
    legend: tuple[tuple[SafeString, str], ...] = ()
    live: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    style: str = ""
    beside: str = ""
    bars: tuple[Row, ...] = ()
    rows: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """Where numbers come from."""

    text: str
    address: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    key: str
    title: str
    claim: str
    panels: tuple[Panel, ...]
    grid: Grid
    table: Table
    definitions: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]
    notes: tuple[str, ...] = ()
    period: str = ""
    periods: tuple[tuple[str, str], ...] = ()


def cell(value: Value, indicator: Indicator | None = None) -> Cell:
    """A published value as read, or the reason why there is none."""
    if value.number is None:
        is_small = value.status is Status.SUPPRESSED
        return Cell(gettext("too few") if is_small else gettext("not available"), is_missing=True)
    text = said(value.number, indicator)
    is_count = indicator is None or indicator.measure in (Measure.COUNT, Measure.STOCK)
    return Cell(numbers.at_least(text) if value.status is Status.PARTIAL and is_count else text)


def said(value: float, indicator: Indicator | None = None) -> str:
    if indicator is not None and indicator.measure is Measure.SHARE:
        return numbers.percent(value)
    if indicator is not None and indicator.is_hours:
        return numbers.hours(value)
    return numbers.number(value)


def measured(member: str, period: str, indicator: str, value: Value, source: str, part: str = "") -> MeasuredRow:
    return (member, period, indicator, part, value.number, str(value.status), value.behind, source)


def defined(*indicators: Indicator) -> tuple[tuple[str, str], ...]:
    """What each counts, once for what, and of what where it is a part."""
    return tuple((str(each.name), " ".join(_meaning(each))) for each in indicators)


def _meaning(indicator: Indicator) -> list[str]:
    found = [str(indicator.definition), gettext("Counted once: {rule}").format(rule=indicator.once)]
    if indicator.measure not in (Measure.COUNT, Measure.STOCK):
        found.append(gettext("Of what: {whole}").format(whole=indicator.over))
    return found


def by_members(alliance: Alliance) -> tuple[Reference, ...]:
    """The members whose published figures a figure is made of."""
    return tuple(
        Reference(
            gettext("{country}: {organisation}").format(
                country=numbers.country_name(each.country), organisation=each.organisation
            ),
            note=gettext("counted to {date}").format(date=numbers.day(each.counted_to)),
        )
        for each in alliance.publishing()
    )


def by_others(*series: ExternalSeries) -> tuple[Reference, ...]:
    sources: dict[Source, None] = dict.fromkeys(source for each in series for source in each.sources)
    return tuple(Reference(f"{each.publisher}, {each.title}, {each.year}", each.url, each.note) for each in sources)


def told_by(told: int, alliance: Alliance) -> str:
    """How many members a figure rests on."""
    return gettext("{told} of {all} members publish this figure.").format(
        told=told, all=len(alliance.members(alliance.today))
    )


def all_and_years(alliance: Alliance) -> tuple[tuple[str, str], ...]:
    """The periods a figure can be asked for; the empty one is all time."""
    return (("", gettext("All time")), *((year, year) for year in alliance.years()))


def require_period(alliance: Alliance, period: str) -> str:
    """The period as documents name it. Raises NotFound for one that nobody publishes."""
    if period and period not in alliance.years():
        raise NotFound("nobody publishes figures of this period.", where="period", advice="Take one of the list.")
    return period or ALL


def line_panel(heading: str, chart: Lines, note: str = "") -> Panel:
    legend = [(lines.shape(each.mark), each.name) for each in chart.series]
    if chart.band:
        legend.append((lines.band_swatch(), chart.band.name))
    return Panel(heading, lines.draw(chart), tuple(legend), lines.live(chart), note)
