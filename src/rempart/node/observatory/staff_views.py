"""The staff page on what this member declares: every entry with its revisions, and the form for a new one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import RempartError
from rempart.core.permissions import Permission
from rempart.node.observatory import declaring, presenting
from rempart.node.observatory.indicators import DECLARED, PROPOSAL
from rempart.node.observatory.staff_forms import DeclareForm
from rempart.node.staff.access import person_of, requires


@requires(Permission.FIGURES_INTERNAL)
@require_GET
def declared(request: HttpRequest) -> HttpResponse:
    return _page(request, DeclareForm(initial={"indicator": request.GET.get("indicator", "")}))


@requires(Permission.REPORTS_MAKE)
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a value; an earlier one of the same indicator and year stays as its history."""
    form = DeclareForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    given = form.cleaned_data
    actor = person_of(request).actor
    try:
        declaring.declare(given["indicator"], given["year"], given["value"], given["note"], actor=actor)
    except RempartError as error:
        return _page(request, form, error=error, status=422)
    messages.success(request, _("Entered."), extra_tags="done")
    return redirect("figures:declared")


def _page(
    request: HttpRequest, form: DeclareForm, *, error: RempartError | None = None, status: int = 200
) -> HttpResponse:
    entries, by_key = declaring.revisions(), {each.key: each for each in DECLARED}
    newest = {(entry.key, entry.year): entry for entry in reversed(entries)}
    rows = [
        {
            "entry": entry,
            "name": by_key[entry.key].name,
            "text": presenting.as_text(by_key[entry.key], entry.value),
            "is_newest": newest[entry.key, entry.year] is entry,
        }
        for entry in entries
    ]
    context = {
        "form": form,
        "error": error,
        "rows": rows,
        "indicators": DECLARED,
        "proposal": PROPOSAL,
        "may_enter": person_of(request).may(Permission.REPORTS_MAKE),
    }
    return render(request, "observatory/declare.html", context, status=status)
