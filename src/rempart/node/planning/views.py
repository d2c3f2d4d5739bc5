"""Staff pages of plans."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node.planning import showing, wording
from rempart.node.planning.forms import PlanForm
from rempart.node.planning.known import known
from rempart.node.planning.services import answer, answers, ask, forget
from rempart.node.runtime import clock
from rempart.node.staff.access import person_of, requires


@requires(Permission.PLANNING_USE)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The question, and the plans that were made."""
    form = PlanForm(known(clock().now()), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("planning:show", ask(person_of(request), form.situation, form.origins, form.list_gain))
        except InputError as error:
            form.add_error("doubt", f"{error.what} {error.advice}")
    made = [(one, wording.claim(one.made) if one.made else "") for one in answers()]
    return render(request, "planning/start.html", {"form": form, "made": made}, status=422 if form.errors else 200)


@requires(Permission.PLANNING_USE)
@require_GET
def show(request: HttpRequest, number: int) -> HttpResponse:
    """The answer as far as it is made; until it is whole, the page asks for the rest by itself."""
    return _shown(request, number, "planning/show.html")


@requires(Permission.PLANNING_USE)
@require_GET
def progress(request: HttpRequest, number: int) -> HttpResponse:
    """The part of that page that changes."""
    return _shown(request, number, "planning/_answer.html")


def _shown(request: HttpRequest, number: int, template: str) -> HttpResponse:
    try:
        found = answer(number)
    except NotFound as error:
        raise Http404 from error
    context = {"answer": found, "rows": showing.assumptions(found)}
    if found.made:
        context |= showing.findings(found.made)
    return render(request, template, context)


@requires(Permission.PLANNING_USE)
@require_POST
def delete(request: HttpRequest, number: int) -> HttpResponse:
    forget(person_of(request), number)
    messages.success(request, _("The plan is deleted."), extra_tags="done")
    return redirect("planning:start")
