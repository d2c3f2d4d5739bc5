"""An uploaded file: taken in under limits, hashed, decoded in a separate process.

Whatever it is, its file hashes are looked up; what cannot be decoded is told with a reason and is no error. What a file
calls itself decides nothing: it is tried as a picture, then, where the package av is installed, as a video.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import FingerprintType
from rempart.matcher.lookup import Query
from rempart.matcher.problems import Refusal
from rempart.matcher.settings import Settings
from rempart.matcher.wire import Reason
from rempart.signals.fingerprint import FileHashes, file_hashes
from rempart.signals.fingerprint.sandbox import DecoderPool, ImageFacts
from rempart.signals.fingerprint.video_limits import VideoFailure
from rempart.signals.fingerprint.video_sandbox import VideoDecoder, VideoLimits
from rempart.signals.fingerprint.wire import Failure, Limits

_IDLE_SECONDS = 20.0
"""A sender that pauses for longer has gone, or keeps others waiting on purpose."""
IMAGE_FRAMES = 64
"""Looked at of an animated image, evenly spread."""
VIDEO_EVERY = 1.0
"""Seconds between the frames of a video that are looked at."""
_VIDEO_LIMITS = VideoLimits(seconds=30.0, memory_bytes=2 << 30, frames=36_000)
_VIDEOS_WAITING = 4
_REASONS = {
    failure.as_error().what: reason
    for reason, failures in (
        (Reason.TOO_SMALL, (VideoFailure.TOO_SMALL,)),
        (Reason.TOO_SLOW, (Failure.TIME, VideoFailure.TIME)),
        (Reason.TOO_LARGE, (Failure.PIXELS, Failure.BYTES, Failure.MEMORY)),
        (Reason.TOO_LARGE, (VideoFailure.PIXELS, VideoFailure.BYTES, VideoFailure.MEMORY, VideoFailure.FRAMES)),
    )
    for failure in failures
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame after the first: its number from 0, its PDQ and quality; `seconds` into a video, None for an image."""

    number: int
    code: bytes
    quality: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Examined:
    """A file's hashes and what it shows; `reason` says why nothing or not all of that was found out.

    `facts` are those of an image; `frames` the further ones of an animated image, or all that were taken of a video.
    """

    hashes: FileHashes
    facts: ImageFacts | None
    frames: tuple[Shown, ...]
    reason: Reason | None

    @property
    def frame_count(self) -> int | None:
        """Of an image as far as they could be counted, of a video those that were looked at."""
        return self.facts.frames if self.facts else len(self.frames) or None

    def queries(self) -> list[Query]:
        """The file itself with its first picture, then one for each of `frames`."""
        return [self._whole(), *(Query({FingerprintType.PDQ: each.code}, each.quality) for each in self.frames)]

    def _whole(self) -> Query:
        found = {
            FingerprintType.MD5: bytes.fromhex(self.hashes.md5),
            FingerprintType.SHA1: bytes.fromhex(self.hashes.sha1),
            FingerprintType.SHA256: bytes.fromhex(self.hashes.sha256),
        }
        if self.facts is None or self.facts.pdq is None:
            return Query(found)
        return Query({**found, FingerprintType.PDQ: self.facts.pdq}, self.facts.quality)


class MediaDesk:
    """Takes in at most so many files, and so many bytes of them, at once; more is refused with "come back"."""

    def __init__(self, settings: Settings) -> None:
        self._most, self._most_bytes = settings.media_waiting, settings.media_bytes_waiting
        self._largest = settings.max_media_bytes
        self._waiting = self._bytes = self._videos_waiting = 0
        self._pool = DecoderPool(settings.media_decoders, Limits(input_bytes=settings.max_media_bytes))
        self._threads = ThreadPoolExecutor(settings.media_decoders, "media")
        # A video takes seconds, so pictures do not wait behind it.
        self._video = VideoDecoder(_VIDEO_LIMITS) if find_spec("av") else None
        self._video_thread = ThreadPoolExecutor(1, "video")

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._video_thread.shutdown(cancel_futures=True)
        self._pool.close()
        if self._video:
            self._video.close()

    @contextmanager
    def place(self) -> Iterator["Intake"]:
        """Raises Refusal when all places are taken."""
        if self._waiting >= self._most:
            raise _busy()
        intake = Intake(self)
        self._waiting += 1
        try:
            yield intake
        finally:
            self._waiting -= 1
            self._bytes -= intake.size

    def reserve(self, intake: "Intake", count: int) -> None:
        if intake.size + count > self._largest:
            raise LimitExceeded(
                f"A file may have at most {self._largest} bytes.",
                where="body",
                advice="Look up its hashes with /v1/lookup instead.",
            )
        if self._bytes + count > self._most_bytes:
            raise _busy()
        self._bytes += count
        intake.size += count

    async def examine(self, data: bytes) -> Examined:
        """Raises Refusal when too many videos wait."""
        run = asyncio.get_running_loop().run_in_executor
        examined = await run(self._threads, self._examine, data)
        if examined.reason is not Reason.UNREADABLE or self._video is None:
            return examined
        if self._videos_waiting >= _VIDEOS_WAITING:
            raise _busy()
        self._videos_waiting += 1
        try:
            return await run(self._video_thread, self._watch, self._video, data, examined.hashes)
        finally:
            self._videos_waiting -= 1

    def _examine(self, data: bytes) -> Examined:
        hashes = file_hashes([data])
        try:
            facts = self._pool.decode(data)
        except InputError as error:
            return Examined(hashes, None, (), _reason(error))
        if facts.frames == 1:
            return Examined(hashes, facts, (), Reason.TOO_SMALL if facts.pdq is None else None)
        try:
            frames = self._pool.frames(data, IMAGE_FRAMES)
        except InputError as error:
            return Examined(hashes, facts, (), _reason(error))
        shown = tuple(Shown(each.number, each.code, each.quality, None) for each in frames if each.code != facts.pdq)
        return Examined(hashes, facts, shown, None)

    def _watch(self, decoder: VideoDecoder, data: bytes, hashes: FileHashes) -> Examined:
        try:
            frames = decoder.vpdq(data, every=VIDEO_EVERY)
        except InputError as error:
            return Examined(hashes, None, (), _reason(error))
        return Examined(
            hashes, None, tuple(Shown(each.number, each.code, each.quality, each.seconds) for each in frames), None
        )


class Intake:
    """One file on its way in; `size` is what it has reserved."""

    def __init__(self, desk: MediaDesk) -> None:
        self._desk = desk
        self.size = 0

    async def receive(self, chunks: AsyncIterator[bytes], announced: int | None) -> bytes:
        """Raises LimitExceeded as soon as the file is announced or found to be too large, and Refusal."""
        if announced is not None:
            self._desk.reserve(self, announced)
        data = bytearray()
        async for chunk in _without_pauses(chunks):
            data += chunk
            if len(data) > self.size:
                self._desk.reserve(self, len(data) - self.size)
        if not data:
            raise InputError("The body is empty.", where="body", advice="Send the file's bytes as the body.")
        return bytes(data)


async def _without_pauses(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            yield await asyncio.wait_for(anext(chunks), _IDLE_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refusal(408, f"Nothing came for {_IDLE_SECONDS:.0f} seconds.", where="body") from None


def _busy() -> Refusal:
    return Refusal(
        503,
        "All places for files are taken.",
        advice="Send it again after the time in Retry-After, or to another service.",
        retry_after=1.0,
    )


def _reason(error: InputError) -> Reason:
    return _REASONS.get(error.what, Reason.UNREADABLE)
