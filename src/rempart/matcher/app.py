"""The application one worker serves: every route in one table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rempart.matcher import calls, openapi, problems, shield_calls
from rempart.matcher.clients import Right
from rempart.matcher.edge import Endpoint, Handler, encoded
from rempart.matcher.problems import Refusal
from rempart.matcher.settings import Settings
from rempart.matcher.wire import Health
from rempart.matcher.worker import Worker

SHIELD = "/shield"
"""ARACHNID_SHIELD_URL is this service's address with `/shield/` behind it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One call a client may make, and the right it takes."""

    method: str
    path: str
    handler: Handler
    needs: Right | None = None


CALLS = (
    Row("POST", "/v1/lookup", calls.lookup),
    Row("POST", "/v1/media", calls.media, Right.MEDIA),
    Row("GET", "/v1/lists", calls.lists),
    Row("POST", "/v1/feedback", calls.give_feedback, Right.FEEDBACK),
    Row("GET", "/v1/feedback", calls.own_feedback, Right.FEEDBACK),
    Row("GET", "/metrics", calls.show_metrics, Right.METRICS),
    Row("POST", f"{SHIELD}/v1/media/", shield_calls.media, Right.MEDIA),
    Row("POST", f"{SHIELD}/v1/pdq/", shield_calls.pdq),
    Row("POST", f"{SHIELD}/v1/url/", shield_calls.url, Right.MEDIA),
)


def create(settings: Settings) -> Starlette:
    """The application; its worker lives between start-up and shutdown."""
    holder: list[Worker] = []

    def worker() -> Worker:
        return holder[0]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        holder.append(Worker(settings))
        worker().start()
        yield
        worker().stop()

    async def live(request: Request) -> Response:
        return encoded(Health(status="live"))

    async def ready(request: Request) -> Response:
        if worker().is_ready:
            return encoded(Health(status="ready"))
        why = "The service is stopping." if worker().status.draining else "The lists are being loaded."
        return problems.answer(Refusal(503, why, retry_after=1.0))

    async def description(request: Request) -> Response:
        return Response(openapi.document(), media_type="application/json")

    routes = [
        Route(row.path, Endpoint(worker, f"{row.method} {row.path}", row.handler, row.needs), methods=[row.method])
        for row in CALLS
    ]
    routes += [
        Route("/health/live", live),
        Route("/health/ready", ready),
        Route("/openapi.json", description),
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _unrouted})
    app.router.redirect_slashes = False  # a POST that is redirected loses its body
    return app


async def _unrouted(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return problems.answer(Refusal(405, "This address has no such method.", advice="See /openapi.json."))
    advice = "See /openapi.json. ARACHNID_SHIELD_URL ends with /shield/, slash included."
    return problems.answer(Refusal(status, "There is nothing at this address.", advice=advice))
