"""The lists, read from their sources and kept current in the folder that the workers map.

Each source has a thread, so that a slow mirror delays no file. What fails is tried again, later and later; until then
its list stays as it was last good, also over a restart.
"""

import ctypes
import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec

from rempart.adapters.list_feeds import FeedSource, SignedFacts
from rempart.adapters.list_sources import Source
from rempart.core.errors import Conflict, RempartError
from rempart.matcher.status import SourceStatus, Status, StatusBoard
from rempart.signals.lists import ListEntry
from rempart.signals.shared import ListWriter

log = logging.getLogger("rempart.matcher")

FILE_SECONDS = 0.25
"""Between two looks at a file or folder of this machine."""
MANY = 1000
OLD_SECONDS = 24 * 3600
_MOST_BACKOFF_SECONDS = 300.0
_STOP_SECONDS = 2.0
_GIVE_WAY = 10


class SourceFailed(Exception):
    """Reading a source failed on the way; says which."""

    def __init__(self, followed: "Followed", error: RempartError) -> None:
        super().__init__(str(error))
        self.followed, self.error = followed, error


class Followed:
    """One source: what it is called, how often it is looked at, how it fares."""

    def __init__(self, source: Source, seconds: float, before: SourceStatus | None) -> None:
        self.source, self.seconds = source, seconds
        self.failures = 0
        self.is_whole = False
        self._is_old = False
        self.wake = threading.Event()
        self.status = SourceStatus(name=source.label)
        if before is not None:
            self.status = msgspec.structs.replace(before, state="loading", error="")
            if isinstance(source, FeedSource) and before.sequence is not None:
                source.resume(
                    SignedFacts(before.feed, before.sequence, before.sha256, before.signed_by, before.signed_at)
                )

    def entries(self) -> Iterator[ListEntry]:
        """The whole list. Raises SourceFailed."""
        try:
            yield from self.source.entries()
            self.status = msgspec.structs.replace(self.status, lists=(self.source.name,))
        except RempartError as error:
            raise SourceFailed(self, error) from error

    @property
    def pause(self) -> float:
        """Seconds until the next look."""
        return min(self.seconds * 2.0**self.failures, max(_MOST_BACKOFF_SECONDS, self.seconds))

    def succeeded(self, *, changed: bool) -> None:
        self.failures, self.is_whole = 0, True
        rejected = self.source.rejected
        now = _now()
        self.status = SourceStatus(
            name=self.source.label,
            state="current",
            lists=(self.source.name,),
            changed_at=now if changed else self.status.changed_at,
            checked_at=now,
            rejected=len(rejected),
            **self._signed(),
        )
        if changed and rejected:
            first = rejected[0]
            log.warning(
                "%s: %d rows were not used; the first is line %d: %s",
                self.source.label,
                len(rejected),
                first.line,
                first.reason,
            )

    def _signed(self) -> dict[str, Any]:
        """What the next run must not go behind; told once a day's silence of whoever signs is suspicious."""
        facts = self.source.facts if isinstance(self.source, FeedSource) else None
        if facts is None:
            return {}
        is_old = time.time() - facts.signed_at > OLD_SECONDS
        if is_old and not self._is_old:
            log.warning(
                "%s: the list was last signed over a day ago; somebody may hold back newer ones", self.source.label
            )
        self._is_old = is_old
        return asdict(facts)

    def failed(self, error: RempartError) -> None:
        self.failures += 1
        self.status = msgspec.structs.replace(self.status, state="failing", checked_at=_now(), error=str(error))
        log.error("%s (its list stays as it was; next try in %.0f s)", error, self.pause)


