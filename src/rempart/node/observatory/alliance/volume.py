"""How fast reports grow, and whether decisions keep up: months of the same members, told ahead with a band.

Growth is read from members that tell every one of the months, so that nobody's joining looks like growth.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from rempart.core.errors import NotFound
from rempart.core.figures.document import FiguresDocument
from rempart.core.figures.releases import Status, Value
from rempart.core.projection import Band, Growth, fit
from rempart.formats.tables import Table
from rempart.node.charts.lines import Lines, Range, Series
from rempart.node.observatory import numbers
from rempart.node.observatory.alliance import pooling
from rempart.node.observatory.alliance.shown import (
    BY_KEY,
    MEASURED,
    Alliance,
    Cell,
    Grid,
    MeasuredRow,
    Panel,
    Shown,
    by_members,
    by_others,
    cell,
    defined,
    line_panel,
    measured,
    told_by,
)
from rempart.node.observatory.external import ExternalSeries
from rempart.node.observatory.external_titles import title

KEY = "volume"
REPORTS, DECIDED = "reports_received", "content_assessed"
_LONGEST, _LEAST, _AHEAD = 36, 6, 12
_STEEP = 20
_PUBLISHED = ("images_reported_usa", "inhope_urls_exchanged", "dutch_police_reports", "images_in_circulation")
_CONFIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class Measured:
    """Final months of the members that tell all of them, the oldest first, and what they tell of the months to come."""

    months: tuple[str, ...]
    members: tuple[FiguresDocument, ...]
    reports: tuple[Value, ...]
    decided: tuple[Value, ...]
    growth: Growth | None
    ahead: tuple[tuple[str, Band], ...]


def shown(alliance: Alliance, period: str = "") -> Shown:
    """The figure; raises NotFound for any period, since growth has none."""
    if period:
        raise NotFound("growth is shown over all months.", where="period", advice="Leave the period out.")
    found = growth(alliance)
    published = [each for each in alliance.external if each.key in _PUBLISHED]
    panels = [_decade(published)] if published else []
    if len(found.months) > 1:
        panels.insert(0, _months(found))
    return Shown(
        key=KEY,
        title=gettext("Growth and capacity"),
        claim=claim(found),
        panels=tuple(panels),
        grid=_grid(found),
        table=Table(MEASURED, _rows(found, published)),
        definitions=(*defined(BY_KEY[REPORTS], BY_KEY[DECIDED]), (gettext("The projection"), _model(found))),
        references=(*by_members(alliance), *by_others(*published)),
        notes=(told_by(len(found.members), alliance),),
    )


def summary(alliance: Alliance) -> str:
    return claim(growth(alliance))


def growth(alliance: Alliance) -> Measured:
    months, members = _longest_run(alliance.publishing())
    reports = tuple(pooling.total(members, month, REPORTS).value for month in months)
    decided = tuple(pooling.total(members, month, DECIDED).value for month in months)
    counts = [value.number or 0 for value in reports]
    line = fit(list(enumerate(counts)), _CONFIDENCE) if len(counts) >= _LEAST and min(counts) > 0 else None
    steps = range(1, _AHEAD + 1)
    ahead = [(_later(months[-1], step), line.at(len(months) - 1 + step)) for step in steps] if line else []
    return Measured(months, members, reports, decided, line, tuple(ahead))


def claim(found: Measured) -> str:
    if found.growth is None:
        return gettext("There are not enough months yet to tell how fast reports grow.")
    fast, slow = found.growth.doubling_range
    doubling = found.growth.doubling
    if doubling is not None and doubling > 0 and fast is not None and slow is not None:
        return gettext("Reports double every {time}: the last {count} months say between {fast} and {slow}.").format(
            time=numbers.months(doubling),
            count=len(found.months),
            fast=numbers.months(fast),
            slow=numbers.months(slow),
        )
    if found.growth.slope < 0 and fast is None:
        return gettext("Reports have become fewer over the last {count} months.").format(count=len(found.months))
    return gettext("The last {count} months do not tell whether reports grow.").format(count=len(found.months))


def _longest_run(documents: Sequence[FiguresDocument]) -> tuple[tuple[str, ...], tuple[FiguresDocument, ...]]:
    """The last final months, as many as the members that tell the last year tell all together."""
    told = Counter(month for each in documents for month in each.months() if each.is_final(month))
    # A month that few have told yet would leave nearly all members out.
    finals = sorted(month for month, members in told.items() if 2 * members >= len(documents))[-_LONGEST:]
    members = pooling.steady(documents, finals[-12:], REPORTS)
    months: list[str] = []
    for month in reversed(finals):
        if not members or pooling.steady(members, [month], REPORTS) != members:
            break
        months.insert(0, month)
    return tuple(months), members


def _months(found: Measured) -> Panel:
    labels = (*found.months, *(month for month, _band in found.ahead))
    after = (None,) * len(found.ahead)
    before = (None,) * (len(found.months) - 1)
    last = found.reports[-1].number
    middles = tuple(round(band.middle) for _month, band in found.ahead)
    told = (*before, last, *middles) if found.ahead else ()
    counted = [
        Series(gettext("Reports received"), (*_known(found.reports), *after), _texts(found.reports, len(after)), "a"),
        Series(gettext("Content decided on"), (*_known(found.decided), *after), _texts(found.decided, len(after)), "b"),
    ]
    band = None
    if found.ahead:
        texts = tuple("" if value is None else numbers.number(value) for value in told)
        counted.append(Series(gettext("Reports, if growth goes on"), told, texts, "c"))
        lows = (*before, last, *(round(each.low) for _month, each in found.ahead))
        highs = (*before, last, *(round(each.high) for _month, each in found.ahead))
        band = Range(gettext("Eight times in ten, the number lies in here"), lows, highs)
    values = [value for each in counted for value in each.values if value]
    chart = Lines(
        key="volume-months",
        title=gettext("Reports and decisions a month"),
        description=claim(found),
        labels=tuple(numbers.month_name(month, "LLL yy") for month in labels),
        series=tuple(counted),
        said=numbers.compact,
        band=band,
        is_log=bool(values) and max(values) > _STEEP * min(values),
        height=300,
    )
    note = gettext("Each step of the scale is ten times the one before.") if chart.is_log else ""
    return line_panel(chart.title, chart, note)


def _decade(published: Sequence[ExternalSeries]) -> Panel:
    years = sorted({point.year for each in published for point in each.points})
    series = tuple(
        Series(
            title(each),
            tuple(each.value(year) for year in years),
            tuple("" if (value := each.value(year)) is None else numbers.number(value) for year in years),
            mark,
        )
        for each, mark in zip(published, "abcd", strict=False)
    )
    chart = Lines(
        key="volume-decade",
        title=gettext("What others published"),
        description=gettext("Single numbers with years between them for which nothing was published."),
        labels=tuple(str(year) for year in years),
        series=series,
        said=numbers.compact,
        is_log=True,
    )
    note = gettext(
        "Each counts something else, so they cannot be compared with one another. "
        "Each step of the scale is ten times the one before. There are too few points for a projection."
    )
    return line_panel(chart.title, chart, note)


def _known(values: Sequence[Value]) -> tuple[float | None, ...]:
    return tuple(value.number for value in values)


def _texts(values: Sequence[Value], more: int) -> tuple[str, ...]:
    return (*("" if value.number is None else cell(value).text for value in values), *("",) * more)


def _grid(found: Measured) -> Grid:
    none = Cell("–", is_missing=True)
    counted = [
        (numbers.month_name(month), (cell(reports), cell(decided), none, none, none))
        for month, reports, decided in zip(found.months, found.reports, found.decided, strict=True)
    ]
    told = [
        (
            numbers.month_name(month),
            (none, none, *(Cell(numbers.number(round(value))) for value in (band.middle, band.low, band.high))),
        )
        for month, band in found.ahead
    ]
    head = (
        gettext("Month"),
        gettext("Reports received"),
        gettext("Content decided on"),
        gettext("Reports, if growth goes on"),
        gettext("At the lower end"),
        gettext("At the upper end"),
    )
    return Grid(gettext("Reports and decisions a month"), head, (*counted, *told))


def _rows(found: Measured, published: Sequence[ExternalSeries]) -> list[MeasuredRow]:
    names = ", ".join(each.country for each in found.members)
    rows = [
        measured("", month, key, value, names)
        for key, values in ((REPORTS, found.reports), (DECIDED, found.decided))
        for month, value in zip(found.months, values, strict=True)
    ]
    for month, band in found.ahead:
        ends = (("", band.middle), ("low", band.low), ("high", band.high))
        rows += [("", month, REPORTS, part, round(value), "projected", None, "projection") for part, value in ends]
    return rows + external_rows(published)


def external_rows(published: Sequence[ExternalSeries]) -> list[MeasuredRow]:
    """Every year of the series; a gap has no value and nobody who published it."""
    return [
        (
            "",
            str(point.year),
            each.key,
            "",
            point.value,
            "published" if point.value is not None else str(Status.NOT_AVAILABLE),
            None,
            f"{point.source.publisher}, {point.source.title}" if point.source else "",
        )
        for each in published
        for point in each.points
    ]


def _model(found: Measured) -> str:
    text = gettext(
        "A straight line through the logarithms of the months, and the band of a new month around it. "
        "It assumes that growth goes on as it was. It knows nothing of new laws, new members or new ways to report."
    )
    if found.growth is None:
        return text
    return f"{text} {gettext('It uses {count} months.').format(count=len(found.months))}"


def _later(month: str, steps: int) -> str:
    at = int(month[:4]) * 12 + int(month[5:]) - 1 + steps
    return f"{at // 12:04}-{at % 12 + 1:02}"
