"""Decoding of hostile images in a separate, persistent, restricted process (see `child`).

The caller sends bytes and reads back facts or a re-encoded preview, both checked; it sees only InputError or
LimitExceeded, whatever the image did.
"""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

from rempart.core.errors import InputError
from rempart.signals.fingerprint import wire
from rempart.signals.fingerprint.child import ChildStopped, Keeper, Kept
from rempart.signals.fingerprint.wire import FAST_RADIUS_MARGIN, Failure, Frame, ImageFacts, Limits, Meta

__all__ = ["FAST_RADIUS_MARGIN", "Decoder", "DecoderPool", "Frame", "ImageFacts", "Limits"]

_JPEG_START = b"\xff\xd8\xff"
DEFAULT_FRAMES = 64

Answer = TypeVar("Answer")


class Decoder(Kept):
    """Decodes in one child process, started on first use; calls from several threads take turns.

    Use it as a context manager or call `close`. Do not carry it across a fork.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._keeper = Keeper(
            "decoder_child", self.limits.to_json(), seconds=self.limits.seconds, max_reply=wire.MAX_REPLY
        )

    def decode(self, data: bytes, *, fast: bool = False) -> ImageFacts:
        """Format, size, frames and PDQ of an encoded image. Raises InputError and LimitExceeded.

        `fast` decodes no more of the image than its fingerprint nearly needs, where that is safe; `exact` in the facts
        says whether it was done; a fingerprint that is not is searched at FAST_RADIUS_MARGIN bits more.
        """
        return self._run({"do": "decode", "fast": fast}, data, wire.facts_from_meta)

    def frames(self, data: bytes, most: int = DEFAULT_FRAMES) -> list[Frame]:
        """PDQ of the distinct ones of at most `most` (1..10,000) frames, evenly spread over an animated image.

        An image that is not animated has one. Raises InputError and LimitExceeded.
        """
        wire.check_frames(most)
        return self._run({"do": "frames", "most": most}, data, lambda _, body: wire.frames_from_body(body, most))

    def dihedral(self, data: bytes) -> tuple[tuple[bytes, ...], int]:
        """The eight PDQ of an image as it is and turned, as `pdq_dihedral`. Raises InputError and LimitExceeded."""
        return self._run({"do": "dihedral"}, data, wire.dihedral_from_meta)

    def preview(self, data: bytes, *, max_side: int, grey: bool, blur: int) -> bytes:
        """The image shrunk to at most `max_side` (16..4096) pixels, as a JPEG without any metadata.

        `blur` is the radius of a Gaussian in pixels of the preview (0..256; 0 for none).
        Raises InputError and LimitExceeded.
        """
        wire.check_look(max_side, blur)
        return self._run({"do": "preview", "max_side": max_side, "grey": grey, "blur": blur}, data, _jpeg)

    def _run(self, order: Meta, data: bytes, checked: Callable[[Meta, bytes], Answer]) -> Answer:
        if len(data) > self.limits.input_bytes:
            raise Failure.BYTES.as_error()
        try:
            meta, body = self._keeper.ask(order, data)
        except TimeoutError:
            raise Failure.TIME.as_error() from None
        except ChildStopped:
            raise Failure.NOT_AN_IMAGE.as_error() from None
        if "failure" in meta:
            raise _failure(meta).as_error()
        try:
            return checked(meta, body)
        except wire.MalformedFrame:
            self._keeper.drop()
            raise Failure.NOT_AN_IMAGE.as_error() from None


class DecoderPool:
    """`size` decoders behind the same calls; callers beyond that wait."""

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

    def decode(self, data: bytes, *, fast: bool = False) -> ImageFacts:
        """As `Decoder.decode`."""
        with self._borrowed() as decoder:
            return decoder.decode(data, fast=fast)

    def frames(self, data: bytes, most: int = DEFAULT_FRAMES) -> list[Frame]:
        """As `Decoder.frames`."""
        with self._borrowed() as decoder:
            return decoder.frames(data, most)

    def dihedral(self, data: bytes) -> tuple[tuple[bytes, ...], int]:
        """As `Decoder.dihedral`."""
        with self._borrowed() as decoder:
            return decoder.dihedral(data)

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


def _jpeg(_: Meta, body: bytes) -> bytes:
    if not body.startswith(_JPEG_START):
        raise wire.MalformedFrame
    return body


def _failure(meta: Meta) -> Failure:
    """What an untrusted child gives as its reason; anything unknown counts as the general one."""
    reason = meta["failure"]
    return next((known for known in Failure if known == reason), Failure.NOT_AN_IMAGE)
