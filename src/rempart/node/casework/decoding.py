"""This process's decoders: the sandboxed children that images and videos are decoded in."""

import atexit
import fcntl
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from rempart.core.errors import LimitExceeded
from rempart.signals.fingerprint.sandbox import Decoder
from rempart.signals.fingerprint.video_sandbox import VideoDecoder, VideoLimits

# A step's lease and a person's patience are both shorter than what a video may cost elsewhere.
VIDEO_LIMITS = VideoLimits(seconds=40.0, memory_bytes=2 << 30, input_bytes=512 << 20, frames=36_000)
_STILLS_LIMITS = VideoLimits(seconds=15.0, memory_bytes=2 << 30, input_bytes=512 << 20, frames=36_000)
_holding = threading.Lock()


def decoder() -> Decoder:
    """Started on first use; a forked process gets its own."""
    return _decoder_of(os.getpid())


def video_decoder() -> VideoDecoder:
    """For fingerprints; as `decoder`."""
    return _video_decoder_of(os.getpid(), VIDEO_LIMITS)


def stills_decoder() -> VideoDecoder:
    """For a page that waits for it; as `decoder`."""
    return _video_decoder_of(os.getpid(), _STILLS_LIMITS)


def reads_videos() -> bool:
    """Whether this node has a decoder for videos: the package av, and a system that holds a file in memory alone."""
    return find_spec("av") is not None and hasattr(os, "memfd_create")


@cache
def _decoder_of(pid: int) -> Decoder:
    made = Decoder()
    atexit.register(made.close)
    return made


@cache
def _video_decoder_of(pid: int, limits: VideoLimits) -> VideoDecoder:
    made = VideoDecoder(limits)
    atexit.register(made.close)
    return made


def read_limited(chunks: Iterable[bytes]) -> bytes:
    """A whole file for the decoder; raises LimitExceeded before more is kept than it would take."""
    data = bytearray()
    for chunk in _limited(chunks, decoder().limits.input_bytes, "image"):
        data += chunk
    return bytes(data)


@contextmanager
def in_memory(chunks: Iterable[bytes]) -> Iterator[Path]:
    """A file for the video decoders that no disk holds: anonymous memory, sealed, gone with the process at the latest.

    One at a time in a process, as its memory is the process's own. Raises LimitExceeded.
    """
    with _holding:
        file = os.memfd_create("video", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            for chunk in _limited(chunks, VIDEO_LIMITS.input_bytes, "video"):
                _write_all(file, chunk)
            seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
            yield Path(f"/proc/self/fd/{file}")
        finally:
            os.close(file)


def _limited(chunks: Iterable[bytes], most: int, where: str) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise LimitExceeded("The file is larger than the decoder takes.", where=where)
        yield chunk


def _write_all(file: int, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[os.write(file, left) :]
