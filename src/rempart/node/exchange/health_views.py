"""The page on the exchange: how the other members' logs stand, and whether this node's is cosigned."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from rempart.core.permissions import Permission
from rempart.node.exchange import wording
from rempart.node.exchange.declared import Standing
from rempart.node.exchange.health import health
from rempart.node.phrases import Text
from rempart.node.staff.access import requires


@requires(Permission.EXCHANGE_VIEW)
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    found = health()
    rows = [(one, wording.LOOKS[one.refusal or ""], wording.LOOK_STYLES.get(one.refusal, "")) for one in found.logs]
    declared = [(one, wording.DECLARED.get(one.kind, one.kind), *_declared(one)) for one in found.declarations]
    return render(request, "exchange/health.html", {"health": found, "rows": rows, "declared": declared})


def _declared(one: Standing) -> tuple[Text, str]:
    """The state of a declaration in words, and the style that repeats it."""
    if one.refusal:
        return wording.DECLARATIONS[one.refusal], "danger"
    return (wording.DECLARATIONS[""], "done") if one.is_counted else (wording.DECLARATIONS["unused"], "")
