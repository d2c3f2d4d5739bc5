"""Frames of a video, decoded by FFmpeg (package av).

Third-party decoders run here, so a stranger's video belongs in `video_sandbox`, which runs this in a child process.
Only containers that hold their own data are read: a playlist or a reference to another file opens nothing.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import av
import av.error
from av.codec.context import ThreadType
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame as Picture
from av.video.stream import VideoStream

from rempart.signals.fingerprint import video_groups
from rempart.signals.fingerprint.video_groups import Unplannable
from rempart.signals.fingerprint.video_limits import VideoFailure, VideoLimits, VideoRefused

__all__ = ["Shown", "Unplannable", "Video", "opened"]

_CONTAINERS = (
    "3gp 3g2 asf av1 avi dv flv gif h264 hevc ivf m4v matroska mj2 mov mp4 mpeg mpegts mpegvideo mxf nut obu ogg rm "
    "webm"
)
_OPTIONS = {"format_whitelist": ",".join(_CONTAINERS.split()), "protocol_whitelist": "none"}
_READ_AHEAD = 1 << 18
_WITHOUT_INDEX = frozenset({"mpeg", "mpegts"})
_EARLIER = 2.0  # seconds: a jump in a file without index may land after its aim
_MIN_SIDE = 5  # MIN_HASHABLE_DIM of the PDQ reference


@dataclass(frozen=True, slots=True)
class Shown:
    """A decoded frame: number in order of presentation from 0, and seconds of presentation from the first one shown."""

    number: int
    picture: Picture
    seconds: float


class Video:
    """An opened video; use it as a context manager through `opened`."""

    def __init__(self, container: InputContainer, limits: VideoLimits, threads: int) -> None:
        self._container = container
        self._stream = _first_video(container)
        self._limits = limits
        context = self._stream.codec_context
        _check_size(context.width, context.height, limits)
        context.options = {"max_pixels": str(limits.pixels)}
        context.thread_type = ThreadType.AUTO
        context.thread_count = threads
        rate = self._stream.average_rate or self._stream.base_rate
        self._rate = float(rate) if rate else 0.0
        self._start: int | None = None  # time of presentation of the first frame shown, in units of the stream

    @property
    def container(self) -> str:
        """FFmpeg's name of it, or several with commas."""
        return self._container.format.name

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as stored."""
        return self._stream.codec_context.width, self._stream.codec_context.height

    @property
    def seconds(self) -> float:
        """How long the file says it is; 0 where it does not say."""
        if self._stream.duration is not None and self._stream.time_base is not None:
            return max(0.0, float(self._stream.duration * self._stream.time_base))
        return max(0.0, (self._container.duration or 0) / av.time_base)

    def frames(self, every: float | None, *, sparingly: bool) -> Iterator[Shown]:
        """Every frame, or of as many as make `every` seconds the first; `sparingly`, only what those need is decoded.

        As in the reference, the frames of `every` seconds are counted by the average rate, rounded down, at least 1.
        Raises VideoRefused and, only if `sparingly`, Unplannable: at any point, and the frames until then are void.
        """
        step = 1 if every is None else max(1, int(every * self._rate))
        if sparingly and step > 1:
            yield from self._planned(step)
            return
        for number, picture in enumerate(self._decoded()):
            if number % step == 0:
                yield self._shown(number, picture)

    def shown_from(self, seconds: float) -> Generator[Shown, None, None]:
        """Every frame from the last one before that time at which decoding can begin; numbers count from there.

        Raises VideoRefused, and Unplannable where the file does not say when its frames are shown.
        """
        base, start = self._stream.time_base, self._stream.start_time or 0
        if not base:
            raise Unplannable
        aim = max(0.0, seconds - _EARLIER) if self.container in _WITHOUT_INDEX else seconds
        try:
            self._container.seek(start + int(aim / base), stream=self._stream)
        except av.error.FFmpegError as error:
            raise Unplannable from error
        self._start = start
        for number, picture in enumerate(self._decoded()):
            if picture.pts is None:
                raise Unplannable
            yield self._shown(number, picture)

    def _planned(self, step: int) -> Iterator[Shown]:
        context = self._stream.codec_context
        wanted: dict[int, int] = {}
        for plan in video_groups.plans(self._packets(), self._container.format.name, context, step):
            wanted |= plan.wanted
            for packet in plan.packets:
                context.skip_frame = "DEFAULT" if packet.pts in plan.wanted else "NONREF"
                yield from self._taken(packet, wanted)
        yield from self._taken(None, wanted)
        if wanted:
            raise Unplannable

    def _taken(self, packet: "Packet[VideoStream] | None", wanted: dict[int, int]) -> Iterator[Shown]:
        for picture in self._pictures(packet):
            number = wanted.pop(picture.pts, None) if picture.pts is not None else None
            if number is not None:
                yield self._shown(number, picture)

    def _shown(self, number: int, picture: Picture) -> Shown:
        _check_size(picture.width, picture.height, self._limits)
        return Shown(number, picture, self._seconds(number, picture))

    def _seconds(self, number: int, picture: Picture) -> float:
        """By the average rate where the file gives no time."""
        if picture.pts is None or picture.time_base is None:
            return number / (self._rate or 1.0)
        if self._start is None:
            self._start = picture.pts
        return float(max(0, picture.pts - self._start) * picture.time_base)

    def _decoded(self) -> Iterator[Picture]:
        for packet in self._packets():
            yield from self._pictures(packet)
        yield from self._pictures(None)

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        """Up to where the file ends or is cut off."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:
                return
            if packet is None or packet.size == 0:  # the last, empty one asks the decoder for its rest
                return
            yield packet

    def _pictures(self, packet: "Packet[VideoStream] | None") -> list[Picture]:
        """A damaged packet has none; those after it may have."""
        try:
            return self._stream.codec_context.decode(packet)
        except av.error.MemoryError:
            raise VideoRefused(VideoFailure.MEMORY) from None
        except (av.error.FFmpegError, EOFError):
            return []


@contextmanager
def opened(file: BinaryIO, limits: VideoLimits, threads: int) -> Iterator[Video]:
    """Of a seekable file at its start; several may be opened one after another. Raises VideoRefused."""
    file.seek(0)
    try:
        container = av.open(file, "r", options=_OPTIONS, buffer_size=_READ_AHEAD, metadata_errors="ignore")
    except MemoryError as error:
        raise VideoRefused(VideoFailure.MEMORY) from error
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoRefused(VideoFailure.NOT_A_VIDEO) from error
    with container:
        yield Video(container, limits, threads)


def _first_video(container: InputContainer) -> VideoStream:
    """A cover picture is fingerprinted only if there is nothing else to see."""
    videos = list(container.streams.video)
    moving = [video for video in videos if Disposition.attached_pic not in video.disposition]
    if not videos:
        raise VideoRefused(VideoFailure.NO_VIDEO)
    return (moving or videos)[0]


def _check_size(width: int, height: int, limits: VideoLimits) -> None:
    if width * height > limits.pixels:
        raise VideoRefused(VideoFailure.PIXELS)
    if min(width, height) < _MIN_SIDE:
        raise VideoRefused(VideoFailure.TOO_SMALL)
