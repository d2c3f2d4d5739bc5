"""Changes beside an immutable base: the snapshot readers see, tombstones, and which levels are merged when.

Largest first: the base, the middle levels, and last a small one that takes additions. Parts are immutable, so is a
snapshot; a change makes the next snapshot and swaps it in. A reader that keeps one sees all of it to its end, and
takes no lock. A removal sets bits in a copy of a level's bitmap.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import Conflict, NotFound, RempartError

# With fewer entries brute force beats tables, so additions gather there; a test makes it smaller.
SMALL = 4096
# A level is merged into the one before it when it has at least this fraction of its entries (1/RATIO).
RATIO = 16
# Additions that come faster than the merging thread wait for a merge of their own beyond so many levels.
MAX_LEVELS = 24

Positions = NDArray[np.int64]
Gone = NDArray[np.uint8]
Keys_contra = TypeVar("Keys_contra", contravariant=True)
Keys = TypeVar("Keys")


class Part(Protocol[Keys_contra]):
    """Entries that never change, under unique keys."""

    def __len__(self) -> int: ...

    def positions(self, keys: Keys_contra, /) -> Positions:
        """The position of each key, -1 where it is absent."""


P = TypeVar("P", bound=Part)  # type: ignore[type-arg]


@dataclass(frozen=True, slots=True, eq=False)
class Level(Generic[P]):
    """A part and which of its positions are gone: a bitmap in numpy's little order, None while none is."""

    part: P
    gone: Gone | None = None
    removed: int = 0

    def __len__(self) -> int:
        return len(self.part) - self.removed

    def find(self, keys: object) -> Positions:
        """The position of each key, -1 where it is absent or gone."""
        found: Positions = self.part.positions(keys)
        if self.gone is not None:
            found = np.where((found >= 0) & ~is_gone(self.gone, found), found, -1)
        return found

    def without(self, positions: Positions) -> "Level[P]":
        """Of positions that were not gone before, each once."""
        if not len(positions):
            return self
        gone = np.zeros((len(self.part) + 7) // 8, np.uint8) if self.gone is None else self.gone.copy()
        np.bitwise_or.at(gone, positions >> 3, np.left_shift(1, positions & 7).astype(np.uint8))
        return Level(self.part, gone, self.removed + len(positions))

    def kept(self) -> NDArray[np.bool_] | None:
        """True where an entry stands; None when all do."""
        if self.gone is None:
            return None
        return ~np.unpackbits(self.gone, count=len(self.part), bitorder="little").view(np.bool_)


Snapshot = tuple[Level[P], ...]


def is_gone(gone: Gone, positions: Positions) -> NDArray[np.bool_]:
    """Whether the bit of each position is set."""
    bits: NDArray[np.uint8] = gone[positions >> 3] >> (positions & 7).astype(np.uint8)
    return (bits & 1).view(np.bool_)


def run_to_merge(levels: Sequence[Level[P]]) -> slice | None:
    """The levels that should become one, None when each is far smaller than the one before it and few are gone."""
    stop = len(levels)
    if stop > 1 and len(levels[-1].part) < SMALL:
        stop -= 1  # it still takes additions
    start = stop
    size = 0
    while start > 0 and (start == stop or size * RATIO >= len(levels[start - 1])):
        start -= 1
        size += len(levels[start])
    hollow = (at for at in range(stop) if levels[at].removed * 2 > len(levels[at].part))
    start = min(start, next(hollow, start))
    worth = stop - start > 1 or (stop - start == 1 and levels[start].removed * 2 > len(levels[start].part))
    return slice(start, stop) if worth else None


class Background:
    """Runs a job in a thread that lives no longer than there is something to do; one at a time.

    The thread is not a daemon: a process that ends waits for the step in hand, which `job` keeps whole.
    """

    def __init__(self, job: Callable[[], bool], name: str) -> None:
        """`job` does one step and tells whether there may be another."""
        self._job, self._name = job, name
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again = self._is_closed = False

    def wake(self) -> None:
        with self._lock:
            self._again = True
            if self._thread is None and not self._is_closed:
                thread = threading.Thread(target=self._run, name=self._name)
                try:
                    thread.start()
                except RuntimeError as error:  # too many threads, or the process ends; the next change wakes again
                    logging.getLogger(__name__).warning("%s could not start: %s", self._name, error)
                else:
                    self._thread = thread

    def close(self) -> None:
        """Waits for the step in hand; there will be no other."""
        with self._lock:
            self._is_closed = True
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while self._is_wanted():
            try:
                is_more = self._job()
                with self._lock:
                    self._again |= is_more
            except (RempartError, MemoryError) as error:
                # Nothing was lost: the step is tried again when the next change wakes the thread.
                logging.getLogger(__name__).warning("%s failed: %s", self._name, error)

    def _is_wanted(self) -> bool:
        with self._lock:
            wanted = self._again and not self._is_closed and threading.main_thread().is_alive()
            self._again = False
            if not wanted:
                self._thread = None
            return wanted


class Levels(Generic[P, Keys]):
    """The present snapshot, its one writer at a time, and the thread that merges."""

    def __init__(self, parts: Iterable[P], merged: Callable[[Snapshot[P]], P]) -> None:
        """`merged` makes one part of what stands in several levels; it may take long and is called without the lock."""
        self.snapshot: Snapshot[P] = tuple(Level(part) for part in parts if len(part))
        self.writing = threading.RLock()
        self._merged = merged
        self._frozen = 0  # so many levels, from the first, the thread may be reading: only their bitmaps may change
        self._removed: list[Keys] = []  # since the thread read them
        self._merging = Background(self._merge, "rempart-merge")

    def __len__(self) -> int:
        return sum(map(len, self.snapshot))

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Whether each key is present."""
        found = [level.find(keys) >= 0 for level in self.snapshot]
        return np.any(found, axis=0) if found else np.zeros(len(keys), np.bool_)  # type: ignore[arg-type]

    def change(self, part: P, keys: Keys, removed: Keys, commit: Callable[[], None] | None = None) -> None:
        """Takes away what is `removed`, then adds `part`, whose keys are `keys`: both or nothing, seen at once.

        `commit` is called when nothing can be refused any more, before anyone sees the change; if it raises, nothing
        has changed. Raises NotFound and Conflict.
        """
        with self.writing:
            levels = self._without(removed)
            if any((level.find(keys) >= 0).any() for level in levels):
                raise Conflict("An id is in the index already.", where="ids", advice="Remove it first.")
            levels = self._with(levels, part)
            if commit:
                commit()
            if self._frozen:
                self._removed.append(removed)
            self.snapshot = tuple(levels)
            if run_to_merge(levels):
                self._merging.wake()

    def close(self) -> None:
        """Waits for a merge in hand."""
        self._merging.close()

    def _without(self, removed: Keys) -> list[Level[P]]:
        found = [level.find(removed) for level in self.snapshot]
        count = sum(int((positions >= 0).sum()) for positions in found)
        if count != len(removed):  # type: ignore[arg-type]
            raise NotFound("An id is not in the index.", where="ids", advice="Remove only what was added.")
        return [level.without(positions[positions >= 0]) for level, positions in zip(self.snapshot, found, strict=True)]

    def _with(self, levels: list[Level[P]], part: P) -> list[Level[P]]:
        if not len(part):
            return levels
        levels.append(Level(part))
        free = levels[self._frozen :]
        if len(free) > 1 and len(free[-2]) + len(part) < SMALL:
            return [*levels[:-2], Level(self._merged(tuple(free[-2:])))]
        if self._frozen and len(free) > MAX_LEVELS:
            return [*levels[: self._frozen], Level(self._merged(tuple(free)))]
        return levels

    def _merge(self) -> bool:
        with self.writing:
            run = run_to_merge(self.snapshot)
            if run is None:
                return False
            chosen = self.snapshot[run]
            self._frozen = run.stop
            self._removed = []
        try:
            made = Level(self._merged(chosen))
        except BaseException:
            self._frozen = 0
            raise
        with self.writing:
            for removed in self._removed:
                # Of the keys removed meanwhile, those in `made` stood in `chosen`: what came later is not in it.
                positions = made.find(removed)
                made = made.without(positions[positions >= 0])
            after = self.snapshot[run.stop :]
            self.snapshot = (*self.snapshot[: run.start], *((made,) if len(made) else ()), *after)
            self._frozen = 0
        return True
