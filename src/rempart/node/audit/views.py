"""The auditor's view: the chain, newest first, and its verification."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rempart.core.errors import IntegrityError
from rempart.core.permissions import Permission
from rempart.node.audit import services
from rempart.node.staff.access import requires

PAGE = 200


@requires(Permission.AUDIT_VIEW)
def chain(request: HttpRequest) -> HttpResponse:
    """The latest events, filtered by the beginning of their name and by who acted."""
    action, actor = request.GET.get("action", "").strip(), request.GET.get("actor", "").strip()
    number, digest = services.head()
    context = {
        # As pairs: a fact may be called "items", which a template would take for the mapping's method.
        "events": [
            (fact, list(fact.data.items())) for fact in services.latest(PAGE, action_prefix=action, actor=actor)
        ],
        "action": action,
        "actor": actor,
        "page": PAGE,
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
        messages.error(request, _("The chain is broken. %(where)s") % {"where": error})
    else:
        messages.success(request, _("The chain of %(count)s events is whole.") % {"count": count})
    return redirect("audit:list")
