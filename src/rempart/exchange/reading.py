"""Reading a log by its files: nodes for proofs, entries and openings of a bundle.

What is read is checked for its size, not against a root: a reader that believes nobody computes the root itself
(`openings`, `checking`) or checks a proof.
"""

from collections import OrderedDict

from rempart.core.errors import IntegrityError
from rempart.exchange.commitments import COMMITMENT_SIZE
from rempart.exchange.store import Reader
from rempart.exchange.tiles import (
    HEIGHT,
    WIDTH,
    bundle_path,
    entries_path,
    split_entries,
    split_hashes,
    tile_path,
)
from rempart.exchange.tree import fold

_KEPT_TILES = 64


class LogReader:
    """A log at a size: its tiles and bundles have the width that they have there."""

    def __init__(self, store: Reader, size: int) -> None:
        self._store = store
        self.size = size
        self._tiles: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()

    def width(self, number: int, level: int = 0) -> int:
        """How many hashes the tile (or entries the bundle) has; 0 where the log has none there."""
        return max(0, min(WIDTH, (self.size >> HEIGHT * level) - number * WIDTH))

    def tile(self, level: int, number: int) -> list[bytes]:
        """The hashes of a tile. IntegrityError when the file is missing or has another size."""
        if (level, number) in self._tiles:
            self._tiles.move_to_end((level, number))
            return self._tiles[level, number]
        width = self.width(number, level)
        where = tile_path(level, number, width)
        path, data = self._file(where, tile_path(level, number))
        hashes = split_hashes(data, width if path == where else WIDTH, path)[:width]
        self._tiles[level, number] = hashes
        if len(self._tiles) > _KEPT_TILES:
            self._tiles.popitem(last=False)
        return hashes

    def node(self, level: int, index: int) -> bytes:
        """A complete node of the tree: `tree.ReadNode`."""
        up, start = level % HEIGHT, index << level % HEIGHT
        hashes = self.tile(level // HEIGHT, start // WIDTH)
        part = hashes[start % WIDTH : start % WIDTH + (1 << up)]
        if len(part) != 1 << up:
            raise IntegrityError("the log has no such node.", where=tile_path(level // HEIGHT, start // WIDTH))
        return fold(part)

    def entries(self, number: int) -> list[bytes]:
        """The commitments of a bundle, from `tile/entries`."""
        width = self.width(number)
        where = entries_path(number, width)
        found = self._split(where, entries_path(number), width)
        if any(len(each) != COMMITMENT_SIZE for each in found):
            raise IntegrityError("an entry has another size than a commitment.", where=where)
        return found

    def openings(self, number: int) -> list[bytes]:
        """The openings of a bundle, as they lie there."""
        width = self.width(number)
        return self._split(bundle_path(number, width), bundle_path(number), width)

    def _split(self, where: str, full: str, width: int) -> list[bytes]:
        path, data = self._file(where, full)
        try:
            return split_entries(data, width if path == where else WIDTH)[:width]
        except IntegrityError as error:
            raise IntegrityError(error.what, where=path) from None

    def _file(self, path: str, full: str) -> tuple[str, bytes]:
        """The file of that width, or the full one, which begins with it, where the partial one was tidied away."""
        for each in dict.fromkeys((path, full)):
            data = self._store.read(each)
            if data is not None:
                return each, data
        raise IntegrityError("the file is missing.", where=path)
