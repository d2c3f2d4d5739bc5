"""The right edge of a log: all that growing it needs, and the files that growing makes.

The edge holds what the newest partial tile of each level and the newest partial bundles hold. Read back, it is checked
as far as it reaches: openings against entries, entries against leaves, and the whole against a root by the caller.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.commitments import ERASED, SALT_SIZE, commit_opening
from rempart.exchange.reading import LogReader
from rempart.exchange.store import Reader
from rempart.exchange.tiles import (
    HEIGHT,
    MAX_ENTRY,
    WIDTH,
    bundle_path,
    entries_path,
    join_entries,
    join_hashes,
    tile_path,
)
from rempart.exchange.tree import EMPTY_ROOT, fold, leaf_hash, node_hash

_sha256 = hashlib.sha256


@dataclass(slots=True)
class Edge:
    """`levels[L]` are the hashes of the partial tile of level L; `entries`, `openings` those of the partial bundle."""

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=list)
    entries: list[bytes] = field(default_factory=list)
    openings: list[bytes] = field(default_factory=list)

    def copy(self) -> "Edge":
        return Edge(self.size, [list(each) for each in self.levels], list(self.entries), list(self.openings))

    @property
    def root(self) -> bytes:
        found: bytes | None = None
        for hashes in self.levels:
            for start, end in _pieces(len(hashes)):
                left = fold(hashes[start:end])
                found = left if found is None else node_hash(left, found)
        return EMPTY_ROOT if found is None else found

    def grow(self, openings: Sequence[bytes]) -> dict[str, bytes]:
        """Take in a batch and give the files that it makes, by path. InputError for what is no opening."""
        if not all(SALT_SIZE <= len(each) <= MAX_ENTRY for each in openings):
            raise InputError("an opening is a salt and a signal.", where="log")
        files: dict[str, bytes] = {}
        first = self.size // WIDTH
        entries = [commit_opening(each) for each in openings]
        level, new = 0, [_sha256(b"\x00" + each).digest() for each in entries]
        self.openings = _bundled(self.openings, openings, first, bundle_path, files)
        self.entries = _bundled(self.entries, entries, first, entries_path, files)
        while new:
            new = self._widen(level, new, files)
            level += 1
        self.size += len(openings)
        return files

    def _widen(self, level: int, new: list[bytes], files: dict[str, bytes]) -> list[bytes]:
        """Add hashes to the tiles of a level; gives the roots of the tiles that became full."""
        if level == len(self.levels):
            self.levels.append([])
        first, hashes, above = (self.size >> HEIGHT * level) // WIDTH, self.levels[level] + new, []
        for number, at in enumerate(range(0, len(hashes), WIDTH), first):
            tile = hashes[at : at + WIDTH]
            files[tile_path(level, number, len(tile))] = join_hashes(tile)
            if len(tile) == WIDTH:
                above.append(fold(tile))
        self.levels[level] = hashes[len(above) * WIDTH :]
        return above


def read_edge(store: Reader, size: int) -> Edge:
    """The edge of a log of `size` entries. IntegrityError, which names the file, when its files do not agree."""
    edge, log = Edge(size), LogReader(store, size)
    level = 0
    while size >> HEIGHT * level:
        count = size >> HEIGHT * level
        edge.levels.append(log.tile(level, count // WIDTH) if count % WIDTH else [])
        level += 1
    if size % WIDTH:
        number = size // WIDTH
        edge.entries, edge.openings = log.entries(number), log.openings(number)
        if [leaf_hash(each) for each in edge.entries] != edge.levels[0]:
            raise IntegrityError("the entries are not those of their tile.", where=entries_path(number, size % WIDTH))
        for opening, entry in zip(edge.openings, edge.entries, strict=True):
            if opening != ERASED and commit_opening(opening) != entry:
                raise IntegrityError("an opening is not that of its entry.", where=bundle_path(number, size % WIDTH))
    return edge


def _bundled(
    kept: list[bytes], new: Sequence[bytes], first: int, path: Callable[[int, int], str], files: dict[str, bytes]
) -> list[bytes]:
    """Write bundles from number `first` on; gives what lies in the partial one."""
    whole = [*kept, *new]
    for number, at in enumerate(range(0, len(whole), WIDTH), first):
        part = whole[at : at + WIDTH]
        files[path(number, len(part))] = join_entries(part)
    return whole[len(whole) // WIDTH * WIDTH :]


def _pieces(count: int) -> list[tuple[int, int]]:
    """The complete subtrees in the first `count` nodes of a level, from right to left, as (start, end)."""
    found, end = [], count
    while end:
        start = end & (end - 1)
        found.append((start, end))
        end = start
    return found
