"""The observatory's data sets: figures, their catalogue, and what others published. Texts are in English."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import override

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.figures.releases import Status, Value
from rempart.formats.figures_document import FORMAT
from rempart.formats.tables import Column, Kind, Row, Table
from rempart.node.datasets import Dataset
from rempart.node.observatory import declaring, external
from rempart.node.observatory.counting import Figure, Publication, publication
from rempart.node.observatory.definition_history import revisions
from rempart.node.observatory.indicators import INDICATORS, PERIOD, PROPOSAL, TARGETS, Indicator, Origin
from rempart.node.runtime import clock

STATUSES = {
    Status.SHOWN: "The value is complete.",
    Status.PARTIAL: "Months with too few cases are left out: a count is a least value.",
    Status.SUPPRESSED: "There are too few cases to publish a value.",
    Status.NOT_AVAILABLE: "There was nothing to compute the value from; this is not 0.",
}
_YEARS = "Calendar years. The newest entry of a year counts; earlier ones stay as its history."
FIGURES = (
    Column("period", Kind.TEXT, 'A month "2026-03" (UTC), a year "2026" or "all".'),
    Column("is_final", Kind.TRUTH, "Whether no month of the period will change any more."),
    Column("indicator", Kind.TEXT, "The indicator's key; see the data set indicators."),
    Column("part", Kind.TEXT, "Empty for the whole; else the key of a part, such as a country or a source of reports."),
    Column("value", Kind.NUMBER, "A count, a share from 0 to 1, or a time in hours or days.", is_nullable=True),
    Column("status", Kind.TEXT, "shown, partial (at least), suppressed (too few cases) or not_available (not 0)."),
    Column("count_behind", Kind.INTEGER, "How many cases the value is computed from.", is_nullable=True),
    Column("unit", Kind.TEXT, "What is counted, or the unit of time."),
    Column("name", Kind.TEXT, "The indicator's name."),
)
CATALOGUE = (
    Column("id", Kind.TEXT, "The indicator's key."),
    Column("name", Kind.TEXT, "Its name."),
    Column("measure", Kind.TEXT, "count, stock, share (0 to 1), median, p90 or days; external: as published."),
    Column("unit", Kind.TEXT, "What is counted, or the unit of time."),
    Column("definition", Kind.TEXT, "What it counts."),
    Column("deduplication", Kind.TEXT, "What counts once, and in which month."),
    Column("denominator", Kind.TEXT, "What the count behind the value counts."),
    Column("period", Kind.TEXT, "How periods are made and when they are final."),
    Column("source", Kind.TEXT, "counted (from events of the node), declared (by the member) or external."),
    Column("target", Kind.TEXT, "The alliance's target T1 to T4 that it serves; empty for external ones."),
    Column("goal", Kind.TEXT, "The alliance's operational goal whose own measure it is, if it is one."),
    Column("is_proposal", Kind.TRUTH, "Whether it is this project's proposal, not the alliance's own text."),
    Column("revisions", Kind.TEXTS, "Changes of the definition with their dates, oldest first."),
)
EXTERNAL = (
    Column("series", Kind.TEXT, "The key of the series."),
    Column("title", Kind.TEXT, "What the series is about."),
    Column("unit", Kind.TEXT, "What is counted, or the unit of the value."),
    Column("year", Kind.INTEGER, "The year the figure is about."),
    Column("value", Kind.NUMBER, "As published; null is a gap.", is_nullable=True),
    Column("is_at_least", Kind.TRUTH, "Whether the source gives a least value, such as: over 1 million."),
    Column("wording", Kind.TEXT, "What the source says it counts."),
    Column("source_title", Kind.TEXT, "The publication.", is_nullable=True),
    Column("source_publisher", Kind.TEXT, "Who published it.", is_nullable=True),
    Column("source_year", Kind.INTEGER, "When.", is_nullable=True),
    Column("source_url", Kind.TEXT, "Where it was read.", is_nullable=True),
    Column("source_note", Kind.TEXT, "What is to be known of the source.", is_nullable=True),
)


def figures_document(published: Publication) -> dict[str, Any]:
    """All periods; shares are 0..1, durations hours."""
    with override("en"):
        return {
            "format": FORMAT,
            "organisation": settings.ORGANISATION,
            "country": settings.COUNTRY,
            "counted_to": published.counted_to.isoformat(),
            "note": str(PROPOSAL),
            "threshold": DEFAULT_THRESHOLD,
            "targets": {key: str(text) for key, text in TARGETS.items()},
            "statuses": {str(status): text for status, text in STATUSES.items()},
            "indicators": [definition(indicator) for indicator in INDICATORS],
            "periods": [_period(published, period) for period in published.periods()],
            "declared": [_revision(each) for each in published.entries],
        }


def figures_table(published: Publication) -> Table:
    """One row for each value and each part of it."""
    return Table(FIGURES, _figure_rows(published))


def definition(indicator: Indicator) -> dict[str, Any]:
    """What the catalogue says of an indicator, in the language that is on."""
    return {
        "id": indicator.key,
        "name": str(indicator.name),
        "measure": str(indicator.measure),
        "unit": str(indicator.unit),
        "definition": str(indicator.definition),
        "deduplication": str(indicator.once),
        "denominator": str(indicator.over),
        "period": str(_YEARS if indicator.origin is Origin.DECLARED else PERIOD),
        "source": str(indicator.origin),
        "target": indicator.target,
        "goal": indicator.goal,
        "is_proposal": indicator.is_proposal,
        "revisions": [{"on": each.on.isoformat(), "change": each.text} for each in revisions(indicator)],
    }


def _figure_rows(published: Publication) -> Iterator[Row]:
    with override("en"):
        texts = {each.key: (str(each.unit), str(each.name)) for each in INDICATORS}
    for period in published.periods():
        figures = published.figures(period)
        for figure in figures.figures:
            key = figure.indicator.key
            for part, value in (("", figure.value), *figure.parts.items()):
                shown = (value.number, str(value.status), value.behind)
                yield (period, figures.is_final, key, part, *shown, *texts[key])


def _catalogue() -> Table:
    with override("en"):
        found = [definition(indicator) for indicator in INDICATORS]
    rows: list[Row] = [
        (*list(each.values())[:-1], [f"{one['on']}: {one['change']}" for one in each["revisions"]]) for each in found
    ]
    return Table(CATALOGUE, [*rows, *(_of_external(series) for series in external.series())])


def _of_external(series: external.ExternalSeries) -> Row:
    wording = next(point.wording for point in series.points if point.wording)
    texts = ("Not known.", "Not known.", "A year, as published.")
    return (series.key, series.title, "external", series.unit, wording, *texts, str(Origin.EXTERNAL), "", "", True, [])


def _external_rows() -> Iterator[Row]:
    for series in external.series():
        for point in series.points:
            start = (series.key, series.title, series.unit, point.year, point.value, point.is_at_least, point.wording)
            found = point.source
            yield (
                *start,
                *((found.title, found.publisher, found.year, found.url, found.note) if found else [None] * 5),
            )


def _period(published: Publication, period: str) -> dict[str, Any]:
    figures = published.figures(period)
    return {
        "period": period,
        "is_final": figures.is_final,
        "figures": {figure.indicator.key: _figure(figure) for figure in figures.figures},
    }


def _figure(figure: Figure) -> dict[str, Any]:
    found: dict[str, Any] = _value(figure.value)
    if figure.indicator.parts:
        found["parts"] = {key: _value(value) for key, value in figure.parts.items()}
        found["parts_are_whole"] = figure.parts_are_whole
    return found


def _revision(entry: declaring.Revision) -> dict[str, Any]:
    """An entry of a declared value: the newest of an indicator and a year counts, the others are its history."""
    start = {"indicator": entry.key, "year": entry.year, "entered_at": entry.at.isoformat(), "note": entry.note}
    return {**start, "value": entry.value.number, "status": str(entry.value.status)}


def _value(value: Value) -> dict[str, float | int | str | None]:
    return {"value": value.number, "status": str(value.status), "count_behind": value.behind}


DATASETS = (
    Dataset(
        "indicators",
        "Indicators",
        "The catalogue: what each indicator counts, once for what, over what, from where. "
        "The set is this project's proposal, not the alliance's own text.",
        CATALOGUE,
        _catalogue,
    ),
    Dataset(
        "figures",
        "Figures of this node",
        "Every published value of every period. The JSON file is the document that alliance figures are made of.",
        FIGURES,
        lambda: figures_table(publication(clock().now())),
        lambda: figures_document(publication(clock().now())),
    ),
    Dataset(
        "external",
        "Figures that others published",
        "The published figures of 2012 to 2023, each with its source and what it counts. Gaps are null.",
        EXTERNAL,
        lambda: Table(EXTERNAL, _external_rows()),
    ),
)
