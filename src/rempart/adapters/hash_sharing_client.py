"""A list from another body's Hash Sharing v2 server, page by page, and feedback back to it.

The server tells what changed in a window of time, in any order; only a window that was read to its end moves the
cursor on, and a cut-off one goes on from its last page for as long as the server keeps that. Everything is in UTC.
The operator names the server, as for list feeds: TLS or this machine, no redirects, and the credential is in no error.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from rempart.adapters.guarded_http import GuardedHttp, Target
from rempart.core.errors import InputError, NotFound, OutsideFailure, Rejected
from rempart.formats.hash_sharing import reader, writer
from rempart.formats.hash_sharing.model import (
    FeedbackType,
    Member,
    Page,
    Reason,
    Status,
    Submission,
    Update,
    is_entry_id,
    read_time,
    write_time,
)
from rempart.formats.rows import RejectedRow

LAG = timedelta(seconds=5)
"""A window ends so long ago: what the server is about to write down belongs to the next one."""
PAGE_VALID = timedelta(hours=11)
"""Servers keep a window's next page for 12 hours."""
START = datetime(1970, 1, 1, tzinfo=UTC)
TIMEOUT_SECONDS = 120.0
_MAX_BYTES = reader.PAGE_LIMITS.size
_TRIES = 5
_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 120.0
_TRIED_AGAIN = frozenset({429, 500, 502, 503, 504})
_SHORTEST_WINDOW = timedelta(hours=1)
_MAX_PAGES = 100_000
_REFUSALS = {
    400: "It does not understand the request.",
    401: "The credential is missing or wrong.",
    403: "The credential does not allow this.",
    404: "There is nothing at this address, or this credential may not have it.",
}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where to go on: everything up to `since` is known; of the window up to `until` the page `next` is due."""

    since: datetime = START
    until: datetime | None = None
    next: str | None = None
    asked_at: datetime | None = None

    def to_text(self) -> str:
        moments = {"since": self.since, "until": self.until, "asked_at": self.asked_at}
        written = {name: moment.isoformat() for name, moment in moments.items() if moment is not None}
        return json.dumps({**written, **({"next": self.next} if self.next else {})})

    @classmethod
    def from_text(cls, text: str) -> "Cursor":
        """What `to_text` gave; the start for the empty text. Raises InputError."""
        if not text:
            return cls()
        try:
            found = json.loads(text)
            moments = {name: read_time(found[name]) for name in ("since", "until", "asked_at") if name in found}
            return cls(**moments, next=found.get("next"))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InputError("The cursor cannot be read.", advice="Pull the list from its start.") from None

    def resumed(self, now: datetime) -> "Cursor":
        """Without a page that the server has forgotten by now: its window begins again."""
        is_valid = self.next is not None and self.asked_at is not None and now - self.asked_at < PAGE_VALID
        return self if is_valid and self.until is not None else Cursor(self.since)


@dataclass(frozen=True, slots=True)
class Batch:
    """A page's updates, and the cursor that goes on behind them once they are kept."""

    updates: tuple[Update, ...]
    rejected: tuple[RejectedRow, ...]
    cursor: Cursor


class Wire(Protocol):
    """One exchange: status, the seconds the server asks to wait (None if it does not), body. Raises OutsideFailure."""

    def __call__(self, method: str, path: str, body: bytes | None = None) -> tuple[int, float | None, bytes]: ...


@dataclass(frozen=True, slots=True)
class HttpWire:
    """`key` is "username:secret"; `base` ends where `/v2` begins."""

    base: str
    key: str = field(repr=False)
    timeout: float = TIMEOUT_SECONDS

    def __post_init__(self) -> None:
        parts = urlsplit(self.base)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
            raise InputError("The server's address is not a web address.", advice="It looks like https://host/path.")
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise InputError("Lists travel over TLS only.", where=parts.hostname, advice="Use https.")
        if ":" not in self.key or not self.key.isascii() or not self.key.isprintable():
            raise InputError("The key is not `username:secret`.", advice="Give both, with a colon between.")

    def __call__(self, method: str, path: str, body: bytes | None = None) -> tuple[int, float | None, bytes]:
        target = Target.parse(self.base.rstrip("/") + path)
        headers = {
            "Authorization": "Basic " + base64.b64encode(self.key.encode()).decode(),
            "Accept": "application/xml",
        }
        if body is not None:
            headers |= {"Content-Type": "application/xml; charset=utf-8", "Content-Length": str(len(body))}
        here = {"localhost": ("127.0.0.1", target.port)}
        trusted = frozenset({target.host})
        http = GuardedHttp(timeout=self.timeout, trusted_hosts=trusted, connect_map=here, user_agent="rempart")
        try:
            with http.exchange(method, target, headers=headers, body=body) as answer:
                return answer.status, _seconds(answer.header("Retry-After")), answer.read(_MAX_BYTES)
        except NotFound as error:
            raise OutsideFailure(error.what, where=error.where, advice="It is tried again.") from error


