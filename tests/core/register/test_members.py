import json
from datetime import date
from pathlib import Path
from typing import Any

import pycountry
import pytest

import rempart
from rempart.core.errors import InputError
from rempart.core.members import Member, load_members, memberships
from rempart.core.routing import RoutingTable, route
from rempart.core.vocabulary import RouteKind

FILE = Path(rempart.__file__).parent / "node" / "register" / "data" / "members.json"
FOUNDATION = date(2012, 12, 5)
JOINED_LATER = {"AM", "BA", "CA", "CR", "IL", "XK", "MX"}
CODES_EU_2012 = "AT BE BG CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE GB"
CODES_OTHERS_2012 = "AL AU KH KR HR US GE GH JP MD ME NZ NG NO PH RS CH TH TR UA VN"
ENTRY: dict[str, Any] = {
    "code": "FR",
    "name_en": "France",
    "name_fr": "France",
    "founded": "2012-12-05",
    "invited": None,
    "acceded": "2012-12-05",
    "left": None,
    "number": 1,
}


@pytest.fixture(scope="module")
def members() -> tuple[Member, ...]:
    return load_members(FILE.read_text(encoding="utf-8"))


def members_on(members: tuple[Member, ...], day: date) -> set[str]:
    return {code for code, membership in memberships(members).items() if membership.is_member(day)}


def test_there_are_48_founders(members: tuple[Member, ...]) -> None:
    founders = {member.code for member in members if member.founded == FOUNDATION}
    assert len(founders) == 48
    assert founders == set(CODES_EU_2012.split()) | set(CODES_OTHERS_2012.split())
    assert members_on(members, FOUNDATION) == founders
    assert members_on(members, date(2012, 12, 4)) == set()


def test_seven_more_are_named_by_the_end_of_2014(members: tuple[Member, ...]) -> None:
    assert members_on(members, date(2014, 12, 31)) - members_on(members, FOUNDATION) == JOINED_LATER


def test_russia_was_invited_and_stayed_out(members: tuple[Member, ...]) -> None:
    (russia,) = (member for member in members if member.code == "RU")
    assert (russia.invited, russia.acceded, russia.founded, russia.number) == (FOUNDATION, None, None, None)
    table = RoutingTable("FR", memberships(members))
    found = route(host_country="RU", on=date(2024, 5, 1), table=table, held=False, is_onion=False)
    assert found.kind is RouteKind.NON_MEMBER


def test_codes_names_and_numbers(members: tuple[Member, ...]) -> None:
    for member in members:
        assert member.code == "XK" or pycountry.countries.get(alpha_2=member.code) is not None
    numbers = [member.number for member in members if member.acceded is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({member.name_en for member in members}) == len({member.name_fr for member in members}) == len(members)


def test_loading_one() -> None:
    (member,) = load_members(json.dumps([ENTRY]))
    assert member == Member("FR", "France", "France", FOUNDATION, None, FOUNDATION, None, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "fr"}, "alpha-2"),
        ({"code": "ZZ"}, "alpha-2"),
        ({"code": 7}, "alpha-2"),
        ({"number": 0}, "number"),
        ({"number": True}, "number"),
        ({"name_fr": " "}, "name"),
        ({"acceded": "5 December"}, "2012-12-05"),
        ({"acceded": 2012}, "2012-12-05"),
        ({"left": "2012-12-05"}, "leaves"),
        ({"founded": None, "acceded": None, "left": "2013-01-01"}, "leaves"),
        ({"acceded": "2013-01-01"}, "founder"),
        ({"extra": 1}, "exactly"),
    ],
)
def test_wrong_entries_are_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        load_members(json.dumps([ENTRY | change]))
    assert caught.value.where.startswith("members[0]")


@pytest.mark.parametrize(
    "text", ["{", "{}", "[1]", json.dumps([ENTRY, ENTRY]), json.dumps([ENTRY, ENTRY | {"code": "DE"}])]
)
def test_wrong_registers_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="members"):
        load_members(text)
