"""What every call of the JSON face has in common: credentials, and errors as `{"error": {what, where, advice}}`."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security.base import AuthBase

from rempart.core.errors import (
    Conflict,
    InputError,
    LimitExceeded,
    NotFound,
    NotPermitted,
    RempartError,
)
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform

log = logging.getLogger("rempart.api")

# The most special first: the first class an error is an instance of decides.
_STATUS: tuple[tuple[type[RempartError], int], ...] = (
    (LimitExceeded, 413),
    (InputError, 422),
    (NotFound, 404),
    (Conflict, 409),
    (NotPermitted, 403),
)


class PlatformAuth(AuthBase):
    """HTTP Basic with a platform's credential."""

    openapi_type = "http"
    openapi_scheme = "basic"

    def __call__(self, request: HttpRequest) -> Platform | None:
        return platforms.authenticate(request.headers.get("Authorization", ""))


def guard(api: NinjaAPI) -> None:
    """Give the API its error answers; none repeats what was sent."""

    def answer(request: HttpRequest, status: int, what: str, where: str = "", advice: str = "") -> HttpResponse:
        body = {"error": {"what": what, "where": where, "advice": advice}}
        return api.create_response(request, body, status=status)

    @api.exception_handler(RempartError)
    def known(request: HttpRequest, error: RempartError) -> HttpResponse:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
        if status is None:
            return unknown(request, error)
        return answer(request, status, error.what, error.where, error.advice)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        where = ".".join(str(part) for part in error.errors[0]["loc"] if _is_ours(part)) if error.errors else ""
        what = "the request does not have the expected form."
        return answer(request, 422, what, where, f"Compare it with {api.root_path}openapi.json.")

    @api.exception_handler(AuthenticationError)
    def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        response = answer(request, 401, "the credential is missing or wrong.", "Authorization", "Use HTTP Basic.")
        response["WWW-Authenticate"] = 'Basic realm="reports", charset="UTF-8"'
        return response

    @api.exception_handler(HttpError)
    def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(request, error.status_code, "the body is not JSON.", "body", "Send UTF-8 JSON.")

    @api.exception_handler(MultiPartParserError)
    @api.exception_handler(UnreadablePostError)
    def broken(request: HttpRequest, error: Exception) -> HttpResponse:
        return answer(request, 422, "the body could not be read.", "body", "Check its content type and length.")

    @api.exception_handler(Exception)
    def unknown(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("call failed: %s", type(error).__name__)
        return answer(request, 500, "the node failed.", "", "Send the request again later.")


def _is_ours(part: Any) -> bool:
    """Whether a step of the path to an error is a position or a name of the schema, not something sent."""
    return isinstance(part, int) or (isinstance(part, str) and part in _NAMES)


_NAMES: frozenset[str] = frozenset()
