"""The workplace speaks English and French: what a person chose, or what the browser accepts, or English."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header


class StaffLanguageMiddleware:
    """After the login is known. The page's language is set for staff addresses, whatever was chosen before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(settings.SESSION_COOKIE_PATH):
            return self.get_response(request)
        language = language_for(getattr(request.user, "language", ""), request.headers.get("Accept-Language", ""))
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response["Content-Language"] = language
        patch_vary_headers(response, ["Accept-Language"])
        return response


def language_for(chosen: str, accepted: str) -> str:
    """The first of these the workplace speaks: what the person chose, what the browser accepts, English."""
    if chosen in settings.STAFF_LANGUAGES:
        return chosen
    for code, _weight in parse_accept_lang_header(accepted.lower()):
        if code.partition("-")[0] in settings.STAFF_LANGUAGES:
            return code.partition("-")[0]
    return "en"
