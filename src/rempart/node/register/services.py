"""What other apps may ask of the register: members and routes as `core.routing` takes them, and what members state."""

from django.conf import settings
from django.db import transaction

from rempart.core.errors import InputError
from rempart.core.register.members import memberships
from rempart.core.routing import RoutingTable, country_code
from rempart.node.audit import services as audit
from rempart.node.register import facts
from rempart.node.register.answering import MemberAnswer, RoundState, rounds_now
from rempart.node.register.answering import states as round_states
from rempart.node.register.data_sets import DATASETS
from rempart.node.register.facts import find as member
from rempart.node.register.facts import members
from rempart.node.register.models import CountryRoute
from rempart.node.register.stated import RevisionFacts, part, parts, revisions

__all__ = [
    "DATASETS",
    "MemberAnswer",
    "RevisionFacts",
    "RoundState",
    "all_routes",
    "country_name",
    "member",
    "members",
    "part",
    "parts",
    "revisions",
    "round_states",
    "rounds_now",
    "routing_table",
    "set_route",
]


def routing_table() -> RoutingTable:
    """This node's table: its own country, dated memberships and configured channels."""
    return RoutingTable(
        own_country=settings.COUNTRY,
        memberships=memberships(members()),
        routes=all_routes(),
        police_first=frozenset(settings.POLICE_FIRST),
    )


def country_name(code: str, language: str = "en") -> str:
    """In that language if the register has it, else in English; the code itself for a country it does not know."""
    found = facts.find(code)
    return found.name(language) if found else code


@transaction.atomic
def set_route(country: str, channel: str, *, actor: str = "system") -> str:
    """Name the channel by which this node reaches a country that is no member; returns the country's code."""
    code = country_code(country)
    if code is None or not channel.strip():
        raise InputError(
            "this is no country or no channel.", where="route", advice="Give a code such as BR and a name."
        )
    CountryRoute.objects.update_or_create(country=code, defaults={"channel": channel.strip()[:120]})
    audit.record("route:set", f"country:{code}", actor=actor)
    return code


def all_routes() -> dict[str, str]:
    """Configured channels by country."""
    return dict(CountryRoute.objects.order_by("country").values_list("country", "channel"))
