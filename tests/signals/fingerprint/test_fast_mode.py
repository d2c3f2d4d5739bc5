"""The fast mode stays within its margin of the exact fingerprint, or says that it was not used."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance
from signals.pictures import distance, encoded, scene

from rempart.signals.fingerprint import FAST_RADIUS_MARGIN, image, pdq, pdq_fast, pdq_pixels
from rempart.signals.match import Index

pytestmark = pytest.mark.skipif(not pdq_pixels.is_native(), reason="without the C++ core there is no fast mode")
SIZES = [(640, 480), (480, 640), (801, 603), (1280, 720), (1920, 1080), (2400, 2401)]


def detailed(width: int, height: int, seed: int, colour: float) -> Image.Image:
    """Detail at every scale, as photographs have it, more or less coloured."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (width, height), "grey")
    for across in (300, 100, 33, 11, 4):
        grid = rng.integers(0, 256, (across * height // width + 1, across, 3), dtype=np.uint8)
        picture = Image.blend(picture, Image.fromarray(grid).resize((width, height), Image.BICUBIC), 0.4)
    picture = ImageEnhance.Color(picture).enhance(colour)
    return ImageEnhance.Contrast(picture).enhance(rng.uniform(0.8, 1.6))


@given(
    st.sampled_from(SIZES), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.5, 1.0]),
    st.integers(30, 95), st.sampled_from([0, 1, 2]), st.booleans(),
)  # fmt: skip
@settings(max_examples=25)
def test_within_the_margin(size, seed, colour, quality, subsampling, grey):
    picture = detailed(*size, seed, colour)
    data = encoded(picture.convert("L") if grey else picture, "JPEG", quality=quality, subsampling=subsampling)
    code, near_quality, exact = pdq_fast(data)
    assert not exact
    expected, expected_quality = pdq(data)
    assert distance(code, expected) <= FAST_RADIUS_MARGIN
    assert abs(near_quality - expected_quality) <= 10


def test_most_are_within_two_bits():
    distances = []
    for seed in range(24):
        data = encoded(detailed(*SIZES[seed % len(SIZES)], seed, 1.0), "JPEG", quality=40 + seed)
        distances.append(distance(pdq_fast(data)[0], pdq(data)[0]))
    assert sum(each > 2 for each in distances) <= 1
    assert np.median(distances) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stored_turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(detailed(1400, 1200, 7, 0.5), "JPEG", exif=exif)
    code, _, exact = pdq_fast(data)
    assert not exact
    assert distance(code, pdq(data)[0]) <= FAST_RADIUS_MARGIN


def test_where_it_would_be_wrong_it_is_exact():
    exif = Image.Exif()
    exif[0x0112] = 3
    strong = np.zeros((700, 900, 3), np.uint8)
    strong[:, :, 0] = np.asarray(scene(900, 700).convert("L"))
    cases = {
        "small": encoded(scene(290, 1000), "JPEG"),
        "flat": encoded(Image.fromarray(np.full((700, 900, 3), 120, np.uint8)), "JPEG"),
        "strong colour": encoded(Image.fromarray(strong), "JPEG"),
        "turned, and not a multiple of its scale": encoded(scene(1401, 1201), "JPEG", exif=exif),
        "another format": encoded(scene(900, 700), "PNG"),
        "another colour space": encoded(scene(900, 700).convert("CMYK"), "JPEG"),
        "cut off": encoded(scene(900, 700), "JPEG")[:-200],
    }
    for name, data in cases.items():
        code, quality, exact = pdq_fast(data)
        assert exact, name
        assert (code, quality) == pdq(data), name


def test_facts_are_the_same_but_for_the_fingerprint():
    data = encoded(detailed(1000, 750, 3, 1.0), "JPEG")
    near, whole = image.facts_of(data, 10**7, fast=True), image.facts_of(data, 10**7)
    assert (near.exact, whole.exact) == (False, True)
    for name in ("format", "mime", "width", "height", "frames", "truncated"):
        assert getattr(near, name) == getattr(whole, name)


def test_without_the_core_it_is_exact(monkeypatch):
    monkeypatch.setenv("REMPART_SIMD", "numpy")
    pdq_pixels.engine.cache_clear()
    try:
        assert pdq_fast(encoded(scene(640, 480), "JPEG"))[2]
    finally:
        monkeypatch.undo()
        pdq_pixels.engine.cache_clear()


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_searching_wider_and_verifying_finds_what_the_exact_way_finds(seed):
    """Listed fingerprints lie at chosen distances of the exact one, on both sides of the radius."""
    radius = 31
    data = encoded(detailed(1280, 720, seed, 1.0), "JPEG")
    exact, _ = pdq(data)
    listed = [flipped(exact, bits, seed) for bits in range(20, 45)]
    index = Index.build(as_codes(*listed))
    near, _, is_exact = pdq_fast(data)
    assert not is_exact
    _, candidates, _ = index.search(as_codes(near), radius + FAST_RADIUS_MARGIN)
    _, hits, _ = index.search(as_codes(exact), radius)
    assert hits.tolist() == list(range(12))
    assert set(hits) <= set(candidates)


def as_codes(*codes: bytes) -> np.ndarray:
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32)


def flipped(code: bytes, bits: int, seed: int) -> bytes:
    rng = np.random.default_rng(seed + bits)
    changed = bytearray(code)
    for bit in rng.choice(256, bits, replace=False):
        changed[bit >> 3] ^= 1 << (bit & 7)
    return bytes(changed)


@pytest.mark.parametrize(
    ("shape", "size", "scale"),
    [((9, 9, 3), (20, 20), 2), ((9, 9), (9, 9), 0), ((9, 9, 4), (9, 9), 1), ((4, 4), (4, 4), 1)],
)
def test_pixels_that_are_not_the_picture_scaled_down(shape, size, scale):
    from rempart.signals import _hashing

    with pytest.raises(ValueError, match=r"picture"):
        _hashing.pdq_folded(np.zeros(shape, np.uint8), *size, scale, "portable")
