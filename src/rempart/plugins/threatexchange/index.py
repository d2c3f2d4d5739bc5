"""The package's index of PDQ fingerprints, on the exact index of `rempart.signals.match`.

It answers as `threatexchange.signal_type.pdq.pdq_index.PDQIndex` does: the same calls, the same result types. Results
come by distance, then in the order of adding. Stored indexes are containers, not pickles (see `container`).
"""

import binascii
from collections.abc import Iterable, Sequence
from typing import BinaryIO, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from threatexchange.signal_type.index import (
    IndexMatchUntyped,
    SignalSimilarityInfoWithIntDistance,
    SignalSimilarityInfoWithSingleDistance,
    SignalTypeIndex,
)

from rempart.core.errors import InputError
from rempart.plugins.threatexchange import container
from rempart.plugins.threatexchange.payload import Payloads
from rempart.signals.match import Index

T = TypeVar("T")
Codes = NDArray[np.uint8]
Match = IndexMatchUntyped[SignalSimilarityInfoWithIntDistance, T]

_CODE_BYTES = 32


class InvalidSignal(InputError, ValueError):
    """A signal that is no PDQ; a ValueError, as callers of the package expect."""


class PDQIndex(container.Contained, SignalTypeIndex[T], Generic[T]):
    """Entries under their PDQ fingerprints (64 hex digits); equal fingerprints keep all their entries.

    Threads may query while one adds.
    """

    kind: ClassVar[str] = "pdq"

    @classmethod
    def get_match_threshold(cls) -> int:
        """The largest distance that is a match, 0..63."""
        return 31

    def __init__(self, entries: Iterable[tuple[str, T]] = ()) -> None:
        super().__init__()
        self._codes: list[Codes] = [np.empty((0, _CODE_BYTES), dtype=np.uint8)]
        self._payloads = Payloads()
        self.index = Index.build(self._codes[0])
        self.add_all(entries)

    def __len__(self) -> int:
        return len(self._payloads)

    def query(self, query: str) -> Sequence[Match[T]]:
        """What is within the threshold of one signal. Raises ValueError.

        The empty signal, which hashing gives for an image too flat to match, matches nothing.
        """
        return self.query_all([query])[0]

    def query_all(self, queries: Iterable[str], *, threads: int = 1) -> list[list[Match[T]]]:
        """`query` of each signal in one pass, faster from a few dozen on. Raises ValueError."""
        signals = list(queries)
        asked = [number for number, signal in enumerate(signals) if signal]
        found: list[list[Match[T]]] = [[] for _ in signals]
        if not asked:
            return found
        codes = codes_of([signals[number] for number in asked])
        offsets, positions, distances = self.index.search(codes, self.get_match_threshold(), threads)
        hits = zip(positions.tolist(), distances.tolist(), strict=True)
        for number, count in zip(asked, np.diff(offsets).tolist(), strict=True):
            found[number] = [self._match(*next(hits)) for _ in range(count)]
        return found

    def add(self, signal_str: str, entry: T) -> None:
        """Raises ValueError."""
        self.add_all(((signal_str, entry),))

    def add_all(self, entries: Iterable[tuple[str, T]]) -> None:
        """All of them or none. Raises ValueError."""
        added = list(entries)
        if not added:
            return
        codes = codes_of([signal for signal, _ in added])
        start = len(self._payloads)
        self._payloads.extend(entry for _, entry in added)  # before a query can find their positions
        self._codes.append(codes)
        if start:
            self.index.add(codes, np.arange(start, start + len(added), dtype=np.int64))
        else:
            self.index = Index.build(codes)

    def serialize(self, fout: BinaryIO) -> None:
        """Raises InputError if an entry carries what cannot be stored."""
        codes = np.concatenate(self._codes)
        classes, sections = self._payloads.parts()
        facts = container.Facts(len(codes), tuple(classes))
        container.write(fout, self.kind, facts, {"codes": codes.data.cast("B") if len(codes) else b"", **sections})

    def _load(self, stream: BinaryIO) -> None:
        facts, sections = container.read(stream, self.kind)
        stored = sections.get("codes", b"")
        if len(stored) != facts.count * _CODE_BYTES:
            raise container.refused("The parts of the index do not go together.")
        codes = np.frombuffer(stored, dtype=np.uint8).reshape(-1, _CODE_BYTES)
        self._payloads = Payloads.of_parts(facts.count, facts.classes, sections)
        self._codes = [codes]
        self.index = Index.build(codes)

    def _match(self, position: int, distance: int) -> Match[T]:
        return IndexMatchUntyped(SignalSimilarityInfoWithSingleDistance(distance), self._payloads[position])


class PDQFlatIndex(PDQIndex[T]):
    """As the package's index of that name: more recall, less precision."""

    @classmethod
    def get_match_threshold(cls) -> int:
        return 52


def codes_of(signals: Sequence[str]) -> Codes:
    """uint8[N, 32] of signals of 64 hex digits. Raises InvalidSignal, which does not repeat the signal."""
    try:
        values = [binascii.unhexlify(signal) for signal in signals]
    except (binascii.Error, TypeError, ValueError):
        raise InvalidSignal("A PDQ signal has 64 hex digits.", where="signal") from None
    if any(len(value) != _CODE_BYTES for value in values):
        raise InvalidSignal("A PDQ signal has 64 hex digits.", where="signal")
    return np.frombuffer(b"".join(values), dtype=np.uint8).reshape(-1, _CODE_BYTES)
