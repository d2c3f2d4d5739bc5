"""Look-ups of whole file hashes (MD5, SHA-1, SHA-256): sorted arrays and binary search."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import Conflict, InputError, IntegrityError
from rempart.signals.match import arrays
from rempart.signals.match.index import Codes, Hits, Ids, Store
from rempart.signals.match.levels import Gone, is_gone

WIDTHS = (16, 20, 32)  # bytes of MD5, SHA-1, SHA-256
_MAGIC = b"RMPTEXT\n"


class ExactSegment:
    """Immutable codes of one width under unique ids, in ascending order of id, which is their position.

    Kept are the codes in their own order and, for each, its position: width + 4 bytes an entry, and 8 for an id
    unless ids are 0..N-1.
    """

    def __init__(self, ordered: Codes, places: NDArray[np.uint32], ids: Ids | None, sequence: int = 0) -> None:
        """`ordered` uint8[N, width] ascends; equal codes are in order of position."""
        self._ordered, self._places, self._ids = ordered, places, ids
        self._sortable = _sortable(ordered)
        self.sequence = sequence

    @classmethod
    def build(cls, codes: Codes, ids: Ids | None = None, *, threads: int = 1) -> Self:
        """Ids must ascend. Raises InputError and Conflict."""
        check_hashes(codes, "codes")
        if ids is not None and not (len(ids) == len(codes) and (ids[:-1] < ids[1:]).all()):
            raise Conflict("Ids must ascend, one for each code.", where="ids", advice="Sort them.")
        order = np.lexsort(_words(codes)[::-1]) if len(codes) else np.empty(0, np.int64)
        is_range = ids is None or len(ids) == 0 or (ids[0] == 0 and ids[-1] == len(ids) - 1)
        kept = None if ids is None or is_range else np.array(ids)
        return cls(np.take(codes, order, axis=0), order.astype(np.uint32), kept)

    @classmethod
    def open(cls, path: str | PathLike[str], *, verify: bool = True) -> Self:
        """Raises NotFound, IntegrityError and OutsideFailure."""
        contents = arrays.read(Path(path), _MAGIC, verify=verify)
        parts, sequence = contents.arrays, contents.facts.get("sequence")
        if not (_are_columns(parts) and isinstance(sequence, int)):
            raise arrays.damaged(Path(path))
        return cls(parts["codes"], parts["places"], parts.get("ids"), sequence)

    def save(self, path: str | PathLike[str], *, sequence: int = 0) -> None:
        """Replaces the file atomically and durably. Raises OutsideFailure."""
        parts: dict[str, NDArray[Any]] = {"codes": self._ordered, "places": self._places}
        if self._ids is not None:
            parts |= {"ids": self._ids}
        arrays.write(Path(path), _MAGIC, parts, {"sequence": sequence})

    def __len__(self) -> int:
        return len(self._ordered)

    @property
    def width(self) -> int:
        """Bytes of a code."""
        return int(self._ordered.shape[1])

    @property
    def nbytes(self) -> int:
        return self._ordered.nbytes + self._places.nbytes + (0 if self._ids is None else self._ids.nbytes)

    @property
    def codes(self) -> Codes:
        """By position: made anew at each call. Raises IntegrityError for an unverified file that contradicts itself."""
        self._check(self._places)
        codes = np.zeros_like(self._ordered)
        codes[self._places] = self._ordered
        return codes

    @property
    def ids(self) -> Ids:
        return np.arange(len(self), dtype=np.int64) if self._ids is None else self._ids

    @property
    def has_ids(self) -> bool:
        """False where ids are positions."""
        return self._ids is not None

    def positions(self, ids: Ids, /) -> Ids:
        """The position of each id, -1 where it is absent."""
        if self._ids is None:
            return np.where((ids >= 0) & (ids < len(self)), ids, -1)
        return found_in(self._ids, ids)

    def search(self, queries: Codes, radius: int = 0, *, threads: int = 1, gone: Gone | None = None) -> Hits:
        """Entries equal to each query, uint8[M, width]: offsets, positions (ascending), distances (0).

        Raises IntegrityError where an unverified file contradicts itself.
        """
        wanted = _sortable(np.ascontiguousarray(queries))
        first = np.searchsorted(self._sortable, wanted, "left")
        counts = np.maximum(np.searchsorted(self._sortable, wanted, "right") - first, 0)  # 0 of codes out of order
        rows = np.repeat(np.arange(len(queries)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        positions = self._places[first[rows] + within].astype(np.int64)
        self._check(positions)
        if gone is not None and len(positions):
            stands = ~is_gone(gone, positions)
            rows, positions = rows[stands], positions[stands]
            counts = np.bincount(rows, minlength=len(queries))
        offsets = np.zeros(len(queries) + 1, np.int64)
        np.cumsum(counts, out=offsets[1:])
        return offsets, positions, np.zeros(len(positions), np.uint8)

    join = search

    def _check(self, positions: NDArray[np.uint32] | Ids) -> None:
        if len(positions) and int(positions.max()) >= len(self):
            raise IntegrityError(
                "The index contradicts itself.", advice="Verify its file, or build it again from its lists."
            )


class ExactIndex(Store[ExactSegment]):
    """File hashes of one kind, uint8[N, 16 | 20 | 32]; the width comes from the codes or the file."""

    _segments = ExactSegment

    def search(self, queries: Codes, radius: int = 0, threads: int = 1) -> Hits:
        """Every entry equal to each query, uint8[M, width].

        Returns offsets int64[M+1], ids int64[K] and distances uint8[K] (all 0): the hits of query i are
        ids[offsets[i]:offsets[i+1]], ascending. A radius other than 0 has no meaning here. Raises InputError.
        """
        check_hashes(queries, "queries")
        if queries.shape[1] != self._width:
            raise InputError(f"The codes of this index have {self._width} bytes.", where="queries")
        if radius != 0 or threads < 1:
            raise InputError("File hashes are equal or not: the radius is 0.", where="radius")
        return self._hits(queries, lambda level: level.part.search(queries, gone=level.gone))

    join = search

    @classmethod
    def _check(cls, codes: object, where: str) -> None:
        check_hashes(codes, where)


def check_hashes(codes: object, where: str) -> None:
    """Raises InputError."""
    is_array = isinstance(codes, np.ndarray) and codes.dtype == np.uint8 and codes.ndim == 2
    if not (isinstance(codes, np.ndarray) and is_array and codes.shape[1] in WIDTHS):
        raise InputError(f"File hashes must be a uint8 array of shape [N, one of {WIDTHS}].", where=where)


def _are_columns(parts: Mapping[str, NDArray[Any]]) -> bool:
    """Whether arrays from a file are those of a segment."""
    codes = parts.get("codes")
    if codes is None or codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] not in WIDTHS:
        return False
    kinds = {name: (array.dtype.str, array.shape) for name, array in parts.items() if name != "codes"}
    expected = {"places": ("<u4", codes.shape[:1]), "ids": ("<i8", codes.shape[:1])}
    return "places" in kinds and kinds.items() <= expected.items()


def found_in(ascending: Ids, wanted: Ids) -> Ids:
    """The place of each wanted number, -1 where it is absent."""
    places = np.searchsorted(ascending, wanted)
    there = places < len(ascending)
    there[there] = ascending[places[there]] == wanted[there]
    return np.where(there, places, -1)


def _sortable(codes: Codes) -> NDArray[np.bytes_]:
    """One value a code. All have one width, so that trailing zero bytes, which numpy drops, make no two equal."""
    return codes.view(f"S{codes.shape[1]}").reshape(-1)


def _words(codes: Codes) -> list[NDArray[np.unsignedinteger]]:
    """The code's columns, eight bytes each (MD5, SHA-256) or four (SHA-1), most significant first."""
    kind = np.dtype(">u4" if codes.shape[1] % 8 else ">u8")
    return list(np.ascontiguousarray(np.ascontiguousarray(codes).view(kind).T).astype(kind.newbyteorder("=")))
