"""List entries in columns: twelve bytes and the fingerprint's own place for each, no object until it is a hit."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import Conflict, InputError
from rempart.core.vocabulary import FingerprintType
from rempart.signals.match import arrays
from rempart.signals.match.exact import ExactSegment, found_in
from rempart.signals.match.index import Codes, Hits, Ids
from rempart.signals.match.levels import Gone, Level, Snapshot, is_gone
from rempart.signals.match.segment import Segment

_MAGIC = b"RMPTCAT\n"
_BYTES = {FingerprintType.MD5: 16, FingerprintType.SHA1: 20, FingerprintType.SHA256: 32, FingerprintType.PDQ: 32}
# Rows are in this order of kinds: PDQ begins at row 0, so that a bitmap of gone rows is one of its positions too.
KINDS = (
    FingerprintType.PDQ,
    FingerprintType.SHA256,
    FingerprintType.SHA1,
    FingerprintType.MD5,
    FingerprintType.PHOTODNA,
    FingerprintType.VPDQ,
)

Key = tuple[str, int]
"""What identifies an entry: the list's name and the entry's number in it."""
LabelIds = NDArray[np.uint32]
Run = tuple[str, int, int]
"""A list, its first row, the row after its last."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One fingerprint of a list; `value` is binary (a PDQ in the byte order of its hex).

    `list_name` and `entry_id` (any int64) identify it. Raises InputError.
    """

    entry_id: int
    list_name: str
    category: str
    kind: FingerprintType
    value: bytes
    source: str = ""
    confirmations: int = 0

    def __post_init__(self) -> None:
        check_value(self.kind, self.value)

    @property
    def key(self) -> Key:
        return self.list_name, self.entry_id

    def __repr__(self) -> str:
        """Without the fingerprint, so that it reaches no log."""
        return f"ListEntry(entry_id={self.entry_id}, list_name={self.list_name!r}, kind={self.kind.value!r})"


class Label(NamedTuple):
    """What entries have in common; each combination is kept once."""

    list_name: str
    category: str
    source: str
    confirmations: int


class Table(NamedTuple):
    """Rows of one kind."""

    codes: Codes
    entry_ids: Ids
    labels: LabelIds


class Catalogue:
    """Immutable entries of lists: rows by kind, then list, then entry id.

    PhotoDNA and vPDQ values are kept as their SHA-256, since they are only ever compared whole.
    """

    def __init__(
        self,
        segments: Mapping[FingerprintType, Segment | ExactSegment],
        entry_ids: Ids,
        labels: LabelIds,
        names: Sequence[Label],
        runs: Sequence[Run],
    ) -> None:
        """Of row r the label is names[labels[r]]; `runs` ascend."""
        self.segments, self.names, self.runs = segments, names, runs
        self._entry_ids, self._labels = entry_ids, labels
        sizes = [len(segments[kind]) if kind in segments else 0 for kind in KINDS]
        self._starts = dict(zip(KINDS, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))

    @classmethod
    def build(cls, entries: Iterable[ListEntry]) -> Self:
        """Raises Conflict if two entries share list and id."""
        names: dict[Label, int] = {}
        gathered = {kind: (bytearray(), array("q"), array("I")) for kind in KINDS}
        for entry in entries:
            codes, entry_ids, labels = gathered[entry.kind]
            label = Label(entry.list_name, entry.category, entry.source, entry.confirmations)
            codes += code_of(entry.kind, entry.value)
            entry_ids.append(entry.entry_id)
            labels.append(names.setdefault(label, len(names)))
        tables = {
            kind: Table(
                np.frombuffer(codes, np.uint8).reshape(-1, width_of(kind)),
                np.frombuffer(entry_ids, np.int64),
                np.frombuffer(labels, np.uint32),
            )
            for kind, (codes, entry_ids, labels) in gathered.items()
            if codes
        }
        return cls._of(tables, tuple(names))

    @classmethod
    def merged(cls, levels: Snapshot[Self]) -> Self:
        """One catalogue of what stands in several."""
        if len(levels) == 1 and not levels[0].removed:
            return levels[0].part
        names: dict[Label, int] = {}
        pieces: dict[FingerprintType, list[Table]] = {}
        for level in levels:
            numbers = np.array([names.setdefault(name, len(names)) for name in level.part.names], np.uint32)
            kept = level.kept()
            for kind in level.part.segments:
                codes, entry_ids, labels = level.part._table(kind, kept)
                pieces.setdefault(kind, []).append(Table(codes, entry_ids, numbers[labels]))
        tables = {kind: Table(*map(np.concatenate, zip(*tables, strict=True))) for kind, tables in pieces.items()}
        return cls._of(tables, tuple(names))

    @classmethod
    def _of(cls, tables: Mapping[FingerprintType, Table], names: Sequence[Label]) -> Self:
        lists = sorted({name.list_name for name in names})
        numbers = {name: number for number, name in enumerate(lists)}
        list_of = np.array([numbers[name.list_name] for name in names], np.uint32)
        segments: dict[FingerprintType, Segment | ExactSegment] = {}
        runs: list[Run] = []
        columns = [np.empty(0, np.int64)], [np.empty(0, np.uint32)]
        start = 0
        for kind in KINDS:
            if kind not in tables or not len(tables[kind].entry_ids):
                continue
            codes, entry_ids, labels = tables[kind]
            order = np.lexsort((entry_ids, list_of[labels]))
            columns[0].append(entry_ids[order])
            columns[1].append(labels[order])
            is_pdq = kind is FingerprintType.PDQ
            segments[kind] = (Segment if is_pdq else ExactSegment).build(np.take(codes, order, axis=0))
            bounds = np.searchsorted(list_of[columns[1][-1]], np.arange(len(lists) + 1)) + start
            pairs = zip(lists, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
            runs += [(name, first, stop) for name, first, stop in pairs if first < stop]
            start += len(order)
        made = cls(segments, np.concatenate(columns[0]), np.concatenate(columns[1]), names, runs)
        made._check_keys()
        return made

    @classmethod
    def open(cls, folder: Path, *, verify: bool = True, prefault: bool = False) -> Self:
        """Raises NotFound, IntegrityError and OutsideFailure."""
        contents = arrays.read(folder / "columns", _MAGIC, verify=verify)
        kinds, names, runs = _facts(contents, folder)
        segments: dict[FingerprintType, Segment | ExactSegment] = {
            kind: Segment.open(folder / kind.value, verify=verify, prefault=prefault)
            if kind is FingerprintType.PDQ
            else ExactSegment.open(folder / kind.value, verify=verify)
            for kind in kinds
        }
        entry_ids, labels = contents.arrays["entry_ids"], contents.arrays["labels"]
        if sum(map(len, segments.values())) != len(entry_ids):
            raise arrays.damaged(folder)
        return cls(segments, entry_ids, labels, names, runs)

    def save(self, folder: Path) -> None:
        """Into an empty folder. Raises OutsideFailure."""
        for kind, segment in self.segments.items():
            segment.save(folder / kind.value)
        columns: dict[str, NDArray[Any]] = {"entry_ids": self._entry_ids, "labels": self._labels}
        facts = {"kinds": list(self.segments), "names": self.names, "runs": self.runs}
        arrays.write(folder / "columns", _MAGIC, columns, facts)

    def __len__(self) -> int:
        return len(self._entry_ids)

    def positions(self, keys: Sequence[Key], /) -> Ids:
        """The row of each key, -1 where it is absent."""
        found = np.full(len(keys), -1, np.int64)
        places: dict[str, list[int]] = {}
        for place, (name, _) in enumerate(keys):
            places.setdefault(name, []).append(place)
        wanted = np.array([entry_id for _, entry_id in keys], np.int64)
        for name, first, stop in self.runs:
            if name in places:
                at = found_in(self._entry_ids[first:stop], wanted[places[name]])
                found[places[name]] = np.where(at >= 0, at + first, found[places[name]])
        return found

    def find(self, kind: FingerprintType, codes: Codes, radius: int, threads: int, gone: Gone | None) -> Hits:
        """Offsets, rows and distances of what stands within the radius (PDQ) or is equal."""
        segment = self.segments.get(kind)
        if segment is None:
            return np.zeros(len(codes) + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.uint8)
        if kind is FingerprintType.PDQ:
            return segment.search(codes, radius, threads=threads, gone=gone)
        offsets, positions, distances = segment.search(codes, 0)
        rows = positions + self._starts[kind]
        if gone is None or not len(rows):
            return offsets, rows, distances
        stands = ~is_gone(gone, rows)
        before = np.concatenate([[0], np.cumsum(stands)])
        return before[offsets], rows[stands], distances[stands]

    def label(self, row: int) -> Label:
        return self.names[int(self._labels[row])]

    def facts(self, rows: Ids) -> tuple[list[int], list[Label]]:
        """Entry id and label of each row."""
        return self._entry_ids[rows].tolist(), [self.names[label] for label in self._labels[rows].tolist()]

    def entry(self, row: int, kind: FingerprintType, asked: bytes) -> ListEntry:
        """`asked` is the value the row was found by: for all kinds but PDQ the entry's own."""
        label = self.label(row)
        value = self.segments[kind].codes[row].tobytes() if kind is FingerprintType.PDQ else asked
        number = int(self._entry_ids[row])
        return ListEntry(number, label.list_name, label.category, kind, value, label.source, label.confirmations)

    def only(self, lists: frozenset[str], level: Level[Self]) -> Level[Self]:
        """This catalogue's level with all other lists' entries gone."""
        stands = np.zeros(len(self), np.bool_)
        for name, first, stop in self.runs:
            stands[first:stop] = name in lists
        kept = level.kept()
        return level.without(np.flatnonzero(~stands if kept is None else kept & ~stands))

    @property
    def nbytes(self) -> int:
        """Of the columns."""
        return self._entry_ids.nbytes + self._labels.nbytes

    def _table(self, kind: FingerprintType, kept: NDArray[np.bool_] | None) -> Table:
        """The rows of a kind that are kept."""
        segment = self.segments[kind]
        rows = slice(self._starts[kind], self._starts[kind] + len(segment))
        codes, entry_ids, labels = segment.codes, self._entry_ids[rows], self._labels[rows]
        if kept is None:
            return Table(codes, entry_ids, labels)
        stands = kept[rows]
        return Table(codes[stands], entry_ids[stands], labels[stands])

    def _check_keys(self) -> None:
        """No two rows share list and entry id: within a run they would be neighbours, else in two runs of a list."""
        by_list: dict[str, list[Ids]] = {}
        for name, first, stop in self.runs:
            by_list.setdefault(name, []).append(self._entry_ids[first:stop])
        for name, pieces in by_list.items():
            entry_ids = pieces[0] if len(pieces) == 1 else np.sort(np.concatenate(pieces))
            same = np.flatnonzero(entry_ids[:-1] == entry_ids[1:])
            if len(same):
                raise Conflict("Two list entries share an id.", where=f"{name}, entry {entry_ids[same[0]]}")


