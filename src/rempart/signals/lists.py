"""Recognition against hash lists: exact for file hashes, within a Hamming distance for PDQ."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from typing import Literal, NamedTuple, Self

import numpy as np

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.signals import generations
from rempart.signals.catalogue import Catalogue, Key, Label, ListEntry, check_value, code_of, width_of
from rempart.signals.match.index import DEFAULT_RADIUS, Codes
from rempart.signals.match.levels import Levels, Snapshot
from rempart.signals.match.plain import MAX_RADIUS

__all__ = ["MIN_QUALITY", "Hit", "ListEntry", "NearHit", "Recogniser"]

MIN_QUALITY = 50  # under it the PDQ reference advises to discard: flat images are near each other
# In the order in which hits are told; the strongest evidence comes first.
_TOLD = (
    FingerprintType.SHA256,
    FingerprintType.SHA1,
    FingerprintType.MD5,
    FingerprintType.PHOTODNA,
    FingerprintType.VPDQ,
    FingerprintType.PDQ,
)

Radius = int | Mapping[str, int]
Query = tuple[Mapping[FingerprintType, bytes], int | None]
"""A file's fingerprints and its PDQ's quality."""


@dataclass(frozen=True, slots=True)
class Hit:
    """`distance` (bits) is told for PDQ, whose hits are always "near", even at distance 0: it names no file."""

    entry: ListEntry
    match: Literal["exact", "near"]
    distance: int | None


class NearHit(NamedTuple):
    """A hit of a PDQ without its entry's fingerprint: what an answer tells. `distance` is in bits."""

    distance: int
    entry_id: int
    label: Label


