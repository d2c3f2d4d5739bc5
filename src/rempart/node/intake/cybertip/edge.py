"""What every call of the CyberTipline face has in common: who calls, how, and errors as response codes.

Clients understand an error only from a code in an HTTP 200 answer; 401 and 404 are the exceptions they know.
"""

import logging
import secrets
from collections.abc import Callable
from functools import wraps

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from rempart.core.clients import Scope
from rempart.core.errors import InputError, NotPermitted, TooManyCalls
from rempart.formats.cybertipline.document import Rejected
from rempart.formats.cybertipline.responses import done_response, report_response
from rempart.formats.cybertipline.vocabulary import Code
from rempart.node.intake import platforms
from rempart.node.intake.models import Platform
from rempart.node.intake.submissions import MAX_REPORT_ID, Refused

log = logging.getLogger("rempart.cybertip")

Call = Callable[[HttpRequest, Platform], bytes]
View = Callable[[HttpRequest], HttpResponse]
_Answer = Callable[[HttpRequest, Code, str], bytes]
_BROKEN = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError)


def report_answer(request: HttpRequest, code: Code, description: str) -> bytes:
    return report_response(code, description)


def done_answer(request: HttpRequest, code: Code, description: str) -> bytes:
    """A failing finish answers `<reportDoneResponse>` too: clients read nothing else there."""
    return done_response(code, getattr(request, "report_id", 0))


def call(method: str, *, failure: Code = Code.SERVER_ERROR, answer: _Answer = report_answer) -> Callable[[Call], View]:
    """Make a view of a function that returns the XML of success; `failure` is the code when storing fails."""

    def decorate(function: Call) -> View:
        @csrf_exempt
        @wraps(function)
        def view(request: HttpRequest) -> HttpResponse:
            platform = platforms.authenticate(request.headers.get("Authorization", ""))
            if platform is None:
                refusal = respond(answer(request, Code.AUTHENTICATION_REQUIRED, ""), 401)
                refusal["WWW-Authenticate"] = 'Basic realm="reports", charset="UTF-8"'
                return refusal
            refused = _refusal(request, platform, answer)
            if refused is not None:
                return refused
            if request.method != method:
                return respond(answer(request, Code.INVALID_REQUEST, f"This call takes {method} only."))
            return respond(_guarded(function, request, platform, failure, answer))

        return view

    return decorate


def _refusal(request: HttpRequest, platform: Platform, answer: _Answer) -> HttpResponse | None:
    """429 for a client that is too fast, whatever it reads of an answer; a code for one that may not report."""
    try:
        platforms.allow(platform, Scope.REPORT)
    except TooManyCalls as error:
        busy = respond(answer(request, Code.SERVER_ERROR, str(error)), 429)
        busy["Retry-After"] = str(error.seconds)
        return busy
    except NotPermitted as error:
        return respond(answer(request, Code.NOT_AUTHORISED_FOR_CALL, str(error)))
    return None


def _guarded(function: Call, request: HttpRequest, platform: Platform, failure: Code, answer: _Answer) -> bytes:
    try:
        return function(request, platform)
    except (Rejected, Refused) as error:
        return answer(request, error.code, str(error))
    except InputError as error:
        # What is left concerns the uploaded file: it is empty or over the limit.
        return answer(request, Code.MALFORMED_FILE, str(error))
    except RequestDataTooBig:
        return answer(request, Code.INVALID_REQUEST, "The body is larger than this call accepts.")
    except _BROKEN:
        return answer(request, Code.INVALID_REQUEST, "The body could not be read; check its content type and length.")
    except (DatabaseError, OSError) as error:
        log.error("%s failed: %s", function.__name__, type(error).__name__)
        return answer(request, failure, "")
    except Exception as error:  # the protocol's boundary: a client must get an answer it can read
        log.error("%s failed: %s", function.__name__, type(error).__name__)
        return answer(request, Code.SERVER_ERROR, "")


def respond(body: bytes, status: int = 200) -> HttpResponse:
    response = HttpResponse(body, content_type="application/xml", status=status)
    response["Request-ID"] = secrets.token_hex(16)
    return response


def read_id(request: HttpRequest, text: str) -> int:
    """The report number of a form; it is remembered for the answer of a failing finish."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else 0
    if not 0 < number <= MAX_REPORT_ID:
        raise Rejected(Code.INVALID_REQUEST, "The report number is missing or not a number.", where="id")
    request.report_id = number  # type: ignore[attr-defined]
    return number
