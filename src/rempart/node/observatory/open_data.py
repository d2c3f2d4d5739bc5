"""The same figures as files: one JSON document, one CSV table. Names and definitions are in English."""

import csv
import io
from typing import Any

from django.conf import settings
from django.utils.translation import override

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.node.observatory.indicators import EVENTS, INDICATORS, PERIOD, PROPOSAL, Indicator
from rempart.node.observatory.releases import Status, Value
from rempart.node.observatory.services import Figure, Publication

FORMAT = "rempart figures 1"
STATUSES = {
    Status.SHOWN: "The value is complete.",
    Status.PARTIAL: "Months with too few cases are left out: a count is a least value.",
    Status.SUPPRESSED: "There are too few cases to publish a value.",
    Status.NOT_AVAILABLE: "There was nothing to compute the value from; this is not 0.",
}
COLUMNS = ("period", "is_final", "indicator", "part", "value", "status", "count_behind", "unit", "name", "definition")


def as_json(publication: Publication) -> dict[str, Any]:
    """All periods; shares are 0..1, durations hours."""
    with override("en"):
        return {
            "format": FORMAT,
            "organisation": settings.ORGANISATION,
            "country": settings.COUNTRY,
            "counted_to": publication.counted_to.isoformat(),
            "note": str(PROPOSAL),
            "threshold": DEFAULT_THRESHOLD,
            "statuses": {str(status): text for status, text in STATUSES.items()},
            "indicators": [_definition(indicator) for indicator in INDICATORS],
            "periods": [_period(publication, period) for period in publication.periods()],
        }


def as_csv(publication: Publication) -> str:
    """One line for each value and each part of it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with override("en"):
        for period in publication.periods():
            figures = publication.figures(period)
            for figure in figures.figures:
                start = (period, str(figures.is_final).lower(), figure.indicator.key)
                end = (figure.indicator.unit, figure.indicator.name, figure.indicator.definition)
                for part, value in (("", figure.value), *figure.parts.items()):
                    shown = ("" if value.number is None else value.number, value.status)
                    writer.writerow((*start, part, *shown, "" if value.behind is None else value.behind, *end))
    return out.getvalue()


def _definition(indicator: Indicator) -> dict[str, str]:
    return {
        "id": indicator.key,
        "name": str(indicator.name),
        "measure": str(indicator.measure),
        "unit": str(indicator.unit),
        "definition": str(indicator.definition),
        "deduplication": str(indicator.once),
        "denominator": str(indicator.over),
        "period": str(PERIOD),
        "source": str(EVENTS),
    }


def _period(publication: Publication, period: str) -> dict[str, Any]:
    figures = publication.figures(period)
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


def _value(value: Value) -> dict[str, float | int | str | None]:
    return {"value": value.number, "status": str(value.status), "count_behind": value.behind}
