"""The decade as it was published: every yearly number that others told of it, and every gap."""

from collections.abc import Sequence

from django.utils.translation import gettext

from rempart.core.errors import NotFound
from rempart.formats.tables import Table
from rempart.node.observatory import numbers
from rempart.node.observatory.alliance.shown import MEASURED, Alliance, Cell, Grid, Shown, by_others
from rempart.node.observatory.alliance.volume import external_rows
from rempart.node.observatory.external import ExternalPoint, ExternalSeries
from rempart.node.observatory.external_titles import title

KEY = "decade"


def shown(alliance: Alliance, period: str = "") -> Shown:
    if period:
        raise NotFound("the decade is shown whole.", where="period", advice="Leave the period out.")
    return Shown(
        key=KEY,
        title=gettext("The decade as published"),
        claim=claim(alliance.external),
        panels=(),
        grid=grid(alliance.external),
        table=Table(MEASURED, external_rows(alliance.external)),
        definitions=tuple(
            (title(each), " ".join(f"{point.year}: {point.wording}" for point in each.points if point.wording))
            for each in alliance.external
        ),
        references=by_others(*alliance.external),
        notes=(
            gettext("Nothing is computed or filled in. An empty year is a year for which no number is known to us."),
            gettext("Each row counts something else, so rows cannot be compared with one another."),
        ),
    )


def summary(alliance: Alliance) -> str:
    return claim(alliance.external)


def years(series: Sequence[ExternalSeries]) -> tuple[int, ...]:
    return tuple(sorted({point.year for each in series for point in each.points}))


def claim(series: Sequence[ExternalSeries]) -> str:
    found = years(series)
    if not found:
        return gettext("No number of the decade is known.")
    told = sum(point.value is not None for each in series for point in each.points)
    comparable = sum(sum(point.value is not None for point in each.points) > 1 for each in series)
    return gettext(
        "Of {rows} measures, {told} yearly numbers were published from {first} to {last}; "
        "only {comparable} measures have more than one."
    ).format(rows=len(series), told=told, first=found[0], last=found[-1], comparable=comparable)


def grid(series: Sequence[ExternalSeries]) -> Grid:
    columns = years(series)
    rows = []
    for each in series:
        points = {point.year: point for point in each.points}
        rows.append((title(each), tuple(_cell(points.get(year), each.unit) for year in columns)))
    return Grid(
        gettext("Numbers that others published, by year"),
        (gettext("What"), *(str(year) for year in columns)),
        tuple(rows),
    )


def _cell(point: ExternalPoint | None, unit: str) -> Cell:
    if point is None or point.value is None:
        return Cell("", is_missing=True)
    text = _said(point.value, unit)
    return Cell(f"{text}+" if point.is_at_least else text)


def _said(value: float, unit: str) -> str:
    if unit == "share":
        return numbers.percent(value)
    if unit == "day":
        return numbers.days(value)
    return numbers.compact(value, 0) if value >= 100_000 else numbers.number(value)
