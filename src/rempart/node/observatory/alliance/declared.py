"""What members declare of themselves and no node can count: victims identified."""

from collections.abc import Sequence

from django.utils.translation import gettext

from rempart.core.errors import NotFound
from rempart.core.figures.document import FiguresDocument
from rempart.core.figures.releases import Status
from rempart.formats.tables import Table
from rempart.node.observatory import numbers
from rempart.node.observatory.alliance import pooling
from rempart.node.observatory.alliance.shown import (
    BY_KEY,
    MEASURED,
    Alliance,
    Grid,
    Panel,
    Shown,
    by_members,
    cell,
    line_panel,
    measured,
    told_by,
)
from rempart.node.charts.lines import Lines, Series

KEY = "victims"
VICTIMS = "victims_identified"
GOAL = 0.1


def shown(alliance: Alliance, period: str = "") -> Shown:
    if period:
        raise NotFound("victims are shown over all years.", where="period", advice="Leave the period out.")
    documents, years = alliance.publishing(), tuple(reversed(alliance.years()))
    sums = [pooling.total(documents, year, VICTIMS) for year in years]
    told = max((each.told for each in sums), default=0)
    rows = [
        measured(each.country, year, VICTIMS, each.value(year, VICTIMS), each.organisation)
        for each in documents
        for year in years
    ]
    return Shown(
        key=KEY,
        title=gettext("Victims identified"),
        claim=summary(alliance),
        panels=(_lines(years, sums),) if len(years) > 1 and told else (),
        grid=_grid(documents, years),
        table=Table(MEASURED, rows),
        definitions=(
            _definition(),
            (
                gettext("The goal of 2012"),
                gettext("The number of known identified victims grows by at least {share} a year.").format(
                    share=numbers.percent(GOAL)
                ),
            ),
        ),
        references=by_members(alliance),
        notes=(told_by(told, alliance), gettext("A member that has declared nothing is not a member without victims.")),
    )


def summary(alliance: Alliance) -> str:
    documents, years = alliance.publishing(), tuple(reversed(alliance.years()))
    return _claim(documents, years, [pooling.total(documents, year, VICTIMS) for year in years])


def growth(documents: Sequence[FiguresDocument], years: Sequence[str]) -> tuple[str, float, int] | None:
    """The last two years told whole by the same members: the year, growth from the year before, how many members."""
    for before, year in zip(years[-2::-1], years[:0:-1], strict=True):
        same = [
            each
            for each in documents
            if all(each.value(period, VICTIMS).status is Status.SHOWN for period in (before, year))
        ]
        first, last = (pooling.total(same, period, VICTIMS).value.number for period in (before, year))
        if first and last is not None:
            return year, last / first - 1, len(same)
    return None


def _claim(documents: Sequence[FiguresDocument], years: Sequence[str], sums: Sequence[pooling.Pooled]) -> str:
    if not any(each.told for each in sums):
        return gettext("No member has declared how many victims it identified.")
    found = growth(documents, years)
    if found is None:
        last = next(year for year, each in zip(reversed(years), reversed(sums), strict=True) if each.told)
        value = sums[years.index(last)].value
        return gettext("{number} victims were identified in {year}; there is no year to compare with.").format(
            number=cell(value).text, year=last
        )
    year, rate, members = found
    if rate >= GOAL:
        text = gettext("{share} more victims were identified in {year} than a year before: the goal is met.")
    elif rate >= 0:
        text = gettext("{share} more victims were identified in {year} than a year before: the goal is not met.")
    else:
        text = gettext("{share} fewer victims were identified in {year} than a year before: the goal is not met.")
    both = gettext("{number} members tell both years.").format(number=members)
    return f"{text.format(share=numbers.percent(abs(rate)), year=year)} {both}"


def _definition() -> tuple[str, str]:
    if VICTIMS in BY_KEY:
        return str(BY_KEY[VICTIMS].name), str(BY_KEY[VICTIMS].definition)
    return (
        gettext("Victims identified"),
        gettext("Children who became known by name to the police, as the member declares. No node counts them."),
    )


def _lines(years: Sequence[str], sums: Sequence[pooling.Pooled]) -> Panel:
    values = [each.value for each in sums]
    series = Series(
        gettext("Victims identified"),
        tuple(value.number for value in values),
        tuple("" if value.number is None else cell(value).text for value in values),
    )
    chart = Lines(
        key="victims-years",
        title=gettext("Victims identified, by year"),
        description=gettext("All members that declare it, added up."),
        labels=tuple(years),
        series=(series,),
        said=numbers.compact,
    )
    return line_panel(chart.title, chart)


def _grid(documents: Sequence[FiguresDocument], years: Sequence[str]) -> Grid:
    rows = tuple(
        (numbers.country_name(each.country), tuple(cell(each.value(year, VICTIMS)) for year in years))
        for each in documents
    )
    return Grid(gettext("Victims identified, as declared"), (gettext("Member"), *years), rows)
