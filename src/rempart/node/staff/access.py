"""Every staff view names who may open it: a permission of `core.permissions`, anybody logged in, or everybody."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rempart.core.permissions import Permission
from rempart.node.staff import confirming, logins
from rempart.node.staff.models import StaffMember

View = Callable[..., HttpResponse]


def requires(permission: Permission, *, recent: bool = False) -> Callable[[View], View]:
    """Let the view run only for a person logged in with both factors whose roles hold `permission`.

    Without a login: to the login page. Without the permission: a page that says which one is missing, status 403.
    `recent`: only after the person has shown again who they are, within the last minutes; what was posted is kept
    meanwhile (see `confirming`). The wrapped view carries `required_permission`, by which a test finds views without
    a rule.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not _is_logged_in(request):
                return redirect_to_login(request.path)
            if not person_of(request).may(permission):
                return render(request, "staff/not_permitted.html", {"permission": permission}, status=403)
            return (confirming.asked_first(request) if recent else None) or view(request, *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def signed_in(*, recent: bool = False) -> Callable[[View], View]:
    """Let the view run for anybody logged in with both factors: pages about one's own account."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not _is_logged_in(request):
                return redirect_to_login(request.path)
            return (confirming.asked_first(request) if recent else None) or view(request, *args, **kwargs)

        guarded.is_own_account = True  # type: ignore[attr-defined]
        return guarded

    return decorate


def opens_without_factor(view: View) -> View:
    """Also for a person who has only shown a password so far, and for strangers: the view checks the rest itself."""
    view.opens_without_factor = True  # type: ignore[attr-defined]
    return view


def person_of(request: HttpRequest) -> StaffMember:
    """The logged-in person of a guarded view."""
    return cast(StaffMember, request.user)


def _is_logged_in(request: HttpRequest) -> bool:
    login = logins.login_of(request)
    return bool(request.user.is_authenticated and login and login.factor)
