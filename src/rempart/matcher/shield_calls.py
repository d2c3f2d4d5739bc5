"""The handlers of the second face; see `shield` for its shapes."""

import asyncio

from starlette.responses import Response

from rempart.matcher import shield
from rempart.matcher.calls import count_verdicts
from rempart.matcher.edge import Call, encoded
from rempart.matcher.lookup import Scope, find, verdict_of
from rempart.matcher.uploads import recognise
from rempart.matcher.wire import MediaUrl, PdqHashes


async def media(call: Call) -> Response:
    """POST v1/media/: raw bytes, their type in the header."""
    recognised = await recognise(call)
    count_verdicts([recognised.verdict])
    return encoded(shield.scanned_media(recognised, call.client))


async def pdq(call: Call) -> Response:
    """POST v1/pdq/ {hashes: [base64]}."""
    asked = await call.json(PdqHashes)
    queries = shield.read_hashes(asked.hashes, call.worker.settings.max_items)
    recogniser = call.worker.recogniser
    call.count(len(queries))
    found = await asyncio.to_thread(find, recogniser, queries, Scope.of(call.client, None))
    count_verdicts(list(map(verdict_of, found)))
    return encoded(shield.scanned_hashes(asked.hashes, found, call.client))


async def url(call: Call) -> Response:
    """POST v1/url/ {url}: always refused, in the shape its client understands."""
    await call.json(MediaUrl)
    raise shield.URL_REFUSED
