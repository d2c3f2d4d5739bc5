import io
import struct
import subprocess
import sys

import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from signals.pictures import claimed_png, distance, encoded, scene

from rempart.core.errors import InputError, LimitExceeded
from rempart.signals.fingerprint import image, pdq

SCENE = scene()
LISTED, _ = pdq(encoded(SCENE, "PNG"))
NEAR = 31


def reference_hex(picture: Image.Image) -> str:
    """As python-threatexchange writes it: the vector's digits read as one binary number."""
    vector, _ = pdqhash.compute(np.asarray(picture))
    return f"{int(''.join(str(bit) for bit in vector), 2):064x}"


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_hex_equals_the_reference_hex(seed):
    picture = scene(seed=seed)
    assert pdq(encoded(picture, "PNG"))[0].hex() == reference_hex(picture)


def test_quality_is_the_reference_quality():
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    assert pdq(encoded(noise, "PNG"))[1] == pdqhash.compute(np.asarray(noise))[1] > 50


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {"quality": 60}),
        ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}),
        ("JPEG2000", "RGB", {}),
        ("PNG", "P", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "I;16", {}),
        ("GIF", "P", {}),
        ("WEBP", "RGB", {"quality": 70}),
        ("AVIF", "RGB", {}),
        ("BMP", "RGB", {}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
        ("TIFF", "CMYK", {}),
        ("TIFF", "F", {}),
        ("TIFF", "LAB", {}),
        ("PPM", "RGB", {}),
        ("TGA", "RGB", {}),
        ("ICO", "RGB", {"sizes": [(256, 192)]}),
    ],
)
def test_every_form_of_a_listed_picture_matches(kind, mode, options):
    fingerprint, quality = pdq(encoded(in_mode(mode), kind, **options))
    assert distance(fingerprint, LISTED) <= NEAR
    assert quality >= 50


def in_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(SCENE.convert("L")).astype(np.uint16) * 257)
    if mode == "F":
        return Image.fromarray(np.asarray(SCENE.convert("L")).astype(np.float32) / 255 * 4000 - 2000)
    if mode == "LAB":
        from PIL import ImageCms

        return ImageCms.profileToProfile(
            SCENE, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    return SCENE.convert(mode)


TURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stored_turned_matches(kind, orientation):
    turn = TURNED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = SCENE if turn is None else SCENE.transpose(turn)
    data = encoded(stored, kind, exif=exif)
    assert distance(pdq(data)[0], LISTED) <= NEAR
    for fast in (False, True):
        facts = image.facts_of(data, 10**6, fast=fast)
        assert (facts.width, facts.height) == SCENE.size


@pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:.*Possibly corrupt EXIF")
def test_damaged_exif_is_ignored_as_viewers_do():
    data = encoded(SCENE, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert distance(pdq(data)[0], LISTED) <= NEAR


def test_transparency_shows_a_white_ground():
    cut_out = SCENE.convert("RGBA")
    mask = Image.new("L", SCENE.size, 255)
    mask.paste(0, (0, 0, 160, 240))
    cut_out.putalpha(mask)
    on_white = SCENE.copy()
    on_white.paste((255, 255, 255), (0, 0, 160, 240))
    assert pdq(encoded(cut_out, "PNG")) == pdq(encoded(on_white, "PNG"))


def test_a_transparent_palette_colour_shows_a_white_ground():
    palette = Image.new("P", (64, 64))
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.paste(1, (10, 20, 50, 40))
    on_white = Image.new("RGB", (64, 64), "white")
    on_white.paste((200, 0, 0), (10, 20, 50, 40))
    assert pdq(encoded(palette, "PNG", transparency=0)) == pdq(encoded(on_white, "PNG"))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_frame_counts(kind):
    others = [scene(seed=seed) for seed in (2, 3)]
    data = encoded(SCENE, kind, save_all=True, append_images=others)
    assert distance(pdq(data)[0], LISTED) <= NEAR
    assert image.facts_of(data, 10**6).frames == 3


def test_damage_after_the_first_frame_does_not_hide_it():
    data = encoded(SCENE, "GIF", save_all=True, append_images=[scene(seed=2)])
    still = encoded(SCENE, "GIF")
    assert distance(pdq(data[: len(still) + 200])[0], LISTED) <= NEAR


@pytest.mark.parametrize("colour", ["white", "black", (90, 90, 90)])
def test_a_blank_image_has_a_fingerprint_of_no_quality(colour):
    fingerprint, quality = pdq(encoded(Image.new("RGB", (100, 80), colour), "PNG"))
    assert len(fingerprint) == 32
    assert quality == 0


@pytest.mark.parametrize("size", [(1, 1), (4, 200), (200, 4)])
def test_too_small_for_pdq(size):
    data = encoded(Image.new("RGB", size, "red"), "PNG")
    assert pdq(data) == (bytes(32), 0)
    facts = image.facts_of(data, 10**6)
    assert (facts.pdq, facts.quality) == (None, None)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "1"])
