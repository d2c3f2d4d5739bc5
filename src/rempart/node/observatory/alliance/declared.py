"""What members declare of themselves and no node can count: victims identified, and the goal of 2012 for them."""

from collections.abc import Sequence
from itertools import pairwise

from django.utils.translation import gettext

from rempart.core.errors import NotFound
from rempart.core.figures.document import FiguresDocument
from rempart.core.figures.releases import Status
from rempart.formats.tables import Table
from rempart.node import tongues
from rempart.node.charts.lines import Lines, Series
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
    defined,
    line_panel,
    measured,
    told_by,
)

KEY = "victims"
VICTIMS, KNOWN = "victims_identified", "icse_identified_victims"
GOAL = 0.1
_YEARS_BESIDE = 4


def shown(alliance: Alliance, period: str = "") -> Shown:
    if period:
        raise NotFound("victims are shown over all years.", where="period", advice="Leave the period out.")
    documents, years = alliance.publishing(), _years(alliance)
    told = max((pooling.total(documents, year, key).told for year in years for key in (VICTIMS, KNOWN)), default=0)
    rows = [
        measured(each.country, year, key, each.value(year, key), each.organisation)
        for each in documents
        for key in (VICTIMS, KNOWN)
        for year in years
    ]
    return Shown(
        key=KEY,
        title=gettext("Victims identified"),
        claim=summary(alliance),
        panels=tuple(_lines(documents, years, key) for key in (VICTIMS, KNOWN)) if len(years) > 1 and told else (),
        grid=_grid(documents, years[-_YEARS_BESIDE:]),
        table=Table(MEASURED, rows),
        definitions=(
            *defined(BY_KEY[VICTIMS], BY_KEY[KNOWN]),
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


def growth(alliance: Alliance) -> tuple[str, float, int] | None:
    """How the known victims grew over the last two years that the same members tell: the year, the rate, how many."""
    documents = alliance.publishing()
    for year, before in pairwise(alliance.years()):
        same = [
            each
            for each in documents
            if all(each.value(period, KNOWN).status is Status.SHOWN for period in (before, year))
        ]
        first, last = (pooling.total(same, period, KNOWN).value.number for period in (before, year))
        if first and last is not None:
            return year, last / first - 1, len(same)
    return None


def summary(alliance: Alliance) -> str:
    found = growth(alliance)
    if found is not None:
        return _growth_claim(*found)
    for year in alliance.years():
        value = pooling.total(alliance.publishing(), year, VICTIMS).value
        if value.number is not None:
            text = gettext("{number} victims were identified in {year}. Whether the goal is met is not known.")
            return text.format(number=cell(value).text, year=year)
    return gettext("No member has declared how many victims it identified.")


def _growth_claim(year: str, rate: float, members: int) -> str:
    if rate >= GOAL:
        text = gettext("{share} more victims were known in {year} than a year before: the goal is met.")
    elif rate >= 0:
        text = gettext("{share} more victims were known in {year} than a year before: the goal is not met.")
    else:
        text = gettext("{share} fewer victims were known in {year} than a year before: the goal is not met.")
    both = gettext("Members that tell both years: {number}.").format(number=members)
    return f"{text.format(share=numbers.percent(abs(rate)), year=year)} {both}"


def _years(alliance: Alliance) -> tuple[str, ...]:
    return tuple(reversed(alliance.years()))


def _lines(documents: Sequence[FiguresDocument], years: Sequence[str], key: str) -> Panel:
    values = [pooling.total(documents, year, key).value for year in years]
    series = Series(
        str(BY_KEY[key].name),
        tuple(value.number for value in values),
        tuple("" if value.number is None else cell(value).text for value in values),
    )
    chart = Lines(
        key=key.replace("_", "-"),
        title=str(BY_KEY[key].name),
        description=gettext("All members that declare it, added up."),
        labels=tuple(years),
        series=(series,),
        said=numbers.compact,
    )
    return line_panel(chart.title, chart)


def _grid(documents: Sequence[FiguresDocument], years: Sequence[str]) -> Grid:
    rows = tuple(
        (
            tongues.country_name(each.country),
            tuple(cell(each.value(year, key)) for key in (VICTIMS, KNOWN) for year in years),
        )
        for each in documents
        if any(each.value(year, key).number is not None for key in (VICTIMS, KNOWN) for year in years)
    )
    head = tuple(f"{BY_KEY[key].name}, {year}" for key in (VICTIMS, KNOWN) for year in years)
    return Grid(gettext("Victims, as members declare them"), (gettext("Member"), *head), rows)
