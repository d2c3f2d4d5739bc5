"""The fingerprint of a decoded frame, turned to RGB as swscale does it and the vPDQ reference has it."""

import threading

import numpy as np
from av.video.frame import VideoFrame as Picture
from av.video.plane import VideoPlane
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from rempart.signals.fingerprint import pdq_pixels
from rempart.signals.fingerprint.pdq_pixels import Pixels
from rempart.signals.fingerprint.video_decoding import Shown
from rempart.signals.fingerprint.vpdq import VideoFrame

_FULL_RANGE = ("yuvj", "gray", "ya")  # formats, by the start of their names, that swscale takes to use all values


class _OfThread(threading.local):
    """A reformatter keeps its tables between frames, and serves one thread."""

    def __init__(self) -> None:
        self.reformatter = VideoReformatter()


_of_thread = _OfThread()


def fingerprinted(shown: Shown) -> VideoFrame:
    """What the file says of its colour space and range counts for nothing, as in the reference."""
    code, quality = _fingerprint(shown.picture)
    return VideoFrame(shown.number, code, quality, shown.seconds)


def _fingerprint(picture: Picture) -> tuple[bytes, int]:
    is_full = picture.format.name.startswith(_FULL_RANGE)
    if is_usual(picture) and pdq_pixels.is_native():
        return pdq_pixels.of_yuv420(*(_plane(plane) for plane in picture.planes), full_range=is_full)
    return pdq_pixels.of_bands(picture.height, picture.width, [_rgb(picture, is_full)], "rgb_single")


def is_usual(picture: Picture) -> bool:
    """Whether C++ has its conversion to luminance, value for value that of swscale."""
    return picture.format.name in ("yuv420p", "yuvj420p") and not (picture.height % 2 or picture.width % 2)


def _plane(plane: VideoPlane) -> Pixels:
    return np.ndarray((plane.height, plane.width), np.uint8, memoryview(plane), strides=(plane.line_size, 1))


def _rgb(picture: Picture, is_full: bool) -> Pixels:
    """uint8 [height, width, 3]."""
    plane = _of_thread.reformatter.reformat(
        picture,
        format="rgb24",
        interpolation=Interpolation.AREA,
        src_colorspace=Colorspace.ITU601,
        src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        threads=1,
    ).planes[0]
    rows = memoryview(plane)
    return np.ndarray((picture.height, picture.width, 3), np.uint8, rows, strides=(plane.line_size, 3, 1))
