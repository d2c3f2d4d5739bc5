"""Small generated videos: soft colours that move past the frame."""

import io

import av
import numpy as np
from PIL import Image

CASES = [
    ("libx264", "mp4", "yuv420p", {"bf": "3", "g": "12"}),
    ("libx264", "matroska", "yuv444p", {"x264-params": "open-gop=1:keyint=8:bframes=2:scenecut=0"}),
    ("libx264", "mpegts", "yuv420p", {"bf": "2", "g": "5"}),
    ("libx265", "mp4", "yuv420p", {"x265-params": "log-level=none:keyint=10:bframes=3"}),
    ("mpeg4", "avi", "yuv420p", {"g": "6"}),
    ("mpeg4", "mp4", "yuv420p", {"bf": "2", "g": "9"}),
    ("mpeg2video", "mpegts", "yuv420p", {"bf": "2", "g": "6"}),
    ("libvpx-vp9", "webm", "yuv420p", {"deadline": "realtime", "cpu-used": "8", "g": "10"}),
    ("mjpeg", "mov", "yuvj422p", {}),
    ("ffv1", "nut", "gray", {}),
    ("gif", "gif", "rgb8", {}),
]


def video(
    codec: str = "libx264",
    container: str = "mp4",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    *,
    frames: int = 40,
    size: tuple[int, int] = (96, 64),
    rate: int = 25,
    seed: int = 1,
) -> bytes:
    width, height = size
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        for picture in pictures(frames, width, height, seed):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())
    return out.getvalue()


def pictures(count: int, width: int, height: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (12, 24, 3), dtype=np.uint8))
    wide = np.asarray(small.resize((width * 3, height * 2), Image.BICUBIC))
    starts = [(number % height, number * 2 * width // max(count, 1)) for number in range(count)]
    return [np.ascontiguousarray(wide[top : top + height, left : left + width]) for top, left in starts]


def sound() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="wav") as file:
        stream = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        file.mux(stream.encode(frame))
    return out.getvalue()