def _facts(contents: arrays.Contents, folder: Path) -> tuple[list[FingerprintType], list[Label], list[Run]]:
    """Kinds, labels and runs of what `save` wrote; its columns fit them. Raises IntegrityError."""
    try:
        kinds = [FingerprintType(kind) for kind in contents.facts["kinds"]]
        names = [Label(*label) for label in contents.facts["names"]]
        runs = [(str(name), int(first), int(stop)) for name, first, stop in contents.facts["runs"]]
        entry_ids, labels = contents.arrays["entry_ids"], contents.arrays["labels"]
    except (KeyError, TypeError, ValueError):
        raise arrays.damaged(folder) from None
    ends = [0, *(bound for _, first, stop in runs for bound in (first, stop)), entry_ids.size]
    fits = entry_ids.dtype == np.int64 and labels.dtype == np.uint32 and entry_ids.shape == labels.shape
    if not fits or entry_ids.ndim != 1 or ends != sorted(ends) or int(labels.max(initial=0)) >= max(len(names), 1):
        raise arrays.damaged(folder)
    return kinds, names, runs


def width_of(kind: FingerprintType) -> int:
    """Bytes of a kind's codes."""
    return _BYTES.get(kind, 32)


def code_of(kind: FingerprintType, value: bytes) -> bytes:
    """What stands for a value in a segment."""
    return value if kind in _BYTES else sha256(value).digest()


def check_value(kind: FingerprintType, value: bytes) -> None:
    """Raises InputError."""
    expected = _BYTES.get(kind)
    if not value or (expected is not None and len(value) != expected):
        wanted = f"{expected} bytes" if expected else "at least one byte"
        raise InputError(
            f"A fingerprint of this kind has {wanted}.", where=kind.value, advice="Check the list's columns."
        )
