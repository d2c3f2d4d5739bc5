"""What is known of a video on its way from the child that found it out: fingerprints as columns, facts, stills."""

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rempart.signals.fingerprint.vpdq import VideoFrame
from rempart.signals.fingerprint.wire import MalformedFrame, Meta

_FRAME = np.dtype([("number", "<i8"), ("seconds", "<f8"), ("quality", "u1"), ("code", "u1", 32)])
FRAME_BYTES = _FRAME.itemsize
_MAX_NUMBER = 1 << 40
_MAX_SIDE = 1 << 20
_MAX_SECONDS = 1e9
STILLS_ACROSS = 3
MOST_STILLS = 12
MAX_SHEET = 16 << 20
"""Bytes of a JPEG of stills."""
_MIMES = {
    "asf": "video/x-ms-asf",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "matroska": "video/x-matroska",
    "mov": "video/mp4",
    "mpeg": "video/mpeg",
    "mpegts": "video/mp2t",
    "ogg": "video/ogg",
}
_ANY_VIDEO = "video"
# What a JPEG of nothing but pixels is made of (T.81, B.1): JFIF's own head, tables, one sequential frame.
_SCAN, _APP0 = 0xDA, 0xE0
_TABLES = frozenset({0xDB, 0xC4})
_FRAME_HEADS = frozenset({0xC0, 0xC1})
_FRAME_HEAD = struct.Struct(">BHHB")  # bits a value, height, width, colours
_START, _END = b"\xff\xd8", b"\xff\xd9"
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """A video as decoded: sides in pixels as stored, length in seconds, and its fingerprinted frames."""

    mime: str
    width: int
    height: int
    seconds: float
    frames: list[VideoFrame]


@dataclass(frozen=True, slots=True)
class Look:
    """How stills are shown: each at most `max_side` pixels, grey or in colour, blurred by a Gaussian of that radius."""

    max_side: int
    grey: bool
    blur: int


def mime_of(container: str) -> str:
    """Of FFmpeg's name of a container, or several with commas."""
    return next((mime for name, mime in _MIMES.items() if name in container.split(",")), _ANY_VIDEO)


def facts_to_meta(facts: VideoFacts) -> tuple[Meta, bytes]:
    meta: Meta = {"mime": facts.mime, "width": facts.width, "height": facts.height, "seconds": facts.seconds}
    return meta, frames_to_body(facts.frames)


def facts_from_meta(meta: Meta, body: bytes, most: int) -> VideoFacts:
    """Raises MalformedFrame unless every value has its type and range."""
    mime, width, height, seconds = (meta.get(name) for name in ("mime", "width", "height", "seconds"))
    if mime not in _MIMES.values() and mime != _ANY_VIDEO:
        raise MalformedFrame
    if type(width) is not int or type(height) is not int or not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise MalformedFrame
    if type(seconds) is not float or not 0 <= seconds <= _MAX_SECONDS:
        raise MalformedFrame
    return VideoFacts(str(mime), width, height, seconds, frames_from_body(body, most))


def sheet_from_body(body: bytes, count: int, look: Look) -> bytes:
    """At most `count` stills in one JPEG from an untrusted writer.

    Raises MalformedFrame unless it is no larger than they are, has no colour where grey was asked for, and holds
    nothing beside pixels.
    """
    heads = [_FRAME_HEAD.unpack_from(data) for marker, data in _segments(body) if marker in _FRAME_HEADS]
    if len(heads) != 1:
        raise MalformedFrame
    bits, height, width, colours = heads[0]
    is_small = 0 < width <= STILLS_ACROSS * look.max_side
    is_small &= 0 < height <= math.ceil(count / STILLS_ACROSS) * look.max_side
    if bits != 8 or not is_small or colours != (1 if look.grey else 3):
        raise MalformedFrame
    return body


def _segments(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers of a JPEG with their data, up to its one scan, which only pixels follow. Raises MalformedFrame."""
    if body[:2] != _START or body[-2:] != _END:
        raise MalformedFrame
    place = len(_START)
    while place + 4 <= len(body):
        lead, marker, length = struct.unpack_from(">BBH", body, place)
        data = body[place + 4 : place + 2 + length]
        is_known = marker in _TABLES or marker in _FRAME_HEADS or (marker == _APP0 and data.startswith(b"JFIF\0"))
        if lead != 0xFF or length < 2 or not (is_known or marker == _SCAN):
            raise MalformedFrame
        if marker == _SCAN:
            if _MARKER_IN_SCAN.search(body, place + 2 + length, len(body) - len(_END)):
                raise MalformedFrame
            return
        if marker in _FRAME_HEADS and len(data) < _FRAME_HEAD.size:
            raise MalformedFrame
        yield marker, data
        place += 2 + length
    raise MalformedFrame


def frames_to_body(frames: list[VideoFrame]) -> bytes:
    rows = np.empty(len(frames), _FRAME)
    rows["number"] = [frame.number for frame in frames]
    rows["seconds"] = [frame.seconds for frame in frames]
    rows["quality"] = [frame.quality for frame in frames]
    rows["code"] = np.frombuffer(b"".join(frame.code for frame in frames), np.uint8).reshape(-1, 32)
    return rows.tobytes()


def frames_from_body(body: bytes, most: int) -> list[VideoFrame]:
    """1 to `most` frames from an untrusted writer. Raises MalformedFrame unless each value is in its range."""
    count, rest = divmod(len(body), _FRAME.itemsize)
    if rest or not 1 <= count <= most:
        raise MalformedFrame
    rows = np.frombuffer(body, _FRAME)
    numbers, seconds = rows["number"], rows["seconds"]
    is_sound = (
        numbers[0] >= 0
        and numbers[-1] < _MAX_NUMBER
        and (numbers[:-1] < numbers[1:]).all()
        and (rows["quality"] <= 100).all()
        and np.isfinite(seconds).all()
        and (seconds >= 0).all()
    )
    if not is_sound:
        raise MalformedFrame
    columns = (numbers.tolist(), map(bytes, rows["code"]), rows["quality"].tolist(), seconds.tolist())
    return [VideoFrame(*values) for values in zip(*columns, strict=True)]
