"""A segment as one image of bytes: the same in memory and in its file (docs/index-format.md).

An image is a head, then sections in a fixed order, each at a multiple of a page, then the digests that vouch for
them. Nothing in a file is believed before the head's own digest, the exact size of the file and the exact place of
every section have been checked.
"""

import hashlib
import mmap
import os
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import IntegrityError, NotFound
from rempart.signals.match.files import draft_of, unusable
from rempart.signals.match.plain import CODE_BYTES, Codes

MAGIC = b"RMPTSEG\n"
VERSION = 2
PAGE = 4096  # the head, and what sections are aligned to
CHUNK = 1 << 20  # what one digest covers
MAX_ENTRIES = (1 << 32) - 1
_DIGEST_BYTES = 32
# magic, version, flags, sequence, entries, size of the file, digest of the digests
_HEAD = struct.Struct("<8sIIQQQ32s")
_SECTION = struct.Struct("<QQ")  # offset, length
_HAS_IDS, _HAS_TABLES = 1, 2

_BUCKETS = 1 << 16
_TABLES = 16
_SKETCH_PADDING = 32

_Kind = TypeVar("_Kind", np.uint8, np.int64, np.uint16, np.uint32, np.uint64)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the sections of `count` entries lie, in bytes; a section that is absent has length 0."""

    count: int
    has_ids: bool
    has_tables: bool

    def lengths(self) -> tuple[int, ...]:
        """Of codes, ids, offsets, sketches, lows and highs; layout.hpp has the same."""
        if not self.has_tables:
            return (self.count * CODE_BYTES, self.count * 8 * self.has_ids, 0, 0, 0, 0)
        stride = -(-self.count // 32) * 32
        last_block = max(self.count - 1, 0) >> 16
        high_words = -(-(self.count + _BUCKETS * last_block) // 64) if last_block else 0
        return (
            self.count * CODE_BYTES,
            self.count * 8 * self.has_ids,
            _TABLES * (_BUCKETS + 1) * 4,
            (_TABLES * stride + _SKETCH_PADDING) * 2,
            _TABLES * stride * 2,
            _TABLES * high_words * 8,
        )

    def sections(self) -> list[tuple[int, int]]:
        """Offset and length of each section, then of the digests."""
        places, offset = [], PAGE
        for length in self.lengths():
            places.append((offset, length))
            offset += -(-length // PAGE) * PAGE
        return [*places, (offset, -(-(offset - PAGE) // CHUNK) * _DIGEST_BYTES)]

    @property
    def body_end(self) -> int:
        return self.sections()[-1][0]

    @property
    def size(self) -> int:
        return sum(self.sections()[-1])

    @property
    def flags(self) -> int:
        return _HAS_IDS * self.has_ids | _HAS_TABLES * self.has_tables


@dataclass(frozen=True, slots=True)
class Image:
    """`buffer` holds at least the head and the sections; the head and the digests count in a file only."""

    layout: Layout
    buffer: mmap.mmap
    sequence: int = 0

    @classmethod
    def blank(cls, layout: Layout, sequence: int = 0) -> Self:
        """In memory, in huge pages if the system has them: a search reads at random."""
        buffer = mmap.mmap(-1, layout.body_end, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        buffer.madvise(mmap.MADV_HUGEPAGE)
        return cls(layout, buffer, sequence)

    @property
    def codes(self) -> Codes:
        return self._section(0, np.uint8).reshape(-1, CODE_BYTES)

    @property
    def ids(self) -> NDArray[np.int64] | None:
        return self._section(1, np.int64) if self.layout.has_ids else None

    @property
    def tables(self) -> tuple[NDArray[np.uint32], NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint64]]:
        """Offsets, sketches, low bits of positions, block numbers."""
        return (
            self._section(2, np.uint32),
            self._section(3, np.uint16),
            self._section(4, np.uint16),
            self._section(5, np.uint64),
        )

    @property
    def body(self) -> memoryview:
        """All sections and the zeros between them."""
        return memoryview(self.buffer)[PAGE : self.layout.body_end]

    def _section(self, number: int, kind: type[_Kind]) -> NDArray[_Kind]:
        offset, length = self.layout.sections()[number]
        return np.frombuffer(self.buffer, kind, length // np.dtype(kind).itemsize, offset)


def write(path: Path, image: Image, sequence: int) -> None:
    """Replaces `path` atomically and durably; readable by the owner alone. Raises OutsideFailure."""
    layout = image.layout
    with memoryview(image.buffer) as buffer, buffer[PAGE : layout.body_end] as body:
        digests = b"".join(_digests(body))
        try:
            with draft_of(path) as file:
                file.write(_head(layout, sequence, digests))
                file.write(body)
                file.write(digests)
        except OSError as error:
            raise unusable(path, error) from error


def build(path: Path, layout: Layout, sequence: int, fill: Callable[[Image], None]) -> None:
    """The same, of what `fill` puts into the sections, without holding it in memory twice."""
    try:
        with draft_of(path) as file:
            os.posix_fallocate(file.fileno(), 0, layout.size)
            with mmap.mmap(file.fileno(), layout.size) as buffer:
                fill(Image(layout, buffer, sequence))
                with memoryview(buffer) as view, view[PAGE : layout.body_end] as body:
                    digests = b"".join(_digests(body))
                buffer[layout.body_end :] = digests
                buffer[:PAGE] = _head(layout, sequence, digests)
                buffer.flush()
    except OSError as error:
        raise unusable(path, error) from error


def read(path: Path, *, verify: bool, prefault: bool = False) -> Image:
    """A map of what `write` wrote.

    The head, the size and the places of all sections are always checked; the digests of the content if `verify`.
    Raises NotFound, OutsideFailure, and IntegrityError for a file cut off, altered or foreign.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            layout, sequence, root = _parsed(file.read(PAGE), size, path)
            flags = mmap.MAP_SHARED | (mmap.MAP_POPULATE if prefault else 0)
            buffer = mmap.mmap(file.fileno(), size, flags=flags, prot=mmap.PROT_READ)
    except FileNotFoundError:
        raise NotFound("There is no index file.", where=str(path), advice="Build and save it first.") from None
    except OSError as error:
        raise unusable(path, error) from error
    if verify and not _verified(layout, buffer, root):
        raise _damaged(path)
    return Image(layout, buffer, sequence)


