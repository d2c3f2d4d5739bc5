"""An append-only file of numbered records: a change is durable before its call returns.

Layout, little-endian: magic (8 bytes), version u32, CRC-32 of what follows, the number of the last record *before* the
first u64. Then records: "RCRD", payload length u64, number u64, CRC-32 of these three, payload, and the 16-byte BLAKE2b
of number and payload. Numbers ascend by one.

A record that is not whole at the end of the file was being written when the process died: its call never returned,
and it is cut off. A record that is not whole with another after it was damaged: IntegrityError.
"""

import fcntl
import hashlib
import os
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from rempart.core.errors import Conflict, IntegrityError, NotFound, OutsideFailure
from rempart.signals.match.files import draft_of, unusable

_MAGIC = b"RMPTJNL\n"
_VERSION = 1
_HEAD = struct.Struct("<8sIIQ")
_MARK = b"RCRD"
_RECORD = struct.Struct("<4sQQI")
_DIGEST_BYTES = 16

Record = tuple[int, bytes]
"""Number and payload."""


class Lock:
    """One process (and one holder in it) at a time; the system lets go when the process dies."""

    def __init__(self, path: Path) -> None:
        """Raises Conflict when it is held, and OutsideFailure."""
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise unusable(path, error) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise Conflict(
                "Another process or thread writes here.", where=str(path), advice="Stop it, or read only."
            ) from None

    def release(self) -> None:
        """May be called again."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1


class Journal:
    """The writer's end. Not for several threads at once."""

    def __init__(self, path: Path, handle: int, number: int, size: int) -> None:
        self.path, self.number, self.size = path, number, size
        """`number` of the last record, `size` of the file in bytes."""
        self._handle = handle
        self._is_broken = False

    @classmethod
    def create(cls, path: Path, number: int, payloads: Iterable[bytes] = ()) -> Self:
        """Replaces the file atomically; `payloads` follow record `number`. Raises OutsideFailure."""
        try:
            with draft_of(path) as file:
                file.write(_head(number))
                for payload in payloads:
                    number += 1
                    file.write(_record(number, payload))
                size = file.tell()
            return cls(path, os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC), number, size)
        except OSError as error:
            raise unusable(path, error) from error

    @classmethod
    def open(cls, path: Path) -> tuple[Self, list[Record]]:
        """Cuts off what was not written whole. Raises NotFound, IntegrityError, OutsideFailure."""
        tail = Tail(path)
        try:
            records = tail.read(is_whole=True)
            with path.open("r+b") as file:
                file.truncate(tail.offset)
                os.fsync(file.fileno())
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except OSError as error:
            raise unusable(path, error) from error
        finally:
            tail.close()
        return cls(path, handle, tail.number, tail.offset), records

    def append(self, payload: bytes) -> None:
        """Durable when it returns. Raises OutsideFailure, after which the journal takes nothing more."""
        if self._is_broken:
            raise OutsideFailure(
                "An earlier write to the journal failed.", where=str(self.path), advice="Open it again."
            )
        record = _record(self.number + 1, payload)
        try:
            _write_all(self._handle, record)
            os.fdatasync(self._handle)
        except OSError as error:
            # Whether the record is on the disk is unknown now; opening again finds out.
            self._is_broken = True
            raise unusable(self.path, error) from error
        self.number += 1
        self.size += len(record)

    def after(self, number: int) -> list[Record]:
        """The records later than `number`. Raises OutsideFailure."""
        tail = Tail(self.path)
        try:
            return [record for record in tail.read() if record[0] > number]
        finally:
            tail.close()

    def forget(self, number: int) -> None:
        """Drops the records up to `number` by replacing the file. Raises OutsideFailure."""
        try:
            fresh = Journal.create(self.path, number, [payload for _, payload in self.after(number)])
        except BaseException:
            # Whether the file was replaced is unknown, and appending to one that has no name would keep nothing.
            self._is_broken = True
            raise
        self.close()
        self._handle, self.size = fresh._handle, fresh.size

    def close(self) -> None:
        os.close(self._handle)


class Tail:
    """A reader's end: follows the file while its writer appends."""

    def __init__(self, path: Path) -> None:
        """Raises NotFound, IntegrityError and OutsideFailure."""
        self.path = path
        try:
            self._file = path.open("rb")
        except FileNotFoundError:
            raise NotFound("There is no journal.", where=str(path)) from None
        except OSError as error:
            raise unusable(path, error) from error
        head = self._file.read(_HEAD.size)
        if len(head) < _HEAD.size or head != _head(int.from_bytes(head[-8:], "little")):
            self._file.close()
            raise IntegrityError("This is not a journal of this version.", where=str(path))
        self.number = int.from_bytes(head[-8:], "little")
        self.offset = _HEAD.size

    def has_more(self) -> bool:
        return os.fstat(self._file.fileno()).st_size > self.offset

    def read(self, *, is_whole: bool = False) -> list[Record]:
        """The whole records since the last call; what may still be being written waits for the next.

        `is_whole`: nobody is writing, so damage can be told from an unfinished end. Raises IntegrityError.
        """
        self._file.seek(self.offset)
        data = self._file.read()
        records = []
        at = 0
        while record := _parsed(data, at, self.number + 1):
            records.append(record)
            self.number += 1
            at += _RECORD.size + len(record[1]) + _DIGEST_BYTES
        self.offset += at
        if is_whole and _holds_record(data, at, self.number + 1):
            raise IntegrityError(
                "A record in the middle of the journal was altered, or is missing.",
                where=f"{self.path}, byte {self.offset}",
                advice="Take the file from a backup, or build the lists again.",
            )
        return records

    def close(self) -> None:
        self._file.close()


def _head(number: int) -> bytes:
    start = struct.pack("<Q", number)
    return _HEAD.pack(_MAGIC, _VERSION, zlib.crc32(start), number)


def _record(number: int, payload: bytes) -> bytes:
    front = struct.pack("<4sQQ", _MARK, len(payload), number)
    return front + struct.pack("<I", zlib.crc32(front)) + payload + _digest(number, payload)


def _digest(number: int, payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=_DIGEST_BYTES, salt=struct.pack("<Q", number)).digest()


def _front(data: bytes, at: int) -> tuple[int, int] | None:
    """Length and number that a record's first bytes tell, if they are a record's."""
    if len(data) < at + _RECORD.size:
        return None
    mark, length, number, crc = _RECORD.unpack_from(data, at)
    if mark != _MARK or crc != zlib.crc32(data[at : at + _RECORD.size - 4]):
        return None
    return length, number


def _parsed(data: bytes, at: int, number: int) -> Record | None:
    front = _front(data, at)
    if front is None or front[1] != number:
        return None
    start = at + _RECORD.size
    payload = data[start : start + front[0]]
    end = start + front[0] + _DIGEST_BYTES
    if len(data) < end or data[end - _DIGEST_BYTES : end] != _digest(number, payload):
        return None
    return number, payload


def _holds_record(data: bytes, at: int, number: int) -> bool:
    """Whether a record later than `number` begins at or after `at`."""
    while (at := data.find(_MARK, at)) >= 0:
        front = _front(data, at)
        if front is not None and front[1] > number:
            return True
        at += 1
    return False


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
