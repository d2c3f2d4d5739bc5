"""What an entry carries (T of the package's interface) as JSON, and back without executing anything.

Plain JSON values stay themselves. The rest is an object with the one key "$": tuples, sets, bytes, dictionaries
with other keys than strings, and dataclasses and enums by their name. A name is only ever looked up among the classes
of the package's own exchanges that the program has imported and those given to `allow`; an instance is made without
calling its class, so a file can name data and nothing that runs.
"""

import base64
import json
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Self

import numpy as np

from rempart.core.errors import InputError, IntegrityError

_MARK = "$"
_END_BYTES = 8
_TRUSTED_PACKAGE = "threatexchange.exchanges."
_allowed: dict[str, type] = {}
_as_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode  # made once: there are millions of entries


def allow(*classes: type) -> None:
    """Dataclasses and enums of one's own that entries carry. Raises InputError for any other class."""
    for each in classes:
        if not _is_data(each):
            raise InputError("Only dataclasses and enums can be stored.", where=each.__qualname__)
        _allowed[_name(each)] = each


def encode(value: object, classes: set[str]) -> bytes:
    """Adds the names of the classes needed to read it again. Raises InputError for a value that cannot be stored."""
    try:
        return _as_json(_plain(value, classes)).encode()
    except (ValueError, RecursionError) as error:
        raise InputError("An entry carries a number or a nesting that JSON does not hold.", where="entry") from error


def decode(text: bytes) -> Any:
    """Raises IntegrityError for what `encode` did not write, or a class this program does not know."""
    try:
        return _lively(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise IntegrityError("What an entry carries cannot be read.", where="index") from error


def check_classes(names: Iterable[str]) -> None:
    """At opening, so that no hit is lost later. Raises IntegrityError for a class this program does not know."""
    for name in names:
        if _known(name) is None:
            raise IntegrityError(
                "Entries of the index carry a class that is not known here.",
                where=name,
                advice="Import the exchange that defines it, or pass your own class to `allow`.",
            )


def _plain(value: Any, classes: set[str]) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [_plain(each, classes) for each in value]
    if type(value) is dict and all(type(key) is str and key != _MARK for key in value):
        return {key: _plain(each, classes) for key, each in value.items()}
    return {_MARK: _marked(value, classes)}


def _marked(value: Any, classes: set[str]) -> list[Any]:
    if type(value) in (tuple, set, frozenset):
        members = value if type(value) is tuple else sorted(value, key=repr)
        return [type(value).__name__, [_plain(each, classes) for each in members]]
    if type(value) is dict:
        return ["dict", [[_plain(key, classes), _plain(each, classes)] for key, each in value.items()]]
    if type(value) is bytes:
        return ["bytes", base64.b64encode(value).decode()]
    return _of_class(value, classes)


def _of_class(value: Any, classes: set[str]) -> list[Any]:
    kind: type = type(value)
    name = _name(kind)
    if _known(name) is not kind:
        raise InputError(
            "An entry carries a value that cannot be stored.",
            where=kind.__qualname__,
            advice="Use plain values, or pass its class (a dataclass or an enum) to `allow`.",
        )
    classes.add(name)
    if isinstance(value, Enum):
        return ["enum", name, value.name]
    return ["dataclass", name, {each.name: _plain(getattr(value, each.name), classes) for each in fields(value)}]


def _lively(value: Any) -> Any:
    if isinstance(value, list):
        return [_lively(each) for each in value]
    if not isinstance(value, dict):
        return value
    if _MARK not in value:
        return {key: _lively(each) for key, each in value.items()}
    kind, *rest = value[_MARK]
    return _MAKERS[kind](*rest)


def _instance(name: str, state: dict[str, Any]) -> Any:
    found = _known(name)
    if found is None or not is_dataclass(found) or {each.name for each in fields(found)} != state.keys():
        raise KeyError(name)
    made = object.__new__(found)
    for key, each in state.items():
        object.__setattr__(made, key, _lively(each))
    return made


def _member(name: str, member: str) -> Enum:
    found = _known(name)
    if found is None or not issubclass(found, Enum):
        raise KeyError(name)
    return found[member]


_MAKERS: dict[str, Any] = {
    "tuple": lambda members: tuple(map(_lively, members)),
    "set": lambda members: set(map(_lively, members)),
    "frozenset": lambda members: frozenset(map(_lively, members)),
    "dict": lambda pairs: {_lively(key): _lively(each) for key, each in pairs},
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "enum": _member,
    "dataclass": _instance,
}


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _known(name: str) -> type | None:
    if name in _allowed:
        return _allowed[name]
    module, _, qualname = name.partition(":")
    if not module.startswith(_TRUSTED_PACKAGE):
        return None
    found = getattr(sys.modules.get(module), qualname, None)
    # The name must be the class's own: an exchange's module also holds what it imported.
    return found if isinstance(found, type) and _is_data(found) and _name(found) == name else None


def _is_data(kind: type) -> bool:
    return is_dataclass(kind) or issubclass(kind, Enum)


class Payloads:
    """What entries carry, by position: stored ones stay JSON until they are asked for."""

    def __init__(self) -> None:
        self._ends = np.empty(0, dtype=np.int64)
        self._blob: bytes | bytearray = b""
        self._classes: set[str] = set()
        self._live: list[Any] = []

    @classmethod
    def of_parts(cls, count: int, classes: Collection[str], sections: Mapping[str, bytearray]) -> Self:
        """What `parts` gave. Raises IntegrityError."""
        ends, blob = sections.get("ends", b""), sections.get("blob", b"")
        offsets = np.frombuffer(ends[: count * _END_BYTES], dtype="<i8").astype(np.int64)
        covered = int(offsets[-1]) if len(offsets) else 0
        if len(ends) != count * _END_BYTES or covered != len(blob) or (np.diff(offsets, prepend=0) < 0).any():
            raise IntegrityError("The parts of the index do not go together.", where="index")
        check_classes(classes)
        made = cls()
        made._ends, made._blob, made._classes = offsets, blob, set(classes)
        return made

    def parts(self) -> tuple[list[str], dict[str, bytes]]:
        """The classes needed to read it, and the sections "ends" (int64 each) and "blob". Raises InputError."""
        classes = set(self._classes)
        added = [encode(value, classes) for value in self._live]
        lengths = np.fromiter(map(len, added), dtype=np.int64, count=len(added))
        ends = np.concatenate([self._ends, np.cumsum(lengths) + len(self._blob)]).astype("<i8")
        return sorted(classes), {"ends": ends.tobytes(), "blob": bytes(self._blob) + b"".join(added)}

    def __len__(self) -> int:
        return len(self._ends) + len(self._live)

    def __getitem__(self, position: int) -> Any:
        stored = len(self._ends)
        if position >= stored:
            return self._live[position - stored]
        start = int(self._ends[position - 1]) if position else 0
        return decode(bytes(self._blob[start : int(self._ends[position])]))

    def extend(self, values: Iterable[Any]) -> None:
        self._live.extend(values)
