"""Refusals, and how every error becomes an answer: problem+json (RFC 9457) that says what, where and what to do.

No answer repeats a value that was sent: it might be a fingerprint.
"""

import math
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from rempart.core.errors import (
    Conflict,
    InputError,
    LimitExceeded,
    NotFound,
    NotPermitted,
    OutsideFailure,
    RempartError,
)


class Refusal(RempartError):
    """An answer other than success, with its HTTP status; `retry_after` is in seconds."""

    def __init__(
        self, status: int, what: str, *, where: str = "", advice: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(what, where=where, advice=advice)
        self.status = status
        self.retry_after = retry_after


class Problem(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The body of every refusal (RFC 9457): `where` names the field or header, `advice` what to do next."""

    title: str
    status: int
    detail: str
    where: str = ""
    advice: str = ""


# The most special first: the first class an error is an instance of decides.
_STATUS: tuple[tuple[type[RempartError], int], ...] = (
    (LimitExceeded, 413),
    (InputError, 422),
    (NotFound, 404),
    (Conflict, 409),
    (NotPermitted, 403),
    (OutsideFailure, 503),
)
_RETRY_SECONDS = 1.0


def as_refusal(error: RempartError) -> Refusal | None:
    """None for an error that is no fault of the caller and not expected to pass."""
    if isinstance(error, Refusal):
        return error
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        return None
    retry_after = _RETRY_SECONDS if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return Refusal(status, error.what, where=error.where, advice=error.advice, retry_after=retry_after)


FAILED = Refusal(500, "The service failed.", advice="Send the request again later, and tell its operator.")


def answer(refusal: Refusal) -> Response:
    """The refusal as problem+json, with Retry-After and WWW-Authenticate where they belong."""
    body = Problem(
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=refusal.what,
        where=refusal.where,
        advice=refusal.advice,
    )
    headers = {"Cache-Control": "no-store"}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after)))
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="matcher", charset="UTF-8"'
    return Response(msgspec.json.encode(body), refusal.status, headers, "application/problem+json")
