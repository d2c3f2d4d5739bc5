"""Animated images by frame, and JPEGs that are cut off; in this process and in the child alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from signals.pictures import distance, encoded, scene

from rempart.core.errors import InputError
from rempart.signals.fingerprint import Frame, image, pdq, pdq_dihedral, pdq_fast, pdq_frames, wire
from rempart.signals.fingerprint.sandbox import Decoder, DecoderPool

SCENES = [scene(160, 120, seed) for seed in range(1, 6)]
JPEG = encoded(scene())


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as shared:
        yield shared


def animated(kind: str, pictures: list[Image.Image], **options) -> bytes:
    """Of copies, as Pillow leaves its options behind in what it saves."""
    first, *others = (picture.copy() for picture in pictures)
    return encoded(first, kind, save_all=True, append_images=others, **options)


@pytest.mark.parametrize(("kind", "near"), [("PNG", 0), ("WEBP", 8), ("GIF", 31), ("TIFF", 0), ("AVIF", 12)])
def test_each_frame_is_fingerprinted(decoder, kind, near):
    data = animated(kind, SCENES)
    frames = pdq_frames(data)
    assert [frame.number for frame in frames] == [0, 1, 2, 3, 4]
    for frame, picture in zip(frames, SCENES, strict=True):
        alone, quality = pdq(encoded(picture, "PNG"))
        assert distance(frame.code, alone) <= near
        assert abs(frame.quality - quality) <= 5
    assert frames[0].code == pdq(data)[0]
    assert decoder.frames(data) == frames


def test_equal_frames_count_once():
    one, other = SCENES[:2]
    assert [frame.number for frame in pdq_frames(animated("TIFF", [one, one, other, one, other]))] == [0, 2]


def test_an_image_that_is_not_animated_has_one_frame(decoder):
    code, quality = pdq(JPEG)
    assert pdq_frames(JPEG) == decoder.frames(JPEG) == [Frame(0, code, quality)]


@pytest.mark.parametrize(
    ("most", "numbers"), [(1, [0]), (2, [0, 2]), (3, [0, 1, 3]), (5, [0, 1, 2, 3, 4]), (64, [0, 1, 2, 3, 4])]
)
def test_no_more_than_asked_evenly_spread(decoder, most, numbers):
    data = animated("TIFF", SCENES)
    assert [frame.number for frame in decoder.frames(data, most)] == numbers


@pytest.mark.parametrize("most", [0, -1, 10_001])
def test_a_number_of_frames_out_of_range(decoder, most):
    for attempt in (lambda: pdq_frames(JPEG, most), lambda: decoder.frames(JPEG, most)):
        with pytest.raises(InputError, match="1 to 10000"):
            attempt()


def test_each_page_is_turned_by_its_own_orientation():
    first, second = SCENES[0].copy(), SCENES[1].transpose(Image.Transpose.ROTATE_90)
    second.encoderinfo = {"tiffinfo": {0x0112: 6}}
    data = encoded(first, "TIFF", save_all=True, append_images=[second])
    assert [frame.code for frame in pdq_frames(data)] == [pdq(encoded(picture, "PNG"))[0] for picture in SCENES[:2]]


def test_damage_ends_the_frames_that_came_before_it():
    data = animated("GIF", SCENES)
    cut = pdq_frames(data[: len(data) * 3 // 4])
    assert 1 <= len(cut) < 5
    assert cut == pdq_frames(data)[: len(cut)]


def test_what_is_no_image_has_no_frames(decoder):
    for attempt in (pdq_frames, decoder.frames, pdq_dihedral, decoder.dihedral):
        with pytest.raises(InputError, match="not an image"):
            attempt(b"words")


def test_eight_positions_in_the_child(decoder):
    data = encoded(SCENES[0], "PNG")
    assert decoder.dihedral(data) == pdq_dihedral(data)
    with DecoderPool(1) as pool:
        assert pool.dihedral(data) == pdq_dihedral(data)
        assert pool.frames(data) == pdq_frames(data)
        assert pool.decode(data, fast=True).pdq == pdq(data)[0]


def test_a_turned_copy_is_one_of_the_eight():
    codes, _ = pdq_dihedral(encoded(scene(400, 300), "PNG"))
    for turn in Image.Transpose:
        copy, _ = pdq(encoded(scene(400, 300).transpose(turn), "PNG"))
        assert min(distance(copy, code) for code in codes) <= 16


def test_the_fast_mode_in_the_child(decoder):
    data = encoded(scene(900, 700), "JPEG")
    facts = decoder.decode(data, fast=True)
    assert (facts.pdq, facts.quality, facts.exact) == pdq_fast(data)
    assert not facts.exact
    assert decoder.decode(data).exact


class TestCutOff:
    """A JPEG that lacks its end is fingerprinted as far as viewers show it, and says so; other formats are refused."""

    def test_it_is_told(self, decoder):
        whole = pdq(JPEG)[0]
        assert not decoder.decode(JPEG).truncated
        for lost in (2, 20, 400):
            facts = decoder.decode(JPEG[:-lost])
            assert facts.truncated == (lost > 2)
            assert distance(facts.pdq, whole) <= 31
            assert (facts.pdq, facts.quality) == pdq(JPEG[:-lost])

    @given(st.integers(700, len(JPEG) - 3))
    @settings(max_examples=30)
    def test_whatever_is_left(self, decoder, length):
        facts = decoder.decode(JPEG[:length])
        assert facts.truncated
        assert (facts.width, facts.height) == (320, 240)
        assert decoder.preview(JPEG[:length], max_side=64, grey=True, blur=0).startswith(b"\xff\xd8")

    def test_what_was_there_is_shown(self):
        with image.opened(JPEG[: len(JPEG) * 2 // 3], 10**6) as cut, image.opened(JPEG, 10**6) as whole:
            shown, truncated = image.decoded(cut, JPEG[: len(JPEG) * 2 // 3], 10**6)
            expected, _ = image.decoded(whole, JPEG, 10**6)
        assert truncated
        assert (next(iter(shown.bands))[:100] == next(iter(expected.bands))[:100]).all()

    def test_upright_too(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        data = encoded(scene(), exif=exif)
        assert image.facts_of(data[:-500], 10**6).width == 240

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "JPEG2000", "BMP", "TIFF"])
    def test_other_formats_are_refused(self, decoder, kind):
        data = encoded(scene(), kind)
        with pytest.raises(InputError, match="cut off"):
            decoder.decode(data[: len(data) // 2])


class TestWhatTheChildMaySay:
    FRAMES = [Frame(0, bytes(32), 100), Frame(3, b"\xff" * 32, 0)]

    def test_frames_go_there_and_back(self):
        assert wire.frames_from_body(wire.frames_to_body(self.FRAMES), 2) == self.FRAMES

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            bytes(36),
            wire.frames_to_body([Frame(0, bytes(32), 1)] * 2),
            wire.frames_to_body([Frame(1, bytes(32), 1), Frame(0, bytes(32), 1)]),
            wire.frames_to_body([Frame(0, bytes(32), 101)]),
            wire.frames_to_body([Frame(number, bytes(32), 1) for number in range(4)]),
        ],
        ids=["none", "cut", "twice", "backwards", "quality", "too many"],
    )
    def test_false_frames_are_refused(self, body):
        with pytest.raises(wire.MalformedFrame):
            wire.frames_from_body(body, 3)

    @pytest.mark.parametrize(
        ("meta", "body"), [({"quality": 3}, bytes(255)), ({}, bytes(256)), ({"quality": 101}, bytes(256))]
    )
    def test_false_positions_are_refused(self, meta, body):
        with pytest.raises(wire.MalformedFrame):
            wire.dihedral_from_meta(meta, body)
