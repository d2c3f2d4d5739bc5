"""An immutable set of fingerprints, searched exactly: recall is 1 by construction.

The C++ core searches by tables of substrings (native/search, docs/index-format.md); without it, numpy compares every
fingerprint with every query.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import Conflict, InputError, IntegrityError
from rempart.signals.match import plain, segment_file
from rempart.signals.match.plain import CODE_BYTES, MAX_RADIUS, Codes, Gone, Hits, Ids
from rempart.signals.match.segment_file import Image, Layout

try:
    from rempart.signals import _search
except ImportError:  # installed without a compiler
    _NATIVE = False
    _Corrupt: type[Exception] = ArithmeticError  # numpy reads no tables, so nothing can contradict itself
else:
    _NATIVE = os.environ.get("REMPART_SIMD") != "numpy"
    _Corrupt = _search.Corrupt

# Fewer entries are compared faster than looked up.
TABLES_FROM = 4096


_Kind = TypeVar("_Kind", np.uint8, np.int64)
_Search = Callable[[Codes, int, int, Gone | None], Hits]


class _Engine(Protocol):
    def search(self, queries: Codes, radius: int, threads: int, gone: Gone | None) -> Hits: ...
    def join(self, queries: Codes, radius: int, threads: int, gone: Gone | None) -> Hits: ...


def engine() -> str:
    """native-avx512, native-avx2, native-portable or numpy; REMPART_SIMD=avx512|avx2|portable|numpy forces one."""
    return f"native-{_search.simd}" if _NATIVE else "numpy"


def scan(codes: Codes, queries: Codes, radius: int, threads: int = 1) -> Hits:
    """Compares every query with every one of codes uint8[N,32]; returns what Segment.search does."""
    check_codes(codes, "codes")
    check_search(queries, radius, threads)
    if _NATIVE:
        return _search.scan(np.ascontiguousarray(codes), np.ascontiguousarray(queries), radius, threads, None)
    return plain.scan(codes, queries, radius, threads)


class Segment:
    """PDQ fingerprints under unique int64 ids, in ascending order of id. A position is a place in that order.

    Make one with `build` or `open`. Threads may search at the same time.
    """

    def __init__(self, image: Image) -> None:
        self._image = image
        self._engine = _engine_of(image)
        self.sequence = image.sequence

    @classmethod
    def build(cls, codes: Codes, ids: Ids | None = None, *, threads: int = 1) -> Self:
        """A copy of codes uint8[N,32] under ascending ids int64[N] (0..N-1 unless given), with its tables.

        Raises InputError and Conflict.
        """
        image = Image.blank(_layout_of(codes, ids))
        _fill(image, codes, ids, threads)
        return cls(image)

    @classmethod
    def build_file(
        cls,
        path: str | PathLike[str],
        codes: Codes,
        ids: Ids | None = None,
        *,
        sequence: int = 0,
        threads: int = 1,
    ) -> Self:
        """`build`, `save` and `open` at once, without a copy in memory."""
        layout = _layout_of(codes, ids)
        segment_file.build(Path(path), layout, sequence, lambda image: _fill(image, codes, ids, threads))
        return cls.open(path, verify=False)

    @classmethod
    def open(cls, path: str | PathLike[str], *, verify: bool = True, prefault: bool = False) -> Self:
        """Maps what `save` wrote; processes that open one file share its memory.

        `verify=False` takes milliseconds and is for a file verified before; `prefault` brings the whole file into
        memory first. Raises NotFound, IntegrityError and OutsideFailure.
        """
        image = segment_file.read(Path(path), verify=verify, prefault=prefault)
        if verify and image.ids is not None and not (image.ids[:-1] < image.ids[1:]).all():
            raise IntegrityError(
                "The ids of the index file do not ascend.", where=str(path), advice="Build the index again."
            )
        if _NATIVE and not image.layout.has_tables and image.layout.count >= TABLES_FROM:
            image = _with_tables(image)  # numpy wrote the file
        return cls(image)

    def save(self, path: str | PathLike[str], *, sequence: int = 0) -> None:
        """Replaces the file atomically and durably. Raises OutsideFailure."""
        segment_file.write(Path(path), self._image, sequence)

    def __len__(self) -> int:
        return self._image.layout.count

    @property
    def width(self) -> int:
        """Bytes of a code."""
        return CODE_BYTES

    @cached_property
    def codes(self) -> Codes:
        """uint8[N,32], read-only."""
        return _read_only(self._image.codes)

    @cached_property
    def ids(self) -> Ids:
        """int64[N], read-only."""
        stored = self._image.ids
        return _read_only(np.arange(len(self), dtype=np.int64) if stored is None else stored)

    @property
    def has_ids(self) -> bool:
        """False where ids are positions; `ids` then costs 8 bytes an entry, `positions` nothing."""
        return self._image.layout.has_ids

    @property
    def nbytes(self) -> int:
        """Of memory or of address space."""
        return self._image.layout.body_end

    def positions(self, ids: Ids) -> Ids:
        """int64[M]: the position of each id, -1 where it is absent."""
        if not self.has_ids:
            return np.where((ids >= 0) & (ids < len(self)), ids, -1)
        found = np.searchsorted(self.ids, ids)
        there = found < len(self)
        there[there] = self.ids[found[there]] == ids[there]
        return np.where(there, found, -1)

    def search(self, queries: Codes, radius: int, *, threads: int = 1, gone: Gone | None = None) -> Hits:
        """Every entry within Hamming distance `radius` (0..63) of each of queries uint8[M,32].

        `gone` uint8[ceil(N/8)] has a bit for each position, the lowest first; entries whose bit is set are left out.
        Returns offsets int64[M+1], positions int64[K] and distances uint8[K]: the hits of query i are
        positions[offsets[i]:offsets[i+1]], by distance, then position. Raises InputError, and IntegrityError where
        an unverified file contradicts itself.
        """
        return self._run(self._engine.search, queries, radius, threads, gone)

    def join(self, queries: Codes, radius: int, *, threads: int = 1, gone: Gone | None = None) -> Hits:
        """The same as `search`, always bucket by bucket: each posting is read once for all queries. For thousands of
        queries in a large segment `search` does so itself."""
        return self._run(self._engine.join, queries, radius, threads, gone)

    def _run(self, run: _Search, queries: Codes, radius: int, threads: int, gone: Gone | None) -> Hits:
        check_search(queries, radius, threads)
        if gone is not None and (gone.dtype != np.uint8 or gone.ndim != 1 or len(gone) * 8 < len(self)):
            raise InputError("What is gone must be given as a bit for each entry.", where="gone")
        if not queries.flags.c_contiguous:
            queries = np.ascontiguousarray(queries)
        try:
            return run(queries, radius, threads, gone)
        except _Corrupt as error:
            raise IntegrityError(
                f"The index contradicts itself: {error}.", advice="Verify its file, or build it again from its lists."
            ) from error


def _layout_of(codes: Codes, ids: Ids | None) -> Layout:
    check_codes(codes, "codes")
    if len(codes) > segment_file.MAX_ENTRIES:
        raise InputError(f"A segment holds at most {segment_file.MAX_ENTRIES} entries.", where="codes")
    if ids is not None:
        if not isinstance(ids, np.ndarray) or ids.dtype != np.int64 or ids.shape != (len(codes),):
            raise InputError("Ids must be an int64 array, one for each fingerprint.", where="ids")
        if not (ids[:-1] < ids[1:]).all():
            raise Conflict("Ids must ascend, each once.", where="ids", advice="Sort them and leave out repetitions.")
    positions = ids is None or len(ids) == 0 or (ids[0] == 0 and ids[-1] == len(ids) - 1)
    return Layout(len(codes), has_ids=not positions, has_tables=_NATIVE and len(codes) >= TABLES_FROM)


def _fill(image: Image, codes: Codes, ids: Ids | None, threads: int) -> None:
    image.codes[:] = codes
    if image.ids is not None and ids is not None:
        image.ids[:] = ids
    if image.layout.has_tables:
        _search.build(image.codes, *image.tables, threads)


def _with_tables(image: Image) -> Image:
    full = Image.blank(replace(image.layout, has_tables=True), image.sequence)
    _fill(full, image.codes, image.ids, threads=1)
    return full


def _engine_of(image: Image) -> _Engine:
    if not _NATIVE:
        return plain.Engine(image.codes)
    if image.layout.has_tables:
        return _search.Engine(image.codes, *image.tables)
    return _search.Engine(image.codes)


def _read_only(array: NDArray[_Kind]) -> NDArray[_Kind]:
    array.flags.writeable = False
    return array


def check_codes(codes: object, where: str) -> None:
    if not isinstance(codes, np.ndarray) or codes.dtype != np.uint8 or codes.shape[1:] != (CODE_BYTES,):
        raise InputError(f"Fingerprints must be a uint8 array of shape [N, {CODE_BYTES}].", where=where)


def check_search(queries: object, radius: int, threads: int) -> None:
    check_codes(queries, "queries")
    if not 0 <= radius <= MAX_RADIUS:
        raise InputError(f"The radius must be 0 to {MAX_RADIUS}.", where="radius")
    if threads < 1:
        raise InputError("At least one thread is needed.", where="threads")