class Follower:
    """The writing side, in threads of its own from `start` to `stop`; `failure` ends it."""

    def __init__(
        self, sources: Sequence[tuple[Source, float]], writer: ListWriter, board: StatusBoard, before: Status
    ) -> None:
        """`sources` with the seconds between two looks at each; `before` is what the last run told of them."""
        known = {source.name: source for source in before.sources}
        self._followed = [Followed(source, seconds, known.get(source.label)) for source, seconds in sources]
        self._writer, self._board = writer, board
        board.begin(each.status for each in self._followed)
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._begin, name="load", daemon=True)]
        self.failure: RempartError | None = None

    def load(self) -> None:
        """Publish every list. One that cannot be read now keeps what the folder holds of it from before.

        Raises Conflict when two sources have one list.
        """
        failing: list[Followed] = []
        while True:
            readable = [each for each in self._followed if each not in failing]
            held = frozenset(name for each in failing for name in each.status.lists)
            try:
                self._writer.publish(_chained(readable), keep=held)
                break
            except SourceFailed as failure:
                failure.followed.failed(failure.error)
                failing.append(failure.followed)
        for each in readable:
            each.succeeded(changed=True)
        for each in self._followed:
            self._tell(each)
        self._tell_loaded()
        _give_memory_back()

    def start(self) -> None:
        self._threads[0].start()

    def _begin(self) -> None:
        # On Linux a thread's own, and inherited by those it starts: who reads and writes lists makes way for answers.
        os.nice(_GIVE_WAY)
        try:
            self.load()
        except RempartError as error:
            self.failure = error
            return
        for each in self._followed:
            thread = threading.Thread(target=self._follow, args=(each,), name=f"follow {each.status.name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def look_now(self) -> None:
        for each in self._followed:
            each.wake.set()

    def stop(self) -> None:
        """Waits a little for what is being written; what a slow mirror still sends is not waited for."""
        self._stopping.set()
        self.look_now()
        for thread in self._threads:
            thread.join(_STOP_SECONDS)
        for each in self._followed:
            each.source.close()

    def _follow(self, followed: Followed) -> None:
        while True:
            followed.wake.wait(followed.pause)
            followed.wake.clear()
            if self._stopping.is_set():
                return
            before = followed.status
            try:
                changed = self._look(followed)
            except SourceFailed as failure:
                followed.failed(failure.error)
            except RempartError as error:
                followed.failed(error)
            else:
                followed.succeeded(changed=changed)
                if changed:
                    _give_memory_back()
            if _worth_telling(before, followed):
                self._tell(followed)
                self._tell_loaded()

    def _look(self, followed: Followed) -> bool:
        """Whether the list changed. Raises RempartError and SourceFailed."""
        if not followed.is_whole:
            self._replace(followed)
            return True
        changes = followed.source.poll()
        if changes is None:
            return False
        # If writing fails, the source has told its changes and will not repeat them: the next look takes all of it.
        followed.is_whole = False
        with self._changing:
            if len(changes.added) > MANY:
                # What must match no more does not wait for what is new; what only changed stays until it is replaced.
                again = {(entry.list_name, entry.entry_id) for entry in changes.added}
                self._writer.apply([], [key for key in changes.removed if key not in again])
                self._writer.apply(changes.added, [key for key in changes.removed if key in again])
            else:
                self._writer.apply(changes.added, changes.removed)
        followed.is_whole = True
        log.info("%s: %d entries added, %d removed", followed.status.name, len(changes.added), len(changes.removed))
        return True

    def _replace(self, followed: Followed) -> None:
        others = frozenset(name for each in self._followed if each is not followed for name in each.status.lists)
        with self._changing:
            self._writer.publish(_chained([followed]), keep=others)

    def _tell(self, followed: Followed) -> None:
        self._board.tell_source(self._followed.index(followed), followed.status)

    def _tell_loaded(self) -> None:
        """Ready once each list was read, or is held from before."""
        held = self._writer.recogniser.counts()
        if all(each.is_whole or any(name in held for name in each.status.lists) for each in self._followed):
            self._board.tell_loaded()


def _chained(sources: Sequence[Followed]) -> Iterator[ListEntry]:
    seen: set[str] = set()
    for each in sources:
        yield from each.entries()
        name = each.source.name
        if name in seen:
            raise Conflict("Two sources have a list of this name.", where=name, advice="Give each list one source.")
        seen.add(name)


def _worth_telling(before: SourceStatus, followed: Followed) -> bool:
    """A file is looked at four times a second: that nothing changed is told only as often as a mirror's."""
    now = followed.status
    if (before.state, before.changed_at, before.error) != (now.state, now.changed_at, now.error):
        return True
    return followed.seconds >= 1.0


def _give_memory_back() -> None:
    """What reading a list took for a moment: glibc would keep it, a third of the list's own size."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