class Recogniser:
    """All entries of all lists, looked up together. Threads may look up while another changes it: each look-up sees
    a change whole or not at all.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._levels: Levels[Catalogue, Sequence[Key]] = Levels([catalogue], Catalogue.merged)

    @classmethod
    def build(cls, entries: Iterable[ListEntry]) -> Self:
        """Raises Conflict if two entries share list and id."""
        return cls(Catalogue.build(entries))

    @classmethod
    def open(cls, folder: Path, *, verify: bool = True) -> Self:
        """What `save` or a `ListWriter` wrote. Raises NotFound, IntegrityError and OutsideFailure."""
        catalogue, tail = generations.load(folder, verify=verify)
        recogniser = cls(catalogue)
        try:
            recogniser.follow(generations.changes(tail.read()))
        finally:
            tail.close()
        return recogniser

    def save(self, folder: Path) -> None:
        """A new generation in the folder. Raises OutsideFailure, and Conflict while a `ListWriter` holds it."""
        with generations.Folder(folder) as held:
            number = held.write(Catalogue.merged(self.snapshot))
            held.switch(number, 0).close()
            held.tidy({number, number - 1})

    @property
    def snapshot(self) -> Snapshot[Catalogue]:
        """What stands now; it never changes."""
        return self._levels.snapshot

    def __len__(self) -> int:
        return len(self._levels)

    def counts(self) -> dict[str, int]:
        """Standing entries by list."""
        counts: dict[str, int] = {}
        for level in self.snapshot:
            kept = level.kept()
            for name, first, stop in level.part.runs:
                size = stop - first if kept is None else int(kept[first:stop].sum())
                counts[name] = counts.get(name, 0) + size
        return counts

    def add(self, entries: Iterable[ListEntry]) -> None:
        """All of them or none. Raises Conflict if list and id are given twice or present."""
        self.change(entries, ())

    def remove(self, keys: Iterable[Key]) -> None:
        """By list name and entry id; all of them or none. Raises NotFound."""
        self.change((), keys)

    def change(
        self, added: Iterable[ListEntry], removed: Iterable[Key], commit: Callable[[], None] | None = None
    ) -> None:
        """Removes, then adds: seen at once, or refused as a whole. Raises Conflict and NotFound.

        `commit` is called when nothing can be refused any more and before anyone sees the change.
        """
        entries = list(added)
        self._levels.change(
            Catalogue.build(entries), [entry.key for entry in entries], list(dict.fromkeys(removed)), commit
        )

    def follow(self, changes: Iterable[generations.Change]) -> None:
        """The net effect of changes made elsewhere, as one."""
        last = generations.net(changes)
        keys = list(last)
        present = self._levels.holds(keys)
        removed = [key for key, is_here in zip(keys, present, strict=True) if is_here]
        self.change([entry for entry in last.values() if entry is not None], removed)

    def lookup(
        self,
        fingerprints: Mapping[FingerprintType, bytes],
        *,
        pdq_quality: int | None,
        radius: Radius = DEFAULT_RADIUS,
        min_quality: int = MIN_QUALITY,
        lists: frozenset[str] | None = None,
    ) -> list[Hit]:
        """Exact hits first (SHA-256, SHA-1, MD5, then carried kinds; by entry id), then PDQ by distance and entry id.

        A PDQ whose quality is under `min_quality` matches nothing, not even its equal. A quality of None (a bare hash
        that came without one) counts as sufficient. PhotoDNA and vPDQ are compared byte for byte only. `radius` may
        differ by list (31 where a list is not named); only entries of `lists` are told, of all for None.
        Raises InputError.
        """
        batch = [(fingerprints, pdq_quality)]
        return self.lookup_many(batch, radius=radius, min_quality=min_quality, lists=lists)[0]

    def lookup_many(
        self,
        batch: Sequence[Query],
        *,
        radius: Radius = DEFAULT_RADIUS,
        min_quality: int = MIN_QUALITY,
        lists: frozenset[str] | None = None,
        threads: int = 1,
    ) -> list[list[Hit]]:
        """The hits of each, as `lookup` tells them; all see the same state of the lists. Raises InputError."""
        snapshot = self.snapshot
        limits = _Limits(radius, lists)
        asked = _by_kind(batch, min_quality)
        hits: list[list[Hit]] = [[] for _ in batch]
        for kind in _TOLD:
            if kind in asked:
                places, values = asked[kind]
                for place, hit in _hits(snapshot, kind, values, limits, threads):
                    hits[places[place]].append(hit)
        return hits

    def lookup_codes(
        self,
        codes: Codes,
        *,
        radius: Radius = DEFAULT_RADIUS,
        lists: frozenset[str] | None = None,
        threads: int = 1,
    ) -> dict[int, list[NearHit]]:
        """Hits of many PDQ of sufficient quality (uint8[n, 32]) by row: those that `lookup` tells, in its order, at a
        fraction of its cost. Rows without hits are left out. Raises InputError.
        """
        found: dict[int, list[NearHit]] = {}
        for place, distance, entry_id, label, _, _ in _found(
            self.snapshot, FingerprintType.PDQ, codes, _Limits(radius, lists), threads
        ):
            found.setdefault(place, []).append(NearHit(distance, entry_id, label))
        return found

    def close(self) -> None:
        """Waits for a merge in hand."""
        self._levels.close()


class _Limits:
    """How near an entry of a list must be; -1 for lists nobody asked about."""

    def __init__(self, radius: Radius, lists: frozenset[str] | None) -> None:
        self._radius, self._lists = radius, lists
        given = [radius] if isinstance(radius, int) else [DEFAULT_RADIUS, *radius.values()]
        if not all(0 <= value <= MAX_RADIUS for value in given):
            raise InputError(f"The radius must be 0 to {MAX_RADIUS}.", where="radius")
        self.widest = max(given)
        self.is_one_for_all = lists is None and isinstance(radius, int)

    def of(self, list_name: str) -> int:
        if self._lists is not None and list_name not in self._lists:
            return -1
        return self._radius if isinstance(self._radius, int) else self._radius.get(list_name, DEFAULT_RADIUS)


def _by_kind(batch: Sequence[Query], min_quality: int) -> dict[FingerprintType, tuple[list[int], list[bytes]]]:
    """For each kind, which of the batch asked, and for what."""
    asked: dict[FingerprintType, tuple[list[int], list[bytes]]] = {}
    for place, (fingerprints, quality) in enumerate(batch):
        for kind, value in fingerprints.items():
            check_value(kind, value)
            if kind is FingerprintType.PDQ and quality is not None and quality < min_quality:
                continue
            places, values = asked.setdefault(kind, ([], []))
            places.append(place)
            values.append(value)
    return asked


def _hits(
    snapshot: Snapshot[Catalogue], kind: FingerprintType, values: list[bytes], limits: _Limits, threads: int
) -> list[tuple[int, Hit]]:
    """Hits of one kind with the place of the value they belong to, in the order they are told."""
    codes = np.frombuffer(b"".join([code_of(kind, value) for value in values]), np.uint8)
    found = _found(snapshot, kind, codes.reshape(-1, width_of(kind)), limits, threads)
    is_near = kind is FingerprintType.PDQ
    told = []
    for place, distance, _, _, part, row in found:
        entry = part.entry(row, kind, values[place])
        told.append((place, Hit(entry, "near", distance) if is_near else Hit(entry, "exact", None)))
    return told


_Found = tuple[int, int, int, Label, Catalogue, int]
_ORDER = itemgetter(0, 1, 2, 3)


def _found(
    snapshot: Snapshot[Catalogue], kind: FingerprintType, codes: Codes, limits: _Limits, threads: int
) -> list[_Found]:
    """Place of the code, distance, entry id, label and where the entry is, by place, distance, entry id and list."""
    found: list[_Found] = []
    for level in snapshot:
        offsets, rows, distances = level.part.find(kind, codes, limits.widest, threads, level.gone)
        if len(rows):
            places = np.repeat(np.arange(len(codes)), np.diff(offsets)).tolist()
            entry_ids, labels = level.part.facts(rows)
            found += zip(places, distances.tolist(), entry_ids, labels, repeat(level.part), rows.tolist(), strict=False)
    if not limits.is_one_for_all:
        found = [each for each in found if each[1] <= limits.of(each[3].list_name)]
    found.sort(key=_ORDER)
    return found
