"""Decoding of hostile images in a separate, persistent, restricted process.

The caller never decodes: it sends bytes and reads back facts or a re-encoded preview, both checked. A child that
hangs, dies or misbehaves is killed and replaced; the caller sees only InputError or LimitExceeded.
A child serves many images, so one that took it over could lie about those after it, and do nothing else.
"""

import os
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import rempart
from rempart.core.errors import Conflict, InputError, OutsideFailure
from rempart.signals.fingerprint import wire
from rempart.signals.fingerprint.wire import Failure, ImageFacts, Limits, Meta

__all__ = ["Decoder", "DecoderPool", "ImageFacts", "Limits"]

_PACKAGES = str(Path(rempart.__file__).parents[1])
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from rempart.signals.fingerprint.decoder_child import main; main(sys.argv[2])"
)
# The child's whole environment. Without it glibc returns each image's buffers to the system and the next image pays
# for thousands of page faults: a third of the time.
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
_START_SECONDS = 60.0
_CHUNK = 1 << 20
_JPEG_START = b"\xff\xd8\xff"
_SIDES = range(16, 4097)
_BLURS = range(257)


class _ChildStopped(Exception):
    """The child ended, or sent what no healthy child sends."""


class _Child:
    """One process and its pipes; whoever holds it serialises the calls."""

    def __init__(self, limits: Limits) -> None:
        self.served = 0
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BOOT, _PACKAGES, limits.to_json()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=_MALLOC,
            cwd="/",
            start_new_session=True,
        )
        assert self._process.stdin is not None  # noqa: S101 - narrows PIPE for the type checker
        assert self._process.stdout is not None  # noqa: S101
        self._orders, self._replies = self._process.stdin, self._process.stdout
        os.set_blocking(self._orders.fileno(), False)
        os.set_blocking(self._replies.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, meta: Meta | None, body: bytes, seconds: float) -> tuple[Meta, bytes]:
        """One order and its reply; without `meta`, only waits for a reply. Raises _ChildStopped and TimeoutError."""
        deadline = time.monotonic() + seconds
        pending = [memoryview(part) for part in (wire.encode_head(meta, len(body)), body) if part] if meta else []
        reader = wire.FrameReader()
        poll = select.poll()
        poll.register(self._replies, select.POLLIN)
        if pending:
            poll.register(self._orders, select.POLLOUT)
        while (left := deadline - time.monotonic()) > 0:
            for fd, _ in poll.poll(left * 1000):
                if fd == self._orders.fileno():
                    self._write_some(pending)
                    if not pending:
                        poll.unregister(fd)
                elif frame := self._read_some(reader):
                    if pending:
                        raise _ChildStopped
                    self.served += 1
                    return frame
        raise TimeoutError

    def _write_some(self, pending: list[memoryview]) -> None:
        try:
            written = os.write(self._orders.fileno(), pending[0][:_CHUNK])
        except BrokenPipeError as error:
            raise _ChildStopped from error
        pending[0] = pending[0][written:]
        if not pending[0]:
            del pending[0]

    def _read_some(self, reader: wire.FrameReader) -> tuple[Meta, bytes] | None:
        chunk = os.read(self._replies.fileno(), _CHUNK)
        if not chunk:
            raise _ChildStopped
        try:
            return reader.feed(chunk)
        except wire.MalformedFrame as error:
            raise _ChildStopped from error

    def kill(self) -> None:
        """The child leads its own session, so whatever it may have started ends with it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._orders.close()
        self._replies.close()
        self._process.wait()


class Decoder:
    """Decodes in one child process, started on first use; calls from several threads take turns.

    Use it as a context manager or call `close`. Do not carry it across a fork.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._drop()

    @property
    def child_pid(self) -> int | None:
        """Process id of the child that serves now; None before first use and after a kill."""
        child = self._child
        return child.pid if child else None

    def decode(self, data: bytes) -> ImageFacts:
        """Format, size, frames and PDQ of an encoded image. Raises InputError and LimitExceeded."""
        meta, body = self._run({"do": "decode"}, data)
        try:
            return wire.facts_from_meta(meta, body)
        except wire.MalformedFrame:
            self._distrust()
            raise Failure.NOT_AN_IMAGE.as_error() from None

    def preview(self, data: bytes, *, max_side: int, grey: bool, blur: int) -> bytes:
        """The image shrunk to at most `max_side` (16..4096) pixels, as a JPEG without any metadata.

        `blur` is the radius of a Gaussian in pixels of the preview (0..256; 0 for none).
        Raises InputError and LimitExceeded.
        """
        if max_side not in _SIDES or blur not in _BLURS:
            raise InputError("The largest side must be 16 to 4096 and the blur 0 to 256.", where="preview")
        _, jpeg = self._run({"do": "preview", "max_side": max_side, "grey": grey, "blur": blur}, data)
        if not jpeg.startswith(_JPEG_START):
            self._distrust()
            raise Failure.NOT_AN_IMAGE.as_error()
        return jpeg

    def _run(self, order: Meta, data: bytes) -> tuple[Meta, bytes]:
        if len(data) > self.limits.input_bytes:
            raise Failure.BYTES.as_error()
        with self._lock:
            meta, body = self._ask(order, data)
        if "failure" in meta:
            raise _failure(meta).as_error()
        return meta, body

    def _ask(self, order: Meta, data: bytes) -> tuple[Meta, bytes]:
        """A child lost for reasons outside the image (killed, memory used up before) gives the image a second try."""
        for _ in range(2):
            child = self._serving()
            is_fresh = child.served == 1  # its greeting
            try:
                meta, body = child.ask(order, data, self.limits.seconds)
            except TimeoutError:
                self._drop()
                return {"failure": Failure.TIME}, b""
            except _ChildStopped:
                self._drop()
                continue
            if meta.get("failure") != Failure.MEMORY:
                return meta, body
            self._drop()
            if is_fresh:
                return meta, body
        return {"failure": Failure.NOT_AN_IMAGE}, b""

    def _serving(self) -> _Child:
        if self._closed:
            raise Conflict("The decoder is closed.", where="decoder", advice="Open a new one.")
        if self._child is None:
            self._child = _Child(self.limits)
            try:
                self._child.ask(None, b"", _START_SECONDS)
            except (TimeoutError, _ChildStopped):
                self._drop()
                raise OutsideFailure(
                    "The decoder process does not start.", where="decoder", advice="Check the memory limit."
                ) from None
        return self._child

    def _distrust(self) -> None:
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


