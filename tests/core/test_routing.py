from dataclasses import replace
from datetime import date, timedelta

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.routing import DEFAULT_ROUTE, Membership, RoutingTable, country_code, route
from rempart.core.vocabulary import RouteKind

FOUNDED, LEFT = date(2012, 12, 5), date(2020, 2, 1)
TODAY = date(2024, 5, 1)
ISO = [country.alpha_2 for country in pycountry.countries]
TABLE = RoutingTable(
    own_country="FR",
    memberships={
        "FR": Membership("FR", acceded=FOUNDED),
        "DE": Membership("DE", acceded=FOUNDED),
        "NZ": Membership("NZ", acceded=FOUNDED, left=LEFT),
        "RU": Membership("RU", invited=FOUNDED),
        "XK": Membership("XK", acceded=FOUNDED),
        "TH": Membership("TH", acceded=FOUNDED),
    },
    routes={"RU": "liaison-ru"},
    police_first=frozenset({"TH"}),
)
codes = st.one_of(st.none(), st.sampled_from([*ISO, "XK", "EU", "ZZ", "UK", ""]), st.text(max_size=4))
days = st.dates(date(2000, 1, 1), date(2040, 1, 1))


@given(codes, days, st.booleans(), st.booleans(), st.booleans())
def test_everything_resolves_to_one_consistent_route(
    country: str | None, on: date, held: bool, is_onion: bool, about_person: bool
) -> None:
    found = route(host_country=country, on=on, table=TABLE, held=held, is_onion=is_onion, about_person=about_person)
    assert found.target
    assert found.why
    assert found.country is None or found.country == country_code(country)
    if held or is_onion or country_code(country) is None:
        assert found.kind is RouteKind.POLICE
    if found.kind in (RouteKind.POLICE, RouteKind.MEMBER) or about_person:
        assert not found.notify_host
    else:
        assert found.notify_host


@pytest.mark.parametrize("country", [*ISO, "XK"])
def test_every_country_has_a_route(country: str) -> None:
    found = route(host_country=country, on=TODAY, table=TABLE, held=False, is_onion=False)
    expected = {"FR": RouteKind.OWN_HOST, "DE": RouteKind.MEMBER, "XK": RouteKind.MEMBER, "TH": RouteKind.POLICE}
    assert found.country == country
    assert found.kind is expected.get(country, RouteKind.NON_MEMBER)


def kind_and_target(country: str | None, on: date = TODAY, **more: bool) -> tuple[RouteKind, str]:
    found = route(host_country=country, on=on, table=TABLE, **{"held": False, "is_onion": False, **more})
    return found.kind, found.target


def test_targets() -> None:
    assert kind_and_target("fr") == (RouteKind.OWN_HOST, "host")
    assert kind_and_target("DE") == (RouteKind.MEMBER, "DE")
    assert kind_and_target("RU") == (RouteKind.NON_MEMBER, "liaison-ru")
    assert kind_and_target("BR") == (RouteKind.NON_MEMBER, DEFAULT_ROUTE)
    assert kind_and_target(None) == (RouteKind.POLICE, "police")
    assert kind_and_target("DE", is_onion=True) == (RouteKind.POLICE, "police")
    assert kind_and_target("DE", held=True) == (RouteKind.POLICE, "police")
    assert "onion" in route(host_country=None, on=TODAY, table=TABLE, held=False, is_onion=True).why


def test_what_concerns_a_person_goes_to_no_host() -> None:
    assert kind_and_target("FR", about_person=True)[0] is RouteKind.POLICE
    assert kind_and_target("DE", about_person=True)[0] is RouteKind.MEMBER
    assert kind_and_target("RU", about_person=True) == (RouteKind.NON_MEMBER, "liaison-ru")


@pytest.mark.parametrize(
    ("on", "member"),
    [
        (FOUNDED - timedelta(days=1), False),
        (FOUNDED, True),
        (LEFT - timedelta(days=1), True),
        (LEFT, False),
    ],
)
def test_membership_is_dated(on: date, member: bool) -> None:
    assert (kind_and_target("NZ", on)[0] is RouteKind.MEMBER) == member


def test_the_own_country_stays_the_own_country_whatever_its_membership() -> None:
    outside = replace(TABLE, own_country="BR")
    found = route(host_country="BR", on=TODAY, table=outside, held=False, is_onion=False)
    assert found.kind is RouteKind.OWN_HOST


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[("uk", "GB"), ("EL", "GR"), (" fr ", "FR"), ("XK", "XK"), ("QA", "QA"), ("EU", None), ("AP", None)],
        *[
            ("ZZ", None),
            ("QM", None),
            ("XX", None),
            ("A1", None),
            ("FRA", None),
            ("", None),
            (None, None),
            ("ÄÖ", None),
        ],
    ],
)
def test_country_code(text: str | None, code: str | None) -> None:
    assert country_code(text) == code
