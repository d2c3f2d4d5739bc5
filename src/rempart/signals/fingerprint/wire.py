"""What a decoder's child process and its caller say to each other, and the limits both keep.

A frame is two big-endian u32 lengths, then a JSON object (at most 4 KiB), then a body of bytes.
"""

import json
import socket
import struct
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import BinaryIO

from rempart.core.errors import InputError, LimitExceeded

_HEAD = struct.Struct(">II")
_MAX_META = 4096
MAX_REPLY = 64 << 20
_PDQ_BYTES = 32
_MAX_COUNT = 1 << 40
_FRAME = struct.Struct(">IB32s")
_FRAMES = range(1, 10_001)
_TURNS = 8
_SIDES = range(16, 4097)
_BLURS = range(257)
OUT_OF_MEMORY = "memory"
# Bits that a fingerprint of the fast mode may lie from the exact one. So that nothing within a radius is missed, it is
# searched at radius + margin, and only what then hits is decoded exactly and searched at the radius itself.
FAST_RADIUS_MARGIN = 6

Meta = dict[str, object]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one image may cost: wall-clock seconds, address space of the child, pixels (as stored), encoded bytes.

    With 1 GiB of address space, 100 megapixels fit in most formats, of WebP about 50.
    """

    seconds: float = 10.0
    memory_bytes: int = 1 << 30
    pixels: int = 100_000_000
    input_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        if min(self.seconds, self.memory_bytes, self.pixels, self.input_bytes) <= 0:
            raise InputError("Every limit must be positive.", where="limits")

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Limits":
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """An image as decoded: width and height upright, in pixels; `frames` as far as they could be counted.

    `pdq` (32 bytes) and `quality` (0..100) are None for an image too small to have a PDQ (a side under 5 pixels).
    `truncated` is a JPEG that is cut off: its fingerprint is that of what a viewer shows of it.
    `exact` is False for the result of the fast mode, which may be a few bits away (see FAST_RADIUS_MARGIN).
    """

    format: str
    mime: str
    width: int
    height: int
    frames: int
    pdq: bytes | None
    quality: int | None
    truncated: bool = False
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of an animated image: its number from 0, PDQ (32 bytes) and quality (0..100)."""

    number: int
    code: bytes
    quality: int


def check_frames(most: int) -> None:
    """Raises InputError."""
    if most not in _FRAMES:
        raise InputError(f"The number of frames must be 1 to {_FRAMES[-1]}.", where="frames")


class Failure(StrEnum):
    """Why an image was refused. The child sends only this; the words are the caller's."""

    NOT_AN_IMAGE = "not_an_image"
    PIXELS = "pixels"
    BYTES = "bytes"
    MEMORY = OUT_OF_MEMORY
    TIME = "time"

    def as_error(self) -> InputError:
        if self is Failure.NOT_AN_IMAGE:
            return InputError("It is not an image that can be read, or it is cut off.", where="image")
        return LimitExceeded(_EXCEEDED[self], where="image", advice="Raise the limit, or handle the file by hand.")


_EXCEEDED = {
    Failure.PIXELS: "It has more pixels than the limit allows.",
    Failure.BYTES: "The file is larger than the limit allows.",
    Failure.MEMORY: "Decoding it needs more memory than the limit allows.",
    Failure.TIME: "Decoding it takes longer than the limit allows.",
}


class MalformedFrame(Exception):
    """The other side sent what no healthy process sends."""


def encode_head(meta: Meta, body_length: int) -> bytes:
    text = json.dumps(meta).encode()
    return _HEAD.pack(len(text), body_length) + text


