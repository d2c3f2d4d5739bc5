"""A file of signed notes to which notes are only ever added: one writer at a time, each note whole on the disk."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rempart.adapters.files import sync_directory
from rempart.core.errors import IntegrityError, OutsideFailure

_RECORD = re.compile(rb"(.+?\n\n\xe2\x80\x94 [^\n]+\n)\n", re.DOTALL)
_TAIL = 1 << 17
"""More bytes than any note has: enough of the end to find the last one."""


class NoteFile:
    """Each record is a note and an empty line; what a crash left of a last one counts as never written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def whole(self) -> bytes:
        """The bytes of all complete records; nothing where there is no file."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return b""
        return data[: _end_of_records(data)]

    @contextmanager
    def appending(self) -> Iterator["Appender"]:
        """Hold the file against other writers; made if it is missing."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield Appender(descriptor, self.path)
        finally:
            os.close(descriptor)

    def follow(self, original: "NoteFile") -> None:
        """Add what `original` has beyond this copy; IntegrityError when this is not a beginning of it."""
        source = original.whole()
        try:
            with self.appending() as held:
                held.extend_to(source)
        except OSError as error:
            raise OutsideFailure(
                f"the copy of the checkpoints cannot be written ({error.strerror}).",
                where=str(self.path),
                advice="Check the disk or mount of REMPART_CHECKPOINT_COPY.",
            ) from error


class Appender:
    """The end of a file that this process alone may extend now."""

    def __init__(self, descriptor: int, path: Path) -> None:
        self._descriptor = descriptor
        self._path = path
        size = os.fstat(descriptor).st_size
        start = max(0, size - _TAIL)
        tail = os.pread(descriptor, size - start, start)
        records = [found[1] for found in _records(tail)]
        self.last: str | None = records[-1].decode() if records else None
        """The last complete note. When the tail begins within a note, that one alone is misread, never the last."""
        self._end = start + _end_of_records(tail)
        if size - self._end > _TAIL // 2:
            raise IntegrityError(
                "the end of the file holds no notes: it was damaged.",
                where=str(path),
                advice="Keep the file, restore it from its copy or a backup, then run `rempart audit verify`.",
            )
        if self._end < size:
            os.ftruncate(descriptor, self._end)

    def add(self, note: str) -> None:
        """Append one note; on return it is on the disk."""
        self._write(note.encode() + b"\n")

    def extend_to(self, whole: bytes) -> None:
        """Append what makes this file's bytes equal `whole`."""
        mine = os.pread(self._descriptor, self._end, 0)
        if not whole.startswith(mine):
            raise IntegrityError(
                "this copy of the checkpoints is not a beginning of the node's own file: one of them was changed.",
                where=str(self._path),
                advice="Keep both, run `rempart audit verify`; after a restored backup move the copy aside.",
            )
        if len(mine) < len(whole):
            self._write(whole[len(mine) :])

    def _write(self, data: bytes) -> None:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self._end)
            raise
        if self._end == 0:
            sync_directory(self._path.parent)
        self._end += len(data)


def notes_in(whole: bytes) -> list[str]:
    """The notes of the bytes of complete records."""
    return [found[1].decode("utf-8", errors="replace") for found in _records(whole)]


def _end_of_records(data: bytes) -> int:
    end = 0
    for found in _records(data):
        end = found.end()
    return end


def _records(data: bytes) -> Iterator[re.Match[bytes]]:
    """One after the other; where none follows, none begins later either, and looking would take the square of it."""
    found = _RECORD.match(data)
    while found:
        yield found
        found = _RECORD.match(data, found.end())
