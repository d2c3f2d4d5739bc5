"""Our index and its peers behind one face; a peer that is not installed is left out with a line how to get it."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from corpus import Codes

from rempart.signals.match import Index

RADIUS = 31
Found = list[frozenset[int]]


class Peer(ABC):
    """`call` answers one query in a call, `batch` many; both give positions in the list."""

    name = ""
    package = ""
    is_exact = True
    most_entries = sys.maxsize
    keeps_files = False

    @abstractmethod
    def build(self, codes: Codes) -> None: ...

    @abstractmethod
    def call(self, query: Codes) -> object: ...

    def batch(self, queries: Codes) -> object:
        return [self.call(queries[number : number + 1]) for number in range(len(queries))]

    @abstractmethod
    def found(self, queries: Codes) -> Found: ...

    def add(self, codes: Codes) -> None:
        raise NotImplementedError

    def save(self, path: Path) -> None:
        raise NotImplementedError

    def open(self, path: Path) -> None:
        raise NotImplementedError


class Rempart(Peer):
    name = "rempart"
    keeps_files = True

    def build(self, codes: Codes) -> None:
        self.index = Index.build(codes)
        self.size = len(codes)

    def call(self, query: Codes) -> object:
        return self.index.search(query, RADIUS)

    def batch(self, queries: Codes) -> object:
        return self.index.search(queries, RADIUS)

    def join(self, queries: Codes) -> object:
        return self.index.join(queries, RADIUS)

    def found(self, queries: Codes, radius: int = RADIUS) -> Found:
        offsets, ids, _ = self.index.search(queries, radius)
        return _split(offsets, ids)

    def add(self, codes: Codes) -> None:
        self.index.add(codes, np.arange(self.size, self.size + len(codes), dtype=np.int64))
        self.size += len(codes)

    def settle(self) -> None:
        """Waits for a merge in hand."""
        thread = self.index._levels._merging._thread
        if thread is not None:
            thread.join()

    def save(self, path: Path) -> None:
        self.index.save(path)

    def open(self, path: Path) -> None:
        self.index = Index.open(path, verify=False)
        self.size = len(self.index)


class _Faiss(Peer):
    package = "faiss-cpu"
    keeps_files = True

    def call(self, query: Codes) -> object:
        return self.index.range_search(query, RADIUS + 1)  # faiss takes distances under the radius

    def batch(self, queries: Codes) -> object:
        return self.index.range_search(queries, RADIUS + 1)

    def found(self, queries: Codes) -> Found:
        offsets, _, ids = self.index.range_search(queries, RADIUS + 1)
        return _split(offsets, ids)

    def add(self, codes: Codes) -> None:
        self.index.add(codes)

    def save(self, path: Path) -> None:
        import faiss

        faiss.write_index_binary(self.index, str(path))

    def open(self, path: Path) -> None:
        import faiss

        self.index = faiss.read_index_binary(str(path))
        self._prepare()

    def _prepare(self) -> None:
        import faiss

        faiss.omp_set_num_threads(1)


class FaissFlat(_Faiss):
    name = "faiss IndexBinaryFlat"

    def build(self, codes: Codes) -> None:
        import faiss

        self._prepare()
        self.index = faiss.IndexBinaryFlat(256)
        self.index.add(codes)


class FaissMultiHash(_Faiss):
    """As HMA uses it: 16 tables of 16 bits, one bit turned over."""

    name = "faiss IndexBinaryMultiHash"
    most_entries = 10_000_000

    def build(self, codes: Codes) -> None:
        import faiss

        self.index = faiss.IndexBinaryMultiHash(256, 16, 16)
        self._prepare()
        self.index.add(codes)

    def _prepare(self) -> None:
        super()._prepare()
        self.index.nflip = 1


class ThreatExchange(Peer):
    name = "threatexchange PDQIndex"
    package = "threatexchange"
    most_entries = 1_000_000

    def build(self, codes: Codes) -> None:
        from threatexchange.signal_type.pdq.pdq_index import PDQIndex

        self.index = PDQIndex.build((code.tobytes().hex(), number) for number, code in enumerate(codes))
        self.size = len(codes)

    def call(self, query: Codes) -> object:
        return self.index.query(query.tobytes().hex())

    def found(self, queries: Codes) -> Found:
        return [frozenset(match.metadata for match in self.index.query(code.tobytes().hex())) for code in queries]

    def add(self, codes: Codes) -> None:
        self.index.add_all((code.tobytes().hex(), self.size + number) for number, code in enumerate(codes))
        self.size += len(codes)


class Usearch(Peer):
    """Approximate: the 16 nearest by its graph, those within the radius kept."""

    name = "usearch (approximate)"
    package = "usearch"
    is_exact = False
    most_entries = 1_000_000
    _nearest = 16

    def build(self, codes: Codes) -> None:
        from usearch.index import Index as Graph

        self.index = Graph(ndim=256, metric="hamming", dtype="b1")
        self.index.add(np.arange(len(codes)), codes, threads=2)

    def call(self, query: Codes) -> object:
        return self.index.search(query[0], self._nearest, threads=1)

    def batch(self, queries: Codes) -> object:
        return self.index.search(queries, self._nearest, threads=1)

    def found(self, queries: Codes) -> Found:
        return [
            frozenset(int(match.key) for match in self.index.search(code, self._nearest) if match.distance <= RADIUS)
            for code in queries
        ]


class BruteForce(Peer):
    """numpy, 64 bits at a time; the truth that the others are held against."""

    name = "numpy brute force"
    most_entries = 10_000_000
    _block = 1 << 16

    def build(self, codes: Codes) -> None:
        self.words = np.ascontiguousarray(codes.view(np.uint64).T)

    def call(self, query: Codes) -> object:
        return np.flatnonzero(self.distances(query) <= RADIUS)

    def found(self, queries: Codes) -> Found:
        rows = range(len(queries))
        return [frozenset(np.flatnonzero(self.distances(queries[row : row + 1]) <= RADIUS).tolist()) for row in rows]

    def distances(self, query: Codes) -> np.ndarray:
        """uint16[N]."""
        words = query.view(np.uint64)[0]
        total = np.empty(self.words.shape[1], dtype=np.uint16)
        for start in range(0, len(total), self._block):
            part = slice(start, start + self._block)
            total[part] = np.bitwise_count(self.words[:, part] ^ words[:, None]).sum(axis=0, dtype=np.uint16)
        return total


def _split(offsets: np.ndarray, ids: np.ndarray) -> Found:
    bounds = offsets.astype(np.int64).tolist()
    listed = ids.tolist()
    return [frozenset(listed[low:high]) for low, high in pairwise(bounds)]


PEERS: tuple[Callable[[], Peer], ...] = (Rempart, FaissFlat, FaissMultiHash, ThreatExchange, Usearch, BruteForce)


def missing(peer: Peer) -> str:
    """How to get what this peer needs; empty if it is there."""
    modules = {"faiss-cpu": "faiss", "threatexchange": "threatexchange", "usearch": "usearch"}
    try:
        __import__(modules.get(peer.package, "numpy"))
    except ImportError:
        return f"{peer.name} is left out: pip install {peer.package}"
    return ""
