"""What stands before every page of the workplace, whether or not its view thinks of it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from rempart.node.staff import logins


class LoginMiddleware:
    """Ends sessions whose login is over, and keeps people without a second factor on the pages that set one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.staff_login = None  # type: ignore[attr-defined]
        if request.path.startswith(settings.SESSION_COOKIE_PATH):
            request.staff_login = logins.current(request)  # type: ignore[attr-defined]
            if logins.login_of(request) is None and request.user.is_authenticated:
                logins.log_out(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        login = logins.login_of(request)
        if login is None or login.factor or getattr(view, "opens_without_factor", False):
            return None
        return redirect("staff:set_up")
