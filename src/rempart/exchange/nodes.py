"""The nodes of another's tree, from the tiles it serves. What is read is a claim until it leads to a signed root."""

from rempart.exchange.openings import read_wide
from rempart.exchange.store import Reader
from rempart.exchange.tiles import HEIGHT, WIDTH, split_hashes, tile_path
from rempart.exchange.tree import HASH_SIZE, Frontier


class Nodes:
    """Reads the complete nodes of a log of `size` entries; each tile once."""

    def __init__(self, reader: Reader, size: int) -> None:
        self._reader, self._size = reader, size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash over the leaves from index * 2**level on. IntegrityError where the files do not have it."""
        upper, below = divmod(level, HEIGHT)
        first = index << below
        number, at = divmod(first, WIDTH)
        hashes = self._tile(upper, number)[at : at + (1 << below)]
        tree = Frontier()
        tree.extend(hashes)
        return tree.root

    def _tile(self, level: int, number: int) -> list[bytes]:
        if (level, number) not in self._tiles:
            width = min(WIDTH, (self._size >> HEIGHT * level) - number * WIDTH)
            [data] = read_wide(self._reader, lambda of, wide: tile_path(level, of, wide), [(number, width)])
            if len(data) == WIDTH * HASH_SIZE:
                data = data[: width * HASH_SIZE]
            self._tiles[level, number] = split_hashes(data, width)
        return self._tiles[level, number]
