"""What the parent process tells its workers: how each list fares, and whether the service is about to stop."""

import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec

from rempart.adapters.files import write_atomically


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is loading, current or failing; times are UTC; `error` says what failed, without the source's address.

    Of a signed list `sequence`, `sha256`, `signed_by` and `signed_at` (seconds since 1970) are what was read last; a
    later run goes on from there and not behind it.
    """

    name: str
    state: str = "loading"
    lists: tuple[str, ...] = ()
    changed_at: str | None = None
    checked_at: str | None = None
    rejected: int = 0
    error: str = ""
    feed: str = ""
    sequence: int | None = None
    sha256: str = ""
    signed_by: str = ""
    signed_at: int = 0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """`loaded` once every list was read, or is held from before."""

    sources: tuple[SourceStatus, ...] = ()
    loaded: bool = False
    draining: bool = False

    def of_list(self, name: str) -> SourceStatus | None:
        return next((source for source in self.sources if name in source.lists), None)


class StatusBoard:
    """The writing side, in the parent; several threads may tell."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._status = Status()

    def begin(self, sources: Iterable[SourceStatus]) -> None:
        """The first word of a run, which keeps what an earlier one knew of these sources."""
        with self._lock:
            self._status = Status(sources=tuple(sources))
            self._write()

    def tell_source(self, place: int, source: SourceStatus) -> None:
        with self._lock:
            known = list(self._status.sources)
            known[place : place + 1] = [source]
            self._status = msgspec.structs.replace(self._status, sources=tuple(known))
            self._write()

    def tell_loaded(self) -> None:
        with self._lock:
            self._status = msgspec.structs.replace(self._status, loaded=True)
            self._write()

    def tell_draining(self) -> None:
        with self._lock:
            self._status = msgspec.structs.replace(self._status, draining=True)
            self._write()

    @property
    def status(self) -> Status:
        return self._status

    def _write(self) -> None:
        write_atomically(self._path, msgspec.json.encode(self._status))


class StatusReader:
    """The reading side, in a worker; asks the file system only whether there is a new file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self.status = Status()

    def refresh(self) -> None:
        try:
            facts = self._path.stat()
            seen = (facts.st_ino, facts.st_mtime_ns)
            if seen != self._seen:
                self.status = msgspec.json.decode(self._path.read_bytes(), type=Status)
                self._seen = seen
        except FileNotFoundError:
            return