class DecoderPool:
    """`size` decoders behind the same two calls; callers beyond that wait."""

    def __init__(self, size: int, limits: Limits | None = None) -> None:
        if size < 1:
            raise InputError("A pool needs at least one decoder.", where="size")
        self._decoders = [Decoder(limits) for _ in range(size)]
        self._idle: queue.LifoQueue[Decoder] = queue.LifoQueue()  # the last used one first: few children, all warm
        for decoder in self._decoders:
            self._idle.put(decoder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for decoder in self._decoders:
            decoder.close()

    def decode(self, data: bytes) -> ImageFacts:
        """As `Decoder.decode`."""
        with self._borrowed() as decoder:
            return decoder.decode(data)

    def preview(self, data: bytes, *, max_side: int, grey: bool, blur: int) -> bytes:
        """As `Decoder.preview`."""
        with self._borrowed() as decoder:
            return decoder.preview(data, max_side=max_side, grey=grey, blur=blur)

    @contextmanager
    def _borrowed(self) -> Iterator[Decoder]:
        decoder = self._idle.get()
        try:
            yield decoder
        finally:
            self._idle.put(decoder)


def _failure(meta: Meta) -> Failure:
    """What an untrusted child gives as its reason; anything unknown counts as the general one."""
    reason = meta["failure"]
    return next((known for known in Failure if known == reason), Failure.NOT_AN_IMAGE)
