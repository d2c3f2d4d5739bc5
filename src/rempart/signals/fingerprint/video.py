"""vPDQ of a video: PDQ of its frames, bit for bit those of the vPDQ reference.

A frame is turned to RGB as the reference does it (BT.601, limited range unless the pixel format says otherwise,
rotation ignored) and fingerprinted at its full size. Frames are taken by number, every int(seconds * average rate)-th.
"""

import io
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from rempart.core.errors import InputError, NotFound, OutsideFailure
from rempart.signals.fingerprint.video_limits import VideoFailure, VideoLimits, VideoRefused
from rempart.signals.fingerprint.video_wire import VideoFacts, mime_of
from rempart.signals.fingerprint.vpdq import VideoFrame, VideoMatch, match_videos

if TYPE_CHECKING:
    from rempart.signals.fingerprint.video_decoding import Shown

__all__ = ["VideoFrame", "VideoLimits", "VideoMatch", "match_videos", "vpdq"]

Source = str | PathLike[str] | bytes


def vpdq(
    source: Source, *, every: float | None = None, threads: int = 0, limits: VideoLimits | None = None
) -> list[VideoFrame]:
    """Fingerprints of a video file or its bytes, in order: of every frame, or of one every `every` seconds.

    Decodes in the calling process: for files one trusts; `video_sandbox.VideoDecoder` gives the same for others.
    Damaged frames are left out. `threads` of 0 means one a processor. Of `limits`, pixels and frames apply here.
    Raises InputError (not a video, none of it can be read, package av missing), LimitExceeded and NotFound.
    """
    check_every(every)
    try:
        with readable(source) as file:
            return facts_of(file, every, threads or os.cpu_count() or 1, limits or VideoLimits()).frames
    except VideoRefused as refused:
        raise refused.failure.as_error() from None


def check_every(every: float | None) -> None:
    """Raises InputError."""
    if every is not None and not 0 < every < float("inf"):
        raise InputError("The time between two frames must be a positive number of seconds.", where="every")


@contextmanager
def readable(source: Source) -> Iterator[BinaryIO]:
    """The file, or the bytes as one. Raises NotFound and OutsideFailure."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
        return
    try:
        file = Path(source).open("rb", buffering=0)  # noqa: SIM115 - what it raises while it is read is not caught here
    except FileNotFoundError:
        raise NotFound("There is no such file.", where="video") from None
    except OSError as error:
        raise OutsideFailure(f"The file cannot be read: {error.strerror}.", where="video") from error
    with file:
        yield file


def missing_package() -> InputError:
    return InputError(
        "Reading videos needs the package av.", where="video", advice="Install rempart with the extra 'video'."
    )


def facts_of(file: BinaryIO, every: float | None, threads: int, limits: VideoLimits) -> VideoFacts:
    """Of a seekable file, with at least one frame. Raises VideoRefused, and InputError if the package av is missing."""
    try:
        from rempart.signals.fingerprint import video_decoding  # av is an extra, and takes a tenth of a second to load
    except ImportError:
        raise missing_package() from None
    for sparingly in (True, False):
        try:
            with video_decoding.opened(file, limits, threads) as video:
                frames = _fingerprinted(video.frames(every, sparingly=sparingly), threads, limits)
                if not frames:
                    break
                seconds = max(video.seconds, frames[-1].seconds)
                return VideoFacts(mime_of(video.container), *video.size, seconds, frames)
        except video_decoding.Unplannable:
            continue
    raise VideoRefused(VideoFailure.NOT_A_VIDEO)


def _fingerprinted(shown: "Iterator[Shown]", threads: int, limits: VideoLimits) -> list[VideoFrame]:
    """With several threads, frames are fingerprinted while the next are decoded; a few wait at any time."""
    from rempart.signals.fingerprint.video_pixels import fingerprinted

    frames: list[VideoFrame] = []
    if threads == 1:
        for one in shown:
            frames.append(fingerprinted(one))
            _check_count(frames, limits)
        return frames
    waiting: deque[Future[VideoFrame]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for one in shown:
            waiting.append(pool.submit(fingerprinted, one))
            if len(waiting) > 2 * threads:
                frames.append(waiting.popleft().result())
                _check_count(frames, limits)
        frames.extend(future.result() for future in waiting)
    _check_count(frames, limits)
    return frames


def _check_count(frames: list[VideoFrame], limits: VideoLimits) -> None:
    if len(frames) > limits.frames:
        raise VideoRefused(VideoFailure.FRAMES)
