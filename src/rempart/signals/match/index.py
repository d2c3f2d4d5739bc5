"""Exact search in a set of codes that changes while it is searched."""

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import Conflict, InputError, IntegrityError
from rempart.signals.match.durable import DurableFile, journal_of
from rempart.signals.match.journal import Record
from rempart.signals.match.levels import Gone, Level, Levels, Snapshot
from rempart.signals.match.segment import Segment, check_codes, check_search

DEFAULT_RADIUS = 31  # the threshold the PDQ reference recommends
_COUNTS = struct.Struct("<QQ")

Codes = NDArray[np.uint8]
Ids = NDArray[np.int64]
Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]
_NO_IDS = np.empty(0, np.int64)


class SegmentLike(Protocol):
    """What an index is made of: `Segment`, or `ExactSegment` for file hashes."""

    sequence: int

    def __len__(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def ids(self) -> Ids: ...
    @classmethod
    def build(cls, codes: Codes, ids: Ids | None = None, *, threads: int = 1) -> Self: ...
    @classmethod
    def open(cls, path: str | PathLike[str], *, verify: bool = True) -> Self: ...
    def save(self, path: str | PathLike[str], *, sequence: int = 0) -> None: ...
    @property
    def has_ids(self) -> bool: ...
    def positions(self, ids: Ids, /) -> Ids: ...
    def search(self, queries: Codes, radius: int, *, threads: int = 1, gone: Gone | None = None) -> Hits: ...
    def join(self, queries: Codes, radius: int, *, threads: int = 1, gone: Gone | None = None) -> Hits: ...


S = TypeVar("S", bound=SegmentLike)


class Store(ABC, Generic[S]):
    """Codes of one width under unique int64 ids; equal codes may have several ids.

    Make one with `build` or `open`. Threads may search while others add or remove: a search sees each change whole or
    not at all. Only an index with a journal needs to be closed.
    """

    _segments: type[S]

    def __init__(self, segment: S) -> None:
        self._width = segment.width
        self._levels: Levels[S, Ids] = Levels([segment], self._merged)
        self._sequence = segment.sequence
        self._file: DurableFile | None = None

    @classmethod
    def build(cls, codes: Codes, ids: Ids | None = None) -> Self:
        """Of codes uint8[N, width] and unique ids int64[N] (0..N-1 unless given). Raises InputError and Conflict."""
        cls._check(codes, "codes")
        return cls(cls._segment(codes, ids))

    @classmethod
    def open(cls, path: str | PathLike[str], *, verify: bool = True, journal: bool = False) -> Self:
        """What `save` wrote, mapped. `verify=False` skips the checksum of a file that was verified before.

        With `journal`, the file belongs to this index until `close`: each change is on the disk, in `<path>.journal`,
        before its call returns, and is folded into the file at times.
        Raises NotFound, IntegrityError, OutsideFailure, and Conflict if another has the journal open.
        """
        if not journal:
            return cls(cls._segments.open(path, verify=verify))
        file = DurableFile(Path(path))
        try:
            index = cls(cls._segments.open(path, verify=verify))
            index._replay(file.begin(index._sequence, index._write, index._levels.writing))
        except BaseException:
            file.close()
            raise
        index._file = file
        return index

    def save(self, path: str | PathLike[str]) -> None:
        """One file of all that stands now; replaces it atomically and durably, and holds up nobody meanwhile.

        Raises OutsideFailure, and Conflict where the file has a journal that is not this index's.
        """
        place = Path(path)
        if self._file is not None and place.absolute() == self._file.path.absolute():
            self._file.fold()
        elif journal_of(place).exists():
            raise Conflict(
                "A journal of changes belongs to this file.",
                where=str(journal_of(place)),
                advice="Open the index with its journal and save that, or delete both.",
            )
        else:
            self._write(place)

    def close(self) -> None:
        """Waits for a merge in hand, and gives up the journal."""
        self._levels.close()
        if self._file is not None:
            self._file.close()

    @property
    def sequence(self) -> int:
        """The number of the last change; a file tells the last one in it."""
        return self._sequence

    def __len__(self) -> int:
        return len(self._levels)

    def add(self, codes: Codes, ids: Ids) -> None:
        """All of them or none. Raises InputError, and Conflict if an id is given twice or present."""
        self._check(codes, "codes")
        if codes.shape[1] != self._width:
            raise InputError(f"The codes of this index have {self._width} bytes.", where="codes")
        _check_ids(ids, len(codes))
        self._change(codes, ids, _NO_IDS)

    def remove(self, ids: Ids) -> None:
        """All of them or none. Raises InputError, and NotFound if an id is not present."""
        _check_ids(ids, None)
        self._change(np.empty((0, self._width), np.uint8), _NO_IDS, ids)

    @classmethod
    @abstractmethod
    def _check(cls, codes: object, where: str) -> None:
        """Raises InputError unless these are codes."""

    def _change(self, codes: Codes, ids: Ids, removed: Ids) -> None:
        def commit() -> None:
            if self._file is not None:
                self._file.append(_packed(codes, ids, removed))
            self._sequence += 1

        self._levels.change(self._segment(codes, ids), ids, removed, commit)

    def _hits(self, queries: Codes, find: Callable[[Level[S]], Hits]) -> Hits:
        """Hits of all levels, with ids for positions."""
        all_found = [(level.part, find(level)) for level in self._levels.snapshot]
        found = [(offsets, _ids_at(part, at), distances) for part, (offsets, at, distances) in all_found if len(at)]
        if not found:
            return np.zeros(len(queries) + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8)
        return found[0] if len(found) == 1 else _together(len(queries), found)

    @classmethod
    def _segment(cls, codes: Codes, ids: Ids | None) -> S:
        """A segment of entries in any order. Raises InputError and Conflict."""
        if ids is None:
            return cls._segments.build(codes)
        _check_ids(ids, len(codes))
        if not (ids[:-1] < ids[1:]).all():
            order = np.argsort(ids, kind="stable")
            codes, ids = np.take(codes, order, axis=0), ids[order]
        return cls._segments.build(codes, ids)

    @classmethod
    def _merged(cls, levels: Snapshot[S]) -> S:
        if len(levels) == 1 and not levels[0].removed:
            return levels[0].part
        codes, ids = [], []
        for level in levels:
            kept = level.kept()
            codes.append(level.part.codes if kept is None else level.part.codes[kept])
            ids.append(_ids_at(level.part, np.arange(len(level.part)) if kept is None else np.flatnonzero(kept)))
        return cls._segment(np.concatenate(codes), np.concatenate(ids))

    def _write(self, path: Path) -> int:
        """Tells the number of the last change in the file."""
        with self._levels.writing:
            snapshot, sequence = self._levels.snapshot, self._sequence
        whole = self._merged(snapshot) if snapshot else self._segments.build(np.empty((0, self._width), np.uint8))
        whole.save(path, sequence=sequence)
        return sequence

    def _replay(self, records: list[Record]) -> None:
        """The net effect of records as one change."""
        last: dict[int, bytes | None] = {}
        for _, payload in records:
            codes, ids, removed = self._unpacked(payload)
            last.update(dict.fromkeys(removed.tolist()))
            last.update(zip(ids.tolist(), map(bytes, codes), strict=True))
        if not records:
            return
        touched = np.array(list(last), np.int64)
        added = {name: code for name, code in last.items() if code is not None}
        codes = np.frombuffer(b"".join(added.values()), np.uint8).reshape(-1, self._width)
        self._change(codes, np.array(list(added), np.int64), touched[self._levels.holds(touched)])
        self._sequence = records[-1][0]

    def _unpacked(self, payload: bytes) -> tuple[Codes, Ids, Ids]:
        """Added codes and ids, removed ids; what `_packed` made. Raises IntegrityError."""
        head, rest = payload[: _COUNTS.size], payload[_COUNTS.size :]
        removed, added = _COUNTS.unpack(head) if len(head) == _COUNTS.size else (-1, -1)
        if len(rest) != (removed + added) * 8 + added * self._width:
            raise IntegrityError(
                "The journal's changes are not those of this index.",
                advice="Take both files from one backup, or delete the journal to do without its changes.",
            )
        numbers = np.frombuffer(rest, "<i8", removed + added)
        codes = np.frombuffer(rest, np.uint8, added * self._width, numbers.nbytes)
        return codes.reshape(-1, self._width), numbers[removed:], numbers[:removed]


class Index(Store[Segment]):
    """PDQ fingerprints, uint8[N,32], searched within a Hamming distance; recall is 1."""

    _segments = Segment

    def search(self, queries: Codes, radius: int = DEFAULT_RADIUS, threads: int = 1) -> Hits:
        """Every entry within Hamming distance `radius` (0..63) of each query, uint8[M,32].

        Returns offsets int64[M+1], ids int64[K] and distances uint8[K]: the hits of query i are
        ids[offsets[i]:offsets[i+1]], by distance, then id. Raises InputError.
        """
        check_search(queries, radius, threads)
        return self._hits(queries, lambda level: level.part.search(queries, radius, threads=threads, gone=level.gone))

    def join(self, queries: Codes, radius: int = DEFAULT_RADIUS, threads: int = 1) -> Hits:
        """What `search` returns, always bucket by bucket, as `search` does for thousands in a large index."""
        check_search(queries, radius, threads)
        return self._hits(queries, lambda level: level.part.join(queries, radius, threads=threads, gone=level.gone))

    @classmethod
    def _check(cls, codes: object, where: str) -> None:
        check_codes(codes, where)


def _ids_at(segment: SegmentLike, positions: Ids) -> Ids:
    return segment.ids[positions] if segment.has_ids else positions


def _packed(codes: Codes, ids: Ids, removed: Ids) -> bytes:
    """A change as a journal's payload: two counts, removed ids, added ids, added codes."""
    counts = _COUNTS.pack(len(removed), len(ids))
    return b"".join((counts, removed.astype("<i8").tobytes(), ids.astype("<i8").tobytes(), codes.tobytes()))


def _together(queries: int, found: list[Hits]) -> Hits:
    """One answer of several levels', by distance, then id."""
    rows = np.concatenate([np.repeat(np.arange(queries), np.diff(offsets)) for offsets, _, _ in found])
    ids = np.concatenate([ids for _, ids, _ in found])
    distances = np.concatenate([distances for _, _, distances in found])
    order = np.lexsort((ids, distances, rows))
    return np.sum([offsets for offsets, _, _ in found], axis=0), ids[order], distances[order]


def _check_ids(ids: object, count: int | None) -> None:
    """An int64 array of `count` unique numbers (of any length for None). Raises InputError and Conflict."""
    if not isinstance(ids, np.ndarray) or ids.dtype != np.int64 or ids.ndim != 1 or count not in (None, len(ids)):
        raise InputError("Ids must be an int64 array, one for each fingerprint.", where="ids")
    if not (ids[:-1] < ids[1:]).all() and len(np.unique(ids)) != len(ids):
        raise Conflict("An id is given twice.", where="ids", advice="Give each fingerprint its own id.")
