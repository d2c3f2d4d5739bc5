"""What every answer of every surface carries, and what every template may know of the node."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class NoStoreMiddleware:
    """Nothing is kept by caches or back buttons unless a view says so itself (static files do)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


class StaffReferrerMiddleware:
    """On staff pages a referrer goes to this node itself and nowhere else.

    Under the other pages' "no-referrer" browsers send "Origin: null" with a form, which the CSRF check refuses.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(settings.CSRF_COOKIE_PATH):
            response["Referrer-Policy"] = "same-origin"
        return response


def template_context(request: HttpRequest) -> dict[str, object]:
    """Variables every template may use: the node's mode, name and country, help numbers, the way out."""
    return {
        "node_mode": settings.MODE,
        "organisation": settings.ORGANISATION,
        "node_country": settings.COUNTRY,
        "exit_address": settings.EXIT_ADDRESS,
        "emergency_number": settings.EMERGENCY_NUMBER,
        "child_helpline": settings.CHILD_HELPLINE,
    }
