"""Recognition against hash lists: exact for file hashes, within a Hamming distance for PDQ."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from rempart.core.errors import Conflict, InputError
from rempart.core.vocabulary import FingerprintType
from rempart.signals.match import Index

MIN_QUALITY = 50  # under it the PDQ reference advises to discard: flat images are near each other
# In the order in which exact hits are told; the strongest evidence comes first.
_EXACT = (
    FingerprintType.SHA256,
    FingerprintType.SHA1,
    FingerprintType.MD5,
    FingerprintType.PHOTODNA,
    FingerprintType.VPDQ,
)
_BYTES = {FingerprintType.MD5: 16, FingerprintType.SHA1: 20, FingerprintType.SHA256: 32, FingerprintType.PDQ: 32}


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One fingerprint of a list; `value` is binary (a PDQ in the byte order of its hex)."""

    entry_id: int
    list_name: str
    category: str
    kind: FingerprintType
    value: bytes

    def __post_init__(self) -> None:
        _check_value(self.kind, self.value)

    def __repr__(self) -> str:
        """Without the fingerprint, so that it reaches no log."""
        return f"ListEntry(entry_id={self.entry_id}, list_name={self.list_name!r}, kind={self.kind.value!r})"


@dataclass(frozen=True, slots=True)
class Hit:
    """`distance` (bits) is told for PDQ, whose hits are always "near", even at distance 0: it names no file."""

    entry: ListEntry
    match: Literal["exact", "near"]
    distance: int | None


class Recogniser:
    """All entries of all lists, looked up together. Immutable, so threads may share it."""

    def __init__(self, exact: Mapping[tuple[FingerprintType, bytes], list[ListEntry]], near: list[ListEntry]) -> None:
        self._exact = exact
        self._near = {entry.entry_id: entry for entry in near}
        codes = np.frombuffer(b"".join(entry.value for entry in near), dtype=np.uint8).reshape(-1, 32)
        self._index = Index.build(codes, np.array([entry.entry_id for entry in near], dtype=np.int64))
        self._count = sum(map(len, exact.values())) + len(near)

    @classmethod
    def build(cls, entries: Iterable[ListEntry]) -> Self:
        """Raises Conflict if two entries share an id."""
        exact: defaultdict[tuple[FingerprintType, bytes], list[ListEntry]] = defaultdict(list)
        near: list[ListEntry] = []
        seen: set[int] = set()
        for entry in sorted(entries, key=lambda entry: entry.entry_id):
            if entry.entry_id in seen:
                raise Conflict("Two list entries share an id.", where=f"entry {entry.entry_id}")
            seen.add(entry.entry_id)
            if entry.kind is FingerprintType.PDQ:
                near.append(entry)
            else:
                exact[entry.kind, entry.value].append(entry)
        return cls(dict(exact), near)

    def __len__(self) -> int:
        return self._count

    def lookup(
        self,
        fingerprints: Mapping[FingerprintType, bytes],
        *,
        pdq_quality: int | None,
        radius: int = 31,
        min_quality: int = MIN_QUALITY,
    ) -> list[Hit]:
        """Exact hits first (SHA-256, SHA-1, MD5, then carried kinds; by entry id), then PDQ by distance and entry id.

        A PDQ whose quality is under `min_quality` matches nothing, not even its equal. A quality of None (a bare hash
        that came without one) counts as sufficient. PhotoDNA and vPDQ are compared byte for byte only.
        Raises InputError.
        """
        for kind, value in fingerprints.items():
            _check_value(kind, value)
        hits = [
            Hit(entry, "exact", None)
            for kind in _EXACT
            if kind in fingerprints
            for entry in self._exact.get((kind, fingerprints[kind]), ())
        ]
        pdq = fingerprints.get(FingerprintType.PDQ)
        if pdq is None or (pdq_quality is not None and pdq_quality < min_quality):
            return hits
        _, ids, distances = self._index.search(np.frombuffer(pdq, dtype=np.uint8).reshape(1, -1), radius)
        near = zip(ids.tolist(), distances.tolist(), strict=True)
        return hits + [Hit(self._near[entry_id], "near", distance) for entry_id, distance in near]


def _check_value(kind: FingerprintType, value: bytes) -> None:
    expected = _BYTES.get(kind)
    if not value or (expected is not None and len(value) != expected):
        wanted = f"{expected} bytes" if expected else "at least one byte"
        raise InputError(
            f"A fingerprint of this kind has {wanted}.", where=kind.value, advice="Check the list's columns."
        )
