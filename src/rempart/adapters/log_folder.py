"""A log's files in a folder: whole or not at all, on the disk once a call returns, one writer at a time.

Any web server can serve the folder's `checkpoint` and `tile/`; `head` and `bundle/` are not public.
"""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from rempart.adapters.files import temporary_name
from rempart.core.errors import Conflict, InputError, OutsideFailure

_PATH = re.compile(r"[a-z0-9]+(/[a-z0-9]+(\.p)?)*", re.ASCII)
_LOCK, _NEW = ".lock", ".new"
_SYNCS_AT_ONCE = 16
"""Syncs that wait together share the disk's work: 16 take the time of two."""


class FolderStore:
    """`exchange.store.Store` in a folder, which is made when something is first written.

    Writers, of this process or others, wait for one another; readers never wait. Can be sent to other processes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        try:
            return self._at(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed("read", path, error) from None

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(each.name for each in self._at(folder).iterdir() if each.is_file())
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
                    new[self._at(path)] = data
            self._put(new)

    def swap(self, path: str, before: bytes | None, after: bytes) -> bool:
        with self._locked("replaced"):
            if self.read(path) != before:
                return False
            self._put({self._at(path): after})
            return True

    def remove(self, path: str) -> None:
        at = self._at(path)
        with suppress(OSError):
            at.unlink()
            at.parent.rmdir()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is written to the folder meanwhile: what is copied now is the log of one moment."""
        with self._locked("held still"):
            yield

    def _at(self, path: str) -> Path:
        if not _PATH.fullmatch(path):
            raise InputError("this is no path of a log.", where="log")
        return self._folder / path

    @contextmanager
    def _locked(self, what: str) -> Iterator[None]:
        """Alone among writers. What lies in the folder of new files by then was left by a kill."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _failed(what, "", error) from None

    def _put(self, files: Mapping[Path, bytes]) -> None:
        """New content under its names: first all of it is on the disk, then it appears, then the names are."""
        fresh = self._folder / _NEW
        fresh.mkdir(mode=0o700, exist_ok=True)
        for left in fresh.iterdir():
            left.unlink()
        placed = [(_written(fresh / at.name, data, self._mode(at)), at) for at, data in files.items()]
        _sync([temporary for temporary, _ in placed])
        touched = {made for at in files for made in self._make(at.parent)}
        for temporary, at in placed:
            os.replace(temporary, at)
        _sync(touched | {at.parent for at in files})

    def _mode(self, at: Path) -> int:
        is_public = at.relative_to(self._folder).parts[0] in ("checkpoint", "tile")
        return 0o644 if is_public else 0o600

    def _make(self, folder: Path) -> list[Path]:
        """Make a folder and those above it; gives the folders in which one was made."""
        if folder.is_dir():
            return []
        above = self._make(folder.parent)
        folder.mkdir(mode=0o755 if self._mode(folder) == 0o644 else 0o700, exist_ok=True)
        return [*above, folder.parent]


def _written(beside: Path, data: bytes, mode: int) -> Path:
    temporary = temporary_name(beside)
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    return temporary


def _sync(paths: Iterable[Path]) -> None:
    """Wait until files or folders are on the disk."""
    paths = list(paths)
    if len(paths) == 1:
        _sync_one(paths[0])
        return
    with ThreadPoolExecutor(_SYNCS_AT_ONCE) as pool:
        list(pool.map(_sync_one, paths))


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(what: str, path: str, error: OSError) -> OutsideFailure:
    return OutsideFailure(
        f"the log cannot be {what} ({error.strerror}).", where=path or "log", advice="Check the disk and who owns it."
    )
