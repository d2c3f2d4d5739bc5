"""The log's files for anybody, and its openings for members: bytes as they lie in the folder, with how long they keep.

A file that a full tile or bundle makes never changes. The checkpoint and what depends on it live for seconds, so that a
cache in front of the node answers for it and withdrawals still arrive within a minute.
"""

import re

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from rempart.core.clients import Scope
from rempart.core.errors import NotPermitted, TooManyCalls
from rempart.exchange.tiles import CHECKPOINT
from rempart.node.exchange import declared, own_log
from rempart.node.exchange import heads as showing_others
from rempart.node.exchange import proofs as kept_proofs
from rempart.node.intake import services as intake

CHECKPOINT_SECONDS = 5
_YEAR = 31_536_000
_TEXT = "text/plain; charset=utf-8"
_NUMBER = r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[0-9]{1,3})?"
_TILE = re.compile(rf"(?:[0-9]|[1-9][0-9]|entries)/{_NUMBER}", re.ASCII)
_BUNDLE = re.compile(_NUMBER, re.ASCII)


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The last checkpoint, signed and cosigned."""
    return _answer(CHECKPOINT, "text/plain; charset=utf-8", seconds=CHECKPOINT_SECONDS)


@require_safe
def vkey(request: HttpRequest) -> HttpResponse:
    """The key that signs the checkpoints."""
    return _answer(own_log.VKEY, "text/plain; charset=utf-8", seconds=CHECKPOINT_SECONDS)


@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """Hashes of the tree, or commitments under `entries/`."""
    if not _TILE.fullmatch(path):
        return _nothing()
    return _answer(f"tile/{path}", "application/octet-stream", seconds=_YEAR)


@require_safe
def heads(request: HttpRequest) -> HttpResponse:
    """The last believed checkpoints of all members' logs."""
    return _open_to_all(HttpResponse(showing_others.heads(), _TEXT), f"public, max-age={CHECKPOINT_SECONDS}")


@require_safe
def witnessed(request: HttpRequest) -> HttpResponse:
    """The last checkpoints that this node's witness cosigned."""
    return _open_to_all(HttpResponse(showing_others.witnessed(), _TEXT), f"public, max-age={CHECKPOINT_SECONDS}")


@require_safe
def proofs(request: HttpRequest) -> HttpResponse:
    """Proofs that a log has two histories."""
    return _open_to_all(HttpResponse(kept_proofs.text(), _TEXT), f"public, max-age={CHECKPOINT_SECONDS}")


@require_safe
def declaration_heads(request: HttpRequest) -> HttpResponse:
    """Which declarations this node holds, of whom."""
    return _open_to_all(HttpResponse(declared.heads(), _TEXT), f"public, max-age={CHECKPOINT_SECONDS}")


@require_safe
def declaration(request: HttpRequest, digest: str) -> HttpResponse:
    """A signed declaration, of whichever member, by the digest of what was signed."""
    return _document(declared.by_digest(digest), _YEAR)


@require_safe
def own_declaration(request: HttpRequest, kind: str) -> HttpResponse:
    """What this node declares now."""
    return _document(declared.own(kind), CHECKPOINT_SECONDS)


@require_safe
def bundle(request: HttpRequest, path: str) -> HttpResponse:
    """Salts and signals in the numbering of `tile/entries`, for a credential that is for the exchange.

    An erased opening changes the file, so nobody but the client itself may keep it.
    """
    try:
        actor = intake.client(request.headers.get("Authorization", ""), Scope.EXCHANGE)
    except TooManyCalls as error:
        return _refused(429, str(error), {"Retry-After": str(error.seconds)})
    except NotPermitted as error:
        return _refused(403, str(error))
    if not actor:
        challenge = {"WWW-Authenticate": 'Basic realm="exchange", charset="UTF-8"'}
        return _refused(401, "the credential is missing or wrong.", challenge)
    if not _BUNDLE.fullmatch(path):
        return _nothing()
    return _answer(f"bundle/{path}", "application/octet-stream", seconds=0)


def _document(data: bytes | None, seconds: int) -> HttpResponse:
    if data is None:
        return _nothing()
    return _open_to_all(HttpResponse(data, "application/json"), f"public, max-age={seconds}")


def _answer(path: str, content_type: str, *, seconds: int) -> HttpResponse:
    try:
        data = (own_log.folder() / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return _nothing()
    response = HttpResponse(data, content_type=content_type)
    if not seconds:
        return response
    return _open_to_all(response, f"public, max-age={seconds}{', immutable' if seconds == _YEAR else ''}")


def _open_to_all(response: HttpResponse, caching: str) -> HttpResponse:
    """Whoever verifies may do so from a page of their own."""
    response["Cache-Control"] = caching
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _nothing() -> HttpResponse:
    return HttpResponse("There is nothing at this address.\n", "text/plain; charset=utf-8", 404)


def _refused(status: int, what: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{what}\n", "text/plain; charset=utf-8", status, headers=headers)
