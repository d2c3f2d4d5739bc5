"""Decoding of hostile videos in a separate, persistent, restricted process (see `child`).

The caller opens the file and hands over the open file; the child can open nothing. What comes back is checked.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from rempart.signals.fingerprint import video, video_wire
from rempart.signals.fingerprint.child import ChildStopped, Keeper, Kept
from rempart.signals.fingerprint.video import Source, VideoFrame
from rempart.signals.fingerprint.video_limits import VideoFailure, VideoLimits
from rempart.signals.fingerprint.wire import MalformedFrame, Meta

__all__ = ["VideoDecoder", "VideoFrame", "VideoLimits"]


class VideoDecoder(Kept):
    """Decodes in one child process, started on first use; calls from several threads take turns.

    Use it as a context manager or call `close`. Do not carry it across a fork.
    """

    def __init__(self, limits: VideoLimits | None = None, *, threads: int = 1) -> None:
        """`threads` decode and fingerprint one video."""
        self.limits = limits or VideoLimits()
        self._threads = threads
        self._keeper = Keeper(
            "video_child",
            self.limits.to_json(),
            seconds=self.limits.seconds,
            max_reply=self.limits.frames * video_wire.FRAME_BYTES,
        )

    def vpdq(self, source: Source, *, every: float | None = None) -> list[VideoFrame]:
        """As `video.vpdq` in a process of its own. Raises InputError, LimitExceeded, NotFound and OutsideFailure."""
        video.check_every(every)
        if find_spec("av") is None:
            raise video.missing_package()
        with _open_file(source) as file:
            if os.fstat(file).st_size > self.limits.input_bytes:
                raise VideoFailure.BYTES.as_error()
            meta, body = self._ask({"every": every, "threads": self._threads}, file)
        if "failure" in meta:
            raise _failure(meta).as_error()
        try:
            return video_wire.frames_from_body(body, self.limits.frames)
        except MalformedFrame:
            self._keeper.drop()
            raise VideoFailure.NOT_A_VIDEO.as_error() from None

    def _ask(self, order: Meta, file: int) -> tuple[Meta, bytes]:
        try:
            return self._keeper.ask(order, file=file)
        except TimeoutError:
            raise VideoFailure.TIME.as_error() from None
        except ChildStopped:
            raise VideoFailure.NOT_A_VIDEO.as_error() from None


@contextmanager
def _open_file(source: Source) -> Iterator[int]:
    """Bytes lie in a file without a name."""
    if not isinstance(source, bytes):
        with video.readable(source) as file:
            yield file.fileno()
        return
    with tempfile.TemporaryFile(buffering=0) as unnamed:
        unnamed.write(source)
        yield unnamed.fileno()


def _failure(meta: Meta) -> VideoFailure:
    """What an untrusted child gives as its reason; anything unknown counts as the general one."""
    reason = meta["failure"]
    return next((known for known in VideoFailure if known == reason), VideoFailure.NOT_A_VIDEO)
