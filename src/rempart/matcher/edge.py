"""What every call has in common: who asks, may they, how often, and one shape for every refusal."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from rempart.core.errors import InputError, LimitExceeded, NotPermitted, RempartError
from rempart.matcher import metrics, problems
from rempart.matcher.clients import Client, Right
from rempart.matcher.problems import Refusal
from rempart.matcher.worker import Worker

log = logging.getLogger("rempart.matcher")

JSON = "application/json"
BINARY = "application/octet-stream"
_Body = TypeVar("_Body")


@dataclass(frozen=True, slots=True)
class Call:
    """One request of one client."""

    request: Request
    worker: Worker
    client: Client

    def count(self, items: int) -> None:
        """Against the day's quota; the request itself was counted before. Raises Refusal."""
        _enforce(self.worker, self.client, items, requests=0)

    @property
    def media_type(self) -> str:
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def announced(self) -> int | None:
        """Content-Length, which the server has checked to be a number."""
        length = self.request.headers.get("content-length")
        return int(length) if length else None

    async def body(self) -> bytes:
        """Whole, up to the limit. Raises LimitExceeded."""
        most = self.worker.settings.max_body_bytes
        if (self.announced or 0) > most:
            raise _too_large(most)
        parts, size = [], 0
        async for chunk in self.chunks():
            size += len(chunk)
            if size > most:
                raise _too_large(most)
            parts.append(chunk)
        return b"".join(parts)

    def chunks(self) -> AsyncIterator[bytes]:
        return self.request.stream()

    async def json(self, kind: type[_Body]) -> _Body:
        """Raises Refusal for another media type, and InputError that names the place but no value."""
        if self.media_type != JSON:
            raise unsupported(JSON)
        return decode(await self.body(), kind)


Handler = Callable[[Call], Awaitable[Response]]


class Endpoint:
    """An ASGI application around one handler.

    `route` is its name in metrics. `needs` is the right a client must have. Open endpoints ask for no client.
    """

    def __init__(self, worker: Callable[[], Worker], route: str, handler: Handler, needs: Right | None = None) -> None:
        self._worker, self._route, self._handler, self._needs = worker, route, handler, needs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        name = ""
        reading = _Reading(scope, receive)
        try:
            worker = self._worker()
            request = Request(scope, reading)
            client = _authenticate(worker, request)
            name = client.name
            _enforce(worker, client, 0, requests=1)
            if self._needs is not None and not client.may(self._needs):
                raise NotPermitted(
                    f"Your client does not have the right {self._needs.value}.",
                    where="Authorization",
                    advice="Ask the operator of this service.",
                )
            response = await self._handler(Call(request, worker, client))
        except RempartError as error:
            response = problems.answer(problems.as_refusal(error) or _failed(error))
        except ClientDisconnect:
            return
        except Exception as error:  # process boundary: whatever fails, the caller gets an answer and the service lives
            response = problems.answer(_failed(error))
        metrics.REQUESTS.labels(self._route, response.status_code, name).inc()
        metrics.SECONDS.labels(self._route).observe(time.perf_counter() - started)
        if not reading.is_done:
            response.headers["Connection"] = "close"
        await response(scope, receive, send)


class _Reading:
    """A request's body as it is read; `is_done` once nothing of it is left on the connection.

    Invariant: an answer before that says that the connection ends. The server closes it, and a caller who was not told
    may send the next request into the closing.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self.is_done = not any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])

    async def __call__(self) -> Message:
        message = await self._receive()
        self.is_done = self.is_done or not message.get("more_body", False)
        return message


def encoded(body: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, {"Cache-Control": "no-store"}, JSON)


def decode(body: bytes, kind: type[_Body]) -> _Body:
    """Raises InputError that names the place but no value that was sent."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise InputError(
            "The body does not have the expected form.",
            where=_place(str(error)),
            advice="Compare it with /openapi.json.",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InputError("The body is not JSON in UTF-8.", where="body") from None


def _place(message: str) -> str:
    """The JSON path at the end of msgspec's message; it consists of our own field names and positions."""
    _, found, path = message.rpartition(" - at `")
    return path.rstrip("`") if found else "body"


def unsupported(*wanted: str) -> Refusal:
    return Refusal(
        415,
        "This media type is not understood here.",
        where="Content-Type",
        advice=f"Send {' or '.join(wanted)}.",
    )


def _authenticate(worker: Worker, request: Request) -> Client:
    client = worker.clients.authenticate(request.headers.get("authorization", ""))
    if client is None:
        raise Refusal(
            401,
            "The key is missing or wrong.",
            where="Authorization",
            advice="Send `Authorization: Bearer KEY`, or HTTP Basic with your client's name and key.",
        )
    return client


def _enforce(worker: Worker, client: Client, items: int, *, requests: int) -> None:
    exceeded = worker.limits.take(client, items, requests=requests)
    if exceeded is None:
        return
    what = (
        "You ask more often than agreed."
        if exceeded.limit == "rate"
        else "The items of this call are more than what is left of today's quota."
    )
    raise Refusal(
        429, what, where="client", advice="Wait for the time in Retry-After.", retry_after=exceeded.retry_after
    )


def _failed(error: Exception) -> Refusal:
    """The type alone: a message might hold what was sent."""
    log.error("a request failed: %s", type(error).__name__)
    return problems.FAILED


def _too_large(most: int) -> LimitExceeded:
    return LimitExceeded(f"The body may have at most {most} bytes.", where="body", advice="Send fewer items a call.")
