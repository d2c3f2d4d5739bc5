"""Members and routes, as `core.routing` takes them."""

from django.conf import settings

from rempart.core.routing import Membership, RoutingTable
from rempart.node.register.models import CountryRoute, Member


def routing_table() -> RoutingTable:
    """This node's table: its own country, dated memberships and configured channels."""
    return RoutingTable(
        own_country=settings.COUNTRY,
        memberships={
            row.code: Membership(row.code, row.invited, row.acceded, row.left) for row in Member.objects.all()
        },
        routes=dict(CountryRoute.objects.values_list("country", "channel")),
        police_first=frozenset(settings.POLICE_FIRST),
    )


def country_name(code: str, language: str = "en") -> str:
    """The member's own entry, or the code itself where the register does not know the country."""
    row = Member.objects.filter(code=code).first()
    if row is None:
        return code
    return row.name_fr if language == "fr" else row.name_en
