"""Reading what a log says: its bundles of openings, and the leaves that they lead to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from rempart.core.errors import InputError, IntegrityError
from rempart.exchange.commitments import COMMITMENT_SIZE, SALT_SIZE, TAG
from rempart.exchange.signals import Signal, decode
from rempart.exchange.store import Reader
from rempart.exchange.tiles import WIDTH, bundle_path, bundles_of, entries_path, split_entries
from rempart.exchange.tree import Frontier, leaf_hash, sha256

_Path = Callable[[int, int], str]


@runtime_checkable
class BulkReader(Reader, Protocol):
    """A reader that fetches many files faster than one after another."""

    def read_many(self, paths: Sequence[str]) -> list[bytes | None]:
        """The files' bytes, in the order of `paths`."""
        ...


@dataclass(slots=True)
class Stretch:
    """Verified entries of a log, from index `start` on; `frontier` is that of the log after them."""

    start: int
    frontier: Frontier
    signals: list[tuple[int, Signal]] = field(default_factory=list)
    padding: int = 0
    erased: int = 0
    unreadable: int = 0
    """Signals that this version cannot decode; they count for nothing."""


@dataclass(slots=True)
class Openings:
    """The openings of the entries from `start` on, and the leaves they lead to; nothing is verified yet."""

    start: int
    bodies: list[bytes]
    leaves: list[bytes]

    def stretch(self, frontier: Frontier) -> Stretch:
        """What they say, once `frontier` was found to be right."""
        found = Stretch(self.start, frontier)
        signals = found.signals
        for index, body in enumerate(self.bodies, self.start):
            if len(body) > SALT_SIZE:
                try:
                    signals.append((index, decode(body[SALT_SIZE:])))
                except InputError:
                    found.unreadable += 1
            elif not body:
                found.erased += 1
            else:
                found.padding += 1
        return found


def read_openings(reader: Reader, start: int, end: int, size: int) -> Openings:
    """The openings from `start` to before `end` of a log of `size` entries.

    The public entries are read only for bundles in which an opening was erased: there the commitment cannot be
    computed, and it is the entry that counts. IntegrityError for files that are missing or are none.
    """
    parts = [(number, min(WIDTH, size - number * WIDTH)) for number, _ in bundles_of(start, end)]
    files = read_wide(reader, bundle_path, parts)
    bodies: list[bytes] = []
    leaves: list[bytes] = []
    for (number, width), data in zip(parts, files, strict=True):
        wanted = slice(max(start - number * WIDTH, 0), end - number * WIDTH)
        some = split_prefix(data, width)[wanted]
        bodies += some
        if b"" in some:
            public = split_prefix(read_wide(reader, entries_path, [(number, width)])[0], width)[wanted]
            leaves += map(_leaf_of, some, public)
        else:
            leaves += [sha256(b"\x00" + sha256(TAG + body).digest()).digest() for body in some]
    return Openings(start, bodies, leaves)


def read_wide(reader: Reader, path: _Path, parts: Sequence[tuple[int, int]]) -> list[bytes]:
    """Files by number and width; of one that the log has widened since, what it begins with is meant.

    IntegrityError where a file is missing.
    """
    paths = [path(number, width) for number, width in parts]
    found = reader.read_many(paths) if isinstance(reader, BulkReader) else [reader.read(each) for each in paths]
    files = []
    for (number, width), data in zip(parts, found, strict=True):
        if data is None and width < WIDTH:
            data = reader.read(path(number, WIDTH))
        if data is None:
            raise IntegrityError("a file of the log is missing.", where="log")
        files.append(data)
    return files


def split_prefix(data: bytes, width: int) -> list[bytes]:
    """The first `width` entries of a bundle that has them or is full."""
    try:
        return split_entries(data, width)
    except IntegrityError:
        if width == WIDTH:
            raise
        return split_entries(data, WIDTH)[:width]


def _leaf_of(body: bytes, entry: bytes) -> bytes:
    """An entry whose opening is there must be what that leads to; the tree decides whether it is the right one."""
    if len(entry) != COMMITMENT_SIZE or (body and sha256(TAG + body).digest() != entry):
        raise IntegrityError("an opening does not lead to its entry.", where="bundle")
    return leaf_hash(entry)
