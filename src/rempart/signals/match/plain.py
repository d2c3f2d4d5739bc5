"""Search by comparing every query with every entry, in numpy: what runs where the C++ core is missing.

It is also the reference that the tests hold the core against: recall is 1 by construction, time is linear.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

CODE_BYTES = 32
MAX_RADIUS = 63
# One block of the distance table: working memory stays near 20 MiB a thread.
_QUERY_BLOCK = 16
_ENTRY_BLOCK = 1 << 16

Codes = NDArray[np.uint8]
Ids = NDArray[np.int64]
Gone = NDArray[np.uint8]
Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]
_Number = TypeVar("_Number", np.int64, np.uint8)


def scan(codes: Codes, queries: Codes, radius: int, threads: int = 1, gone: Gone | None = None) -> Hits:
    """Every entry of codes uint8[N,32] within `radius` of each query uint8[M,32], but for those `gone`.

    Returns offsets int64[M+1], positions int64[K] and distances uint8[K]; the hits of query i are
    positions[offsets[i]:offsets[i+1]], by distance, then position.
    """
    entries = np.ascontiguousarray(codes).view(np.uint64)
    words = np.ascontiguousarray(queries).view(np.uint64)
    blocks = range(0, len(words), _QUERY_BLOCK)
    search = partial(_near, entries, words, radius)
    if threads == 1:
        found = [search(start) for start in blocks]
    else:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(search, blocks))
    rows = _joined([hits[0] for hits in found], np.int64)
    positions = _joined([hits[1] for hits in found], np.int64)
    distances = _joined([hits[2] for hits in found], np.uint8)
    if gone is not None:
        there = (gone[positions >> 3] >> (positions & 7).astype(np.uint8)) & 1 == 0
        rows, positions, distances = rows[there], positions[there], distances[there]
    order = np.lexsort((positions, distances, rows))
    offsets = np.zeros(len(words) + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=len(words)), out=offsets[1:])
    return offsets, positions[order], distances[order]


class Engine:
    """The same interface as the core's."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes

    def search(self, queries: Codes, radius: int, threads: int, gone: Gone | None) -> Hits:
        return scan(self._codes, queries, radius, threads, gone)

    join = search


def _near(entries: NDArray[np.uint64], queries: NDArray[np.uint64], radius: int, start: int) -> Hits:
    """Hits of one block of queries: query numbers, entry positions, distances; in no order."""
    found = list(_blocks(entries, queries[start : start + _QUERY_BLOCK], radius))
    return (
        _joined([row for row, _, _ in found], np.int64) + start,
        _joined([position for _, position, _ in found], np.int64),
        _joined([distance for _, _, distance in found], np.uint8),
    )


def _blocks(entries: NDArray[np.uint64], queries: NDArray[np.uint64], radius: int) -> Iterator[Hits]:
    for first in range(0, len(entries), _ENTRY_BLOCK):
        block = np.ascontiguousarray(entries[first : first + _ENTRY_BLOCK].T)
        distance = _distances(queries, block)
        row, column = np.nonzero(distance <= radius)
        yield row, column + first, distance[row, column].astype(np.uint8)


def _distances(queries: NDArray[np.uint64], words: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Hamming distances [queries, entries]; 256 is possible, so eight bits would not hold them."""
    total = np.zeros((len(queries), words.shape[1]), dtype=np.uint16)
    for number, word in enumerate(words):
        total += np.bitwise_count(queries[:, number, None] ^ word)
    return total


def _joined(arrays: list[NDArray[_Number]], kind: type[_Number]) -> NDArray[_Number]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)
