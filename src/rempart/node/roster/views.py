"""The roster is public: what it says protects nobody by being hidden, and everyone can verify it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from rempart.node.roster import services

_TEXT = "text/plain; charset=utf-8"


@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    return _file(services.version_bytes(), "public, max-age=60")


@require_safe
def version(request: HttpRequest, version: int) -> HttpResponse:
    return _file(services.version_bytes(version), "public, max-age=31536000, immutable")


def _file(data: bytes | None, caching: str) -> HttpResponse:
    if data is None:
        return HttpResponse("This node has no such roster.\n", _TEXT, 404)
    response = HttpResponse(data, "application/json")
    response["Cache-Control"] = caching
    return response
