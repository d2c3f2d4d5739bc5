"""Screen uploads against hash lists, and keep back what is listed: the part that every example here shares.

Copy this file into your project. It needs the standard library alone and asks the match service (`rempart matcher`);
`embedded.py` beside it gives the same answers inside your own process. Settings come from the environment:

    SCREEN_URL        the match service, such as http://127.0.0.1:8124
    SCREEN_KEY        its key for you, as `rempart matcher-key` prints it; none for a service without clients
    SCREEN_LISTS      instead of SCREEN_URL: lists to hold in this process, separated by colons
    SCREEN_FOLDER     keeps quarantine/ and waiting/, readable by their owner alone; put it on an encrypted disk
    SCREEN_UNDECIDED  hold (fail closed) or publish (fail open). There is no default: the choice is yours

Whoever uploads must not learn whether, or how closely, something matched, or the service becomes a tool for coming
round the lists. So answer every upload alike, and publish what `Desk.admit` admits, later or never.
"""

import hashlib
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

log = logging.getLogger("screening")
MOST_ANSWER_BYTES = 1 << 20


class Verdict(StrEnum):
    """UNDECIDED: nobody could tell. It says nothing about the file."""

    CLEAR = "clear"
    MATCH = "match"
    UNDECIDED = "undecided"


class Undecided(StrEnum):
    """What happens to an upload that nobody could screen; it is screened again in either case."""

    HOLD = "hold"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Entry:
    """What matched, as a report needs it: the list's own number, never a fingerprint or a distance."""

    list: str
    entry: str
    category: str
    source: str
    match: str


@dataclass(frozen=True)
class Screening:
    verdict: Verdict
    entries: tuple[Entry, ...] = ()
    why: str = ""


class Screen(Protocol):
    """Threads may share one. It never raises for what an upload holds."""

    def screen(self, data: bytes) -> Screening: ...


class ByService:
    """Asks `rempart matcher`. `seconds` limits the waiting: the service takes up to 30 for a video."""

    def __init__(self, url: str, key: str = "", seconds: float = 40.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("SCREEN_URL is the address of a match service, such as http://127.0.0.1:8124")
        self._connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._seconds = parts.netloc, seconds
        self._path = f"{parts.path.rstrip('/')}/v1/media"
        self._headers = {"Content-Type": "application/octet-stream"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    def screen(self, data: bytes) -> Screening:
        if not data:
            return Screening(Verdict.CLEAR)
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                status, retry_after, body = self._ask(data)
            except (OSError, HTTPException) as error:
                log.warning("the match service does not answer: %s", type(error).__name__)
                return Screening(Verdict.UNDECIDED, why="unreachable")
            if status == 200:
                return _understood(body)
            # 401 and 403: your key; 413: larger than it takes; 429 and 503: busy, and it says how long
            if not retry_after.isdecimal() or time.monotonic() + int(retry_after) > deadline:
                log.warning("the match service answered %d", status)
                return Screening(Verdict.UNDECIDED, why=f"status {status}")
            time.sleep(int(retry_after))

    def _ask(self, data: bytes) -> tuple[int, str, bytes]:
        connection = self._connect(self._host, timeout=self._seconds)
        try:
            connection.request("POST", self._path, data, self._headers)
            response = connection.getresponse()
            return response.status, response.getheader("Retry-After", ""), response.read(MOST_ANSWER_BYTES)
        finally:
            connection.close()


def _understood(body: bytes) -> Screening:
    try:
        answer = json.loads(body)
        verdict, reason = answer["verdict"], answer.get("reason", "")
        entries = tuple(Entry(**{name: hit[name] for name in Entry.__annotations__}) for hit in answer["hits"])
    except (ValueError, TypeError, KeyError):
        log.warning("the match service's answer is not understood")
        return Screening(Verdict.UNDECIDED, why="not understood")
    if verdict == "match":
        return Screening(Verdict.MATCH, entries)
    if reason in {"too_large", "too_slow"}:  # only its file hashes were compared, and one byte changes those
        return Screening(Verdict.UNDECIDED, why=reason)
    return Screening(Verdict.CLEAR)


class Desk:
    """Decides what is published, and keeps what is not."""

    def __init__(self, screen: Screen, folder: Path, undecided: Undecided) -> None:
        self._screen, self._undecided = screen, undecided
        self._quarantine, self._waiting = folder / "quarantine", folder / "waiting"
        for each in (self._quarantine, self._waiting):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)

    def admit(self, reference: str, data: bytes, *, can_wait: bool = True) -> bool:
        """Whether the upload, under your own reference, may be published now. Asking again is safe.

        `can_wait` is False for those who can only accept or refuse: they keep nothing to decide on later.
        """
        screening = self._screen.screen(data)
        if screening.verdict is Verdict.CLEAR:
            return True
        if screening.verdict is Verdict.MATCH:
            _keep(self._quarantine, reference, data, screening)
            return False
        if can_wait:
            _keep(self._waiting, reference, data, screening)
        return self._undecided is Undecided.PUBLISH

    def again(self) -> Iterator[tuple[str, bytes, bool]]:
        """What waits and can be decided now: reference, bytes, and whether to publish it (or to take it down).

        Call it every minute. Each is forgotten here when you ask for the next one, so a crash repeats it. What still
        waits after a day, such as a picture too large to decode, needs a person.
        """
        for record in sorted(self._waiting.glob("*.json")):
            with suppress(FileNotFoundError):  # another process settled it
                reference = json.loads(record.read_text())["reference"]
                data = record.with_suffix(".bin").read_bytes()
                screening = self._screen.screen(data)
                if screening.verdict is Verdict.UNDECIDED:
                    continue
                if screening.verdict is Verdict.MATCH:
                    _keep(self._quarantine, reference, data, screening)
                yield reference, data, screening.verdict is Verdict.CLEAR
                record.unlink()
                record.with_suffix(".bin").unlink()


def _keep(place: Path, reference: str, data: bytes, screening: Screening) -> None:
    """Bytes first, then the record that makes them count, named so that a repetition replaces itself."""
    name = hashlib.sha256(reference.encode()).hexdigest()[:32]
    record = {"reference": reference, "kept_at": datetime.now(UTC).isoformat(timespec="seconds"), **asdict(screening)}
    for path, content in ((place / f"{name}.bin", data), (place / f"{name}.json", json.dumps(record).encode())):
        draft = path.with_suffix(path.suffix + ".draft")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def screen_of(environment: Mapping[str, str] = os.environ) -> Screen:
    """The one that the environment names. Raises KeyError and ValueError: better no start than unscreened uploads."""
    if lists := environment.get("SCREEN_LISTS"):
        from embedded import ByLibrary

        return ByLibrary(lists.split(os.pathsep))
    return ByService(environment["SCREEN_URL"], environment.get("SCREEN_KEY", ""))


def desk_of(environment: Mapping[str, str] = os.environ) -> Desk:
    """As `screen_of`, with the folder and what happens to what cannot be decided."""
    undecided = Undecided(environment["SCREEN_UNDECIDED"])
    return Desk(screen_of(environment), Path(environment["SCREEN_FOLDER"]), undecided)
