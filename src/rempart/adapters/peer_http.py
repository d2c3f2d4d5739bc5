"""Asking other members' nodes: checkpoints, the files of their logs, cosignatures.

Addresses come from the roster. Each exchange is bounded in time and size and follows no redirect (`guarded_http`);
several run at once, in threads that end by themselves when their time is over.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rempart.adapters.guarded_http import GuardedHttp, Target
from rempart.core.errors import OutsideFailure, Rejected, RempartError
from rempart.exchange.checkpoints import MAX_CHECKPOINT_BYTES
from rempart.exchange.commitments import COMMITMENT_SIZE, SALT_SIZE
from rempart.exchange.signals import MAX_SIGNAL
from rempart.exchange.tiles import WIDTH
from rempart.exchange.tree import HASH_SIZE

AT_ONCE = 8
_LIMITS = {
    "tile": WIDTH * HASH_SIZE,
    "entries": WIDTH * (2 + COMMITMENT_SIZE),
    "bundle": WIDTH * (2 + SALT_SIZE + MAX_SIGNAL),
}
_ANSWER_BYTES = 4096
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, whatever its status."""

    status: int
    body: bytes = b""
    content_type: str = ""


@dataclass(frozen=True)
class PeerHttp:
    """`patience` in seconds bounds one exchange."""

    http: GuardedHttp
    patience: float = 5.0

    def get(self, url: str, limit: int, credential: str | None = None) -> Said:
        """Raises OutsideFailure for whom cannot be reached, LimitExceeded for an answer beyond `limit` bytes."""
        headers = {"Accept-Encoding": "identity"}
        if credential is not None:
            headers |= _basic(credential)
        return self._exchange("GET", url, headers, None, limit)

    def post(self, url: str, body: bytes, credential: str | None = None) -> Said:
        """Text; with a credential, JSON. Raises OutsideFailure for whom cannot be reached."""
        headers = {"Accept-Encoding": "identity", "Content-Type": "text/plain; charset=utf-8"}
        if credential is not None:
            headers |= {"Content-Type": "application/json", **_basic(credential)}
        return self._exchange("POST", url, headers, body, _ANSWER_BYTES)

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, limit: int) -> Said:
        http = replace(self.http, timeout=self.patience)
        try:
            with http.exchange(method, Target.parse(url), headers=headers, body=body) as answer:
                kind = answer.header("Content-Type").partition(";")[0].strip().lower()
                return Said(answer.status, answer.read(limit), kind)
        except OutsideFailure:
            raise
        except RempartError as error:
            raise OutsideFailure(error.what, where="member", advice=error.advice) from error


def _basic(credential: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credential.encode()).decode()}


@dataclass(frozen=True)
class PeerLog:
    """`exchange.openings.BulkReader` of a member's log: public files, and openings with a credential."""

    http: PeerHttp
    log_url: str
    machine_url: str
    credential: str | None = field(default=None, repr=False)

    def read(self, path: str) -> bytes | None:
        """Raises OutsideFailure; Rejected where the credential does not suffice."""
        is_bundle = path.startswith("bundle/")
        url = f"{self.machine_url}/exchange/{path}" if is_bundle else f"{self.log_url}/{path}"
        kind = "entries" if path.startswith("tile/entries/") else path.partition("/")[0]
        said = self.http.get(url, _LIMITS.get(kind, MAX_CHECKPOINT_BYTES), self.credential if is_bundle else None)
        if said.status == 404:
            return None
        if said.status in (401, 403):
            raise Rejected(
                "the member does not accept this node's credential.",
                where="member",
                advice="Ask it for one, and keep it: `rempart exchange credential ORIGIN`.",
            )
        if said.status != 200:
            raise OutsideFailure(f"the member answered with status {said.status}.", where="member")
        return said.body

    def read_many(self, paths: Sequence[str]) -> list[bytes | None]:
        if len(paths) < 2:
            return [self.read(path) for path in paths]
        with ThreadPoolExecutor(min(AT_ONCE, len(paths))) as pool:
            return list(pool.map(self.read, paths))


def all_at_once(ask: Callable[[T], R], whom: Sequence[T], seconds: float, at_once: int = 32) -> list[R | None]:
    """What each call gives, in order; None for those that raised one of our errors or took longer than `seconds`.

    A call that is not over by then ends on its own time, and its outcome is lost.
    """
    if not whom:
        return []
    pool = ThreadPoolExecutor(min(at_once, len(whom)), thread_name_prefix="peers")
    calls = [pool.submit(ask, each) for each in whom]
    wait(calls, timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    return [_outcome(call) for call in calls]


def _outcome(call: "Future[R]") -> R | None:
    if not call.done() or call.cancelled():
        return None
    error = call.exception()
    if error is None:
        return call.result()
    if isinstance(error, RempartError):
        return None
    raise error
