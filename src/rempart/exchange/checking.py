"""Checking a log from nothing: every entry, tile and root is computed anew, and the first file that is wrong is named.

Only entries are believed; what should follow from them is compared. Work is cut into spans, which know nothing of one
another, so a caller may spread them over processes.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from rempart.core.errors import IntegrityError
from rempart.exchange.checkpoints import Checkpoint
from rempart.exchange.commitments import COMMITMENT_SIZE, ERASED, SALT_SIZE, commit_opening
from rempart.exchange.edge import Edge
from rempart.exchange.head import HEAD, Head
from rempart.exchange.store import Reader
from rempart.exchange.tiles import (
    CHECKPOINT,
    HEIGHT,
    WIDTH,
    bundle_path,
    entries_path,
    join_hashes,
    split_entries,
    tile_path,
)
from rempart.exchange.tree import fold

SPAN = 32
"""Bundles that are checked in one go: some 8,000 entries."""
_ENTRY = 2 + COMMITMENT_SIZE
_sha256 = hashlib.sha256


@dataclass(frozen=True, slots=True)
class Options:
    """`openings`: the bundles for members too. `names` lists a folder's files: then former widths too."""

    openings: bool = False
    names: Callable[[str], list[str]] | None = None


class Findings(NamedTuple):
    """Of a log that is as it should be; `erased` and `padding` count openings, if they were looked at."""

    size: int
    erased: int = 0
    padding: int = 0


class Span(NamedTuple):
    """What one span gave: roots of full tiles, hashes of a partial last one, and counts."""

    entries: int
    roots: list[bytes]
    rest: list[bytes]
    erased: int
    padding: int


Spread = Callable[[Callable[[int], Span], Iterable[int]], Iterator[Span]]
"""As `map`: applies a function to numbers and gives its results in order."""
_ALL_PUBLIC = Options()


def check_log(
    store: Reader,
    point: Checkpoint,
    options: Options = _ALL_PUBLIC,
    progress: Callable[[int], object] = int,
    spread: Spread = map,
) -> Findings:
    """Whether the files in `store` are those of the log that `point` speaks of; its signature the caller checks.

    `progress` is told how many entries more are done. Raises IntegrityError, whose `where` is the first wrong file,
    and what `store` raises.
    """
    level, rest, erased, padding = list[bytes](), list[bytes](), 0, 0
    numbers = range(0, -(-point.size // WIDTH), SPAN)
    for found in spread(partial(_check_span, store, point.size, options), numbers):
        level += found.roots
        rest, erased, padding = found.rest, erased + found.erased, padding + found.padding
        progress(found.entries)
    edge = Edge(point.size, [rest])
    for height in range(1, 9):
        if point.size >> HEIGHT * height:
            level, rest = _check_level(store, height, level, options)
            edge.levels.append(rest)
    if edge.root != point.root:
        raise IntegrityError("the root that follows from all entries is another one.", where=CHECKPOINT)
    return Findings(point.size, erased, padding)


def check_head(store: Reader, point: Checkpoint) -> None:
    """Whether a node's own head goes with its checkpoint; IntegrityError when it does not, or is missing."""
    head = Head.from_bytes(_read(store, HEAD))
    if point.size not in (head.start, head.size) or (point.size == head.size and point.root != head.root):
        raise IntegrityError("the head is not that of the checkpoint.", where=HEAD)


def _check_span(store: Reader, size: int, options: Options, first: int) -> Span:
    roots, rest, erased, padding = list[bytes](), list[bytes](), 0, 0
    end = min(first + SPAN, -(-size // WIDTH))
    for number in range(first, end):
        width = min(WIDTH, size - number * WIDTH)
        entries = _entries(store, number, width, options)
        hashes = [_sha256(b"\0" + each).digest() for each in entries]
        _compare_tile(store, 0, number, hashes, options)
        if options.openings:
            of_bundle = _check_bundle(store, number, entries, options)
            erased, padding = erased + of_bundle[0], padding + of_bundle[1]
        if width == WIDTH:
            roots.append(fold(hashes))
        else:
            rest = hashes
    return Span(min(end * WIDTH, size) - first * WIDTH, roots, rest, erased, padding)


def _check_level(store: Reader, level: int, hashes: list[bytes], options: Options) -> tuple[list[bytes], list[bytes]]:
    """Compare the tiles of a level; gives the hashes of the one above, and those of the last partial tile."""
    above = []
    for number, at in enumerate(range(0, len(hashes), WIDTH)):
        tile = hashes[at : at + WIDTH]
        _compare_tile(store, level, number, tile, options)
        if len(tile) == WIDTH:
            above.append(fold(tile))
    return above, hashes[len(above) * WIDTH :]


def _entries(store: Reader, number: int, width: int, options: Options) -> list[bytes]:
    path = entries_path(number, width)
    data = _read(store, path)
    prefix = COMMITMENT_SIZE.to_bytes(2, "big")
    if len(data) != width * _ENTRY or data[::_ENTRY] + data[1::_ENTRY] != prefix[:1] * width + prefix[1:] * width:
        raise IntegrityError("this is no bundle of so many commitments.", where=path)
    _check_former(store, entries_path(number), data, _ENTRY, options)
    return [data[at + 2 : at + _ENTRY] for at in range(0, len(data), _ENTRY)]


def _compare_tile(store: Reader, level: int, number: int, hashes: list[bytes], options: Options) -> None:
    path, data = tile_path(level, number, len(hashes)), join_hashes(hashes)
    if _read(store, path) != data:
        raise IntegrityError("the tile is not the one that follows from the entries.", where=path)
    _check_former(store, tile_path(level, number), data, COMMITMENT_SIZE, options)


def _check_bundle(store: Reader, number: int, entries: list[bytes], options: Options) -> tuple[int, int]:
    """Compare openings with entries, in the bundle and its former widths; how many are erased, how many padding."""
    path = bundle_path(number, len(entries))
    found = _check_openings(store, path, entries, len(entries))
    for path, width in _former(bundle_path(number), options):
        _check_openings(store, path, entries, width)
    return found


def _check_openings(store: Reader, path: str, entries: list[bytes], width: int) -> tuple[int, int]:
    try:
        openings = split_entries(_read(store, path), width)
    except IntegrityError as error:
        raise IntegrityError(error.what, where=path) from None
    for opening, entry in zip(openings, entries, strict=False):
        if opening != ERASED and (len(opening) < SALT_SIZE or commit_opening(opening) != entry):
            raise IntegrityError("an opening is not that of its entry.", where=path)
    lengths = [len(each) for each in openings]
    return lengths.count(len(ERASED)), lengths.count(SALT_SIZE)


def _check_former(store: Reader, path: str, data: bytes, step: int, options: Options) -> None:
    """Of a file's former and later widths (those of a batch that waits to be published), each begins as it does."""
    for former, width in _former(path, options):
        there = _read(store, former)
        if len(there) != width * step or there[: len(data)] != data[: len(there)]:
            raise IntegrityError("the partial file is no beginning of the one that followed.", where=former)


def _former(path: str, options: Options) -> Iterator[tuple[str, int]]:
    for name in options.names(f"{path}.p") if options.names else []:
        if not name.isdecimal() or not 0 < int(name) < WIDTH or name != str(int(name)):
            raise IntegrityError("this file is none of a log.", where=f"{path}.p/{name}")
        yield f"{path}.p/{name}", int(name)


def _read(store: Reader, path: str) -> bytes:
    data = store.read(path)
    if data is None:
        raise IntegrityError("the file is missing.", where=path)
    return data
