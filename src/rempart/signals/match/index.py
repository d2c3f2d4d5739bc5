"""Exact search by comparing every query with every entry: recall is 1 by construction, time is linear.

Readers see one immutable table; a change builds the next one and swaps it in, so searching needs no lock.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.signals.match import store
from rempart.signals.match.store import CODE_BYTES, Codes, Ids

MAX_RADIUS = 63
DEFAULT_RADIUS = 31  # the threshold the PDQ reference recommends
_WORDS = CODE_BYTES // 8
# One block of the distance table: working memory stays near 20 MiB a thread.
_QUERY_BLOCK = 16
_ENTRY_BLOCK = 1 << 16

_Number = TypeVar("_Number", np.int64, np.uint8)
Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class _Table:
    """Entries in ascending order of id; `words` is uint64[4, N]."""

    words: NDArray[np.uint64]
    ids: Ids

    @classmethod
    def of(cls, codes: Codes, ids: Ids) -> "_Table":
        order = np.argsort(ids, kind="stable")
        words = np.ascontiguousarray(codes[order]).view(np.uint64)
        return cls(np.ascontiguousarray(words.T), ids[order])

    @property
    def codes(self) -> Codes:
        return np.ascontiguousarray(self.words.T).view(np.uint8)


class Index:
    """PDQ fingerprints under unique int64 ids; equal fingerprints may have several ids.

    Make one with `build` or `open`. Threads may search while another adds or removes.
    """

    def __init__(self, table: _Table) -> None:
        self._table = table
        self._changing = threading.Lock()

    @classmethod
    def build(cls, codes: Codes, ids: Ids | None = None) -> Self:
        """Of codes uint8[N,32] and unique ids int64[N] (0..N-1 unless given). Raises InputError and Conflict."""
        _check_codes(codes, "codes")
        numbers = np.arange(len(codes), dtype=np.int64) if ids is None else ids
        _check_ids(numbers, len(codes))
        return cls(_Table.of(codes, numbers))

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Self:
        """What `save` wrote. Raises NotFound, IntegrityError and OutsideFailure."""
        return cls(_Table.of(*store.read(Path(path))))

    def save(self, path: str | PathLike[str]) -> None:
        """Replaces the file atomically and durably. Raises OutsideFailure."""
        table = self._table
        store.write(Path(path), table.codes, table.ids)

    def __len__(self) -> int:
        return len(self._table.ids)

    def add(self, codes: Codes, ids: Ids) -> None:
        """All of them or none. Raises InputError, and Conflict if an id is given twice or present."""
        _check_codes(codes, "codes")
        _check_ids(ids, len(codes))
        with self._changing:
            table = self._table
            if np.isin(ids, table.ids).any():
                raise Conflict("An id is in the index already.", where="ids", advice="Remove it first.")
            self._table = _Table.of(np.concatenate([table.codes, codes]), np.concatenate([table.ids, ids]))

    def remove(self, ids: Ids) -> None:
        """All of them or none. Raises InputError, and NotFound if an id is not present."""
        _check_ids(ids, len(ids))
        with self._changing:
            table = self._table
            gone = np.isin(table.ids, ids, assume_unique=True)
            if int(gone.sum()) != len(ids):
                raise NotFound("An id is not in the index.", where="ids", advice="Remove only what was added.")
            kept = ~gone
            self._table = _Table(np.ascontiguousarray(table.words[:, kept]), table.ids[kept])

    def search(self, queries: Codes, radius: int = DEFAULT_RADIUS, threads: int = 1) -> Hits:
        """Every entry within Hamming distance `radius` (0..63) of each query, uint8[M,32].

        Returns offsets int64[M+1], ids int64[K] and distances uint8[K]: the hits of query i are
        ids[offsets[i]:offsets[i+1]], by distance, then id. Raises InputError.
        """
        _check_codes(queries, "queries")
        if not 0 <= radius <= MAX_RADIUS:
            raise InputError(f"The radius must be 0 to {MAX_RADIUS}.", where="radius")
        if threads < 1:
            raise InputError("At least one thread is needed.", where="threads")
        table = self._table
        words = np.ascontiguousarray(queries).view(np.uint64)
        starts = range(0, len(words), _QUERY_BLOCK)
        search = partial(_near, table, words, radius)
        if threads == 1:
            return _in_order(table, len(words), [search(start) for start in starts])
        with ThreadPoolExecutor(threads) as pool:
            return _in_order(table, len(words), list(pool.map(search, starts)))


def _near(table: _Table, queries: NDArray[np.uint64], radius: int, start: int) -> Hits:
    """Hits of one block of queries: query numbers, entry positions, distances."""
    block = queries[start : start + _QUERY_BLOCK]
    rows, positions, distances = [], [], []
    for first in range(0, len(table.ids), _ENTRY_BLOCK):
        distance = _distances(block, table.words[:, first : first + _ENTRY_BLOCK])
        row, column = np.nonzero(distance <= radius)
        rows.append(row + start)
        positions.append(column + first)
        distances.append(distance[row, column].astype(np.uint8))
    return _joined(rows, np.int64), _joined(positions, np.int64), _joined(distances, np.uint8)


def _distances(queries: NDArray[np.uint64], words: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Hamming distances [queries, entries]; 256 is possible, so eight bits would not hold them."""
    total = np.zeros((len(queries), words.shape[1]), dtype=np.uint16)
    for number in range(_WORDS):
        total += np.bitwise_count(queries[:, number, None] ^ words[number])
    return total


def _in_order(table: _Table, queries: int, found: list[Hits]) -> Hits:
    rows = _joined([hits[0] for hits in found], np.int64)
    positions = _joined([hits[1] for hits in found], np.int64)
    distances = _joined([hits[2] for hits in found], np.uint8)
    order = np.lexsort((positions, distances, rows))  # positions ascend with ids
    offsets = np.zeros(queries + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=queries), out=offsets[1:])
    return offsets, table.ids[positions[order]], distances[order]


def _joined(arrays: list[NDArray[_Number]], kind: type[_Number]) -> NDArray[_Number]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)


def _check_codes(codes: object, where: str) -> None:
    if not isinstance(codes, np.ndarray) or codes.dtype != np.uint8 or codes.shape[1:] != (CODE_BYTES,):
        raise InputError(f"Fingerprints must be a uint8 array of shape [N, {CODE_BYTES}].", where=where)


def _check_ids(ids: object, count: int) -> None:
    if not isinstance(ids, np.ndarray) or ids.dtype != np.int64 or ids.shape != (count,):
        raise InputError("Ids must be an int64 array, one for each fingerprint.", where="ids")
    if len(np.unique(ids)) != count:
        raise Conflict("An id is given twice.", where="ids", advice="Give each fingerprint its own id.")
