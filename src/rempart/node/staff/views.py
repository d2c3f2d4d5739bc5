"""The start page, and the way in: password, second factor, out again. Each is an event."""

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rempart.core.accounts import PENDING
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.staff import attempts, confirming, factors, link_requests, logins, moment
from rempart.node.staff.access import opens_without_factor, person_of, signed_in
from rempart.node.staff.models import StaffMember

# Where each kind of work begins; the first the person may see is their start page.
START_PAGES = (
    (Permission.QUEUE_VIEW, "casework:queue"),
    (Permission.REFERRAL_VIEW, "referrals:list"),
    (Permission.LISTS_VIEW, "lists:list"),
    (Permission.AUDIT_VIEW, "audit:list"),
    (Permission.STAFF_MANAGE, "staff:people"),
)
_HALF_WAY = "staff.half_way"


@signed_in()
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to the first page their roles allow."""
    for permission, page in START_PAGES:
        if person_of(request).may(permission):
            return redirect(page)
    return render(request, "staff/home.html")


def safe_next(request: HttpRequest) -> str:
    """The page of this workplace that was asked for, or the start page."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    inside = wanted.startswith("/staff/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if inside else settings.SESSION_COOKIE_PATH


@opens_without_factor
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Name and password; whatever is wrong with them, and however often, the answer is the same."""
    if logins.login_of(request):
        return redirect("staff:home")
    if request.method != "POST":
        return _login_page(request)
    # PostgreSQL takes no NUL in a question; no name holds one.
    username = request.POST.get("username", "")[:60].replace("\0", "")
    known = StaffMember.objects.filter(username=username, is_active=True).first()
    which = attempts.door(request, "password", username, known)
    allowance = attempts.shared(request)
    if not attempts.begin_password(which, allowance):
        return _login_page(request, is_wrong=True)
    person = auth.authenticate(request, username=username, password=request.POST.get("password", ""))
    if not isinstance(person, StaffMember):
        # What was typed is not recorded: it may be a password in the wrong field.
        _failed(which, None, allowance)
        return _login_page(request, is_wrong=True)
    attempts.succeeded(which)
    attempts.give_back(allowance)
    return _after_password(request, person)


def _login_page(request: HttpRequest, *, is_wrong: bool = False) -> HttpResponse:
    context = {"is_wrong": is_wrong, "username": request.POST.get("username", ""), "next": safe_next(request)}
    return render(request, "staff/login.html", context)


def _after_password(request: HttpRequest, person: StaffMember) -> HttpResponse:
    wanted = safe_next(request)
    if not factors.has_one(person):
        logins.open_login(request, person, "")
        return redirect("staff:set_up")
    request.session.flush()
    request.session[_HALF_WAY] = {
        "person": person.pk,
        "password": person.get_session_auth_hash(),
        "at": moment.now().timestamp(),
        "next": wanted,
    }
    return redirect("staff:factor")


@opens_without_factor
@require_http_methods(["GET", "HEAD", "POST"])
def factor(request: HttpRequest) -> HttpResponse:
    """The second factor, within minutes after the password."""
    half_way = request.session.get(_HALF_WAY)
    person = _person_half_way(half_way)
    if half_way is None or person is None:
        return redirect("staff:login")
    if request.method != "POST":
        return _factor_page(request, person)
    which = attempts.door(request, "factor", person.username, person)
    if not attempts.begin(which):
        return _factor_page(request, person, is_wrong=True)
    shown = _shown(request, person)
    if not shown:
        _failed(which, person)
        return _factor_page(request, person, is_wrong=True)
    attempts.succeeded(which)
    logins.open_login(request, person, shown)
    link_requests.tell(request, person)
    response = redirect(half_way["next"])
    attempts.remember_browser(request, response, person)
    return response


def _person_half_way(half_way: dict[str, Any] | None) -> StaffMember | None:
    if half_way is None or moment.now().timestamp() - half_way["at"] >= PENDING.total_seconds():
        return None
    person = StaffMember.objects.filter(pk=half_way["person"], is_active=True).first()
    # A password that was changed or reset meanwhile leads no further.
    return person if person and person.get_session_auth_hash() == half_way["password"] else None


def _shown(request: HttpRequest, person: StaffMember) -> str:
    if answer := request.POST.get("credential"):
        return factors.prove_key(person, answer)
    return factors.prove_code(person, request.POST.get("code", ""))


def _factor_page(request: HttpRequest, person: StaffMember, *, is_wrong: bool = False) -> HttpResponse:
    challenge = factors.key_challenge(person) if factors.has_key(person) else ""
    return render(request, "staff/factor.html", {"challenge": challenge, "is_wrong": is_wrong})


@transaction.atomic
def _failed(which: bytes, person: StaffMember | None, allowance: attempts.Shared | None = None) -> None:
    """A wrong password of whoever it was, or a wrong second factor of a person whose password was right."""
    subject, actor = (person.actor, person.actor) if person else ("staff:unknown", "public")
    audit.record("staff:factor_failed" if person else "staff:login_failed", subject, actor=actor)
    if attempts.is_closed(which):
        audit.record("staff:attempts_paused", subject)
    if allowance and attempts.is_used_up(allowance):
        audit.record("staff:attempts_used_up", "staff:unknown", data={"strangers": allowance.is_strangers})


@signed_in()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show once more who one is, and go on to the page that needs it."""
    if request.method == "POST":
        return confirming.asked_first(request) or redirect(safe_next(request))
    return confirming.question(request, request.path, [("next", safe_next(request))])


@opens_without_factor
@require_POST
@transaction.atomic
def log_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, StaffMember):
        audit.record("staff:logout", request.user.actor, actor=request.user.actor)
    logins.log_out(request)
    return redirect("staff:login")
