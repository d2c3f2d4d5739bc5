"""The API's description (OpenAPI 3.1), made from the structs that read and write it."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from rempart import __version__
from rempart.matcher import shield, wire
from rempart.matcher.problems import Problem

_STRUCTS = (
    wire.LookupRequest,
    wire.LookupResponse,
    wire.BatchResponse,
    wire.MediaResponse,
    wire.FeedbackRequest,
    wire.FeedbackResponse,
    wire.FeedbackPage,
    wire.ListsResponse,
    wire.Health,
    wire.PdqHashes,
    wire.MediaUrl,
    shield.ScannedMedia,
    shield.ScannedHashes,
    Problem,
)
_ANYTHING = {"schema": {"type": "string", "format": "binary"}}
_REFUSALS = {
    401: "the key is missing or wrong",
    403: "the client does not have this right or list",
    408: "the body stopped coming",
    413: "too large, or too many items",
    415: "another media type is needed",
    422: "the body cannot be understood; `where` names the place",
    429: "rate or quota exceeded; see Retry-After",
    500: "the service failed",
    503: "not ready, or busy; see Retry-After",
}


@cache
def document() -> bytes:
    """The whole description as JSON."""
    _, components = msgspec.json.schema_components(_STRUCTS, ref_template="#/components/schemas/{name}")
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Rempart match service",
                "version": __version__,
                "description": "Is a file on a list? Distances are told only to clients with that right.",
            },
            "security": [{"bearer": []}, {"basic": []}],
            "paths": _paths(),
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer"},
                    "basic": {"type": "http", "scheme": "basic"},
                },
            },
        }
    )


def _paths() -> dict[str, Any]:
    lists = _parameter("list", {"type": "array", "items": {"type": "string"}}, "only these lists; for a binary batch")
    after = _parameter("after", {"type": "integer", "minimum": 0}, "records with a higher number")
    batch = {**_json(wire.LookupRequest), "application/octet-stream": _ANYTHING}
    return {
        "/v1/lookup": {
            "post": _call(
                "Look up the fingerprints of one file or of thousands; a binary batch is PDQs of 32 bytes each",
                batch,
                {"oneOf": [_ref(wire.LookupResponse), _ref(wire.BatchResponse)]},
                parameters=[lists],
            )
        },
        "/v1/media": {"post": _call("Hash and look up a file", {"*/*": _ANYTHING}, _ref(wire.MediaResponse))},
        "/v1/lists": {"get": _call("Your lists, their size and freshness", None, _ref(wire.ListsResponse))},
        "/v1/feedback": {
            "post": _call(
                "Say what a person found", _json(wire.FeedbackRequest), _ref(wire.FeedbackResponse), also=(201,)
            ),
            "get": _call("What you said", None, _ref(wire.FeedbackPage), parameters=[after]),
        },
        "/shield/v1/media/": {
            "post": _call("Arachnid-Shield shape: a file", {"*/*": _ANYTHING}, _ref(shield.ScannedMedia))
        },
        "/shield/v1/pdq/": {
            "post": _call("Arachnid-Shield shape: PDQs", _json(wire.PdqHashes), _ref(shield.ScannedHashes))
        },
        "/shield/v1/url/": {
            "post": _call("Arachnid-Shield shape: always refused, nothing is fetched", _json(wire.MediaUrl), None)
        },
        "/metrics": {"get": _call("Prometheus metrics", None, {"type": "string"}, answer_type="text/plain")},
        "/health/live": {"get": _open("The process answers")},
        "/health/ready": {"get": _open("It answers look-ups; 503 while loading or stopping", refusals=(503,))},
        "/openapi.json": {"get": {**_open("This document"), "responses": {"200": {"description": "OpenAPI 3.1"}}}},
    }


def _call(
    summary: str,
    body: dict[str, Any] | None,
    answer: dict[str, Any] | None,
    *,
    parameters: list[dict[str, Any]] | None = None,
    also: tuple[int, ...] = (),
    answer_type: str = "application/json",
) -> dict[str, Any]:
    told: dict[str, Any] = {"summary": summary, "responses": _problems()}
    if answer is not None:
        success = {"description": "answered", "content": {answer_type: {"schema": answer}}}
        told["responses"] |= {str(status): success for status in (200, *also)}
    if body is not None:
        told["requestBody"] = {"required": True, "content": body}
    if parameters:
        told["parameters"] = parameters
    return told


def _open(summary: str, *, refusals: tuple[int, ...] = ()) -> dict[str, Any]:
    """Asks for no key."""
    answer = {"description": "yes", "content": {"application/json": {"schema": _ref(wire.Health)}}}
    return {"summary": summary, "security": [], "responses": {"200": answer, **_problems(refusals)}}


def _problems(statuses: Iterable[int] = tuple(_REFUSALS)) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _ref(Problem)}}
    return {str(status): {"description": _REFUSALS[status], "content": content} for status in statuses}


def _json(kind: type) -> dict[str, Any]:
    return {"application/json": {"schema": _ref(kind)}}


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}
