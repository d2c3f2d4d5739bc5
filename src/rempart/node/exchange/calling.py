"""What other members' nodes call here: the witness of C2SP tlog-witness, and hints.

Nobody logs in: a request is worth what the log's signature in it is worth. So bodies are small, signatures are checked
for a bounded number a second, and each log has an allowance of its own.
"""

import threading
import time
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from rempart.core.clients import Allowance
from rempart.core.errors import Conflict
from rempart.exchange.witness import MAX_REQUEST_BYTES, PLAIN, Decision
from rempart.node.exchange import members, peers, witnessing
from rempart.node.jobs import services as jobs

STEP = "peers"
_MAX_HINT = 300
_MAX_ALLOWANCES = 1000


@dataclass(slots=True)
class _Allowances:
    """How much each log, and all together, may ask of this process."""

    rate: float
    burst: float
    all_rate: float
    _of_one: dict[str, Allowance] = field(default_factory=dict)
    _of_all: Allowance = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._of_all = Allowance(self.all_rate, 2 * self.all_rate)

    def take(self, origin: str) -> float:
        """0.0, or the seconds to wait."""
        now = time.monotonic()
        with self._lock:
            if len(self._of_one) > _MAX_ALLOWANCES:
                self._of_one.clear()
            one = self._of_one.setdefault(origin, Allowance(self.rate, self.burst))
            return one.take(now) or self._of_all.take(now)

    def forget(self) -> None:
        with self._lock:
            self._of_one.clear()
            self._of_all = Allowance(self.all_rate, 2 * self.all_rate)


requests = _Allowances(rate=2, burst=20, all_rate=200)
hints = _Allowances(rate=2, burst=10, all_rate=200)


@csrf_exempt
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """C2SP tlog-witness."""
    body = _body(request, MAX_REQUEST_BYTES)
    if body is None:
        return _answer(Decision(400, "The request is too large.\n"))
    origin = body.partition(b"\n\n")[2].partition(b"\n")[0][:200].decode(errors="replace")
    if members.find(origin) is None:
        # One bucket for all strangers; whether it is a request at all, they hear within it.
        origin = ""
    if wait := requests.take(origin):
        return _later(wait)
    try:
        return _answer(witnessing.add_checkpoint(body))
    except Conflict:
        return _later(1.0)


@csrf_exempt
@require_POST
def hint(request: HttpRequest) -> HttpResponse:
    """A member says that there is something new: `ORIGIN checkpoint` or `ORIGIN proofs`, one line."""
    body = _body(request, _MAX_HINT)
    origin, _, about = (body or b"").decode(errors="replace").strip().partition(" ")
    member = members.find(origin)
    if about not in ("checkpoint", "proofs"):
        return _answer(Decision(400, "A hint is one line: an origin, and checkpoint or proofs.\n"))
    if member is None or not member.is_active:
        return _answer(Decision(404, "This node does not follow the log.\n"))
    if wait := hints.take(origin):
        return _later(wait)
    peers.hinted(origin)
    jobs.wake(STEP, "all")
    return HttpResponse(status=202)


def _body(request: HttpRequest, most: int) -> bytes | None:
    """None when it is larger than `most`."""
    body = request.read(most + 1)
    return body if len(body) <= most else None


def _answer(decision: Decision) -> HttpResponse:
    return HttpResponse(decision.body, content_type=decision.content_type or PLAIN, status=decision.status)


def _later(seconds: float) -> HttpResponse:
    answer = HttpResponse("Ask again later.\n", content_type=PLAIN, status=429)
    answer["Retry-After"] = str(max(1, round(seconds)))
    return answer
