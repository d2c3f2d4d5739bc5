"""The lists that this node passes on to a platform, as feeds of the formats rempart-list/1 and, signed, rempart-list/2.

To a platform that was not granted a list, it does not exist. What is unchanged costs a 304; each file that is fetched
is an event.
"""

import hashlib

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from ninja import P, PathEx, Router

from rempart.node.intake.api import schemas
from rempart.node.intake.models import Platform
from rempart.node.lists import services as lists

_ERRORS = {code: schemas.ErrorOut for code in (400, 401, 403, 404, 409, 413, 422, 429)}
_CSV = {
    200: {
        "description": "sequence,change,entry,category,kind,value,confirmations",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
_NOTE = {200: {"description": "A signed note", "content": {"text/plain": {"schema": {"type": "string"}}}}}
ListId = PathEx[int, P(ge=1, lt=2**63)]

router = Router(tags=["lists"])


def _platform(request: HttpRequest) -> Platform:
    platform: Platform = request.auth  # type: ignore[attr-defined]
    return platform


@router.get("", response={200: schemas.SharedListsOut, **_ERRORS}, summary="Lists this platform may have")
def shared(request: HttpRequest) -> dict[str, object]:
    """None until a person at the node grants one."""
    return {"lists": lists.shared_with(_platform(request).pk)}


@router.get("/{int:list_id}/list.json", response={200: schemas.FeedOut, **_ERRORS}, summary="Head of a list's feed")
def head(request: HttpRequest, list_id: ListId) -> HttpResponseBase:
    """What to fetch: a snapshot and the changes after it. Poll this with If-None-Match."""
    body = lists.feed_head(list_id, _platform(request).pk)
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    return _unless_known(request, tag) or _tagged(HttpResponse(body, content_type="application/json"), tag)


@router.post(
    "/{int:list_id}/feedback", response={200: schemas.EntryFeedbackOut, **_ERRORS}, summary="Say what an entry is worth"
)
def give_feedback(request: HttpRequest, list_id: ListId, said: schemas.EntryFeedbackIn) -> dict[str, object]:
    """The last word on an entry counts; the members that signed its fingerprint are told of it."""
    platform = _platform(request)
    changed = lists.give_feedback(
        platform.pk, said.entry, said.verdict, said.reason, actor=platform.actor, list_id=list_id
    )
    return {"entry": said.entry, "changed": changed}


@router.get(
    "/{int:list_id}/list.note",
    response={200: None, **_ERRORS},
    openapi_extra={"responses": _NOTE},
    summary="Head of a signed list's feed",
)
def note(request: HttpRequest, list_id: ListId) -> HttpResponseBase:
    """As list.json, signed by this node (rempart-list/2). Poll this with If-None-Match."""
    body = lists.feed_note(list_id, _platform(request).pk)
    tag = f'"{hashlib.sha256(body).hexdigest()}"'
    return _unless_known(request, tag) or _tagged(HttpResponse(body, content_type="text/plain; charset=utf-8"), tag)


@router.get(
    "/{int:list_id}/{name}",
    response={200: None, **_ERRORS},
    openapi_extra={"responses": _CSV},
    summary="A file of a list's feed",
)
def file(request: HttpRequest, list_id: ListId, name: PathEx[str, P(max_length=100)]) -> HttpResponseBase:
    """A snapshot or a file of changes, as `list.json` names it. It never changes under its name."""
    platform = _platform(request)
    tag = f'"{lists.feed_digest(list_id, platform.pk, name)}"'
    known = _unless_known(request, tag)
    if known is not None:
        return known
    found = lists.feed_file(list_id, platform.pk, name, actor=platform.actor)
    response = StreamingHttpResponse(found.content, content_type="text/csv; charset=utf-8")
    response["Content-Length"] = str(found.size)
    return _tagged(response, tag)


def _unless_known(request: HttpRequest, tag: str) -> HttpResponseBase | None:
    """304 where the client has it already."""
    known = get_conditional_response(request, etag=tag)
    return None if known is None else _tagged(known, tag)


def _tagged(response: HttpResponseBase, tag: str) -> HttpResponseBase:
    response["ETag"] = tag
    return response
