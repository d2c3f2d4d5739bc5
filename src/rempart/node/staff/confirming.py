"""Asking once more who somebody is before a sensitive step.

A page that is opened leads to the question and back. A form that is sent is answered with the question on a page that
holds what was sent, so that nothing is typed twice and nothing of it is stored.
"""

from collections.abc import Sequence
from typing import cast
from urllib.parse import urlencode

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from rempart.node.audit import services as audit
from rempart.node.staff import attempts, factors, logins
from rempart.node.staff.models import Login, StaffMember

_OURS = frozenset({"csrfmiddlewaretoken", "confirm_password", "confirm_code", "confirm_credential"})


def asked_first(request: HttpRequest) -> HttpResponse | None:
    """None when the person showed recently, or with this very request, who they are; else the page to answer with."""
    login = cast(Login, logins.login_of(request))
    if logins.is_recent(login):
        return None
    if request.method != "POST":
        return redirect(f"{reverse('staff:confirm')}?{urlencode({'next': request.get_full_path()})}")
    kept = [(name, value) for name in request.POST if name not in _OURS for value in request.POST.getlist(name)]
    if not any(request.POST.get(name) for name in _OURS - {"csrfmiddlewaretoken"}):
        return question(request, request.get_full_path(), kept)
    which = attempts.own_door("confirm", login.pk)
    if attempts.begin(which) and _shows(request, login):
        attempts.succeeded(which)
        return None
    if attempts.is_closed(which):
        logins.log_out(request)
        messages.error(request, _("You were logged out after several wrong answers. Log in again."))
        return redirect("staff:login")
    return question(request, request.get_full_path(), kept, is_wrong=True)


def question(
    request: HttpRequest, action: str, kept: Sequence[tuple[str, str]], *, is_wrong: bool = False
) -> HttpResponse:
    """The page that asks; its answer goes to `action` together with what is `kept`."""
    person = cast(StaffMember, request.user)
    context = {
        "action": action,
        "kept": kept,
        "is_wrong": is_wrong,
        "challenge": factors.key_challenge(person) if factors.has_key(person) else "",
    }
    return render(request, "staff/confirm.html", context, status=422 if is_wrong else 200)


@transaction.atomic
def _shows(request: HttpRequest, login: Login) -> bool:
    person = cast(StaffMember, request.user)
    how = _how(request, person)
    if how:
        logins.prove(login)
        audit.record("staff:confirmed", person.actor, actor=person.actor, data={"factor": how})
    else:
        audit.record("staff:confirm_failed", person.actor, actor=person.actor)
    return bool(how)


def _how(request: HttpRequest, person: StaffMember) -> str:
    if password := request.POST.get("confirm_password"):
        return "password" if person.check_password(password) else ""
    if answer := request.POST.get("confirm_credential"):
        return factors.prove_key(person, answer)
    return factors.prove_code(person, request.POST.get("confirm_code", ""))
