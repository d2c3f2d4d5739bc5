"""A log's history in memory: it can be grown, forked, rewritten, and read as the files of a log."""

import functools
import random
import re

from rempart.core.vocabulary import FingerprintType
from rempart.exchange.commitments import ERASED, SALT_SIZE, commit_opening
from rempart.exchange.signals import Action, Reason, Signal, SignalBasis, encode
from rempart.exchange.tiles import HEIGHT, WIDTH, join_entries
from rempart.exchange.tree import consistency_proof, leaf_hash, node_hash, root_of

_PATH = re.compile(r"(bundle|tile/entries|tile/\d+)/((?:x\d{3}/)*\d{3})(?:\.p/(\d+))?")


class History:
    """Entries of a log, with all nodes of their tree kept as they come."""

    def __init__(self, openings: tuple[bytes, ...] = ()) -> None:
        self.openings: list[bytes] = []
        self.entries: list[bytes] = []
        self.levels: list[list[bytes]] = []
        self.flips: dict[str, int] = {}
        self.extend(openings)

    @property
    def size(self) -> int:
        return len(self.entries)

    @property
    def leaves(self) -> list[bytes]:
        return self.levels[0] if self.levels else []

    def extend(self, openings: tuple[bytes, ...] | list[bytes]) -> None:
        for opening in openings:
            self.openings.append(opening)
            self.entries.append(commit_opening(opening))
            self._put(0, leaf_hash(self.entries[-1]))

    def fork(self, size: int) -> "History":
        """Another history that begins with the same entries."""
        return History(tuple(self.openings[:size]))

    def erase(self, index: int) -> None:
        self.openings[index] = ERASED

    def root(self, size: int | None = None) -> bytes:
        return root_of(0, self.size if size is None else size, self.node)

    def node(self, level: int, index: int) -> bytes:
        return self.levels[level][index]

    def proof(self, old: int, new: int) -> list[bytes]:
        return consistency_proof(old, new, self.node)

    def read(self, path: str) -> bytes | None:
        """The file at a path, with one bit flipped where `flips` names its bit."""
        found = self._file(path)
        if found and path in self.flips:
            at = self.flips[path] % (8 * len(found))
            found = found[: at // 8] + bytes([found[at // 8] ^ 1 << at % 8]) + found[at // 8 + 1 :]
        return found

    def _file(self, path: str) -> bytes | None:
        parts = _PATH.fullmatch(path)
        if parts is None:
            return None
        number = int(parts[2].replace("x", "").replace("/", ""))
        width = int(parts[3] or WIDTH)
        start, end = number * WIDTH, number * WIDTH + width
        if parts[1] == "bundle":
            found = self.openings[start:end]
        elif parts[1] == "tile/entries":
            found = self.entries[start:end]
        else:
            level = HEIGHT * int(parts[1].removeprefix("tile/"))
            found = self.levels[level][start:end] if level < len(self.levels) else []
            return b"".join(found) if len(found) == width else None
        return join_entries(found) if len(found) == width else None

    def _put(self, level: int, found: bytes) -> None:
        if level == len(self.levels):
            self.levels.append([])
        hashes = self.levels[level]
        hashes.append(found)
        if len(hashes) % 2 == 0:
            self._put(level + 1, node_hash(hashes[-2], hashes[-1]))


def opening(chance: random.Random, signal: Signal | None) -> bytes:
    """Of a signal, or of padding."""
    return chance.randbytes(SALT_SIZE) + (encode(signal) if signal else b"")


def signal(number: int, action: Action = Action.ADD, at: int = 0) -> Signal:
    """About made-up fingerprint `number`."""
    value = _value(number)
    if action.lists:
        return Signal(action, FingerprintType.PDQ, value, number, at, "baseline", SignalBasis.OWN_ANALYSIS, 2)
    return Signal(action, FingerprintType.PDQ, value, number, at, reason=Reason.MISTAKE)


@functools.cache
def _value(number: int) -> bytes:
    return random.Random(number).randbytes(32)
