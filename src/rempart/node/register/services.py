"""Members and routes, as `core.routing` takes them."""

from django.conf import settings
from django.db import transaction

from rempart.core.errors import InputError
from rempart.core.routing import Membership, RoutingTable, country_code
from rempart.node.audit import services as audit
from rempart.node.register.models import CountryRoute, Member


def routing_table() -> RoutingTable:
    """This node's table: its own country, dated memberships and configured channels."""
    return RoutingTable(
        own_country=settings.COUNTRY,
        memberships={
            row.code: Membership(row.code, row.invited, row.acceded, row.left) for row in Member.objects.all()
        },
        routes=all_routes(),
        police_first=frozenset(settings.POLICE_FIRST),
    )


def country_name(code: str, language: str = "en") -> str:
    """The member's own entry, or the code itself where the register does not know the country."""
    row = Member.objects.filter(code=code).first()
    if row is None:
        return code
    return row.name_fr if language == "fr" else row.name_en


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
