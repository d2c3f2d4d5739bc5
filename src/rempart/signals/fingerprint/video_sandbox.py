"""Decoding of hostile videos in a separate, persistent, restricted process (see `child`).

The caller opens the file and hands over the open file; the child can open nothing. What comes back is checked.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TypeVar

from rempart.core.errors import InputError
from rempart.signals.fingerprint import video, video_wire
from rempart.signals.fingerprint.child import ChildStopped, Keeper, Kept
from rempart.signals.fingerprint.video import Source, VideoFrame
from rempart.signals.fingerprint.video_limits import VideoFailure, VideoLimits
from rempart.signals.fingerprint.video_wire import Look, VideoFacts
from rempart.signals.fingerprint.wire import MalformedFrame, Meta, check_look

__all__ = ["VideoDecoder", "VideoFacts", "VideoFrame", "VideoLimits"]

Answer = TypeVar("Answer")


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
            max_reply=max(self.limits.frames * video_wire.FRAME_BYTES, video_wire.MAX_SHEET),
        )

    def vpdq(self, source: Source, *, every: float | None = None) -> list[VideoFrame]:
        """As `video.vpdq` in a process of its own. Raises InputError, LimitExceeded, NotFound and OutsideFailure."""
        return self.examine(source, every=every).frames

    def examine(self, source: Source, *, every: float | None = None) -> VideoFacts:
        """Container, size, length and fingerprints of a video; `every` and what is raised as for `vpdq`."""
        video.check_every(every)
        order: Meta = {"do": "examine", "every": every, "threads": self._threads}
        return self._run(order, source, lambda meta, body: video_wire.facts_from_meta(meta, body, self.limits.frames))

    def stills(self, source: Source, at: Sequence[float], *, max_side: int, grey: bool, blur: int) -> bytes:
        """One JPEG without any metadata of the pictures shown at those seconds (1 to 12 times), three in a row.

        Each is shrunk to at most `max_side` (16..4096) pixels and blurred by a Gaussian of radius `blur` (0..256).
        Raises InputError, LimitExceeded, NotFound and OutsideFailure.
        """
        if not 1 <= len(at) <= video_wire.MOST_STILLS or not all(0 <= one < float("inf") for one in at):
            raise InputError("Name 1 to 12 times in seconds.", where="stills")
        check_look(max_side, blur)
        order: Meta = {"do": "stills", "at": list(at), "max_side": max_side, "grey": grey, "blur": blur}
        look = Look(max_side, grey, blur)
        return self._run(order, source, lambda _, body: video_wire.sheet_from_body(body, len(at), look))

    def _run(self, order: Meta, source: Source, checked: Callable[[Meta, bytes], Answer]) -> Answer:
        if find_spec("av") is None:
            raise video.missing_package()
        with _open_file(source) as file:
            if os.fstat(file).st_size > self.limits.input_bytes:
                raise VideoFailure.BYTES.as_error()
            meta, body = self._ask(order, file)
        if "failure" in meta:
            raise _failure(meta).as_error()
        try:
            return checked(meta, body)
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
