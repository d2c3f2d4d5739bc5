"""Cryptographic hashes of a file, in one pass."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileHashes:
    """Lower-case hex digests, and the size in bytes."""

    md5: str
    sha1: str
    sha256: str
    size: int


class FileHasher:
    """Takes a file piece by piece; `finish` may be asked at any time and covers what came so far."""

    __slots__ = ("_md5", "_sha1", "_sha256", "_size")

    def __init__(self) -> None:
        # MD5 and SHA-1 are what lists in the field carry; they identify known files and protect nothing.
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._sha256 = hashlib.sha256()
        self._size = 0

    def update(self, chunk: bytes) -> None:
        self._md5.update(chunk)
        self._sha1.update(chunk)
        self._sha256.update(chunk)
        self._size += len(chunk)

    def finish(self) -> FileHashes:
        return FileHashes(self._md5.hexdigest(), self._sha1.hexdigest(), self._sha256.hexdigest(), self._size)


def file_hashes(chunks: Iterable[bytes]) -> FileHashes:
    """MD5, SHA-1 and SHA-256 of the concatenated chunks; each chunk is read once."""
    hasher = FileHasher()
    for chunk in chunks:
        hasher.update(chunk)
    return hasher.finish()
