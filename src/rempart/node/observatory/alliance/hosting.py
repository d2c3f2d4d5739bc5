"""Where illegal content was hosted when members found it: a map by share, and a table."""

from collections.abc import Mapping

from django.utils.translation import gettext

from rempart.core.figures.document import ALL
from rempart.core.figures.releases import Value
from rempart.core.figures.releasing import UNKNOWN
from rempart.formats.tables import Table
from rempart.node.observatory import numbers, presenting
from rempart.node.observatory.alliance import pooling
from rempart.node.observatory.alliance.shown import (
    BY_KEY,
    MEASURED,
    Alliance,
    Cell,
    Grid,
    Panel,
    Shown,
    all_and_years,
    by_members,
    by_others,
    cell,
    defined,
    measured,
    require_period,
    told_by,
)
from rempart.node.observatory.charts import world
from rempart.node.observatory.charts.world import Country, World

KEY = "hosting"
ILLEGAL = "illegal_content"
_CLASSES = (("full", 0.1), ("strong", 0.03), ("middle", 0.01), ("light", 0.0))
_BARS = 10


def shown(alliance: Alliance, period: str = "") -> Shown:
    asked = require_period(alliance, period)
    documents = alliance.publishing()
    found = pooling.parts(documents, asked, ILLEGAL)
    whole = pooling.total(documents, asked, ILLEGAL)
    outside = [each for each in alliance.external if each.key == "france_hosting_rank"]
    return Shown(
        key=KEY,
        title=gettext("Where it is hosted"),
        claim=_claim(found, whole.value),
        panels=(_map(found),) if _sum(found) else (),
        grid=_grid(found),
        table=Table(MEASURED, [measured("", asked, ILLEGAL, value, "members", part) for part, value in found.items()]),
        definitions=defined(BY_KEY[ILLEGAL]),
        references=(*by_members(alliance), *by_others(*outside)),
        notes=(
            told_by(whole.told, alliance),
            gettext("A country stands high because much is hosted there, or because members look there."),
        ),
        period=period,
        periods=all_and_years(alliance),
    )


def summary(alliance: Alliance) -> str:
    documents = alliance.publishing()
    return _claim(pooling.parts(documents, ALL, ILLEGAL), pooling.total(documents, ALL, ILLEGAL).value)


def _sum(found: Mapping[str, Value]) -> float:
    return sum(value.number or 0 for value in found.values())


def _known(found: Mapping[str, Value]) -> dict[str, Value]:
    return {code: value for code, value in found.items() if code != UNKNOWN and value.number}


def _claim(found: Mapping[str, Value], whole: Value) -> str:
    places, total = _known(found), _sum(found)
    if not total or not places:
        return gettext("No member has published where illegal content is hosted.")
    first = next(iter(places))
    share = (places[first].number or 0) / total
    return gettext(
        "{number} pieces of illegal content were found in {count} countries. The most: {country}, {share}."
    ).format(
        number=cell(whole).text,
        count=len(places),
        share=numbers.percent(share),
        country=numbers.country_name(first),
    )


def _map(found: Mapping[str, Value]) -> Panel:
    total = _sum(found)
    shares = {code: (value.number or 0) / total for code, value in _known(found).items()}
    drawn = World(
        key="hosting-map",
        title=gettext("Illegal content by the country that hosts it"),
        description=gettext("The table gives the number for each country."),
        countries={
            code: Country(_kind(share), numbers.country_name(code), cell(found[code]).text)
            for code, share in shares.items()
        },
    )
    legend = tuple(
        (world.swatch(kind, drawn.key), _class_name(place))
        for place, (kind, _least) in enumerate(_CLASSES)
        if any(_kind(share) == kind for share in shares.values())
    )
    most = max(value.number or 0 for value in found.values())
    rows = tuple(
        presenting.Row(
            presenting.part_name("countries", code), cell(value).text, round(100 * (value.number or 0) / most, 2)
        )
        for code, value in list(found.items())[:_BARS]
    )
    return Panel(drawn.title, world.draw(drawn), legend, style="map", bars=rows, beside=world.draw_europe(drawn))


def _kind(share: float) -> str:
    return next(kind for kind, least in _CLASSES if share >= least)


def _class_name(place: int) -> str:
    least = numbers.percent(_CLASSES[place][1])
    if place == 0:
        return gettext("{share} of all or more").format(share=least)
    most = numbers.percent(_CLASSES[place - 1][1])
    if place == len(_CLASSES) - 1:
        return gettext("less than {share}").format(share=most)
    return gettext("{low} to less than {high}").format(low=least, high=most)


def _grid(found: Mapping[str, Value]) -> Grid:
    total = _sum(found)
    rows = []
    for code, value in found.items():
        share = Cell("–", True) if value.number is None or not total else Cell(numbers.percent(value.number / total))
        rows.append((presenting.part_name("countries", code), (cell(value), share)))
    head = (gettext("Country"), gettext("Illegal content"), gettext("Share of what is shown"))
    return Grid(gettext("Illegal content by the country that hosts it"), head, tuple(rows))
