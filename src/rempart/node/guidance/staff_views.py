"""Staff pages: which help lines are shown, which were checked long ago, and adding or withdrawing one."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node import runtime
from rempart.node.guidance import lines
from rempart.node.guidance.forms import LineForm
from rempart.node.people import Person
from rempart.node.staff.access import person_of, requires


@requires(Permission.REGISTER_EDIT)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every member and what is known of its lines."""
    return render(request, "guidance/staff/help_lines.html", {"countries": lines.countries()})


@requires(Permission.REGISTER_EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def country(request: HttpRequest, code: str) -> HttpResponse:
    """The lines of one member; a POST adds one."""
    try:
        found = lines.country(code.upper())
    except NotFound as error:
        raise Http404 from error
    if request.method != "POST":
        return _page(request, found, LineForm(initial={"checked_on": runtime.clock().now().date()}))
    form = LineForm(request.POST)
    if not form.is_valid() or not _is_added(request, found.code, form):
        return _page(request, found, form)
    messages.success(request, _("The number is shown from now on."), extra_tags="done")
    return redirect("help_lines:country", code=found.path)


def _is_added(request: HttpRequest, code: str, form: LineForm) -> bool:
    given = form.cleaned_data
    try:
        lines.add(
            person_of(request),
            code,
            given["kind"],
            given["number"],
            given["source"],
            given["source_address"],
            given["checked_on"],
        )
    except InputError as error:
        form.add_error(error.where, f"{error.what[:1].upper()}{error.what[1:]} {error.advice}")
        return False
    return True


@requires(Permission.REGISTER_EDIT)
@require_POST
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """The number still stands in its source."""
    return _changed(request, number, lines.confirm, _("Checked today."))


@requires(Permission.REGISTER_EDIT)
@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """The number is not shown any more."""
    told = _("The number is not shown any more. To show it again, add it anew.")
    return _changed(request, number, lines.withdraw, told)


def _changed(request: HttpRequest, number: int, change: Callable[[Person, int], str], told: str) -> HttpResponse:
    try:
        code = change(person_of(request), number)
    except NotFound:
        messages.error(request, _("Somebody has withdrawn this number meanwhile."), extra_tags="attention")
        return redirect("help_lines:list")
    messages.success(request, told, extra_tags="done")
    return redirect("help_lines:country", code=code.lower())


def _page(request: HttpRequest, found: lines.Country, form: LineForm) -> HttpResponse:
    shown = {"country": found, "form": form}
    return render(request, "guidance/staff/country.html", shown, status=422 if form.errors else 200)
