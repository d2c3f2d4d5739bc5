"""The shortcut from decoded planes to luminance gives what the way over swscale's RGB gives."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.signals import _hashing
from rempart.signals.fingerprint import pdq_pixels, video_pixels
from rempart.signals.fingerprint.video_decoding import Shown

even = st.integers(3, 120).map(lambda half: 2 * half)


def frame(width: int, height: int, pixels: str, seed: int) -> av.VideoFrame:
    rng = np.random.default_rng(seed)
    made = av.VideoFrame(width, height, pixels)
    for plane in made.planes:
        values = rng.integers(0, 256, (plane.height, plane.line_size), dtype=np.uint8)
        plane.update((np.sort(values, axis=1) if seed % 2 else values).tobytes())
    return made


@given(even, even, st.sampled_from(["yuv420p", "yuvj420p"]), st.integers(0, 2**32 - 1))
def test_every_instruction_set_gives_what_swscale_gives(width, height, pixels, seed):
    picture = frame(width, height, pixels, seed)
    is_full = pixels == "yuvj420p"
    rgb = video_pixels._rgb(picture, is_full)
    expected = pdq_pixels.of_bands(height, width, [rgb], "rgb_single")
    planes = [video_pixels._plane(plane) for plane in picture.planes]
    for simd in _hashing.instruction_sets():
        stream = _hashing.Pdq(height, width, "luminance", simd)
        stream.feed_yuv420(*planes, is_full)
        assert stream.finish() == expected
    assert video_pixels.fingerprinted(Shown(7, picture, 0.5)) == video_pixels.VideoFrame(7, *expected, 0.5)


@pytest.mark.parametrize(
    ("width", "height", "pixels", "usual"),
    [(64, 48, "yuv420p", True), (65, 48, "yuv420p", False), (64, 49, "yuv420p", False), (64, 48, "yuv422p", False),
     (64, 48, "yuv420p10le", False), (64, 48, "gray", False)],
)  # fmt: skip
def test_only_what_is_known_takes_the_shortcut(width, height, pixels, usual):
    picture = frame(width, height, pixels, 1)
    assert video_pixels.is_usual(picture) == usual
    found = video_pixels.fingerprinted(Shown(0, picture, 0.0))
    rgb = video_pixels._rgb(picture, pixels == "gray")
    assert (found.code, found.quality) == pdq_pixels.of_bands(height, width, [rgb], "rgb_single")


def test_planes_that_do_not_fit():
    planes = [np.zeros(shape, np.uint8) for shape in ((8, 8), (4, 4), (4, 4))]
    for height, width, kind in ((8, 10, "luminance"), (10, 8, "luminance"), (8, 8, "rgb"), (7, 8, "luminance")):
        stream = _hashing.Pdq(height, width, kind, "portable")
        with pytest.raises(ValueError, match="planes"):
            stream.feed_yuv420(*planes, False)
    twice = _hashing.Pdq(8, 8, "luminance", "portable")
    twice.feed_yuv420(*planes, False)
    with pytest.raises(ValueError, match="planes"):
        twice.feed_yuv420(*planes, False)
