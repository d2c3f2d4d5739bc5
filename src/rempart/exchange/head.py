"""The head of a log: its writers' one point of agreement, replaced by compare-and-swap alone.

It names the size and root that the log has or is about to have. While a batch is being published it holds the batch
too, so that whoever opens the log after a kill can finish it: either the head was replaced, and the batch stands, or it
was not, and nothing of the batch is anywhere. `turn` grows with every replacement, so no head has the bytes of an
earlier one. Bytes (big-endian): 16 of name, 8 turn, 8 first entry of the batch, 8 size, 32 root, the openings as
in a bundle, SHA-256 of all that.
"""

import hashlib
from dataclasses import dataclass

from rempart.core.errors import IntegrityError
from rempart.exchange.tiles import join_entries, split_entries
from rempart.exchange.tree import EMPTY_ROOT, HASH_SIZE, MAX_SIZE

HEAD = "head"
_MAGIC = b"rempart-head/1\n\n"
_FIXED = len(_MAGIC) + 3 * 8 + HASH_SIZE


@dataclass(frozen=True, slots=True)
class Head:
    """`openings` are those of the entries from `size - len(openings)` on; none once they lie in their bundles."""

    turn: int = 0
    size: int = 0
    root: bytes = EMPTY_ROOT
    openings: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"Head(turn={self.turn}, size={self.size})"

    @property
    def start(self) -> int:
        return self.size - len(self.openings)

    def to_bytes(self) -> bytes:
        numbers = b"".join(each.to_bytes(8, "big") for each in (self.turn, self.start, self.size))
        body = _MAGIC + numbers + self.root + join_entries(self.openings)
        return body + hashlib.sha256(body).digest()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Head":
        """IntegrityError for what `to_bytes` did not give."""
        data, digest = data[:-HASH_SIZE], data[-HASH_SIZE:]
        if len(data) < _FIXED or not data.startswith(_MAGIC) or hashlib.sha256(data).digest() != digest:
            raise _damaged()
        turn, start, size = (int.from_bytes(data[at : at + 8], "big") for at in range(16, 40, 8))
        if not start <= size <= MAX_SIZE or 2 * (size - start) > len(data):
            raise _damaged()
        try:
            openings = split_entries(data[_FIXED:], size - start)
        except IntegrityError:
            raise _damaged() from None
        return cls(turn, size, data[40:_FIXED], tuple(openings))


def _damaged() -> IntegrityError:
    return IntegrityError("the log's head is damaged.", where=HEAD, advice="Restore the log's folder from a backup.")
