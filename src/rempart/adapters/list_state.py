"""What a reader of a list remembers of it: 12 bytes an entry, enough to tell what a new version adds and removes."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rempart.signals.lists import ListEntry

Ids = NDArray[np.int64]
Marks = NDArray[np.uint32]
_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Block:
    """Some entries with their ids and marks; equal marks mean that nothing about an entry changed."""

    entries: list[ListEntry]
    ids: Ids
    marks: Marks


@dataclass(frozen=True, slots=True)
class Difference:
    """`removed` also names entries that changed: they are in `added` again as they are now."""

    added: list[ListEntry]
    removed: list[int]


class ListState:
    """Ids in ascending order, each with its mark."""

    def __init__(self, ids: Ids | None = None, marks: Marks | None = None) -> None:
        self._ids = np.empty(0, np.int64) if ids is None else ids
        self._marks = np.empty(0, np.uint32) if marks is None else marks

    def __len__(self) -> int:
        return len(self._ids)

    @classmethod
    def of(cls, blocks: Iterable[Block]) -> "ListState":
        kept = list(blocks)
        ids = np.concatenate([np.empty(0, np.int64), *(block.ids for block in kept)])
        marks = np.concatenate([np.empty(0, np.uint32), *(block.marks for block in kept)])
        order = np.argsort(ids)
        return cls(ids[order], marks[order])

    def against(self, entries: Iterable[ListEntry]) -> tuple[Difference, "ListState"]:
        """What a whole new version of the list changes, and its state. Of entries that share an id the first counts."""
        seen = np.zeros(len(self), dtype=np.bool_)
        added: list[ListEntry] = []
        removed: list[int] = []
        kept: list[Block] = []
        for block in blocks(entries):
            at, present = self._find(block.ids)
            seen[at[present]] = True
            same = present & (self._marks_at(at) == block.marks)
            added += [block.entries[place] for place in np.flatnonzero(~same)]
            removed += block.ids[present & ~same].tolist()
            kept.append(Block([], block.ids, block.marks))
        return Difference(added, removed + self._ids[~seen].tolist()), ListState.of(kept)

    def after(self, last: Mapping[int, ListEntry | None]) -> tuple[Difference, "ListState"]:
        """What changes to some entries come to, and the state after them; None stands for an entry that is gone."""
        touched = np.fromiter(last, np.int64, len(last))
        at, present = self._find(touched)
        gone = dict(zip(touched[present].tolist(), self._marks_at(at)[present].tolist(), strict=True))
        added: list[ListEntry] = []
        unchanged: set[int] = set()
        for block in blocks(entry for entry in last.values() if entry is not None):
            for entry, mark in zip(block.entries, block.marks.tolist(), strict=True):
                if gone.get(entry.entry_id) == mark:
                    unchanged.add(entry.entry_id)
                else:
                    added.append(entry)
        removed = [entry_id for entry_id in gone if entry_id not in unchanged]
        left = ~np.isin(self._ids, np.array(removed, dtype=np.int64))
        state = ListState.of([Block([], self._ids[left], self._marks[left]), *blocks(added)])
        return Difference(added, removed), state

    def _find(self, ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where each id is, and whether it is there at all."""
        at = np.searchsorted(self._ids, ids)
        if not len(self):
            return at, np.zeros(len(ids), dtype=np.bool_)
        at = np.minimum(at, len(self) - 1)
        return at, self._ids[at] == ids

    def _marks_at(self, at: NDArray[np.int64]) -> Marks:
        return self._marks[at] if len(self) else np.zeros(len(at), np.uint32)


def blocks(entries: Iterable[ListEntry]) -> Iterator[Block]:
    """The entries in their order, without those whose id came before."""
    remaining = iter(entries)
    before = _Before()
    while chunk := list(islice(remaining, _CHUNK)):
        ids = np.fromiter((entry.entry_id for entry in chunk), np.int64, len(chunk))
        first = np.zeros(len(chunk), dtype=np.bool_)
        first[np.unique(ids, return_index=True)[1]] = True
        first &= ~before.holds(ids)
        if not first.all():
            chunk = [entry for entry, keep in zip(chunk, first.tolist(), strict=True) if keep]
            ids = ids[first]
        before.add(ids)
        yield Block(chunk, ids, np.fromiter(map(_mark, chunk), np.uint32, len(chunk)))


def _mark(entry: ListEntry) -> int:
    return zlib.crc32(entry.value, zlib.crc32(f"{entry.kind},{entry.category},{entry.confirmations}".encode()))


class _Before:
    """Ids that came by, in sorted runs of which each is longer than all after it: cheap to add to and to ask."""

    def __init__(self) -> None:
        self._runs: list[Ids] = []

    def holds(self, ids: Ids) -> NDArray[np.bool_]:
        found = np.zeros(len(ids), dtype=np.bool_)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run, ids), len(run) - 1)
            found |= run[at] == ids
        return found

    def add(self, ids: Ids) -> None:
        run = np.sort(ids)
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        if len(run):
            self._runs.append(run)
