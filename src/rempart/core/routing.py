"""Who is competent for content, from the country that hosts it. Every country resolves to a route; nothing raises.

In this order: a police hold, an unknown place (onion service, unknown country) and a country marked police first
go to police; then the own country, the members of that day, and every other country.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from string import ascii_uppercase

from rempart.core.vocabulary import RouteKind

POLICE_TARGET = "police"
HOST_TARGET = "host"
DEFAULT_ROUTE = "international-channel"
_ALIASES = {"UK": "GB", "EL": "GR"}
_REGIONAL = frozenset({"AP", "EU", "EZ", "UN"})


@dataclass(frozen=True, slots=True)
class Membership:
    """A dated fact: a country is a member from the day it acceded until the day before it left."""

    code: str
    invited: date | None = None
    acceded: date | None = None
    left: date | None = None

    def is_member(self, on: date) -> bool:
        return self.acceded is not None and self.acceded <= on and (self.left is None or on < self.left)


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """A node's table. Codes are ISO 3166-1 alpha-2, upper-case, and XK for Kosovo.

    `routes` names the configured route of a non-member; hosts in a country of `police_first` are never told directly.
    """

    own_country: str
    memberships: Mapping[str, Membership]
    routes: Mapping[str, str] = field(default_factory=dict)
    police_first: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """`target` is "police", "host", a member's country code or the name of a route; `why` is for people to read."""

    kind: RouteKind
    country: str | None
    target: str
    why: str
    notify_host: bool


def country_code(text: str | None) -> str | None:
    """ISO alpha-2 in capitals (UK → GB, EL → GR), or None for what names no country, such as EU or ZZ."""
    if text is None:
        return None
    code = text.strip().upper()
    code = _ALIASES.get(code, code)
    if len(code) != 2 or not set(code) <= set(ascii_uppercase) or code in _REGIONAL:
        return None
    user_assigned = code in ("AA", "ZZ") or (code[0] == "Q" and code[1] >= "M") or code[0] == "X"
    return None if user_assigned and code != "XK" else code


def route(
    *,
    host_country: str | None,
    on: date,
    table: RoutingTable,
    held: bool,
    is_onion: bool,
    about_person: bool = False,
) -> Route:
    """The competent party on the day `on`.

    `about_person` is for what concerns a person rather than hosted content: no host is told of it.
    """
    country = None if is_onion else country_code(host_country)
    if reason := _police_reason(country, table, held=held, is_onion=is_onion):
        return Route(RouteKind.POLICE, country, POLICE_TARGET, reason, notify_host=False)
    assert country is not None  # noqa: S101 - _police_reason answers for every unknown country
    if country == country_code(table.own_country):
        return _own_route(country, about_person=about_person)
    membership = table.memberships.get(country)
    if membership is not None and membership.is_member(on):
        why = f"{country} is a member on {on.isoformat()}: its node is competent and tells the host"
        return Route(RouteKind.MEMBER, country, country, why, notify_host=False)
    target = table.routes.get(country, DEFAULT_ROUTE)
    told = "the host is not told of a person" if about_person else "the host is notified directly"
    why = f"{country} is not a member on {on.isoformat()}: {told}, and the route '{target}' is used"
    return Route(RouteKind.NON_MEMBER, country, target, why, notify_host=not about_person)


def _police_reason(country: str | None, table: RoutingTable, *, held: bool, is_onion: bool) -> str:
    if held:
        return "police hold: nobody else is told until its owner releases it"
    if is_onion:
        return "onion service: its host's country cannot be known"
    if country is None:
        return "the country of the host is not known"
    return f"{country} is marked police first" if country in table.police_first else ""


def _own_route(country: str, *, about_person: bool) -> Route:
    if about_person:
        why = f"it concerns a person, and {country} is this node's own country"
        return Route(RouteKind.POLICE, country, POLICE_TARGET, why, notify_host=False)
    why = f"hosted in {country}, this node's own country"
    return Route(RouteKind.OWN_HOST, country, HOST_TARGET, why, notify_host=True)
