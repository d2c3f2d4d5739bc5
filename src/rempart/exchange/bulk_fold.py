"""The fold of whole logs at once, in columns: what an auditor, or a node that starts anew, computes from nothing.

It gives the same entries as `exchange.fold`, which is the reference. Signals are taken as their canonical bytes, log
by log and in each log's order; of two words of one log on one fingerprint the later counts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.fold import Entry, Key, Ruling, Word, is_listable
from rempart.exchange.policy import KINDS
from rempart.exchange.signals import CATEGORIES, Action, Reason, SignalBasis, decode

_WIDTH = 32
_SIZES = {1: 16, 2: 20, 3: 32, 4: 32}
_PHOTODNA = 5
_LISTS, _OTHER = 13, 12
_FIXED = frozenset(2 + width + tail for width in _SIZES.values() for tail in (_LISTS, _OTHER))
_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)

Column = NDArray[np.uint8]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Words in columns, one row each: the fingerprint as 4 words of 64 bits, its kind's code, and what was said.

    `log` numbers the logs; rows of one log stand in its order.
    """

    value: NDArray[np.uint64]
    kind: Column
    action: Column
    opinion: Column
    """Category (upper four bits) and basis where `action` lists, else the reason."""
    log: NDArray[np.uint16]

    def take(self, places: Places) -> "Columns":
        return Columns(
            self.value[places], self.kind[places], self.action[places], self.opinion[places], self.log[places]
        )

    def said(self, places: Places) -> "_Said":
        return _Said(self.kind[places], self.action[places], self.opinion[places], self.log[places])


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said, without of what."""

    kind: Column
    action: Column
    opinion: Column
    log: NDArray[np.uint16]


def fold_logs(logs: Mapping[str, Iterable[bytes]], ruling: Ruling) -> Iterator[Entry]:
    """The entries that follow from the logs' signals, by origin; only logs of the ruling's members are read.

    Raises InputError for bytes that are no signal. A log has at most 2**32 signals, of at most 65,536 logs.
    """
    heard = {origin: None for origin in (*ruling.governments, *ruling.vetoers) if origin in logs}
    # Logs of one government stand together, so that its words on one fingerprint do too.
    origins = sorted(heard, key=lambda origin: (ruling.governments.get(origin, ""), origin))
    rest: dict[Key, dict[str, Word]] = {}
    parts = [_parse(number, origin, logs[origin], rest) for number, origin in enumerate(origins)]
    columns = _joined(parts)
    for key, words in sorted(rest.items()):
        if (entry := ruling.entry(key, words.values())) is not None:
            yield entry
    if len(columns.kind):
        yield from _entries(columns, origins, ruling)


def _parse(number: int, origin: str, signals: Iterable[bytes], rest: dict[Key, dict[str, Word]]) -> list[Columns]:
    """Those of fixed size in columns, in the log's order; the others go to `rest`."""
    by_size: dict[int, list[bytes]] = {}
    places: dict[int, list[int]] = {}
    for place, data in enumerate(signals):
        size = len(data)
        if size not in _FIXED or data[1] == _PHOTODNA:
            signal = decode(data)
            rest.setdefault((signal.kind, signal.value), {})[origin] = Word.of(origin, place, signal)
            continue
        try:
            by_size[size].append(data)
            places[size].append(place)
        except KeyError:
            by_size[size], places[size] = [data], [place]
    parts = [_columns(number, size, b"".join(each)) for size, each in by_size.items()]
    if len(parts) < 2:
        return parts
    order = np.argsort(np.concatenate([np.array(each, np.uint32) for each in places.values()]), kind="stable")
    return [_joined([parts]).take(order)]


def _columns(number: int, size: int, data: bytes) -> Columns:
    rows = np.frombuffer(data, np.uint8).reshape(-1, size)
    action, kind = rows[:, 0] & np.uint8(15), rows[:, 1]
    tail = _LISTS if size in (47, 35, 31) else _OTHER
    width = size - 2 - tail
    _check(rows, action, kind, width, tail)
    value = np.zeros((len(rows), _WIDTH), np.uint8)
    value[:, :width] = rows[:, 2 : 2 + width]
    opinion = rows[:, 2 + width + 11]
    return Columns(value.view("<u8"), kind.copy(), action, opinion.copy(), np.full(len(rows), number, np.uint16))


def _check(rows: Column, action: Column, kind: Column, width: int, tail: int) -> None:
    """As `signals.decode` does; raises InputError for the first that is no signal."""
    sizes = np.array([0, 16, 20, 32, 32], np.uint8)
    is_right = (rows[:, 0] >> 4 == 1) & (kind >= 1) & (kind <= 4) & (sizes[np.minimum(kind, 4)] == width)
    opinion = rows[:, 2 + width + 11]
    if tail == _LISTS:
        category, basis = opinion >> 4, opinion & 15
        is_right &= (action >= 1) & (action <= 2) & (category >= 1) & (category <= len(CATEGORIES))
        is_right &= (basis >= 1) & (basis <= len(SignalBasis)) & (rows[:, -1] > 0)
    else:
        is_right &= (action >= 3) & (action <= 4) & (opinion >= 1) & (opinion <= len(Reason))
    if not is_right.all():
        decode(rows[int(np.argmin(is_right))].tobytes())
        raise InputError("a signal is not as the format has it.", where="signal")