@pytest.mark.parametrize("turn", [None, 5, 8])
def test_an_image_of_several_bands_has_the_reference_fingerprint(mode, turn):
    """Large images are converted and fingerprinted in bands, so that 100 megapixels fit in memory."""
    large = scene(1500, 1301).convert(mode)
    exif = Image.Exif()
    if turn:
        exif[0x0112] = turn
    data = encoded(large, "TIFF" if mode == "CMYK" else "PNG", exif=exif)
    upright = large.convert("RGB").transpose(UPRIGHT[turn]) if turn else large.convert("RGB")
    assert pdq(data)[0].hex() == reference_hex(upright)


UPRIGHT = {5: Image.Transpose.TRANSPOSE, 8: Image.Transpose.ROTATE_90}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain words",
        b"\xff\xd8\xff\xe0",
        encoded(SCENE, "JPEG")[:300],
        encoded(SCENE, "PNG")[:4000],
        encoded(SCENE, "WEBP")[:1000],
        claimed_png(8, 8, b"not deflate"),
    ],
    ids=["empty", "text", "jpeg start", "jpeg head", "cut png", "cut webp", "bad deflate"],
)
def test_what_is_no_whole_image_is_refused(data):
    with pytest.raises(InputError, match="cut off") as caught:
        pdq(data)
    assert not isinstance(caught.value, LimitExceeded)


def test_postscript_is_never_interpreted():
    with pytest.raises(InputError):
        pdq(encoded(SCENE, "EPS"))


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_001, 10_000)])
def test_too_many_pixels(size):
    with pytest.raises(LimitExceeded, match="pixels"):
        pdq(claimed_png(*size))


def test_an_icon_that_hides_a_huge_picture():
    bomb = claimed_png(60_000, 60_000)
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(bomb), 22)
    with pytest.raises(InputError):
        pdq(struct.pack("<HHH", 0, 1, 1) + entry + bomb)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_damaged_files_give_a_fingerprint_or_an_input_error(data):
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000"]))
    damaged = bytearray(DAMAGEABLE[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        fingerprint, quality = pdq(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))
    except InputError:
        return
    assert len(fingerprint) == 32
    assert 0 <= quality <= 100


DAMAGEABLE = {
    kind: encoded(SCENE.resize((40, 30)), kind) for kind in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "JPEG2000")
}


class TestPreview:
    def preview(self, data: bytes, **wish) -> Image.Image:
        jpeg = image.preview_of(data, 10**7, **({"max_side": 100, "grey": False, "blur": 0} | wish))
        return Image.open(io.BytesIO(jpeg))

    def test_shrinks_and_keeps_the_sides_ratio(self):
        assert self.preview(encoded(SCENE)).size == (100, 75)

    def test_never_enlarges(self):
        assert self.preview(encoded(SCENE), max_side=4000).size == SCENE.size

    def test_grey_has_no_colour(self):
        assert self.preview(encoded(SCENE), grey=True).mode == "L"

    def test_blur_takes_detail_away(self):
        sharp, soft = (np.asarray(self.preview(encoded(SCENE), blur=blur), dtype=float) for blur in (0, 12))
        assert np.abs(np.diff(soft, axis=1)).max() < np.abs(np.diff(sharp, axis=1)).max() / 4

    def test_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        assert self.preview(encoded(SCENE, exif=exif)).size == (75, 100)

    def test_nothing_but_pixels_is_kept(self):
        exif = Image.Exif()
        exif[0x010E] = "SECRET-DESCRIPTION"
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "SECRET-TEXT")
        jpeg = encoded(
            SCENE, "JPEG", exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-PROFILE", xmp=b"SECRET-XMP"
        )
        for data in (jpeg, encoded(SCENE, "PNG", exif=exif, pnginfo=notes)):
            assert b"SECRET" in data
            kept = image.preview_of(data, 10**7, max_side=400, grey=False, blur=0)
            assert b"SECRET" not in kept
            assert b"Exif" not in kept


def test_importing_is_light():
    code = (
        "import sys, rempart.signals.fingerprint;"
        "print([m for m in ('PIL', 'numpy', 'simplejpeg', 'av') if m in sys.modules])"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())
    assert listed.stdout.strip() == "[]"


def test_the_library_needs_no_web_framework():
    code = (
        "import sys, rempart.signals.lists, rempart.signals.fingerprint.sandbox;"
        "print([m for m in sys.modules if m.split('.')[0] in ('django', 'PIL')])"
    )
    listed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env())
    assert listed.stdout.strip() == "[]"


def _env() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(path for path in sys.path if path)}
