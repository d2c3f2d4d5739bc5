"""The digest of a list: the same for the same entries in any order, and changed at the cost of the change alone.

Each entry is expanded by SHAKE128 to 256 numbers of 16 bits, little-endian, and the list is their sum lane by lane,
modulo 2**16: adding an entry adds its numbers, removing it subtracts them. What is compared is SHA-256 over a tag, the
number of entries and the sum. Source: LtHash (Bellare and Micciancio 1997; Lewi, Kim, Maykov, Weis 2019), here with 256
lanes: the best known way to another list of the same sum, a generalised birthday search, costs about
2**(2 * sqrt(4096)) = 2**128, as much as one against SHA-256 itself. An entry stands in a list once.
"""

import hashlib
from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import IntegrityError

LANES = 256
_TAG = b"rempart/list-digest/1\x00"
_SIZE = LANES * 2
_TOGETHER = 4096
_shake = hashlib.shake_128


Row = tuple[str, bytes, str, int]
"""Kind, value, category, confirmations: as `exchange.fold.Entry` has them."""


def row_bytes(kind: str, value: bytes, category: str, confirmations: int) -> bytes:
    """`KIND,CATEGORY,CONFIRMATIONS,` in ASCII, then the value: one byte string for each row."""
    return f"{kind},{category},{confirmations},".encode() + value


class ListDigest:
    """The running sum over a list's entries."""

    def __init__(self) -> None:
        self.entries = 0
        self._sum: NDArray[np.uint16] = np.zeros(LANES, np.dtype("<u2"))

    def change(self, added: Iterable[Row], removed: Iterable[Row] = ()) -> None:
        """Rows (kind, value, category, confirmations) that come and go; each that goes stood here before."""
        come, gone = self._lanes(added), self._lanes(removed)
        self.entries += come[0] - gone[0]
        self._sum += come[1] - gone[1]

    @property
    def sha256(self) -> str:
        """64 hexadecimal digits."""
        return hashlib.sha256(_TAG + self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """The number of entries in 8 bytes, big-endian, then the sum."""
        return self.entries.to_bytes(8, "big", signed=True) + self._sum.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ListDigest":
        """Raises IntegrityError when it is not what `to_bytes` gave; no bytes at all are an empty list's."""
        found = cls()
        if data:
            if len(data) != 8 + _SIZE:
                raise IntegrityError("this is not the digest of a list.", where="list")
            found.entries = int.from_bytes(data[:8], "big", signed=True)
            found._sum = np.frombuffer(data, np.dtype("<u2"), LANES, 8).copy()
        return found

    def copy(self) -> "ListDigest":
        return ListDigest.from_bytes(self.to_bytes())

    @staticmethod
    def _lanes(rows: Iterable[Row]) -> tuple[int, NDArray[np.uint16]]:
        count, total = 0, np.zeros(LANES, np.dtype("<u2"))
        remaining = iter(rows)
        while piece := [_shake(row_bytes(*row)).digest(_SIZE) for row in islice(remaining, _TOGETHER)]:
            count += len(piece)
            total += np.frombuffer(b"".join(piece), np.dtype("<u2")).reshape(-1, LANES).sum(0, dtype=np.uint16)
        return count, total


def digest_of(rows: Iterable[Row]) -> str:
    """The SHA-256 of a list with these rows."""
    found = ListDigest()
    found.change(rows)
    return found.sha256
