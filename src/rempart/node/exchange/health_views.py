"""The page on the exchange: how the other members' logs stand, and whether this node's is cosigned."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from rempart.core.permissions import Permission
from rempart.node.exchange import wording
from rempart.node.exchange.health import health
from rempart.node.staff.access import requires


@requires(Permission.EXCHANGE_VIEW)
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    found = health()
    rows = [(one, wording.LOOKS[one.refusal or ""], wording.LOOK_STYLES.get(one.refusal, "")) for one in found.logs]
    return render(request, "exchange/health.html", {"health": found, "rows": rows})
