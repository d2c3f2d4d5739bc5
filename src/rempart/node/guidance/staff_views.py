"""Staff pages: which help lines are shown, which were checked long ago, and adding or withdrawing one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node import runtime
from rempart.node.guidance import lines
from rempart.node.guidance.forms import LineForm
from rempart.node.staff.access import person_of, requires


@requires(Permission.REGISTER_EDIT)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every member with its lines; the open tasks first."""
    return _page(request, None)


@requires(Permission.REGISTER_EDIT)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    found = lines.countries()
    form = _form(found, request)
    if form.is_valid():
        given = form.cleaned_data
        try:
            lines.add(
                person_of(request),
                given["country"],
                given["kind"],
                given["number"],
                given["source"],
                given["source_address"],
                given["checked_on"],
            )
        except InputError as error:
            form.add_error(error.where, f"{error.what[:1].upper()}{error.what[1:]} {error.advice}")
        else:
            messages.success(request, _("The number is shown from now on."), extra_tags="done")
            return redirect("help_lines:list")
    return _page(request, form)


@requires(Permission.REGISTER_EDIT)
@require_POST
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """The number still stands in its source."""
    try:
        lines.confirm(person_of(request), number)
        messages.success(request, _("Checked today."), extra_tags="done")
    except NotFound:
        _is_gone(request)
    return redirect("help_lines:list")


@requires(Permission.REGISTER_EDIT)
@require_POST
def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    try:
        lines.withdraw(person_of(request), number)
        messages.success(request, _("The number is not shown any more. To show it again, add it anew."), "done")
    except NotFound:
        _is_gone(request)
    return redirect("help_lines:list")


def _is_gone(request: HttpRequest) -> None:
    messages.error(request, _("Somebody has withdrawn this number meanwhile."), extra_tags="attention")


def _form(found: list[lines.Country], request: HttpRequest | None = None) -> LineForm:
    choices = [(country.code, country.name) for country in found]
    if request is not None:
        return LineForm(request.POST, countries=choices)
    return LineForm(countries=choices, initial={"checked_on": runtime.clock().now().date()})


def _page(request: HttpRequest, form: LineForm | None) -> HttpResponse:
    found = lines.countries()
    shown = {
        "known": [country for country in found if country.lines],
        "open": [country for country in found if not country.lines],
        "form": form or _form(found),
    }
    return render(request, "guidance/staff/help_lines.html", shown, status=422 if form else 200)
