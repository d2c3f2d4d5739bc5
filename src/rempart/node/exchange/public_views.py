"""The public page on this node's log: its checkpoint, who cosigned it, and how to verify all of it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from rempart.core.errors import IntegrityError
from rempart.exchange.checkpoints import Checkpoint, parse_checkpoint
from rempart.exchange.tiles import CHECKPOINT
from rempart.formats.signed_note import Signature, read_note
from rempart.node.exchange import own_log
from rempart.node.exchange.serving import CHECKPOINT_SECONDS

_COSIGNATURE_SIZE = 72


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness as the checkpoint names it; the page says what is written there, it verifies nothing."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """The checkpoint in parts and as it is."""

    point: Checkpoint
    root: str
    cosigners: list[Cosigner]
    note: str


@cache_control(public=True, max_age=CHECKPOINT_SECONDS)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    store = own_log.store()
    vkey = (store.read(own_log.VKEY) or b"").decode(errors="replace").strip()
    context = {
        "shown": _shown((store.read(CHECKPOINT) or b"").decode(errors="replace")),
        "vkey": vkey,
        "address": request.build_absolute_uri(reverse("log-files:checkpoint")).removesuffix("checkpoint"),
    }
    return render(request, "log/page.html", context)


def _shown(text: str) -> Shown | None:
    try:
        note = read_note(text)
        point = parse_checkpoint(note.text)
    except IntegrityError:
        return None
    return Shown(point, point.root.hex(), _cosigners(note.signatures), text)


def _cosigners(lines: tuple[Signature, ...]) -> list[Cosigner]:
    """Lines that have the size of a cosignature, by name."""
    found = [
        Cosigner(line.name, datetime.fromtimestamp(int.from_bytes(line.blob[:8], "big"), UTC))
        for line in lines
        if len(line.blob) == _COSIGNATURE_SIZE and int.from_bytes(line.blob[:8], "big") < 1 << 36
    ]
    return sorted(found, key=lambda one: one.name)
