"""What every call of the Hash Sharing face has in common: who calls, and errors as HTTP statuses.

Clients read the status alone; 429 and 5xx they try again.
"""

import logging
from collections.abc import Callable
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from rempart.core.clients import Scope
from rempart.core.errors import InputError, LimitExceeded, NotFound, NotPermitted, RempartError, TooManyCalls
from rempart.formats.hash_sharing.writer import write_error
from rempart.node.intake import platforms

log = logging.getLogger("rempart.hash_sharing")

View = Callable[..., HttpResponse]
# The most special first: the first class an error is an instance of decides.
_STATUS: tuple[tuple[type[RempartError], int], ...] = (
    (LimitExceeded, 413),
    (InputError, 400),
    (NotFound, 404),
    (NotPermitted, 403),
    (TooManyCalls, 429),
)


def call(method: str) -> Callable[[Callable[..., bytes]], View]:
    """Make a view of a function of the request, the platform and the address that returns the XML of success."""

    def decorate(function: Callable[..., bytes]) -> View:
        @csrf_exempt
        @wraps(function)
        def view(request: HttpRequest, **address: str) -> HttpResponse:
            platform = platforms.authenticate(request.headers.get("Authorization", ""))
            if platform is None:
                refusal = refuse("The credential is missing or wrong.", "Use HTTP Basic.", 401)
                refusal["WWW-Authenticate"] = 'Basic realm="lists", charset="UTF-8"'
                return refusal
            try:
                platforms.allow(platform, Scope.LISTS)
                if request.method != method:
                    return _not_this_way(method)
                return respond(function(request, platform, **address))
            except RempartError as error:
                return _known(error, function.__name__)
            except RequestDataTooBig:
                return refuse("The body is larger than this call accepts.", "", 413)
            except UnreadablePostError:
                return refuse("The body could not be read.", "Send it again.", 400)
            except Exception as error:  # the protocol's boundary: a client must get an answer it can read
                log.error("%s failed: %s", function.__name__, type(error).__name__)
                return refuse("The node failed.", "Send the request again later.", 500)

        return view

    return decorate


def respond(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(body, content_type="application/xml", status=status)


def refuse(what: str, advice: str, status: int) -> HttpResponse:
    return respond(write_error(what, advice), status)


def _not_this_way(method: str) -> HttpResponse:
    refusal = refuse(f"This call takes {method} only.", "", 405)
    refusal["Allow"] = method
    return refusal


def _known(error: RempartError, name: str) -> HttpResponse:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        log.error("%s failed: %s", name, type(error).__name__)
        return refuse("The node failed.", "Send the request again later.", 500)
    refusal = refuse(error.what, error.advice, status)
    if isinstance(error, TooManyCalls):
        refusal["Retry-After"] = str(error.seconds)
    return refusal