def _head(layout: Layout, sequence: int, digests: bytes) -> bytes:
    root = hashlib.sha256(digests).digest()
    head = _HEAD.pack(MAGIC, VERSION, layout.flags, sequence, layout.count, layout.size, root)
    head += b"".join(_SECTION.pack(*section) for section in layout.sections())
    head = head.ljust(PAGE - _DIGEST_BYTES, b"\0")
    return head + hashlib.sha256(head).digest()


def _parsed(page: bytes, size: int, path: Path) -> tuple[Layout, int, bytes]:
    """Believes a head only if it is, byte for byte, the one that goes with what it says."""
    if len(page) < PAGE:
        raise _damaged(path)
    magic, version, flags, sequence, count, stated_size, root = _HEAD.unpack_from(page)
    if (magic, version) != (MAGIC, VERSION) or flags & ~(_HAS_IDS | _HAS_TABLES):
        raise IntegrityError(
            "This is not an index file of this version.",
            where=str(path),
            advice="Build the index again from its lists.",
        )
    if hashlib.sha256(page[:-_DIGEST_BYTES]).digest() != page[-_DIGEST_BYTES:] or count > MAX_ENTRIES:
        raise _damaged(path)
    layout = Layout(count, bool(flags & _HAS_IDS), bool(flags & _HAS_TABLES))
    places = b"".join(_SECTION.pack(*section) for section in layout.sections())
    if layout.size != size or stated_size != size or page[_HEAD.size :][: len(places)] != places:
        raise _damaged(path)
    return layout, sequence, root


def _verified(layout: Layout, buffer: mmap.mmap, root: bytes) -> bool:
    with memoryview(buffer) as view, view[PAGE : layout.body_end] as body, view[layout.body_end :] as digests:
        return hashlib.sha256(digests).digest() == root and b"".join(_digests(body)) == digests


def _digests(body: memoryview) -> Iterator[bytes]:
    """SHA-256 of each chunk; on a few processors, since hashing takes longest when a file is opened."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        yield from pool.map(partial(_digest, body), range(0, len(body), CHUNK))


def _digest(body: memoryview, start: int) -> bytes:
    with body[start : start + CHUNK] as chunk:
        return hashlib.sha256(chunk).digest()


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        "The index file was cut off or altered.", where=str(path), advice="Build the index again from its lists."
    )