def _joined(parts: list[list[Columns]]) -> Columns:
    flat = [each for part in parts for each in part]
    if not flat:
        empty = np.empty(0, np.uint8)
        return Columns(np.empty((0, 4), np.uint64), empty, empty, empty, np.empty(0, np.uint16))
    if len(flat) == 1:
        return flat[0]
    return Columns(
        np.concatenate([each.value for each in flat]),
        np.concatenate([each.kind for each in flat]),
        np.concatenate([each.action for each in flat]),
        np.concatenate([each.opinion for each in flat]),
        np.concatenate([each.log for each in flat]),
    )


def _entries(columns: Columns, origins: list[str], ruling: Ruling) -> Iterator[Entry]:
    order, first = _grouped(columns)
    group = np.cumsum(first, dtype=np.uint32) - 1
    log = columns.log[order]
    # A member's last word: the next row is another's, or about another fingerprint.
    last = np.ones(len(order), np.bool_)
    last[:-1] = first[1:] | (log[1:] != log[:-1])
    starts = order[first]
    counts = _confirmations(columns.said(order[last]), group[last], len(starts), origins, ruling)
    listed = np.flatnonzero(counts.total >= ruling.policy.governments)
    found = columns.take(starts[listed])
    category = counts.category[listed]
    yield from _spelled(found, category, counts.total[listed], ruling)


def _grouped(columns: Columns) -> tuple[Places, NDArray[np.bool_]]:
    """Rows by fingerprint, each's in their order, and where another fingerprint begins."""
    value, kind = columns.value, columns.kind
    mixed = kind.astype(np.uint64)
    for place in range(4):
        mixed += value[:, place] * _ODD[place]
    mixed ^= mixed >> np.uint64(32)
    order = np.argsort(mixed, kind="stable")
    first = _begins(value[order], kind[order])
    by_mix = np.ones(len(order), np.bool_)
    by_mix[1:] = mixed[order[1:]] != mixed[order[:-1]]
    if (first != by_mix).any():
        # Different fingerprints that mix to one number, which somebody may have sought: sort by all of them.
        order = np.lexsort((*value.T, kind))
        first = _begins(value[order], kind[order])
    return order, first


def _begins(value: NDArray[np.uint64], kind: Column) -> NDArray[np.bool_]:
    first = np.ones(len(kind), np.bool_)
    first[1:] = kind[1:] != kind[:-1]
    for place in range(4):
        first[1:] |= value[1:, place] != value[:-1, place]
    return first


@dataclass(frozen=True, slots=True)
class _Counts:
    total: NDArray[np.int64]
    """Governments that confirm each fingerprint; 0 where a veto stands."""
    category: NDArray[np.int64]


def _confirmations(words: _Said, group: NDArray[np.uint32], groups: int, origins: list[str], ruling: Ruling) -> _Counts:
    policy = ruling.policy
    names = sorted(set(ruling.governments.values()))
    country = np.array([names.index(ruling.governments[o]) + 1 if o in ruling.governments else 0 for o in origins])
    kinds = np.array([False, *(kind in policy.kinds for kind in KINDS)])
    # A basis or category that the policy does not count makes the whole opinion count for nothing.
    opinions = np.zeros(256, np.bool_)
    for category in policy.categories:
        for basis in policy.bases:
            opinions[(CATEGORIES.index(category) + 1) << 4 | (tuple(SignalBasis).index(basis) + 1)] = True
    of = country[words.log]
    listing = (words.action <= Action.CORRECT) & opinions[words.opinion] & (of > 0) & kinds[words.kind]
    by, where, category = of[listing], group[listing], words.opinion[listing] >> 4
    total = _distinct(where, by, groups)
    most, found = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    for code in range(1, len(CATEGORIES) + 1):
        chosen = category == code
        count = _distinct(where[chosen], by[chosen], groups)
        found[count > most] = code - 1
        np.maximum(most, count, out=most)
    total[group[_vetoes(words, origins, ruling)]] = 0
    return _Counts(total, found)


def _vetoes(words: _Said, origins: list[str], ruling: Ruling) -> NDArray[np.bool_]:
    able = np.array([origin in ruling.vetoers for origin in origins])
    lawful = tuple(Reason).index(Reason.LAWFUL) + 1
    is_lawful = (words.action == Action.WITHDRAW) & (words.opinion == lawful)
    found: NDArray[np.bool_] = able[words.log] & ((words.action == Action.DISPUTE) | is_lawful)
    return found


def _distinct(group: NDArray[np.uint32], country: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """How many countries each group has; a country's rows of one group stand together."""
    first = np.ones(len(group), np.bool_)
    first[1:] = (group[1:] != group[:-1]) | (country[1:] != country[:-1])
    return np.bincount(group[first], minlength=groups)


def _spelled(found: Columns, category: NDArray[np.int64], total: NDArray[np.int64], ruling: Ruling) -> Iterator[Entry]:
    data = np.ascontiguousarray(found.value).tobytes()
    rows = zip(found.kind.tolist(), category.tolist(), total.tolist(), strict=True)
    for place, (code, named, count) in enumerate(rows):
        start = place * _WIDTH
        key: tuple[FingerprintType, bytes] = (KINDS[code - 1], data[start : start + _SIZES[code]])
        if is_listable(key):
            yield Entry(*key, CATEGORIES[named], count)
