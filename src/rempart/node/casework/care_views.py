"""Care for those who look, and who may know of a case."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.errors import InputError
from rempart.core.permissions import Permission
from rempart.node.casework import access, exposure, material, preferences, wording
from rempart.node.casework.answering import answers, restricted_page, sentence
from rempart.node.casework.care_forms import PreferencesForm, RestrictForm
from rempart.node.staff.access import person_of, requires


@requires(Permission.IMAGE_VIEW)
@require_http_methods(["GET", "POST"])
def care(request: HttpRequest) -> HttpResponse:
    """The person's own choices, their own day and what they were shown. There is no address for anybody else's."""
    person = person_of(request)
    form = PreferencesForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        preferences.choose(person, form.preferences())
        messages.success(request, _("Kept. Only you can see or change this."), extra_tags="done")
        return redirect("care:own")
    today = exposure.own(person)
    context = {
        "form": form or PreferencesForm.showing(preferences.mine(person)),
        "today": today,
        "state": wording.BUDGETS[today.state],
        "style": wording.BUDGET_STYLES[today.state],
        "rules": exposure.rules(),
        "seen": [(one, wording.SHOWN.get(one.how, one.how)) for one in exposure.own_record(person)],
        "may_see_team": person.may(Permission.CARE_TEAM),
    }
    return render(request, "casework/care.html", context, status=422 if form is not None else 200)


@requires(Permission.CARE_TEAM)
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """Within, near or over, for each person; no figure of anybody. And how much of the work needs no view."""
    rows = [
        (name, wording.BUDGETS[state], wording.BUDGET_STYLES[state])
        for name, state in exposure.states(person_of(request))
    ]
    return render(request, "casework/team.html", {"rows": rows, "decided": material.opened_or_not()})


@requires(Permission.CASE_RESTRICT)
@require_POST
@answers
def restrict(request: HttpRequest, content_id: int) -> HttpResponse:
    person = person_of(request)
    form = RestrictForm(person, request.POST)
    if not form.is_valid():
        messages.warning(request, _("Not restricted: it needs a reason."), extra_tags="attention")
        return redirect("casework:case", content_id)
    chosen = form.cleaned_data
    access.restrict(person, content_id, chosen["reason"], chosen["people"], chosen["role"])
    messages.success(request, _("Restricted. Others see that the case exists and nothing else."), extra_tags="done")
    return redirect("casework:case", content_id)


@requires(Permission.CASE_RESTRICT)
@require_POST
@answers
def lift(request: HttpRequest, content_id: int) -> HttpResponse:
    try:
        access.lift(person_of(request), content_id, request.POST.get("reason", "")[:1000])
    except InputError as error:
        messages.warning(request, sentence(error), extra_tags="attention")
    return redirect("casework:case", content_id)


@requires(Permission.CASE_BREAK_GLASS)
@require_POST
@answers
def break_glass(request: HttpRequest, content_id: int) -> HttpResponse:
    try:
        access.break_glass(person_of(request), content_id, request.POST.get("reason", "")[:1000])
    except InputError as error:
        return restricted_page(request, content_id, access.Restricted(), sentence(error), 422)
    messages.warning(request, _("Open to you for four hours. Its owner is told."), extra_tags="attention")
    return redirect("casework:case", content_id)


@requires(Permission.CASE_RESTRICT)
@require_POST
@answers
def note_opening(request: HttpRequest, content_id: int) -> HttpResponse:
    access.take_note(person_of(request), content_id)
    return redirect("casework:queue")
