"""Staff pages: preservation holds."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import Conflict, NotFound, NotPermitted, RempartError
from rempart.core.permissions import Permission
from rempart.node.retention import holds, returning
from rempart.node.retention.forms import ExtensionForm, HoldForm
from rempart.node.staff.access import person_of, requires


@requires(Permission.PRESERVATION_HOLD)
@require_GET
def holds_page(request: HttpRequest) -> HttpResponse:
    """What stands, by deadline, and the form for a new one."""
    return _page(request, HoldForm(initial={name: request.GET.get(name, "")[:20] for name in ("reference", "case")}))


@requires(Permission.PRESERVATION_HOLD)
@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Keep a report, or a case with its reports."""
    form = HoldForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    try:
        holds.place(
            person_of(request),
            form.until,
            given["reason"],
            reference=given["reference"],
            content_id=given["case"] or 0,
        )
    except RempartError as error:
        return _page(request, form, error=error, status=422)
    messages.success(request, _("The hold stands."), extra_tags="done")
    return returning.done(request, "retention:holds")


@requires(Permission.PRESERVATION_HOLD)
@require_POST
def extend(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Set a later deadline, with a reason."""
    form = ExtensionForm(request.POST)
    try:
        if not form.is_valid():
            return _page(request, HoldForm(), error=_("An extension needs a day and a reason."), status=422)
        holds.extend(person_of(request), hold_id, form.until, form.cleaned_data["reason"])
    except NotFound:
        raise Http404 from None
    except RempartError as error:
        return _page(request, HoldForm(), error=error, status=409 if isinstance(error, Conflict) else 422)
    messages.success(request, _("The hold is extended."), extra_tags="done")
    return returning.done(request, "retention:holds")


@requires(Permission.PRESERVATION_HOLD)
@require_POST
def release(request: HttpRequest, hold_id: int) -> HttpResponse:
    """End a hold: the rules apply again, after a while."""
    try:
        holds.release(person_of(request), hold_id)
    except NotFound:
        raise Http404 from None
    except NotPermitted as error:
        return _page(request, HoldForm(), error=error, status=403)
    except Conflict as error:
        return _page(request, HoldForm(), error=error, status=409)
    messages.success(request, _("The hold is released."), extra_tags="done")
    return returning.done(request, "retention:holds")


def _page(
    request: HttpRequest, form: HoldForm, *, error: RempartError | str | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "holds": holds.standing(person_of(request)),
        "form": form,
        "error": error,
        "back": returning.case_of(request),
    }
    return render(request, "retention/holds.html", context, status=status)
