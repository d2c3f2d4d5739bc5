"""Accounts as administrators manage them. They see names, roles and logins; no content, and nobody's second factor."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rempart.core.accounts import require_other
from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted, RempartError
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Role
from rempart.node.staff import link_requests, logins, services
from rempart.node.staff.access import person_of, requires
from rempart.node.staff.forms import PersonForm, ReasonForm, RolesForm
from rempart.node.staff.models import StaffMember

Result = TypeVar("Result")


@requires(Permission.STAFF_MANAGE)
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Every account, and the form for a new one."""
    return _people_page(request, PersonForm())


def _people_page(request: HttpRequest, form: PersonForm) -> HttpResponse:
    waiting, me = link_requests.waiting(), person_of(request).pk
    context = {
        "people": services.people(),
        "form": form,
        # What I asked for, and what opens my own account, another administrator approves.
        "waiting": [(one, me not in {one.asked_by_id, one.person_id}) for one in waiting],
        "me": me,
    }
    return render(request, "staff/people.html", context, status=422 if form.errors else 200)


@requires(Permission.STAFF_MANAGE, recent=True)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Create an account; another administrator approves its link."""
    form = PersonForm(request.POST)

    def propose(given: dict[str, object]) -> int:
        name, roles = str(given["username"]), _roles(given)
        return services.propose_person(person_of(request), name, roles, str(given["name"]), str(given["reason"]))

    if not _tried(form, propose):
        return _people_page(request, form)
    messages.success(request, _("The account is there. Another administrator approves its link."), extra_tags="done")
    return redirect("staff:people")


@requires(Permission.STAFF_MANAGE)
@require_GET
def person(request: HttpRequest, number: int) -> HttpResponse:
    """One account: its roles, its logins, and what can be changed."""
    return _person_page(request, _subject(number))


def _subject(number: int) -> StaffMember:
    found = StaffMember.objects.filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _person_page(
    request: HttpRequest,
    subject: StaffMember,
    *,
    roles: RolesForm | None = None,
    closing: ReasonForm | None = None,
    anew: ReasonForm | None = None,
) -> HttpResponse:
    tried = roles or closing or anew
    context = {
        "subject": subject,
        "is_self": subject.pk == person_of(request).pk,
        "logins": logins.standing(subject),
        "new_links": link_requests.about(subject),
        "roles": roles or RolesForm(initial={"roles": subject.roles}, prefix="roles"),
        "closing": closing or ReasonForm(prefix="close"),
        "anew": anew or ReasonForm(prefix="anew"),
    }
    return render(request, "staff/person.html", context, status=422 if tried else 200)


@requires(Permission.STAFF_MANAGE, recent=True)
@require_POST
def change_roles(request: HttpRequest, number: int) -> HttpResponse:
    subject, form = _subject(number), RolesForm(request.POST, prefix="roles")
    actor = person_of(request)

    def change(given: dict[str, object]) -> bool:
        require_other(actor.pk, subject.pk)
        services.change_roles(subject.username, _roles(given), str(given["reason"]), actor=actor.actor)
        return True

    if not _tried(form, change):
        return _person_page(request, subject, roles=form)
    messages.success(request, _("The roles were changed; they count at once."), extra_tags="done")
    return redirect("staff:person", number)


@requires(Permission.STAFF_MANAGE, recent=True)
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    subject, form = _subject(number), ReasonForm(request.POST, prefix="close")
    actor = person_of(request)

    def close_it(given: dict[str, object]) -> bool:
        require_other(actor.pk, subject.pk)
        services.close_account(subject.username, str(given["reason"]), actor=actor.actor)
        return True

    if not _tried(form, close_it):
        return _person_page(request, subject, closing=form)
    messages.success(request, _("The account is closed and its logins have ended."), extra_tags="done")
    return redirect("staff:person", number)


@requires(Permission.STAFF_MANAGE, recent=True)
@require_POST
def enrol_anew(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for a new link; nothing happens to the account before another administrator approves."""
    subject, form = _subject(number), ReasonForm(request.POST, prefix="anew")
    if not _tried(form, lambda given: link_requests.ask(person_of(request), subject.username, str(given["reason"]))):
        return _person_page(request, subject, anew=form)
    messages.success(
        request, _("Asked. Until another administrator approves, nothing changes for this account."), extra_tags="done"
    )
    return redirect("staff:person", number)


@requires(Permission.STAFF_MANAGE, recent=True)
@require_POST
def approve_link(request: HttpRequest, number: int) -> HttpResponse:
    """Approve another's request, and show the link, once, to who approved."""
    try:
        invitation = link_requests.approve(person_of(request), number)
    except NotFound:
        raise Http404 from None
    except (Conflict, NotPermitted) as error:
        return _not_done(request, error)
    context = {"invitation": invitation, "link": request.build_absolute_uri(invitation.path)}
    return render(request, "staff/link.html", context)


@requires(Permission.STAFF_MANAGE)
@require_POST
def end_link_request(request: HttpRequest, number: int) -> HttpResponse:
    """Refuse another's request, or withdraw one's own."""
    try:
        link_requests.end(person_of(request), number)
    except NotFound:
        raise Http404 from None
    except Conflict as error:
        return _not_done(request, error)
    messages.success(request, _("The request is ended; nothing was changed."), extra_tags="done")
    return redirect("staff:people")


def _not_done(request: HttpRequest, error: RempartError) -> HttpResponse:
    messages.error(request, _sentence(error), extra_tags="attention")
    return redirect("staff:people")


@requires(Permission.STAFF_MANAGE)
@require_POST
def end_login(request: HttpRequest, number: int, login: int) -> HttpResponse:
    """End somebody's login."""
    logins.end(_subject(number), actor=person_of(request).actor, only=login)
    return redirect("staff:person", number)


def _roles(given: dict[str, object]) -> list[Role]:
    chosen = given["roles"]
    return [Role(role) for role in chosen] if isinstance(chosen, list) else []


def _tried(form: forms.Form, step: Callable[[dict[str, object]], Result]) -> Result | None:
    """What the step gives, or None with what was wrong said on the form."""
    if not form.is_valid():
        return None
    try:
        return step(form.cleaned_data)
    except (Conflict, InputError, NotFound, NotPermitted) as error:
        form.add_error(error.where if error.where in form.fields else None, _sentence(error))
    except ValidationError as invalid:
        form.add_error(None, ValidationError(invalid.messages))
    return None


def _sentence(error: RempartError) -> str:
    return f"{error.what[0].upper()}{error.what[1:]} {error.advice}"