def receive(stream: BinaryIO) -> tuple[Meta, bytes] | None:
    """The next frame from a trusted writer; None once it has gone."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    meta_length, body_length = _HEAD.unpack(head)
    meta = stream.read(meta_length)
    body = stream.read(body_length)
    if len(meta) < meta_length or len(body) < body_length:
        return None
    return json.loads(meta), body


def receive_with_file(orders: socket.socket) -> tuple[Meta, int] | None:
    """The next frame, without a body, from a trusted writer, and the open file that came with it."""
    head, files, _, _ = socket.recv_fds(orders, _HEAD.size, 1)
    if len(head) < _HEAD.size or not files:
        return None
    meta_length, _ = _HEAD.unpack(head)
    return json.loads(orders.recv(meta_length, socket.MSG_WAITALL)), files[0]


def send(stream: BinaryIO, meta: Meta, body: bytes = b"") -> None:
    stream.write(encode_head(meta, len(body)) + body)
    stream.flush()


def check_look(max_side: int, blur: int) -> None:
    """Raises InputError."""
    if max_side not in _SIDES or blur not in _BLURS:
        raise InputError("The largest side must be 16 to 4096 and the blur 0 to 256.", where="preview")


class FrameReader:
    """Collects one frame from an untrusted writer; lengths are checked before anything is kept."""

    __slots__ = ("_buffer", "_lengths", "_max_body")

    def __init__(self, max_body: int = MAX_REPLY) -> None:
        self._max_body = max_body
        self._buffer = bytearray()
        self._lengths: tuple[int, int] | None = None

    def feed(self, chunk: bytes) -> tuple[Meta, bytes] | None:
        """The frame once complete, before that None. Raises MalformedFrame."""
        self._buffer += chunk
        if self._lengths is None:
            if len(self._buffer) < _HEAD.size:
                return None
            meta_length, body_length = _HEAD.unpack_from(self._buffer)
            if meta_length > _MAX_META or body_length > self._max_body:
                raise MalformedFrame
            self._lengths = meta_length, body_length
        body_start = _HEAD.size + self._lengths[0]
        missing = body_start + self._lengths[1] - len(self._buffer)
        if missing > 0:
            return None
        if missing < 0:
            raise MalformedFrame
        return _meta(bytes(self._buffer[_HEAD.size : body_start])), bytes(self._buffer[body_start:])


def _meta(text: bytes) -> Meta:
    try:
        meta = json.loads(text)
    except ValueError as error:
        raise MalformedFrame from error
    if not isinstance(meta, dict):
        raise MalformedFrame
    return meta


def facts_to_meta(facts: ImageFacts) -> tuple[Meta, bytes]:
    meta = asdict(facts)
    return meta, meta.pop("pdq") or b""


def facts_from_meta(meta: Meta, body: bytes) -> ImageFacts:
    """Raises MalformedFrame unless every field has its type and range."""
    quality = None if meta.get("quality") is None else _number(meta, "quality", 0, 100)
    if len(body) != (0 if quality is None else _PDQ_BYTES):
        raise MalformedFrame
    return ImageFacts(
        format=_word(meta, "format"),
        mime=_word(meta, "mime"),
        width=_number(meta, "width", 1, _MAX_COUNT),
        height=_number(meta, "height", 1, _MAX_COUNT),
        frames=_number(meta, "frames", 1, _MAX_COUNT),
        pdq=body or None,
        quality=quality,
        truncated=meta.get("truncated") is True,
        exact=meta.get("exact") is True,
    )


def frames_to_body(frames: list[Frame]) -> bytes:
    return b"".join(_FRAME.pack(frame.number, frame.quality, frame.code) for frame in frames)


def frames_from_body(body: bytes, most: int) -> list[Frame]:
    """1 to `most` frames in order. Raises MalformedFrame unless each value is in its range."""
    count, rest = divmod(len(body), _FRAME.size)
    if rest or not 1 <= count <= most:
        raise MalformedFrame
    frames = [Frame(number, code, quality) for number, quality, code in _FRAME.iter_unpack(body)]
    numbers = [frame.number for frame in frames]
    if any(one >= next_ for one, next_ in pairwise(numbers)) or any(frame.quality > 100 for frame in frames):
        raise MalformedFrame
    return frames


def dihedral_from_meta(meta: Meta, body: bytes) -> tuple[tuple[bytes, ...], int]:
    """Raises MalformedFrame unless these are eight fingerprints and a quality."""
    if len(body) != _TURNS * _PDQ_BYTES:
        raise MalformedFrame
    codes = tuple(body[first : first + _PDQ_BYTES] for first in range(0, len(body), _PDQ_BYTES))
    return codes, _number(meta, "quality", 0, 100)


def _word(meta: Meta, name: str) -> str:
    word = meta.get(name)
    if not isinstance(word, str) or not 0 < len(word) <= 64 or not (word.isascii() and word.isprintable()):
        raise MalformedFrame
    return word


def _number(meta: Meta, name: str, low: int, high: int) -> int:
    number = meta.get(name)
    if type(number) is not int or not low <= number <= high:
        raise MalformedFrame
    return number
