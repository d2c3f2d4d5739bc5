"""Numbered changes, each known from its number alone: what stands after n of them is known too."""

import hashlib
import os
import sys

import numpy as np

from rempart.core.vocabulary import FingerprintType
from rempart.signals.lists import ListEntry, Recogniser
from rempart.signals.match import ExactIndex, Index
from rempart.signals.shared import ListWriter

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
_COUNTER = ("counter", 0)
_KINDS = (FingerprintType.PDQ, FingerprintType.SHA256, FingerprintType.MD5, FingerprintType.PHOTODNA)


def code(name: int) -> bytes:
    return hashlib.sha256(name.to_bytes(8, "big")).digest()


def added_by(number: int) -> list[int]:
    return [number * 10 + place for place in range(number % 7 + 1)]


def removed_by(number: int) -> list[int]:
    """Some of what an earlier change added; never twice."""
    return added_by(number // 2)[::2] if number % 2 == 0 and number >= 2 else []


def entries_after(number: int) -> dict[int, bytes]:
    entries: dict[int, bytes] = {}
    for step in range(1, number + 1):
        is_addition, names = _change_of(step)
        if is_addition:
            entries |= {name: code(name) for name in names}
        else:
            for name in names:
                del entries[name]
    return entries


def _change_of(step: int) -> tuple[bool, list[int]]:
    """An index is changed by one call a step: odd steps add, even ones remove."""
    number, is_removal = divmod(step - 1, 2)
    if is_removal:
        return False, added_by(number // 2)[number % 2 :: 2]
    return True, added_by(number)


def change(index: Index | ExactIndex, step: int) -> None:
    is_addition, names = _change_of(step)
    ids = np.array(names, np.int64)
    if is_addition:
        index.add(np.frombuffer(b"".join(map(code, names)), np.uint8).reshape(-1, 32), ids)
    else:
        index.remove(ids)


def _entry(name: int) -> ListEntry:
    kind = _KINDS[name % len(_KINDS)]
    value = code(name)[: 16 if kind is FingerprintType.MD5 else 32]
    return ListEntry(name, f"list {name % 3}", "baseline", kind, value, "north", name % 4)


def _counter(number: int) -> ListEntry:
    return ListEntry(0, "counter", "baseline", FingerprintType.MD5, number.to_bytes(16, "big"), str(number))


def change_lists(writer: ListWriter, number: int) -> None:
    """Adds, removes, and tells the number in an entry of its own: all in one change."""
    gone = [_entry(name).key for name in removed_by(number)]
    if number > 1:
        gone.append(_COUNTER)
    writer.apply([*map(_entry, added_by(number)), _counter(number)], gone)


def changes_in(recogniser: Recogniser) -> int:
    """The number of the last change."""
    counter = [entry for entry in _standing(recogniser) if entry[:2] == _COUNTER]
    return int(counter[0][2]) if counter else 0


def entries_in(recogniser: Recogniser) -> set[tuple[str, int]]:
    return {entry[:2] for entry in _standing(recogniser)} - {_COUNTER}


def listed_after(number: int) -> set[tuple[str, int]]:
    names = {name for step in range(1, number + 1) for name in added_by(step)}
    gone = {name for step in range(1, number + 1) for name in removed_by(step)}
    return {_entry(name).key for name in names - gone}


def _standing(recogniser: Recogniser) -> list[tuple[str, int, str]]:
    """List, entry id and source of each entry."""
    found = []
    for level in recogniser.snapshot:
        kept = level.kept()
        for name, first, stop in level.part.runs:
            for row in range(first, stop):
                if kept is None or kept[row]:
                    found.append((name, int(level.part._entry_ids[row]), level.part.label(row).source))
    return found
