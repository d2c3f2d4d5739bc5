"""The calls of the Hash Sharing API v2. Each entry of a granted list is an image, or a video where that is known.

Identity is the node's number and the entry's; a withdrawal is a deletion. Lawful content and kinds of fingerprint that
the format has not are left out.
"""

import uuid
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from rempart.core.errors import InputError, NotFound
from rempart.core.feedback import FeedbackReason, Verdict
from rempart.core.vocabulary import FingerprintType, IndustryClass
from rempart.formats.hash_sharing import reader, writer
from rempart.formats.hash_sharing.model import (
    FINGERPRINTS,
    PAGE_SIZE,
    FeedbackType,
    Member,
    Page,
    Reason,
    Status,
    Update,
    read_time,
    write_time,
)
from rempart.node.intake.handing_out import hand_out
from rempart.node.intake.hash_sharing.edge import call, refuse
from rempart.node.intake.models import Platform
from rempart.node.lists import services as lists
from rempart.node.runtime import clock

BASE = "/v2"
_KINDS = frozenset(FINGERPRINTS)
_CLASSES = frozenset(map(str, IndustryClass))
_FIRST_CLIENT = 1000
_REASONS_OF = uuid.UUID("6f2b0f0a-5d0f-4b0e-9f4e-1d1b5c3c7a10")
_NAMES = {
    FeedbackReason.LAWFUL: "The content is lawful",
    FeedbackReason.UNRELATED: "It matches unrelated content",
    FeedbackReason.CATEGORY: "The content is of another category",
    FeedbackReason.OTHER: "Another reason",
}


@call("GET")
def status(request: HttpRequest, platform: Platform) -> bytes:
    address = request.META.get("REMOTE_ADDR", "")
    return writer.write_status(Status(address, platform.username, _client(platform)))


@call("GET")
def members(request: HttpRequest, platform: Platform) -> bytes:
    """This node and the client itself: whom else the node serves is nobody's business."""
    return writer.write_members([own_member(), _client(platform)])


@call("GET")
def entries(request: HttpRequest, platform: Platform) -> bytes:
    """A page of what changed after `from` up to and including `to`."""
    asked = request.GET
    since, until = _moment(asked.get("from"), "from"), _moment(asked.get("to"), "to")
    if until > clock().now() + lists.LATEST:
        raise InputError(
            "The window ends in the future, so what comes until then would be missed.",
            where="to",
            advice="Set the clock, and the time zone UTC for a client that writes local time (TZ=UTC).",
        )
    after = lists.Position.from_text(asked["after"]) if "after" in asked else None
    page = hand_out(platform, lists.Window(platform.pk, since, until, _KINDS), PAGE_SIZE, after)
    return writer.write_page(Page(tuple(map(_update, page.entries)), _next(page, since, until, asked.get("start"))))


@call("PUT")
def feedback(request: HttpRequest, platform: Platform, member: str, entry: str, kind: str) -> bytes:
    """Keep what the client says of an entry; the same again changes nothing."""
    said = reader.read_submission(request.body)
    fingerprint = _feedback_type(kind).fingerprint
    if member != str(own_member().number) or fingerprint is None or not _is_number(entry):
        raise NotFound("There is no such entry for this credential.")
    verdict = Verdict.USEFUL if said.is_affirmative else Verdict.WRONG
    reason = _reason_of(said.reasons, kind)
    lists.give_feedback(platform.pk, int(entry), verdict, reason, actor=platform.actor, kind=fingerprint)
    return writer.write_submission(said)


@call("GET")
def reasons(request: HttpRequest, platform: Platform, kind: str) -> bytes:
    _feedback_type(kind)
    return writer.write_reasons([Reason(reason_guid(reason, kind), _NAMES[reason], kind) for reason in FeedbackReason])


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    return refuse("There is no such call.", "", 404)


def own_member() -> Member:
    """The node's number is its country's code read as a number: it must never change, or no deletion would be found."""
    first, second = (ord(letter) - ord("A") + 1 for letter in settings.COUNTRY)
    return Member(first * 27 + second, settings.ORGANISATION)


def reason_guid(reason: FeedbackReason, kind: str) -> str:
    return str(uuid.uuid5(_REASONS_OF, f"{kind}/{reason}"))


def _client(platform: Platform) -> Member:
    return Member(_FIRST_CLIENT + platform.pk, platform.name)


def _update(entry: lists.WindowEntry) -> Update:
    text = entry.value.decode("ascii") if entry.kind is FingerprintType.PHOTODNA else entry.value.hex()
    return Update(
        member=own_member(),
        entry=str(entry.id),
        at=entry.at,
        is_video=entry.is_video,
        is_deleted=entry.is_withdrawn,
        classification=entry.category if entry.category in _CLASSES else None,
        hashes={} if entry.is_withdrawn else {entry.kind: text},
    )


def _next(page: lists.WindowPage, since: datetime, until: datetime, start: str | None) -> str | None:
    """Valid for as long as the window is: it holds all that is needed. `max` is at least what is left, not counted."""
    if page.next is None:
        return None
    begun = int(start) if start and _is_number(start) else 1
    asked = {
        "from": write_time(since),
        "to": write_time(until),
        "start": begun + PAGE_SIZE,
        "size": PAGE_SIZE,
        "max": begun + PAGE_SIZE,
        "after": page.next.to_text(),
    }
    return f"{BASE}/entries?{urlencode(asked)}"


def _moment(text: str | None, name: str) -> datetime:
    if text is None:
        raise InputError("The window has no beginning or no end.", where=name, advice="Send `from` and `to`.")
    return read_time(text)


def _feedback_type(text: str) -> FeedbackType:
    try:
        return FeedbackType(text)
    except ValueError:
        raise NotFound("There is no such kind of fingerprint.", where="type") from None


def _reason_of(guids: tuple[str, ...], kind: str) -> FeedbackReason | None:
    if not guids:
        return None
    known = {reason_guid(reason, kind): reason for reason in FeedbackReason}
    found = next((known[guid] for guid in guids if guid in known), None)
    if found is None:
        raise InputError("The reason is not one of this node.", where="reasonIds", advice="GET the type's reasons.")
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
