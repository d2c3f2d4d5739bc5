"""Who belongs to the alliance: a map for the end of each year, from dated facts of the register."""

from collections import Counter
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext

from rempart.core.errors import NotFound
from rempart.core.routing import Membership
from rempart.formats.tables import Column, Kind, Row, Table
from rempart.node.observatory import numbers
from rempart.node.observatory.alliance.shown import Alliance, Cell, Grid, Panel, Reference, Shown
from rempart.node.observatory.charts import world
from rempart.node.observatory.charts.world import Country, World

KEY = "membership"
_FIRST = 2012
_FOUNDED = date(2012, 12, 5)
_KINDS = {"founding": "full", "acceded": "middle", "invited": "hatched", "left": "dotted"}
COLUMNS = (
    Column("member", Kind.TEXT, "The state's ISO 3166-1 code (XK for Kosovo)."),
    Column("name", Kind.TEXT, "Its name in English."),
    Column("on", Kind.DATE, "The day for which the status is told."),
    Column("status", Kind.TEXT, "founding, acceded, invited or left."),
    Column("invited", Kind.DATE, "When it was invited.", is_nullable=True),
    Column("acceded", Kind.DATE, "When it became a member.", is_nullable=True),
    Column("left", Kind.DATE, "When it left.", is_nullable=True),
)


def shown(alliance: Alliance, period: str = "") -> Shown:
    """The figure for the end of a year, or for today. Raises NotFound for a year before the founding or to come."""
    years = [str(year) for year in range(alliance.today.year, _FIRST - 1, -1)]
    if period and period not in years:
        raise NotFound("there was no alliance to show in this year.", where="period", advice="Take one of the list.")
    on = min(date(int(period), 12, 31), alliance.today) if period else alliance.today
    found = {code: kind for code, one in alliance.memberships.items() if (kind := status(one, on))}
    return Shown(
        key=KEY,
        title=gettext("Members"),
        claim=_claim(found, on),
        panels=(_map(found, on),),
        grid=_grid(alliance, found, on),
        table=Table(COLUMNS, _rows(alliance, found, on)),
        definitions=(
            (
                gettext("Member"),
                gettext("A state from the day it acceded until the day it left. An invited state is not a member."),
            ),
            (
                gettext("The map"),
                gettext(
                    "A drawing of where states are. It takes no position on borders or on the status of a territory."
                ),
            ),
        ),
        references=(Reference(gettext("The register of members, kept by the secretariat"), reverse("members:list")),),
        period=period,
        periods=(("", gettext("Today")), *((year, year) for year in years[1:])),
    )


def summary(alliance: Alliance) -> str:
    on = alliance.today
    return _claim({code: kind for code, one in alliance.memberships.items() if (kind := status(one, on))}, on)


def status(one: Membership, on: date) -> str:
    """What a state is to the alliance on that day; empty where it is nothing."""
    if one.left and one.left <= on:
        return "left"
    if one.is_member(on):
        return "founding" if one.acceded == _FOUNDED else "acceded"
    return "invited" if one.invited and one.invited <= on else ""


def words() -> dict[str, str]:
    return {
        "founding": gettext("Founding member"),
        "acceded": gettext("Joined later"),
        "invited": gettext("Invited, not a member"),
        "left": gettext("Left"),
    }


def _claim(found: dict[str, str], on: date) -> str:
    kinds = Counter(found.values())
    members, later = kinds["founding"] + kinds["acceded"], kinds["acceded"]
    if not later:
        return gettext("{number} states are members on {date}.").format(number=members, date=numbers.day(on))
    return gettext(
        "{number} states are members on {date}: {founding} founding members and {later} that joined later."
    ).format(number=members, date=numbers.day(on), founding=kinds["founding"], later=later)


def _map(found: dict[str, str], on: date) -> Panel:
    named = words()
    drawn = World(
        key="membership-map",
        title=gettext("Members of the alliance on {date}").format(date=numbers.day(on)),
        description=_claim(found, on),
        countries={
            code: Country(_KINDS[kind], numbers.country_name(code), named[kind]) for code, kind in found.items()
        },
    )
    kinds = Counter(found.values())
    legend = tuple(
        (world.swatch(_KINDS[kind], drawn.key), f"{named[kind]} ({kinds[kind]})") for kind in named if kinds[kind]
    )
    return Panel(drawn.title, world.draw(drawn), legend, style="map", beside=world.draw_europe(drawn))


def _grid(alliance: Alliance, found: dict[str, str], on: date) -> Grid:
    named = words()
    rows = []
    for code in sorted(found, key=numbers.country_key):
        one = alliance.memberships[code]
        days = [Cell(numbers.day(day)) if day and day <= on else Cell("–", True) for day in (one.acceded, one.left)]
        rows.append((numbers.country_name(code), (Cell(named[found[code]]), *days)))
    head = (gettext("Country"), gettext("Status"), gettext("Since"), gettext("Left"))
    return Grid(gettext("States on {date}").format(date=numbers.day(on)), head, tuple(rows))


def _rows(alliance: Alliance, found: dict[str, str], on: date) -> list[Row]:
    rows: list[Row] = []
    for code in sorted(found):
        one = alliance.memberships[code]
        days = [day if day and day <= on else None for day in (one.invited, one.acceded, one.left)]
        rows.append((code, numbers.english_name(code), on, found[code], days[0], days[1], days[2]))
    return rows
