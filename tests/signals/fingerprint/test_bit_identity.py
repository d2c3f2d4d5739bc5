"""Every engine gives, bit for bit, what the reference's package pdqhash gives on the same pixels, quality included."""

import io

import numpy as np
import pdqhash
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from signals.pictures import encoded, scene

from rempart.signals import _hashing
from rempart.signals.fingerprint import pdq, pdq_dihedral, pdq_pixels

ENGINES = ["numpy", *_hashing.instruction_sets()]


@pytest.fixture(params=ENGINES, scope="module", autouse=True)
def engine(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMPART_SIMD", request.param)
        pdq_pixels.engine.cache_clear()
        assert pdq_pixels.engine().removeprefix("native-") == request.param
        yield request.param
    pdq_pixels.engine.cache_clear()


def packed(bits) -> bytes:
    return np.packbits(np.asarray(bits).astype(np.uint8)).tobytes()


def drawn(height: int, width: int, seed: int) -> np.ndarray:
    """Noise, a soft picture, a few flat patches or a blank, by the seed."""
    rng = np.random.default_rng(seed)
    match seed % 4:
        case 0:
            return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        case 1:
            small = rng.integers(0, 256, (7, 5, 3), dtype=np.uint8)
            return np.asarray(Image.fromarray(small).resize((width, height), Image.BICUBIC))
        case 2:
            patches = rng.integers(0, 256, (3, 4, 3), dtype=np.uint8)
            return np.asarray(Image.fromarray(patches).resize((width, height), Image.NEAREST))
        case _:
            return np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)


def in_bands(pixels: np.ndarray, cuts: list[int]) -> list[np.ndarray]:
    return np.split(pixels, sorted({cut % (len(pixels) + 1) for cut in cuts}))


sides = st.one_of(st.integers(5, 40), st.integers(5, 400), st.sampled_from([64, 127, 128, 129, 256, 257, 1000]))


@given(height=sides, width=sides, seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(0, 1000), max_size=4))
@example(64, 64, 0, [])
@example(64, 64, 1, [7, 30])
@example(5, 5, 0, [2])
@example(5, 3000, 1, [])
@example(3000, 5, 0, [1500])
@example(64, 65, 2, [])
@settings(max_examples=40)
@pytest.mark.parametrize("kind", ["rgb", "grey"])
def test_the_fingerprint(kind, height, width, seed, cuts):
    pixels = drawn(height, width, seed)
    if kind == "grey":
        pixels = np.repeat(pixels[:, :, :1], 3, axis=2)
    bits, quality = pdqhash.compute(pixels)
    fed = pixels[:, :, 0] if kind == "grey" else pixels
    bands = [np.ascontiguousarray(band) for band in in_bands(fed, cuts)]
    assert pdq_pixels.of_bands(height, width, bands, kind) == (packed(bits), quality)


@given(height=sides, width=sides, seed=st.integers(0, 2**32 - 1))
@example(64, 64, 0)
@example(5, 5, 1)
@example(200, 320, 1)
@settings(max_examples=25)
def test_the_eight_positions(height, width, seed):
    pixels = drawn(height, width, seed)
    bits, quality = pdqhash.compute_dihedral(pixels)
    codes, ours = pdq_pixels.dihedral_of_bands(height, width, [pixels], "rgb")
    assert (list(codes), ours) == ([packed(each) for each in bits], quality)


@pytest.mark.parametrize("size", [(1, 1), (4, 300), (300, 4)])
def test_what_is_too_small_has_no_fingerprint(size):
    pixels = drawn(*size, 0)
    assert pdq_pixels.of_bands(*size, [pixels], "rgb") == (bytes(32), 0)
    assert pdq_pixels.dihedral_of_bands(*size, [pixels], "rgb") == ((bytes(32),) * 8, 0)


@given(height=sides, width=sides, seed=st.integers(0, 2**32 - 1), padding=st.integers(0, 40))
@settings(max_examples=40)
def test_luminance_in_single_precision_is_the_same_in_every_engine(height, width, seed, padding):
    """As vPDQ has it; its rows may lie apart, as a decoded frame's do."""
    apart = np.zeros((height, width + padding, 3), np.uint8)
    apart[:, :width] = drawn(height, width, seed)
    pixels = apart[:, :width]
    red, green, blue = (pixels[:, :, channel].astype(np.float32) for channel in range(3))
    shares = np.array([0.299, 0.587, 0.114], np.float32)
    luminance = (red * shares[0] + green * shares[1]) + blue * shares[2]
    found = set()
    for simd in _hashing.instruction_sets():
        for kind, fed in (("rgb_single", pixels), ("luminance", luminance)):
            stream = _hashing.Pdq(height, width, kind, simd)
            stream.feed(fed)
            found.add(stream.finish())
    plain = pdq_pixels.PlainStream(height, width, "rgb_single")
    plain.feed(pixels)
    assert found == {plain.finish()}


@pytest.mark.parametrize("width", [333, 2000])
def test_a_decoded_jpeg_has_the_reference_fingerprint_of_what_pillow_decodes(width):
    for options in ({"subsampling": 0}, {"subsampling": 2}, {"progressive": True}, {"quality": 20}):
        data = encoded(scene(width, 311), "JPEG", **options)
        with Image.open(io.BytesIO(data)) as image:
            bits, quality = pdqhash.compute(np.asarray(image))
        assert pdq(data) == (packed(bits), quality)


def test_an_encoded_picture_in_eight_positions():
    picture = scene(300, 220)
    codes, quality = pdq_dihedral(encoded(picture, "PNG"))
    bits, expected = pdqhash.compute_dihedral(np.asarray(picture))
    assert (list(codes), quality) == ([packed(each) for each in bits], expected)
    assert codes[0] == pdq(encoded(picture, "PNG"))[0]


class TestMisuse:
    @pytest.mark.parametrize("bands", [[(3, 9, 3)], [(9, 8, 3)], [(9, 9)], [(10, 9, 3)], [(9, 9, 4)]])
    def test_bands_that_do_not_fit(self, bands):
        stream = _hashing.Pdq(9, 9, "rgb", "portable")

        def misuse() -> None:
            for shape in bands:
                stream.feed(np.zeros(shape, np.uint8))
            stream.finish()

        with pytest.raises(ValueError, match=r"fit|finished"):
            misuse()

    def test_finished_once(self):
        stream = _hashing.Pdq(9, 9, "rgb", "portable")
        stream.feed(np.zeros((9, 9, 3), np.uint8))
        stream.finish()
        with pytest.raises(ValueError, match="once"):
            stream.finish()

    @pytest.mark.parametrize("size", [(0, 5), (5, 0), (1 << 27, 5)])
    def test_no_such_picture(self, size):
        with pytest.raises(ValueError, match="rows and columns"):
            _hashing.Pdq(*size, "rgb", "portable")

    def test_unknown_names(self):
        with pytest.raises(ValueError, match="instructions"):
            _hashing.Pdq(9, 9, "rgb", "mmx")
        with pytest.raises(ValueError, match="grey"):
            _hashing.Pdq(9, 9, "blue", "portable")
