"""Benign generated videos, the same in every run."""

import io
from collections.abc import Iterable

import av
from PIL import Image
from signals.pictures import scene


def film(seconds: int, *, container: str = "mp4", codec: str = "mpeg4", seed: int = 100) -> bytes:
    """Each second another scene; eight frames a second."""
    return film_of((scene(seed=seed + second) for second in range(seconds)), container=container, codec=codec)


def film_of(
    scenes: Iterable[Image.Image],
    *,
    container: str = "mp4",
    codec: str = "mpeg4",
    size: tuple[int, int] = (320, 240),
) -> bytes:
    """Each picture for a second."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as written:
        stream = written.add_stream(codec, rate=25 if "mpeg1" in codec or "mpeg2" in codec else 8)
        stream.width, stream.height = size
        stream.pix_fmt, stream.bit_rate = "yuv420p", 2_000_000
        for picture in scenes:
            frame = av.VideoFrame.from_image(picture)
            for _ in range(int(stream.average_rate)):
                frame.pts = None
                written.mux(stream.encode(frame))
        written.mux(stream.encode())
    return out.getvalue()
