"""What every answer of every surface carries, and what every template may know of the node."""

import ipaddress
from collections.abc import Callable, Mapping

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

_UNUSED_FEATURES = """
    accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen gamepad geolocation
    gyroscope hid identity-credentials-get idle-detection local-fonts magnetometer microphone midi otp-credentials
    payment picture-in-picture screen-wake-lock serial storage-access usb web-share xr-spatial-tracking
"""
HEADERS: Mapping[str, str] = {
    # Nothing is kept by caches or back buttons unless a view says so itself (static files do).
    "Cache-Control": "no-store",
    # Pages get their own, wider one from django-csp; this is for all else, refusals before a view included.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES.split()),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every answer carries that does not say otherwise. WebAuthn is left to the browser's default, this site only."""


class HeadersMiddleware:
    """The outermost: no answer of any surface leaves without these, whichever layer made it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._headers = dict(HEADERS)
        if seconds := settings.SECURE_HSTS_SECONDS:
            self._headers["Strict-Transport-Security"] = f"max-age={seconds}"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in self._headers.items():
            response.headers.setdefault(name, value)
        return response


class LoopbackMiddleware:
    """Outside production: refuses whoever is not on this machine, however the server was told to listen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            is_near = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
        except ValueError:
            is_near = False
        if not is_near:
            words = f"This node runs in {settings.MODE} mode and answers its own machine only.\n"
            return HttpResponse(words, "text/plain; charset=utf-8", 403)
        return self.get_response(request)


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


def health(request: HttpRequest) -> HttpResponse:
    """200 while this process reaches its database; for a proxy or a supervisor. It tells nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(request, 400)


def refused(request: HttpRequest, exception: Exception | None = None, reason: str = "") -> HttpResponse:
    """403, also where a form's protection against foreign sites fails."""
    return _refusal(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(request, 404)


def _refusal(request: HttpRequest, status: int) -> HttpResponse:
    """In the looks of the surface that was asked: none leads to pages that another process serves."""
    if request.path.startswith("/staff/") and settings.SURFACE in {"all", "staff"}:
        return render(request, "staff/refusal.html", {"status": status}, status=status)
    if request.path.startswith("/api/") and settings.SURFACE in {"all", "machine"}:
        error = {"what": _PLAIN[status], "where": "", "advice": "Compare it with openapi.json of this API."}
        return JsonResponse({"error": error}, status=status)
    if settings.SURFACE in {"all", "public"}:
        return render(request, f"{status}.html", status=status)
    return HttpResponse(f"{_PLAIN[status]}\n", "text/plain; charset=utf-8", status)


_PLAIN = {
    400: "This request cannot be understood.",
    403: "This request was not accepted.",
    404: "There is nothing at this address.",
}
