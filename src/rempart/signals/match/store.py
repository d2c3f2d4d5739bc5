"""An index on disk.

Layout, little-endian: magic (8 bytes), version u32, reserved u32 (0), count u64, then `count` codes of 32 bytes,
`count` ids i64 in ascending order, and the SHA-256 of all that. Written whole or not at all.
"""

import hashlib
import os
import struct
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import IntegrityError, NotFound, OutsideFailure

CODE_BYTES = 32
_MAGIC = b"RMPTPDQ\n"
_VERSION = 1
_HEAD = struct.Struct("<8sIIQ")
_ID_BYTES = 8
_DIGEST_BYTES = 32

Codes = NDArray[np.uint8]
Ids = NDArray[np.int64]


def write(path: Path, codes: Codes, ids: Ids) -> None:
    """Replaces `path` atomically; readable by the owner alone. Codes uint8[N,32], ids int64[N] ascending.

    Raises OutsideFailure, and then the old file is untouched.
    """
    try:
        _write(path, codes, ids)
    except OSError as error:
        raise _unusable(path, error) from error


def _write(path: Path, codes: Codes, ids: Ids) -> None:
    parts = (
        _HEAD.pack(_MAGIC, _VERSION, 0, len(ids)),
        np.ascontiguousarray(codes).data.cast("B") if len(ids) else b"",
        np.ascontiguousarray(ids, dtype="<i8").data.cast("B") if len(ids) else b"",
    )
    digest = hashlib.sha256()
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                digest.update(part)
                file.write(part)
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> tuple[Codes, Ids]:
    """Codes uint8[N,32] and ids int64[N].

    Raises NotFound, OutsideFailure, and IntegrityError for a file cut off, altered or foreign.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound("There is no index file.", where=str(path), advice="Build and save it first.") from None
    except OSError as error:
        raise _unusable(path, error) from error
    with file:
        head = file.read(_HEAD.size)
        count = _count(head, os.fstat(file.fileno()).st_size, path)
        codes = np.empty((count, CODE_BYTES), dtype=np.uint8)
        ids = np.empty(count, dtype="<i8")
        digest = hashlib.sha256(head)
        for array in (codes, ids):
            if count:
                file.readinto(array.data.cast("B"))
                digest.update(array.data.cast("B"))
        if file.read() != digest.digest():
            raise _damaged(path)
    if count > 1 and not (ids[:-1] < ids[1:]).all():
        raise _damaged(path)
    return codes, ids.astype(np.int64)


def _count(head: bytes, size: int, path: Path) -> int:
    """The number of entries, believed only if the file has exactly the size that goes with it."""
    if len(head) < _HEAD.size:
        raise _damaged(path)
    magic, version, reserved, count = _HEAD.unpack(head)
    if (magic, version, reserved) != (_MAGIC, _VERSION, 0):
        raise IntegrityError(
            "This is not an index file of this version.",
            where=str(path),
            advice="Build the index again from its lists.",
        )
    if size != _HEAD.size + count * (CODE_BYTES + _ID_BYTES) + _DIGEST_BYTES:
        raise _damaged(path)
    return int(count)


def _unusable(path: Path, error: OSError) -> OutsideFailure:
    return OutsideFailure(
        f"The index file cannot be used: {error.strerror or 'no reason given'}.",
        where=str(path),
        advice="Check the folder, its rights and the free space.",
    )


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        "The index file was cut off or altered.", where=str(path), advice="Build the index again from its lists."
    )
