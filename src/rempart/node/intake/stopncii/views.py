"""FetchHashes: PDQs of images and MD5s of videos, for clients that know StopNCII's interface alone.

The stock client never drops a record, whatever its status. So a first fetch leaves withdrawn entries out; a later one
gives them the status "Withdrawn" and the node's own opinion "NotBlocked", which that client shows as disputed.
"""

import logging
import re
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from rempart.core.clients import Scope
from rempart.core.errors import InputError, NotPermitted, RempartError, TooManyCalls
from rempart.core.vocabulary import FingerprintType
from rempart.formats import stopncii
from rempart.node.intake import platforms
from rempart.node.intake.handing_out import hand_out
from rempart.node.intake.models import Platform
from rempart.node.lists import services as lists
from rempart.node.runtime import clock

log = logging.getLogger("rempart.stopncii")

FIRST_FETCH = 10
"""What the stock client begins with: from here on it has nothing that could be withdrawn."""
DEFAULT_SIZE = 800
MAX_SIZE = 1000
_KINDS = frozenset({FingerprintType.PDQ, FingerprintType.MD5})
_TOKEN = re.compile(r"([0-9]{1,11})_([0-9]{1,11})_([0-9.]{1,80})", re.ASCII)
_MOST_SECONDS = 99_999_999_999


@csrf_exempt
def fetch_hashes(request: HttpRequest) -> HttpResponse:
    """The credential is the platform's: its secret as the function key, its username as the subscription key."""
    platform = platforms.identify(
        request.headers.get("Ocp-Apim-Subscription-Key", ""), request.headers.get("x-functions-key", "")
    )
    if platform is None:
        return _refuse("The credential is missing or wrong.", 401)
    try:
        platforms.allow(platform, Scope.LISTS)
        if request.method != "GET":
            return _refuse("This call takes GET only.", 405)
        return HttpResponse(_page(request, platform), content_type="application/json")
    except TooManyCalls as error:
        busy = _refuse(error.what, 429)
        busy["Retry-After"] = str(error.seconds)
        return busy
    except NotPermitted as error:
        return _refuse(error.what, 403)
    except InputError as error:
        return _refuse(error.what, 400)
    except RempartError as error:
        log.error("fetch_hashes failed: %s", type(error).__name__)
        return _refuse("The node failed.", 500)


def _page(request: HttpRequest, platform: Platform) -> bytes:
    start = _number(request, "startTimestamp", FIRST_FETCH)
    size = min(max(_number(request, "pageSize", DEFAULT_SIZE), 1), MAX_SIZE)
    until, after = int(clock().now().timestamp()), None
    if token := request.GET.get("nextPageToken", ""):
        start, until, after = _understood(token)
    is_first = start <= FIRST_FETCH
    window = lists.Window(platform.pk, _moment(start), _moment(until), _KINDS, with_withdrawn=not is_first)
    page = hand_out(platform, window, size, after)
    records = tuple(record for entry in page.entries if (record := _record(entry)) is not None)
    following = f"{start}_{until}_{page.next.to_text()}" if page.next else None
    # A fetch that breaks off begins again where this one began, but is no first one: it has something by then.
    again = max(start, FIRST_FETCH + 1 if following else until)
    return stopncii.write_page(stopncii.HashPage(records, again, following))


def _record(entry: lists.WindowEntry) -> stopncii.HashRecord | None:
    if entry.is_video is not (entry.kind is FingerprintType.MD5):
        return None
    feedback = stopncii.CspFeedback(
        stopncii.NOT_BLOCKED if entry.is_withdrawn else stopncii.BLOCKED,
        settings.ORGANISATION,
        ("withdrawn",) if entry.is_withdrawn else (entry.category,),
    )
    return stopncii.HashRecord(
        int(entry.at.timestamp()),
        stopncii.VIDEO_MD5 if entry.is_video else stopncii.IMAGE_PDQ,
        entry.value.hex(),
        stopncii.WITHDRAWN if entry.is_withdrawn else stopncii.ACTIVE,
        (feedback,),
    )


def _understood(token: str) -> tuple[int, int, lists.Position]:
    found = _TOKEN.fullmatch(token)
    if found is None or int(found[2]) > clock().now().timestamp():
        raise InputError("The token is none of this node.", where="nextPageToken", advice="Fetch without it.")
    return int(found[1]), int(found[2]), lists.Position.from_text(found[3])


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        raise InputError(f"{name} is not a whole number.", where=name)
    return min(int(text), _MOST_SECONDS)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _refuse(what: str, status: int) -> HttpResponse:
    return JsonResponse({"error": what}, status=status)
