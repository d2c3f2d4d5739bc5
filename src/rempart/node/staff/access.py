"""Every staff view names the permission it needs; the table is `core.permissions`."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from rempart.core.permissions import Permission
from rempart.node.staff.models import StaffMember

View = Callable[..., HttpResponse]


def requires(permission: Permission) -> Callable[[View], View]:
    """Let the view run only for a logged-in person whose roles hold `permission`.

    Without a login: to the login page. Without the permission: a page that says which one is missing, status 403.
    The wrapped view carries `required_permission`, by which a test finds views without a rule.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.path)
            if not request.user.may(permission):
                return render(request, "staff/not_permitted.html", {"permission": permission}, status=403)
            return view(request, *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


def person_of(request: HttpRequest) -> StaffMember:
    """The logged-in person of a guarded view."""
    return cast(StaffMember, request.user)
