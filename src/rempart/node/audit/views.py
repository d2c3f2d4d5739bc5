"""The auditor's view: the chain, newest first, and its verification."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import IntegrityError
from rempart.core.permissions import Permission
from rempart.node.audit import services
from rempart.node.staff import services as staff
from rempart.node.staff.access import requires

PAGE = 100


@requires(Permission.AUDIT_VIEW)
@require_GET
def chain(request: HttpRequest) -> HttpResponse:
    """Events, newest first, filtered by the beginning of their name and by who acted."""
    filters = {name: request.GET.get(name, "").strip()[:80] for name in ("action", "actor")}
    before = request.GET.get("before", "")
    number, digest = services.head()
    found = services.latest(
        PAGE + 1,
        action_prefix=filters["action"],
        actor=filters["actor"],
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 0,
    )
    shown = found[:PAGE]
    names = staff.names_of({name for fact in shown for name in (fact.actor, fact.subject)})
    older = {name: value for name, value in filters.items() if value} | {"before": shown[-1].seq if shown else 0}
    context = {
        # Facts as pairs: one may be called "items", which a template would take for the mapping's method.
        "events": [
            (fact, list(fact.data.items()), names.get(fact.actor, ""), names.get(fact.subject, "")) for fact in shown
        ],
        "filters": filters,
        "is_filtered": any(filters.values()),
        "is_later_page": bool(before),
        "older": f"?{urlencode(older)}" if len(found) > PAGE else "",
        "head_number": number,
        "head_digest": digest.hex(),
    }
    return render(request, "audit/list.html", context)


@requires(Permission.AUDIT_VIEW)
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Recompute the whole chain and say what was found."""
    try:
        count = services.verify()
    except IntegrityError as error:
        messages.error(request, _("The chain is broken. %(where)s") % {"where": error}, extra_tags="danger")
    else:
        messages.success(request, _("The chain of %(count)s events is whole.") % {"count": count}, extra_tags="done")
    return redirect("audit:list")
