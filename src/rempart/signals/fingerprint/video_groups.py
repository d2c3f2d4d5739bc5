"""Which packets of a video can be left out when only every n-th frame is wanted, without changing those frames.

A *closed group* starts at a picture after which nothing refers to anything before it, and all of its pictures are shown
after those of the group before: within it, the order of presentation alone gives each frame its number.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

    VideoPacket = Packet[VideoStream]

_MAX_GROUP_BYTES = 128 << 20
_MAX_GROUP_PACKETS = 20_000
# Those that give the time of presentation of each picture; others give the order of decoding, or nothing.
_WITH_TIMES = frozenset({"flv", "matroska", "mov", "mpeg", "mpegts"})
_SEARCHED = 1 << 16  # bytes of a packet looked through for its first coded picture
_START_CODE = b"\0\0\1"
# With these, a key frame clears every reference, and each packet holds one shown picture.
_CLOSED_BY_KEY = frozenset({"av1", "dvvideo", "libdav1d", "mjpeg", "mpeg2video", "mpeg4", "prores", "vp9"})


class Unplannable(Exception):
    """The stream is not made of closed groups with one shown picture a packet: it must be decoded whole."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The packets to decode, in order, and the wanted frames: their numbers by presentation time."""

    packets: "Sequence[VideoPacket]"
    wanted: dict[int, int]


def plans(packets: "Iterable[VideoPacket]", container: str, context: "VideoCodecContext", step: int) -> Iterator[Plan]:
    """One for each closed group, for frames 0, step, 2*step, ... Raises Unplannable."""
    number, shown_until = 0, None
    if not _WITH_TIMES & set(container.split(",")):
        raise Unplannable
    for group in _groups(packets, _may_start_group(context)):
        times = sorted(_time(packet) for packet in group if not packet.is_discard)
        if len(set(times)) != len(times) or (times and shown_until is not None and times[0] <= shown_until):
            raise Unplannable
        wanted = {time: number + place for place, time in enumerate(times) if (number + place) % step == 0}
        last = max((place for place, packet in enumerate(group) if packet.pts in wanted), default=-1)
        yield Plan(group[: last + 1], wanted)
        number += len(times)
        shown_until = times[-1] if times else shown_until


def _time(packet: "VideoPacket") -> int:
    if packet.pts is None:
        raise Unplannable
    return packet.pts


def _groups(
    packets: "Iterable[VideoPacket]", may_start: "Callable[[VideoPacket], bool]"
) -> "Iterator[list[VideoPacket]]":
    """A picture shown before the one that may start a group refers to the group before: then the two are one."""
    group: list[VideoPacket] = []
    start, held = 0, 0  # of the possible next group in this one; bytes
    for packet in packets:
        if not group and not may_start(packet):
            raise Unplannable
        if start and _time(packet) > _time(group[start]):
            yield group[:start]
            group = group[start:]
            held = sum(waiting.size for waiting in group)
        start = len(group) if group and may_start(packet) else 0
        group.append(packet)
        held += packet.size
        if held > _MAX_GROUP_BYTES or len(group) > _MAX_GROUP_PACKETS:
            raise Unplannable
    if group:
        yield group


def _may_start_group(context: "VideoCodecContext") -> "Callable[[VideoPacket], bool]":
    name, head = context.codec.name, context.extradata or b""
    has_lengths = head[:1] == b"\1"  # avcC and hvcC; else units come after start codes
    if name == "h264":
        length_bytes = (head[4] & 3) + 1 if has_lengths and len(head) > 4 else 0
        return lambda packet: packet.is_keyframe and _is_h264_idr(bytes(packet)[:_SEARCHED], length_bytes)
    if name == "hevc":
        length_bytes = (head[21] & 3) + 1 if has_lengths and len(head) > 21 else 0
        return lambda packet: packet.is_keyframe and _is_hevc_idr(bytes(packet)[:_SEARCHED], length_bytes)
    if name in _CLOSED_BY_KEY:
        return lambda packet: packet.is_keyframe
    raise Unplannable


def _is_h264_idr(data: bytes, length_bytes: int) -> bool:
    """Whether the first coded slice is of an instantaneous refresh (ITU-T H.264, table 7-1: types 1..5, 5)."""
    types = (data[place] & 0x1F for place in _units(data, length_bytes))
    return next((kind == 5 for kind in types if 1 <= kind <= 5), False)


def _is_hevc_idr(data: bytes, length_bytes: int) -> bool:
    """The same for ITU-T H.265, table 7-1: coded slices are types 0..31, refreshes 19 and 20."""
    types = (data[place] >> 1 & 0x3F for place in _units(data, length_bytes))
    return next((kind in (19, 20) for kind in types if kind < 32), False)


def _units(data: bytes, length_bytes: int) -> Iterator[int]:
    """Where each unit of the network abstraction layer starts."""
    place = 0
    while length_bytes and place + length_bytes < len(data):
        length = int.from_bytes(data[place : place + length_bytes], "big")
        yield place + length_bytes
        place += length_bytes + length
    while not length_bytes and (found := data.find(_START_CODE, place)) >= 0:
        place = found + len(_START_CODE)
        if place < len(data):
            yield place
