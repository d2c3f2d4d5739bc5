"""One stream of named sections, checked as a whole: what an index writes in place of a pickle.

Layout, little-endian: magic (8 bytes), version u32, head length u32, the head (JSON: kind, facts, and each section's
name and length), the sections in that order, and the SHA-256 of all that. Reading takes bytes apart and builds nothing
else, so a foreign or altered stream is refused and can execute nothing. The digest finds damage; it is no signature.
"""

import hashlib
import io
import json
import struct
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO, Self

from rempart.core.errors import IntegrityError


@dataclass(frozen=True, slots=True)
class Facts:
    """How many entries, the classes they carry by name, and settings of the index."""

    count: int
    classes: tuple[str, ...]
    settings: Mapping[str, float] = field(default_factory=dict)


Buffer = bytes | bytearray | memoryview

_MAGIC = b"RMPTTXI\n"
_VERSION = 1
_PREFIX = struct.Struct("<8sII")
_MAX_HEAD = 1 << 20
_MAX_SECTION = 1 << 40
_CHUNK = 16 << 20  # a length that lies costs no more memory than the stream has bytes
_DIGEST_BYTES = 32
_ADVICE = "Build the index again from its lists (tx: `tx dataset --rebuild-indices`)."


def write(stream: BinaryIO, kind: str, facts: Facts, sections: Mapping[str, Buffer]) -> None:
    """Leaves the stream open, after the last byte written."""
    lengths = [[name, memoryview(section).nbytes] for name, section in sections.items()]
    head = json.dumps({"kind": kind, "facts": asdict(facts), "sections": lengths}).encode()
    digest = hashlib.sha256()
    for part in (_PREFIX.pack(_MAGIC, _VERSION, len(head)), head, *sections.values()):
        digest.update(part)
        stream.write(part)
    stream.write(digest.digest())


def read(stream: BinaryIO, kind: str) -> tuple[Facts, dict[str, bytearray]]:
    """The facts and sections of one container of this kind. Raises IntegrityError."""
    digest = hashlib.sha256()
    prefix = _exactly(stream, _PREFIX.size, digest)
    magic, version, head_length = _PREFIX.unpack(prefix)
    if (magic, version) != (_MAGIC, _VERSION) or head_length > _MAX_HEAD:
        raise refused("This is not an index that this version wrote; a pickle is never loaded.")
    facts, lengths = _head(bytes(_exactly(stream, head_length, digest)), kind)
    sections = {name: _exactly(stream, length, digest) for name, length in lengths}
    if _exactly(stream, _DIGEST_BYTES, hashlib.sha256()) != digest.digest():
        raise refused("The index was cut off or altered.")
    return facts, sections


def kind_of(stream: BinaryIO) -> str | None:
    """The kind of the container that comes next, None if there is none; the stream (seekable) stays where it is."""
    place = stream.tell()
    try:
        prefix = stream.read(_PREFIX.size)
        if not prefix.startswith(_MAGIC) or len(prefix) < _PREFIX.size:
            return None
        head = json.loads(stream.read(min(_MAX_HEAD, _PREFIX.unpack(prefix)[2])))
        return str(head["kind"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise refused("The index was cut off or altered.") from error
    finally:
        stream.seek(place)


class Contained(ABC):
    """An index that is stored as a container, and so is its pickled state."""

    @abstractmethod
    def serialize(self, fout: BinaryIO) -> None:
        """Raises InputError if an entry carries what cannot be stored."""

    @abstractmethod
    def _load(self, stream: BinaryIO) -> None:
        """Become what `serialize` wrote. Raises IntegrityError."""

    @classmethod
    def deserialize(cls, fin: BinaryIO) -> Self:
        """What `serialize` wrote. Raises IntegrityError; executes nothing that the stream holds."""
        made = cls()
        made._load(fin)
        return made

    def __getstate__(self) -> bytes:
        """For callers that hand an index to another process; the state is the container."""
        stream = io.BytesIO()
        self.serialize(stream)
        return stream.getvalue()

    def __setstate__(self, state: bytes) -> None:
        self._load(io.BytesIO(state))


def _head(text: bytes, kind: str) -> tuple[Facts, list[tuple[str, int]]]:
    try:
        head = json.loads(text)
        lengths = [(str(name), int(length)) for name, length in head["sections"]]
        found, facts = head["kind"], _facts(head["facts"])
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise refused("The index was cut off or altered.") from error
    if found != kind:
        raise refused("The index is of another kind.")
    if any(not 0 <= length <= _MAX_SECTION for _, length in lengths):
        raise refused("The index was cut off or altered.")
    return facts, lengths


def _facts(given: dict[str, Any]) -> Facts:
    facts = Facts(
        int(given["count"]),
        tuple(map(str, given["classes"])),
        {str(name): float(value) for name, value in given["settings"].items()},
    )
    if facts.count < 0:
        raise ValueError
    return facts


def _exactly(stream: BinaryIO, length: int, digest: "hashlib._Hash") -> bytearray:
    data = bytearray()
    while len(data) < length:
        chunk = stream.read(min(_CHUNK, length - len(data)))
        if not chunk:
            raise refused("The index was cut off or altered.")
        digest.update(chunk)
        data += chunk
    return data


def refused(what: str) -> IntegrityError:
    return IntegrityError(what, where="index", advice=_ADVICE)
