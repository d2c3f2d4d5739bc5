"""The handlers of this service's own API."""

import asyncio
from collections import Counter

from msgspec import UNSET
from msgspec.structs import asdict
from starlette.responses import Response

from rempart.core.errors import InputError, NotPermitted
from rempart.matcher import metrics
from rempart.matcher.clients import Client, Right
from rempart.matcher.edge import BINARY, JSON, Call, decode, encoded, unsupported
from rempart.matcher.lookup import (
    MOST_HITS,
    PDQ_BYTES,
    Scope,
    find,
    find_codes,
    is_too_flat,
    read_items,
    result,
    told_entry,
)
from rempart.matcher.media import Examined
from rempart.matcher.uploads import FrameHit, Recognised, recognise
from rempart.matcher.wire import (
    BatchResponse,
    FeedbackRequest,
    Fingerprints,
    FrameEntry,
    ListFacts,
    ListsResponse,
    LookupRequest,
    LookupResponse,
    MediaResponse,
    Reason,
    Verdict,
)
from rempart.signals.lists import Recogniser

_SMALL_BYTES = 16 << 10
"""A body up to this is answered at once; a larger one in a thread, so that others are answered meanwhile."""


async def lookup(call: Call) -> Response:
    """POST /v1/lookup, as JSON or as a binary batch."""
    work = {JSON: _lookup_items, BINARY: _lookup_codes}.get(call.media_type)
    if work is None:
        raise unsupported(JSON, BINARY)
    recogniser = call.worker.recogniser
    body = await call.body()
    if len(body) <= _SMALL_BYTES:
        return work(call, recogniser, body)
    return await asyncio.to_thread(work, call, recogniser, body)


def _lookup_items(call: Call, recogniser: Recogniser, body: bytes) -> Response:
    asked = decode(body, LookupRequest)
    scope = Scope.of(call.client, asked.lists)
    queries = read_items(asked.items, call.worker.settings.max_items)
    call.count(len(queries))
    found = find(recogniser, queries, scope)
    results = [
        result(item, query, hits, call.client) for item, query, hits in zip(asked.items, queries, found, strict=True)
    ]
    count_verdicts([one.verdict for one in results])
    return encoded(LookupResponse(results=results))


def _lookup_codes(call: Call, recogniser: Recogniser, body: bytes) -> Response:
    count, rest = divmod(len(body), PDQ_BYTES)
    if rest or not count:
        raise InputError(f"A binary batch is one or more PDQs of {PDQ_BYTES} bytes each.", where="body")
    scope = Scope.of(call.client, call.request.query_params.getlist("list") or None)
    call.count(count)
    found = find_codes(recogniser, body, scope)
    count_verdicts([one.verdict for one in found] + [Verdict.NO_MATCH] * (count - len(found)))
    return encoded(BatchResponse(items=count, found=found))


async def media(call: Call) -> Response:
    """POST /v1/media: the file's bytes are the body."""
    recognised = await recognise(call)
    count_verdicts([recognised.verdict])
    return encoded(_media_response(recognised, call.client))


def _media_response(recognised: Recognised, client: Client) -> MediaResponse:
    examined, hits = recognised.examined, recognised.hits
    facts = examined.facts
    reason = Reason.LOW_QUALITY if is_too_flat(examined.queries()[0], client) else examined.reason
    return MediaResponse(
        verdict=recognised.verdict,
        hits=[_frame_entry(each, client) for each in hits[:MOST_HITS]],
        hits_left_out=max(0, len(hits) - MOST_HITS) or UNSET,
        reason=reason or UNSET,
        size=examined.hashes.size,
        mime=facts.mime if facts else UNSET,
        frames=examined.frame_count or UNSET,
        quality=UNSET if facts is None or facts.quality is None else facts.quality,
        fingerprints=_own_fingerprints(examined) if client.may(Right.SEE_FINGERPRINTS) else UNSET,
    )


def _frame_entry(found: FrameHit, client: Client) -> FrameEntry:
    shown = found.shown
    return FrameEntry(
        **asdict(told_entry(found.hit, client)),
        frame=shown.number if shown else UNSET,
        seconds=shown.seconds if shown and shown.seconds is not None else UNSET,
    )


def _own_fingerprints(examined: Examined) -> Fingerprints:
    hashes, pdq = examined.hashes, examined.facts.pdq if examined.facts else None
    return Fingerprints(md5=hashes.md5, sha1=hashes.sha1, sha256=hashes.sha256, pdq=UNSET if pdq is None else pdq.hex())


def count_verdicts(verdicts: list[Verdict]) -> None:
    for verdict, count in Counter(verdicts).items():
        metrics.VERDICTS.labels(verdict.value).inc(count)


async def give_feedback(call: Call) -> Response:
    """POST /v1/feedback."""
    opinion = await call.json(FeedbackRequest)
    if not call.client.subscribed(opinion.list):
        raise NotPermitted("You are not subscribed to this list.", where="list", advice="GET /v1/lists tells yours.")
    told = await asyncio.to_thread(call.worker.feedback.record, call.client.name, opinion)
    if told.recorded:
        metrics.FEEDBACK.labels(opinion.outcome.value).inc()
    return encoded(told, 201 if told.recorded else 200)


async def own_feedback(call: Call) -> Response:
    """GET /v1/feedback?after=N."""
    after = call.request.query_params.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= 15):
        raise InputError("It is not a record's number.", where="after", advice="Use `next` of the page before.")
    return encoded(await asyncio.to_thread(call.worker.feedback.page, call.client.name, int(after)))


async def lists(call: Call) -> Response:
    """GET /v1/lists: those of this client."""
    counts, status, client = call.worker.recogniser.counts(), call.worker.status, call.client
    names = set(counts) | {name for source in status.sources for name in source.lists}
    told = []
    for name in sorted(name for name in names if client.subscribed(name)):
        source = status.of_list(name)
        told.append(
            ListFacts(
                name=name,
                entries=counts.get(name, 0),
                radius=client.list_radius.get(name, client.radius),
                min_quality=client.min_quality,
                state=source.state if source else "current",
                changed_at=source.changed_at if source else None,
                checked_at=source.checked_at if source else None,
            )
        )
    return encoded(ListsResponse(lists=told))


async def show_metrics(call: Call) -> Response:
    """GET /metrics."""
    worker = call.worker
    counts = worker.recogniser.counts() if worker.is_ready else {}
    body = await asyncio.to_thread(metrics.exposition, counts, worker.status, worker.is_ready)
    return Response(body, headers={"Content-Type": metrics.CONTENT_TYPE})
