"""A gate in front of software that you cannot change (Mastodon, a forum): forms pass through it and are screened.

    pip install 'rempart[matcher]' python-multipart
    cd examples && GATE_UPSTREAM=http://127.0.0.1:3000 SCREEN_URL=… SCREEN_FOLDER=… SCREEN_UNDECIDED=hold \
        python -m granian --interface asgi --port 8130 upload_gate.gate:app

Let the web server in front send it the addresses that take uploads, and nothing else (docs/small-server.md). The gate
never passes on the bytes that came in: it sends the form as it understood it, so that nothing reaches the software
which the gate read otherwise. What it cannot read is refused. Files may come as parts of a form or as `data:` URLs in
any field. A listed file is answered like one the software cannot process, and kept under the request's id
(`X-Request-Id`, which the server in front sets and logs), by which you find who sent it.
"""

import base64
import binascii
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes
from uuid import uuid4

import httpx
from screening import desk_of
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MOST_BYTES = 100 << 20  # the web server in front holds uploads to its own limit first
REFUSED = {"error": "Validation failed: File content type is invalid, File is invalid"}
# Of one connection only (RFC 9110, 7.6.1), or no longer true of what is sent on.
NOT_PASSED_ON = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authorization"}
NOT_PASSED_ON |= {"content-length", "content-type", "content-encoding", "accept-encoding", "host"}
desk = desk_of()
upstream = httpx.AsyncClient(base_url=os.environ["GATE_UPSTREAM"], timeout=60, trust_env=False)


async def gate(request: Request) -> Response:
    size = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not size.isdigit():
        raise HTTPException(411)
    if int(size) > MOST_BYTES:
        raise HTTPException(413)
    sent, files = await _understood(request)
    reference = request.headers.get("x-request-id") or uuid4().hex
    for number, data in enumerate(files):
        if not await run_in_threadpool(desk.admit, f"{reference}/{number}", data, can_wait=False):
            return JSONResponse(REFUSED, 422)
    headers = [(name, value) for name, value in request.headers.items() if name not in NOT_PASSED_ON]
    headers.append(("host", request.headers["host"]))
    query = request.scope["query_string"]
    url = upstream.base_url.copy_with(raw_path=request.scope["raw_path"] + (b"?" + query if query else b""))
    try:
        answer = await upstream.send(upstream.build_request(request.method, url, headers=headers, **sent))
    except httpx.TransportError:
        raise HTTPException(502) from None
    passed_on = Response(answer.content, answer.status_code)
    passed_on.raw_headers += [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.decode("latin-1").lower() not in NOT_PASSED_ON - {"content-type"}
    ]
    return passed_on


async def _understood(request: Request) -> tuple[dict[str, Any], list[bytes]]:
    """The body as it is sent on, and every file in it. Raises HTTPException for what is not understood."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise HTTPException(400) from None
        return {"json": body}, list(_inline(body))
    if kind in {"multipart/form-data", "application/x-www-form-urlencoded"}:
        async with request.form(max_part_size=MOST_BYTES) as form:
            parts: list[tuple[str, Any]] = []
            files: list[bytes] = []
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files.append(await value.read())
                    parts.append((name, (value.filename, files[-1], value.content_type)))
                else:
                    files += _inline(value)
                    parts.append((name, (None, value.encode())))
        return {"files": parts}, files
    if await request.body():
        raise HTTPException(415)
    return {}, []


def _inline(value: Any) -> Iterator[bytes]:
    """Files written as `data:` URLs (RFC 2397), wherever they stand."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _inline(each)
    elif isinstance(value, str) and value.lstrip().lower().startswith("data:"):
        head, _, text = value.partition(",")
        data = unquote_to_bytes(text)
        try:
            yield base64.b64decode(data) if head.rstrip().lower().endswith(";base64") else data
        except binascii.Error:
            raise HTTPException(400) from None


app = Starlette(routes=[Route("/{path:path}", gate, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])])
