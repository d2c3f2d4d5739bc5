"""The files of a log: where they lie, and their bytes.

A tile holds up to 256 hashes of one level of tiles; level L of tiles is level 8 * L of the tree. Entries lie in bundles
of up to 256, each with its length in two bytes before it. What is public lies under `tile/`; the salts and signals
behind the entries lie under `bundle/`, in the same numbering, for members alone. Source: c2sp.org/tlog-tiles.
"""

from collections.abc import Iterator, Sequence

from rempart.core.errors import IntegrityError
from rempart.exchange.tree import HASH_SIZE

WIDTH = 256
HEIGHT = 8
CHECKPOINT = "checkpoint"
MAX_ENTRY = 2**16 - 1


def number_path(number: int) -> str:
    """`x001/x234/067` for 1234067."""
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        parts.append(f"x{number % 1000:03d}")
    return "/".join(reversed(parts))


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    return f"tile/{level}/{number_path(number)}{_partial(width)}"


def entries_path(number: int, width: int = WIDTH) -> str:
    return f"tile/entries/{number_path(number)}{_partial(width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    return f"bundle/{number_path(number)}{_partial(width)}"


def bundles_of(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Number and width of each bundle that holds entries from `start` to before `end` of a log of `end` entries."""
    for number in range(start // WIDTH, -(-end // WIDTH)):
        yield number, min(WIDTH, end - number * WIDTH)


def tiles_of(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Level, number and width of each tile that growing from `start` to `end` entries makes or widens."""
    level = 0
    while end:
        if end > start:
            yield from ((level, number, width) for number, width in bundles_of(start, end))
        level, start, end = level + 1, start >> HEIGHT, end >> HEIGHT


def join_hashes(hashes: Sequence[bytes]) -> bytes:
    return b"".join(hashes)


def split_hashes(data: bytes, width: int, where: str = "tile") -> list[bytes]:
    """The hashes of a tile; IntegrityError when it holds another number of them."""
    if len(data) != width * HASH_SIZE:
        raise IntegrityError("a tile has another size than it should.", where=where)
    return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]


def join_entries(entries: Sequence[bytes]) -> bytes:
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def split_entries(data: bytes, width: int) -> list[bytes]:
    """The entries of a bundle; IntegrityError unless it holds exactly `width` of them."""
    found, at = [], 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise IntegrityError("a bundle of entries is cut off.", where="bundle")
        found.append(data[start:at])
    if at != len(data):
        raise IntegrityError("a bundle holds more entries than it should.", where="bundle")
    return found


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
