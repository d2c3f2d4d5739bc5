"""A log's files in a folder: whole or not at all, on the disk once a call returns, one writer at a time.

Any web server can serve the folder's `checkpoint` and `tile/`; `head` and `bundle/` are not public.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from rempart.core.errors import Conflict, InputError, OutsideFailure

_PATH = re.compile(r"[a-z0-9]+(/[a-z0-9]+(\.p)?)*", re.ASCII)
_LOCK, _NEW = ".lock", ".new"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_SYNCS_AT_ONCE = 16
"""Syncs that wait together share the disk's work: 16 take the time of two."""

_T = TypeVar("_T")


class FolderStore:
    """`exchange.store.Store` in a folder, which is made when something is first written.

    Writers, of this process or others, wait for one another; readers never wait. Can be sent to other processes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._is_swept = False

    def read(self, path: str) -> bytes | None:
        try:
            with open(self._at(path), "rb", buffering=0) as file:
                return file.readall()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed("read", path, error) from None

    def names(self, folder: str) -> list[str]:
        try:
            with os.scandir(self._at(folder)) as found:
                return sorted(each.name for each in found if each.is_file())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def write(self, files: Mapping[str, bytes]) -> None:
        with self._locked("written"):
            new = {}
            for path, data in files.items():
                there = self.read(path)
                if there is not None and there != data:
                    raise Conflict("the file is there and holds something else.", where=path)
                if there is None:
                    new[path] = data
            self._put(new)

    def swap(self, path: str, before: bytes | None, after: bytes) -> bool:
        with self._locked("replaced"):
            if self.read(path) != before:
                return False
            self._put({path: after})
            return True

    def remove(self, path: str) -> None:
        at = self._at(path)
        with suppress(OSError):
            os.unlink(at)
            os.rmdir(os.path.dirname(at))

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is written to the folder meanwhile: what is copied now is the log of one moment."""
        with self._locked("held still"):
            yield

    def _at(self, path: str) -> str:
        if not _PATH.fullmatch(path):
            raise InputError("this is no path of a log.", where="log")
        return f"{self._folder}/{path}"

    @contextmanager
    def _locked(self, what: str) -> Iterator[None]:
        """Alone among writers."""
        try:
            os.makedirs(self._folder, exist_ok=True)
            descriptor = os.open(f"{self._folder}/{_LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _failed(what, "", error) from None

    def _put(self, files: Mapping[str, bytes]) -> None:
        """New content under its names: first all of it is on the disk, then it appears, then the names are."""
        fresh = f"{self._folder}/{_NEW}"
        self._sweep(fresh)
        prefix = f"{fresh}/{secrets.token_hex(8)}."
        placed = [(f"{prefix}{number}", path) for number, path in enumerate(files)]
        with ExitStack() as opened:
            descriptors = []
            for temporary, path in placed:
                descriptors.append(os.open(temporary, _CREATE, 0o644 if _is_public(path) else 0o600))
                opened.callback(os.close, descriptors[-1])
                _write(descriptors[-1], files[path])
            _together(os.fsync, descriptors)
        folders = {os.path.dirname(path) for path in files}
        touched = folders.union(*(self._make(each) for each in folders))
        for temporary, path in placed:
            os.replace(temporary, self._at(path))
        _together(_sync_folder, [f"{self._folder}/{each}" for each in touched])

    def _sweep(self, fresh: str) -> None:
        """What lies among the new files while no writer is at work was left by a kill."""
        if not self._is_swept:
            os.makedirs(fresh, mode=0o700, exist_ok=True)
            for left in os.listdir(fresh):
                os.unlink(f"{fresh}/{left}")
            self._is_swept = True

    def _make(self, folder: str) -> set[str]:
        """Make a folder of the log and those above it; gives the folders in which one was made."""
        if not folder or os.path.isdir(f"{self._folder}/{folder}"):
            return set()
        above = os.path.dirname(folder)
        made = self._make(above)
        os.mkdir(f"{self._folder}/{folder}", 0o755 if _is_public(folder) else 0o700)
        return made | {above}


def _is_public(path: str) -> bool:
    return path.startswith(("tile", "checkpoint"))


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _together(sync: Callable[[_T], None], these: Collection[_T]) -> None:
    """Wait until files or folders are on the disk."""
    if len(these) > 1:
        list(_pool(os.getpid()).map(sync, these))
    else:
        for each in these:
            sync(each)


@lru_cache(maxsize=1)
def _pool(process: int) -> ThreadPoolExecutor:
    """Threads do not outlive a fork."""
    return ThreadPoolExecutor(_SYNCS_AT_ONCE, thread_name_prefix="log-sync")


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(what: str, path: str, error: OSError) -> OutsideFailure:
    return OutsideFailure(
        f"the log cannot be {what} ({error.strerror}).", where=path or "log", advice="Check the disk and who owns it."
    )
