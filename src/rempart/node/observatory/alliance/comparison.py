"""Members side by side, by name: never a ranking. Beside each stands how complete its data are.

A member whose year is not complete enough is shown and not compared; so is one that holds numbers back differently.
"""

from dataclasses import dataclass

from django.utils.translation import gettext

from rempart.core.disclosure import DEFAULT_THRESHOLD
from rempart.core.errors import NotFound
from rempart.core.figures.document import FiguresDocument, completeness
from rempart.formats.tables import Column, Kind, Table
from rempart.node.observatory import numbers
from rempart.node.observatory.alliance.shown import (
    BY_KEY,
    MEASURED,
    Alliance,
    Cell,
    Grid,
    MeasuredRow,
    Shown,
    by_members,
    cell,
    defined,
    measured,
)

KEY = "members"
COMPARED = ("reports_received", "share_illegal", "hours_notice_to_removal_median", "share_removed_72h")
LEAST_COMPLETE = 0.75
COLUMNS = (
    *MEASURED,
    Column("completeness", Kind.NUMBER, "The share (0 to 1) of the year's months that are published and final."),
    Column("is_compared", Kind.TRUTH, "Whether the member's data are complete enough, and counted alike."),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a member's year can be compared with another's."""

    months: int
    is_alike: bool

    @property
    def is_compared(self) -> bool:
        return self.is_alike and self.months / 12 >= LEAST_COMPLETE


def shown(alliance: Alliance, period: str = "") -> Shown:
    """The figure for a year; without one, for the last year that is over or else the newest."""
    years = alliance.years()
    if period and period not in years:
        raise NotFound("nobody publishes figures of this year.", where="period", advice="Take one of the list.")
    year = period or _last_whole(alliance)
    documents = alliance.publishing()
    found = {each.country: standing(each, year) for each in documents}
    silent = [code for code in alliance.members(alliance.today) if code not in alliance.documents]
    return Shown(
        key=KEY,
        title=gettext("Members side by side"),
        claim=_claim(found, len(silent), year),
        panels=(),
        grid=_grid(alliance, documents, found, silent, year),
        table=Table(COLUMNS, _rows(documents, found, year)),
        definitions=(
            *defined(*(BY_KEY[key] for key in COMPARED)),
            (
                gettext("Compared"),
                gettext(
                    "A member is compared when {share} of the year’s months or more are published and final, "
                    "and it holds back numbers below {threshold} as the others do."
                ).format(share=numbers.percent(LEAST_COMPLETE), threshold=DEFAULT_THRESHOLD),
            ),
        ),
        references=by_members(alliance),
        notes=(
            gettext("Members stand by name, never by rank. More reports can mean more crime, or a better hotline."),
        ),
        period=year,
        periods=tuple((each, each) for each in years),
    )


def summary(alliance: Alliance) -> str:
    year = _last_whole(alliance)
    silent = [code for code in alliance.members(alliance.today) if code not in alliance.documents]
    return _claim({each.country: standing(each, year) for each in alliance.publishing()}, len(silent), year)


def standing(document: FiguresDocument, year: str) -> Standing:
    months = round(completeness(document, int(year)) * 12) if year else 0
    return Standing(months, document.threshold == DEFAULT_THRESHOLD)


def _last_whole(alliance: Alliance) -> str:
    years = alliance.years()
    return next((year for year in years if int(year) < alliance.today.year), years[0] if years else "")


def _claim(found: dict[str, Standing], silent: int, year: str) -> str:
    compared = sum(each.is_compared for each in found.values())
    if not found:
        return gettext("No member publishes figures yet.")
    text = gettext("For {year}, the data of {compared} of {all} members can be compared.").format(
        year=year, compared=compared, all=len(found) + silent
    )
    return f"{text} {gettext('{number} publish nothing.').format(number=silent)}" if silent else text


def _grid(
    alliance: Alliance, documents: tuple[FiguresDocument, ...], found: dict[str, Standing], silent: list[str], year: str
) -> Grid:
    rows: dict[str, tuple[str, tuple[Cell, ...]]] = {}
    for each in documents:
        one = found[each.country]
        how = Cell(_compared(one), is_missing=not one.is_compared)
        cells = tuple(
            Cell(read.text, read.is_missing or not one.is_compared)
            for read in (cell(each.value(year, key), BY_KEY[key]) for key in COMPARED)
        )
        months = Cell(gettext("{months} of 12").format(months=one.months), share=round(64 * one.months / 12, 2))
        rows[each.country] = (numbers.country_name(each.country), (months, how, *cells))
    for code in silent:
        nothing = (Cell("–", True),) * len(COMPARED)
        how = Cell(gettext("publishes nothing"), True)
        rows[code] = (numbers.country_name(code), (Cell("–", True), how, *nothing))
    head = (
        gettext("Member"),
        gettext("Months told"),
        gettext("Compared"),
        *(str(BY_KEY[key].name) for key in COMPARED),
    )
    ordered = tuple(rows[code] for code in sorted(rows, key=numbers.country_key))
    return Grid(gettext("Members in {year}, by name").format(year=year), head, ordered)


def _compared(one: Standing) -> str:
    if one.is_compared:
        return gettext("yes")
    return gettext("no: months are missing") if one.is_alike else gettext("no: counted otherwise")


def _rows(
    documents: tuple[FiguresDocument, ...], found: dict[str, Standing], year: str
) -> list[tuple[float | str | bool | int | None, ...]]:
    return [
        (*row, found[each.country].months / 12, found[each.country].is_compared)
        for each in documents
        for row in (_measured(each, year, key) for key in COMPARED)
    ]


def _measured(document: FiguresDocument, year: str, key: str) -> MeasuredRow:
    return measured(document.country, year, key, document.value(year, key), document.organisation)
