"""Named arrays in one file, mapped on opening: what exact segments and a list's columns are kept in.

Layout, little-endian: magic (8 bytes), version u32, length of the table u32, SHA-256 of the table, the table (JSON:
for each array its type, shape, offset; facts of the owner's; SHA-256 of the rest), then the arrays, each at a multiple
of 64 bytes. The table is always verified, the arrays on request; no array reaches beyond the file.
"""

import hashlib
import json
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import IntegrityError, NotFound
from rempart.signals.match.files import draft_of, unusable

_VERSION = 1
_HEAD = struct.Struct("<8sII32s")
_ALIGNED = 64
_TYPES = {"u1", "<u4", "<i8"}
_CHUNK = 1 << 24


@dataclass(frozen=True, slots=True)
class Contents:
    """`facts` are what the owner gave to `write`; the arrays are read-only views of the mapped file."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


def write(path: Path, magic: bytes, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Replaces the file atomically and durably; readable by its owner alone. Raises OutsideFailure."""
    placed: dict[str, dict[str, Any]] = {}
    offset = 0
    digest = hashlib.sha256()
    for name, array in arrays.items():
        placed[name] = {"type": array.dtype.str.replace("|", ""), "shape": array.shape, "offset": offset}
        offset += _padded(array.nbytes)
        for chunk in _chunks(array):
            digest.update(chunk)
    table = json.dumps({"arrays": placed, "facts": dict(facts), "bytes": offset, "sha256": digest.hexdigest()})
    encoded = table.encode()
    try:
        with draft_of(path) as file:
            file.write(_HEAD.pack(magic, _VERSION, len(encoded), hashlib.sha256(encoded).digest()))
            file.write(encoded.ljust(_padded(_HEAD.size + len(encoded)) - _HEAD.size))
            for array in arrays.values():
                for chunk in _chunks(array):
                    file.write(chunk)
    except OSError as error:
        raise unusable(path, error) from error


def read(path: Path, magic: bytes, *, verify: bool) -> Contents:
    """Raises NotFound, OutsideFailure, and IntegrityError for a file cut off, altered or foreign."""
    try:
        with path.open("rb") as file:
            data = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    except FileNotFoundError:
        raise NotFound("There is no such file.", where=str(path), advice="Build and save it first.") from None
    except OSError as error:
        raise unusable(path, error) from error
    except ValueError:  # an empty file cannot be mapped
        raise damaged(path) from None
    table, body = _table(data, magic, path)
    try:
        if len(body) != table["bytes"] or (verify and hashlib.sha256(body.data).hexdigest() != table["sha256"]):
            raise damaged(path)
        arrays = {str(name): _view(body, place, path) for name, place in table["arrays"].items()}
        return Contents(arrays, dict(table["facts"]))
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):  # its digest is right, its content not
        raise damaged(path) from None


def damaged(path: Path) -> IntegrityError:
    return IntegrityError(
        "The file was cut off, altered or made by another version.",
        where=str(path),
        advice="Build it again from its lists.",
    )


def _table(data: NDArray[np.uint8], magic: bytes, path: Path) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    if len(data) < _HEAD.size:
        raise damaged(path)
    found, version, length, digest = _HEAD.unpack(data[: _HEAD.size].tobytes())
    encoded = data[_HEAD.size : _HEAD.size + length].tobytes()
    if (found, version) != (magic, _VERSION) or hashlib.sha256(encoded).digest() != digest:
        raise damaged(path)
    start = _padded(_HEAD.size + length)
    if data[_HEAD.size + length : start].tobytes().strip():
        raise damaged(path)
    try:
        table = json.loads(encoded)
    except (ValueError, RecursionError):
        raise damaged(path) from None
    if not isinstance(table, dict):
        raise damaged(path)
    return table, data[start:]


def _view(body: NDArray[np.uint8], place: dict[str, Any], path: Path) -> NDArray[Any]:
    if place["type"] not in _TYPES:
        raise damaged(path)
    kind = np.dtype(place["type"])
    end = place["offset"] + prod(place["shape"]) * kind.itemsize
    if not 0 <= place["offset"] <= end <= len(body) or place["offset"] % _ALIGNED or min(place["shape"], default=0) < 0:
        raise damaged(path)
    array: NDArray[Any] = body[place["offset"] : end].view(kind).reshape(place["shape"])
    return array


def _chunks(array: NDArray[Any]) -> list[memoryview]:
    """The bytes of an array, padded to the next array's place."""
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    pieces = [flat[at : at + _CHUNK] for at in range(0, len(flat), _CHUNK)]
    return [*pieces, memoryview(bytes(_padded(len(flat)) - len(flat)))]


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED
