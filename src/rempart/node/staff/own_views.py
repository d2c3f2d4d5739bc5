"""One's own account: the first factor through a one-time link, more factors, recovery codes, password, logins."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import auth, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.node import tongues
from rempart.node.staff import attempts, confirming, enrolment, factors, link_requests, logins, services
from rempart.node.staff.access import opens_without_factor, person_of, signed_in
from rempart.node.staff.forms import PasswordForm
from rempart.node.staff.models import Login, StaffMember


@opens_without_factor
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """What a one-time link opens: choose a password; the second factor is next. Opening it alone uses nothing up."""
    try:
        person = enrolment.find(token)
        form = PasswordForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return _enrolled(request, enrolment.use(token, form.cleaned_data["password"]))
    except NotFound:
        return render(request, "staff/link_over.html", status=404)
    except ValidationError as error:
        form.add_error("password", error)
    return render(request, "staff/enrol.html", {"form": form, "person": person}, status=422 if form.errors else 200)


def _enrolled(request: HttpRequest, person: StaffMember) -> HttpResponse:
    logins.open_login(request, person, "")
    link_requests.tell(request, person)
    response = redirect("staff:set_up")
    attempts.remember_browser(request, response, person)
    return response


@opens_without_factor
@require_GET
def set_up(request: HttpRequest) -> HttpResponse:
    """Choose the first second factor."""
    return _first(request) or render(request, "staff/set_up.html")


def _first(request: HttpRequest) -> HttpResponse | None:
    """None while this login may set up the first factor; else where to go.

    A login that has shown a password only may never add to the factors of a person who has one.
    """
    login = logins.login_of(request)
    if login is None:
        return redirect("staff:login")
    if login.factor:
        return redirect("staff:account")
    if factors.has_one(person_of(request)):
        logins.log_out(request)
        return redirect("staff:login")
    return None


def _may_add(request: HttpRequest) -> HttpResponse | None:
    """None when this login may add a factor: the first one, or with a recent proof another."""
    login = logins.login_of(request)
    if login is not None and login.factor:
        return confirming.asked_first(request)
    return _first(request)


@opens_without_factor
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """An app that shows codes."""

    def take(first: bool) -> None:
        factors.add_app(request, person_of(request), request.POST.get("code", ""), first=first)

    return _may_add(request) or _add(request, factors.APP, take)


@opens_without_factor
@require_http_methods(["GET", "HEAD", "POST"])
def add_key(request: HttpRequest) -> HttpResponse:
    """A security key, or what the device has built in."""

    def take(first: bool) -> None:
        given = request.POST
        factors.add_key(person_of(request), given.get("name", ""), given.get("credential", ""), first=first)

    return _may_add(request) or _add(request, factors.KEY, take)


def _add(request: HttpRequest, kind: str, take: Callable[[bool], None]) -> HttpResponse:
    problem, login = "", logins.login_of(request)
    # A repeated question brings the earlier form's fields with it; only an answer to this page is taken.
    if request.method == "POST" and {"code", "credential"} & set(request.POST):
        try:
            take(login is None or not login.factor)
            return _added(request, kind)
        except Conflict:
            logins.log_out(request)
            return redirect("staff:login")
        except InputError as error:
            problem = f"{error.what[0].upper()}{error.what[1:]} {error.advice}"
    person = person_of(request)
    if kind == factors.APP:
        secret = factors.app_secret(request)
        # The picture is made of our own settings and the secret; its writer escapes them.
        picture = mark_safe(factors.app_picture(person, secret).partition("?>")[2])  # noqa: S308
        context = {"secret": secret, "picture": picture}
    else:
        context = {"offer": factors.key_offer(person)}
    status = 422 if problem else 200
    return render(request, f"staff/add_{kind}.html", {**context, "problem": problem}, status=status)


def _added(request: HttpRequest, kind: str) -> HttpResponse:
    login, person = logins.login_of(request), person_of(request)
    if login is not None and not login.factor:
        logins.strengthen(request, login, kind)
        # Whoever else knew the password got no further, and will not.
        logins.end(person, actor=person.actor, but=login.pk)
        return redirect("staff:recovery_codes")
    messages.success(request, _("The second factor was added."), extra_tags="done")
    return redirect("staff:account")


@signed_in()
@require_GET
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes, once."""
    codes = factors.recovery_codes_once(person_of(request))
    return render(request, "staff/recovery_codes.html", {"codes": codes}) if codes else redirect("staff:account")


@signed_in(recent=True)
@require_POST
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    factors.new_recovery_codes(person_of(request))
    return redirect("staff:recovery_codes")


@signed_in()
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """What one has set up, and where one is logged in."""
    return _account_page(request, PasswordForm())


def _account_page(request: HttpRequest, form: PasswordForm) -> HttpResponse:
    person = person_of(request)
    context = {
        "factors": factors.of(person),
        "codes_left": factors.recovery_codes_left(person),
        "logins": logins.standing(person),
        "this_login": logins.login_of(request),
        "new_links": link_requests.about(person),
        "is_news": link_requests.to_tell(person),
        "form": form,
        "languages": [(code, tongues.own_name(code)) for code in settings.STAFF_LANGUAGES],
    }
    return render(request, "staff/account.html", context, status=422 if form.errors else 200)


@signed_in(recent=True)
@require_POST
def remove_factor(request: HttpRequest, number: int) -> HttpResponse:
    try:
        factors.remove(person_of(request), number)
    except Conflict as error:
        messages.error(request, f"{error.what[0].upper()}{error.what[1:]} {error.advice}", extra_tags="attention")
    return redirect("staff:account")


@signed_in(recent=True)
@sensitive_post_parameters("password", "again")
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST)
    login, person = logins.login_of(request), person_of(request)
    if form.is_valid() and isinstance(login, Login):
        try:
            services.change_password(person, form.cleaned_data["password"], keep=login.pk)
            auth.update_session_auth_hash(request, person)
            messages.success(request, _("The password was changed. Other logins were ended."), extra_tags="done")
            return redirect("staff:account")
        except ValidationError as error:
            form.add_error("password", error)
    return _account_page(request, form)


@signed_in()
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """What one reads the workplace in."""
    try:
        services.choose_language(person_of(request), request.POST.get("language", ""))
    except InputError as error:
        messages.error(request, f"{error.what[0].upper()}{error.what[1:]} {error.advice}", extra_tags="attention")
    return redirect("staff:account")


@signed_in()
@require_POST
def end_login(request: HttpRequest, number: int) -> HttpResponse:
    """End one of one's own logins."""
    person = person_of(request)
    logins.end(person, actor=person.actor, only=number)
    return redirect("staff:account")


@signed_in()
@require_POST
def links_known(request: HttpRequest) -> HttpResponse:
    """Say that one knows of the links to one's account so far."""
    link_requests.acknowledge(person_of(request))
    return redirect("staff:account")


@signed_in()
@require_POST
def refuse_link(request: HttpRequest, number: int) -> HttpResponse:
    """Refuse a link to one's own account that somebody asked for."""
    person = person_of(request)
    if not any(one.id == number for one in link_requests.about(person)):
        raise Http404
    try:
        link_requests.end(person, number)
        messages.success(request, _("Refused. Nothing was changed; the auditors see it."), extra_tags="done")
    except Conflict as error:
        messages.error(request, f"{error.what[0].upper()}{error.what[1:]}", extra_tags="attention")
    return redirect("staff:account")
