"""What comes back after it was removed."""

from collections.abc import Sequence

from django.utils.translation import gettext

from rempart.core.figures.document import ALL, FiguresDocument
from rempart.core.figures.releases import Value
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
    all_and_years,
    by_members,
    by_others,
    cell,
    defined,
    line_panel,
    measured,
    require_period,
    told_by,
)
from rempart.node.observatory.charts.lines import Lines, Series

KEY = "reappearance"
BACK, REMOVED = "content_reappeared", "content_removed"
_MONTHS = 24


def shown(alliance: Alliance, period: str = "") -> Shown:
    asked = require_period(alliance, period)
    documents = alliance.publishing()
    back, removed = pooling.total(documents, asked, BACK), pooling.total(documents, asked, REMOVED)
    others = [each for each in alliance.external if each.key == "arachnid_reappearance"]
    months = sorted({month for each in documents for month in each.months() if asked == ALL or month[:4] == asked})
    rows = [
        measured(each.country, asked, key, each.value(asked, key), each.organisation)
        for each in documents
        for key in (BACK, REMOVED)
    ]
    return Shown(
        key=KEY,
        title=gettext("What comes back"),
        claim=_claim(back.value, removed.value),
        panels=(_lines(documents, months[-_MONTHS:]),) if len(months) > 1 and back.told else (),
        grid=_grid(documents, asked, back.value, removed.value),
        table=Table(MEASURED, rows),
        definitions=defined(BY_KEY[BACK], BY_KEY[REMOVED]),
        references=(*by_members(alliance), *by_others(*others)),
        notes=(
            told_by(back.told, alliance),
            gettext("A month in which more members publish has more to tell."),
            gettext("Nodes see what comes back at its own address, not what comes back at another one."),
        ),
        period=period,
        periods=all_and_years(alliance),
    )


def summary(alliance: Alliance) -> str:
    documents = alliance.publishing()
    return _claim(pooling.total(documents, ALL, BACK).value, pooling.total(documents, ALL, REMOVED).value)


def _claim(back: Value, removed: Value) -> str:
    if back.number is None:
        return gettext("No member has published how much comes back.")
    if not back.number:
        return gettext("Nothing that was removed is known to have come back.")
    text = gettext("{number} pieces of content came back after they were gone.").format(number=cell(back).text)
    if removed.number is None:
        return text
    return f"{text} {gettext('{number} removals were confirmed.').format(number=cell(removed).text)}"


def _lines(documents: Sequence[FiguresDocument], months: Sequence[str]) -> Panel:
    def series(key: str, mark: str) -> Series:
        values = [pooling.total(documents, month, key).value for month in months]
        texts = tuple("" if value.number is None else cell(value).text for value in values)
        return Series(str(BY_KEY[key].name), tuple(value.number for value in values), texts, mark)

    chart = Lines(
        key="reappearance-months",
        title=gettext("Removed and come back, month by month"),
        description=gettext("All members that publish both, added up."),
        labels=tuple(numbers.month_name(month, "LLL yy") for month in months),
        series=(series(REMOVED, "a"), series(BACK, "b")),
        said=numbers.compact,
    )
    return line_panel(chart.title, chart)


def _grid(documents: Sequence[FiguresDocument], asked: str, back: Value, removed: Value) -> Grid:
    rows = [(gettext("All that publish it"), (cell(back), cell(removed)))]
    rows += [
        (numbers.country_name(each.country), (cell(each.value(asked, BACK)), cell(each.value(asked, REMOVED))))
        for each in documents
    ]
    head = (gettext("Member"), str(BY_KEY[BACK].name), str(BY_KEY[REMOVED].name))
    return Grid(gettext("Content that came back, and removals"), head, tuple(rows))