class HashSharingClient:
    """`label` names the server in errors. One thread at a time."""

    def __init__(self, wire: Wire, label: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._wire = wire
        self._label = label
        self._sleep = sleep

    @classmethod
    def at(cls, base: str, key: str) -> "HashSharingClient":
        """The server at this address; `/v2` may be there or not. Raises InputError that does not repeat the key."""
        address = base.rstrip("/").removesuffix("/v2")
        return cls(HttpWire(address, key), urlsplit(address).hostname or "server")

    def status(self) -> Status:
        """Whom the server takes this client for."""
        return reader.read_status(self._asked("GET", "/v2/status"))

    def members(self) -> tuple[Member, ...]:
        return reader.read_members(self._asked("GET", "/v2/members"))

    def feedback_reasons(self, kind: FeedbackType) -> tuple[Reason, ...]:
        """Why negative feedback may be given on this kind of fingerprint."""
        return reader.read_reasons(self._asked("GET", f"/v2/feedback/{kind}/reasons"))

    def send_feedback(self, member: int, entry: str, kind: FeedbackType, submission: Submission) -> None:
        """The same again changes nothing at the server. Raises OutsideFailure, Rejected where it is refused."""
        if not is_entry_id(entry):
            raise InputError("The entry's id is not one.", where="entry")
        self._asked("PUT", f"/v2/entries/{member}/{entry}/{kind}/feedback", writer.write_submission(submission))

    def changes(self, cursor: Cursor, now: datetime) -> Iterator[Batch]:
        """What changed since the cursor, up to a moment before `now`; stop reading at any time.

        Deletions are among the updates; of two updates of one entry the one of the later window counts. A window that
        the server cannot answer is halved. Raises OutsideFailure, InputError.
        """
        end = (now - LAG).replace(microsecond=0)
        cursor = cursor.resumed(now)
        length = end - cursor.since
        while cursor.next is not None or cursor.since < end:
            until = cursor.until if cursor.next is not None and cursor.until else min(end, cursor.since + length)
            try:
                first = self._page(cursor.next or _window(cursor.since, until))
            except Rejected:
                if cursor.next is None:
                    raise
                cursor = Cursor(cursor.since)  # the server has forgotten that page
                continue
            except OutsideFailure:
                if cursor.next is not None or until - cursor.since <= _SHORTEST_WINDOW:
                    raise
                length = (until - cursor.since) / 2
                continue
            for batch in self._rest(first, cursor.since, until, now):
                yield batch
                cursor = batch.cursor

    def _rest(self, page: Page, since: datetime, until: datetime, now: datetime) -> Iterator[Batch]:
        """The window's batches from this page on."""
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            after = Cursor(since, until, page.next, now) if page.next else Cursor(until)
            yield Batch(page.updates, page.rejected, after)
            if page.next is None:
                return
            if page.next in seen:
                break
            seen.add(page.next)
            page = self._page(page.next)
        raise OutsideFailure("Its pages do not come to an end.", where=self._label)

    def _page(self, path: str) -> Page:
        return reader.read_page(self._asked("GET", path))

    def _asked(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer's body. What fails for the moment is tried again: every call here may be repeated."""
        for attempt in range(1, _TRIES + 1):
            pause = _PAUSE_SECONDS * 2 ** (attempt - 1)
            try:
                status, asked_pause, answer = self._wire(method, path, body)
            except OutsideFailure:
                if attempt == _TRIES:
                    raise
                self._sleep(pause)
                continue
            if 200 <= status < 300:
                return answer
            if status not in _TRIED_AGAIN:
                what = _REFUSALS.get(status, f"It answered with status {status}.")
                raise Rejected(what, where=self._label, advice="Check the address and the key.")
            if attempt < _TRIES:
                self._sleep(min(max(pause, asked_pause or 0.0), _LONGEST_PAUSE_SECONDS))
        raise OutsideFailure(f"It answered with status {status}, again and again.", where=self._label)


def _seconds(text: str) -> float | None:
    """Of a pause that is a number; servers may also name a date."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _window(since: datetime, until: datetime) -> str:
    return "/v2/entries?" + urlencode({"from": write_time(since), "to": write_time(until)})
