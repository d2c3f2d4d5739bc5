"""What every call of the JSON face has in common: credentials, and errors as `{"error": {what, where, advice}}`."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser
from ninja.security.base import AuthBase
from pydantic_core import from_json

from rempart.core.clients import Scope
from rempart.core.errors import (
    Conflict,
    InputError,
    LimitExceeded,
    NotFound,
    NotPermitted,
    RempartError,
    TooManyCalls,
)
from rempart.node.intake import platforms
from rempart.node.intake.api import schemas
from rempart.node.intake.models import Platform

log = logging.getLogger("rempart.api")

# The most special first: the first class an error is an instance of decides.
_STATUS: tuple[tuple[type[RempartError], int], ...] = (
    (LimitExceeded, 413),
    (InputError, 422),
    (NotFound, 404),
    (Conflict, 409),
    (NotPermitted, 403),
    (TooManyCalls, 429),
)


# Paths to an error name fields of the schemas only: a name that was sent may be anything.
_NAMES = frozenset(
    name
    for schema in (
        schemas.ReportIn,
        schemas.ItemIn,
        schemas.PersonIn,
        schemas.IpEventIn,
        schemas.FileDetailsIn,
        schemas.EntryFeedbackIn,
    )
    for name in schema.model_fields
)


class JsonParser(Parser):
    """Reads bodies exactly as `model_validate_json` does, so that a kept original can always be read again."""

    def parse_body(self, request: HttpRequest) -> Any:
        return from_json(request.body)


class PlatformAuth(AuthBase):
    """HTTP Basic with a platform's credential that is for calls of this scope."""

    openapi_type = "http"
    openapi_scheme = "basic"

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Platform | None:
        platform = platforms.authenticate(request.headers.get("Authorization", ""))
        if platform is not None:
            platforms.allow(platform, self.scope)
        return platform


def _with_pause(response: HttpResponse, error: RempartError) -> HttpResponse:
    if isinstance(error, TooManyCalls):
        response["Retry-After"] = str(error.seconds)
    return response


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
        return _with_pause(answer(request, status, error.what, error.where, error.advice), error)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        first = error.errors[0]
        where = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part in _NAMES)
        what = f"the request does not have the expected form ({first['type']})."
        return answer(request, 422, what, where or "body", "Compare it with openapi.json of this API.")

    @api.exception_handler(AuthenticationError)
    def stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        response = answer(request, 401, "the credential is missing or wrong.", "Authorization", "Use HTTP Basic.")
        response["WWW-Authenticate"] = 'Basic realm="reports", charset="UTF-8"'
        return response

    @api.exception_handler(HttpError)
    def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(request, error.status_code, "the body is not JSON.", "body", "Send UTF-8 JSON.")

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, error: Exception) -> HttpResponse:
        return answer(request, 413, "the body is larger than this call accepts.", "body", "Split it.")

    @api.exception_handler(MultiPartParserError)
    @api.exception_handler(SuspiciousOperation)
    @api.exception_handler(UnreadablePostError)
    def broken(request: HttpRequest, error: Exception) -> HttpResponse:
        return answer(request, 422, "the body could not be read.", "body", "Check its content type and length.")

    @api.exception_handler(Exception)
    def unknown(request: HttpRequest, error: Exception) -> HttpResponse:
        log.error("call failed: %s", type(error).__name__)
        return answer(request, 500, "the node failed.", "", "Send the request again later.")
