"""What other members' nodes tell of this node's own signals: how many of their platforms find one useful or wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from rempart.core.clients import Scope
from rempart.core.errors import InputError, NotPermitted, TooManyCalls
from rempart.exchange.feedback import MAX_BYTES, Count, read_feedback
from rempart.node.audit import services as audit
from rempart.node.exchange.models import Outgoing, PeerFeedback
from rempart.node.intake import services as intake
from rempart.node.runtime import clock


@dataclass(frozen=True, slots=True)
class ReceivedFeedback:
    """One of this node's signals, and how many platforms of other members find it useful or wrong."""

    content: int
    kind: str
    useful: int
    wrong: int
    last_at: datetime


@csrf_exempt
@require_POST
def feedback(request: HttpRequest) -> HttpResponse:
    """A message of `exchange.feedback`, for a credential of the exchange; answers how many counts were kept."""
    try:
        actor = intake.client(request.headers.get("Authorization", ""), Scope.EXCHANGE)
        if not actor:
            refusal = _refused(401, "the credential is missing or wrong.")
            refusal["WWW-Authenticate"] = 'Basic realm="exchange", charset="UTF-8"'
            return refusal
        return JsonResponse({"kept": keep(actor, read_feedback(request.read(MAX_BYTES + 1)))})
    except TooManyCalls as error:
        busy = _refused(429, error.what)
        busy["Retry-After"] = str(error.seconds)
        return busy
    except NotPermitted as error:
        return _refused(403, error.what)
    except InputError as error:
        return _refused(400, error.what)


@transaction.atomic
def keep(actor: str, counts: Collection[Count]) -> int:
    """The latest counts of this sender; returns how many are of this node's own signals, the others are passed over."""
    own = {(content, kind) for content, kind in _own(counts)}
    kept = 0
    for each in counts:
        if (each.content, str(each.kind)) in own:
            values = {"useful": each.useful, "wrong": each.wrong, "at": clock().now()}
            PeerFeedback.objects.update_or_create(
                sender=actor, content=each.content, kind=str(each.kind), defaults=values
            )
            kept += 1
    if kept:
        audit.record("signal:feedback", "exchange:feedback", actor=actor, data={"signals": kept})
    return kept


def received(most: int) -> list[ReceivedFeedback]:
    """Of all senders together, the most disputed first."""
    rows = PeerFeedback.objects.order_by().values("content", "kind")
    summed = rows.annotate(useful=Sum("useful"), wrong=Sum("wrong"), last_at=Max("at"))
    return [
        ReceivedFeedback(row["content"], row["kind"], row["useful"], row["wrong"], row["last_at"])
        for row in summed.order_by("-wrong", "-last_at", "content")[:most]
    ]


def _own(counts: Collection[Count]) -> Collection[tuple[int, str]]:
    contents = {each.content for each in counts}
    signed = Outgoing.objects.filter(state=Outgoing.State.SIGNED, content__in=contents)
    return set(signed.values_list("content", "kind"))


def _refused(status: int, what: str) -> HttpResponse:
    return HttpResponse(f"{what}\n", content_type="text/plain; charset=utf-8", status=status)
