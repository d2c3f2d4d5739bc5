import json
from datetime import date
from pathlib import Path
from typing import Any

import pycountry
import pytest
from babel import Locale

import rempart
from rempart.core.errors import InputError
from rempart.core.register.members import (
    Member,
    Standing,
    load_members,
    member_fields,
    memberships,
    read_members,
)
from rempart.core.routing import RoutingTable, route
from rempart.core.vocabulary import RouteKind

FILE = Path(rempart.__file__).parent / "node" / "register" / "data" / "members.json"
FOUNDATION = date(2012, 12, 5)
JOINED_LATER = {"AM", "BA", "CA", "CR", "IL", "XK", "MX"}
CODES_EU_2012 = "AT BE BG CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE GB"
CODES_OTHERS_2012 = "AL AU KH KR HR US GE GH JP MD ME NZ NG NO PH RS CH TH TR UA VN"
ENTRY: dict[str, Any] = {
    "code": "FR",
    "alpha3": "FRA",
    "numeric": "250",
    "languages": ["fr"],
    "names": {"en": "France", "fr": "France"},
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
        if member.code == "XK":
            assert (member.alpha3, member.numeric) == ("XKX", "")
            continue
        known = pycountry.countries.get(alpha_2=member.code)
        assert (member.alpha3, member.numeric) == (known.alpha_3, known.numeric)
    numbers = [member.number for member in members if member.acceded is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({member.name("en") for member in members}) == len({member.name("fr") for member in members})


def test_loading_one() -> None:
    (member,) = load_members(json.dumps([ENTRY]))
    assert member == Member(
        "FR", "FRA", "250", 1, ("fr",), {"en": "France", "fr": "France"}, FOUNDATION, None, FOUNDATION, None
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "fr"}, "alpha-2"),
        ({"code": "ZZ"}, "alpha-2"),
        ({"code": 7}, "alpha-2"),
        ({"number": 0}, "number"),
        ({"number": True}, "number"),
        ({"names": {"en": "France", "fr": " "}}, "printable"),
        ({"names": {"en": "France", "fr": ""}}, "missing"),
        ({"names": {"en": "France"}}, "name is missing"),
        ({"names": []}, "object"),
        ({"names": {"en": "France", "fr": "France", "Français": "France"}}, "language"),
        ({"languages": ["fr", "br"]}, "name is missing"),
        ({"languages": []}, "name is missing"),
        ({"languages": "fr"}, "list"),
        ({"alpha3": "fra"}, "alpha3"),
        ({"numeric": 250}, "numeric"),
        ({"numeric": "25"}, "numeric"),
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


NAMES_IN_CLDR_DIFFER = {("ME", "cnr")}
"""CLDR has no Montenegrin."""


def test_every_member_is_named_in_its_own_languages_as_cldr_spells_it(members: tuple[Member, ...]) -> None:
    """English and French names are those of the declaration."""
    for member in members:
        for code, name in member.own_names:
            if code not in ("en", "fr") and (member.code, code) not in NAMES_IN_CLDR_DIFFER:
                assert name == Locale.parse(code).territories[member.code], (member.code, code)
    languages = {code for member in members for code in member.languages}
    assert {"ga", "mt", "rm", "lb", "mi", "km", "ka", "hy", "he", "nn"} <= languages
    assert sum(len(member.languages) for member in members) == 75


def test_a_standing_is_of_a_day() -> None:
    entry = ENTRY | {"founded": None, "invited": "2013-01-01", "acceded": "2013-06-01", "left": "2020-01-01"}
    (member,) = load_members(json.dumps([entry]))
    days = [date(2012, 12, 31), date(2013, 1, 1), date(2013, 6, 1), date(2019, 12, 31), date(2020, 1, 1)]
    assert [member.standing(day) for day in days] == [
        Standing.NONE,
        Standing.INVITED,
        Standing.MEMBER,
        Standing.MEMBER,
        Standing.LEFT,
    ]
    (founder,) = load_members(json.dumps([ENTRY]))
    assert founder.standing(FOUNDATION) is Standing.FOUNDER


def test_what_is_written_is_what_was_read(members: tuple[Member, ...]) -> None:
    assert read_members([member_fields(member) for member in members]) == members


@pytest.mark.parametrize(
    "text", ["{", "{}", "[1]", json.dumps([ENTRY, ENTRY]), json.dumps([ENTRY, ENTRY | {"code": "DE"}])]
)
def test_wrong_registers_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="members"):
        load_members(text)
