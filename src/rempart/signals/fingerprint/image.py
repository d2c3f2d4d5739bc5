"""One image: decoded, made upright RGB, fingerprinted, or shrunk to a preview.

Third-party decoders run here, so a stranger's data belongs in `sandbox`, which runs this module in a child process.

What is fingerprinted is what a viewer shows: the first frame, upright by its EXIF orientation, transparency on a white
ground, palettes and CMYK as RGB, deep greys as 8 bits.
"""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pdqhash
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from PIL.ImageFile import ImageFile

from rempart.signals.fingerprint.wire import Failure, ImageFacts, Limits

GROUND = (255, 255, 255)
_NEVER_DECODED = frozenset({"EPS"})  # Pillow hands it to Ghostscript, an external interpreter
_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_KEEPS_SIDES = frozenset({_UPRIGHT[2], _UPRIGHT[3], _UPRIGHT[4]})
_MIN_SIDE = 5  # MIN_HASHABLE_DIM of the PDQ reference
# pdqhash needs about 24 bytes of memory a pixel; larger images are box-reduced to at most this many pixels first.
WHOLE_PIXELS = 25_000_000
_REDUCED_DIRECTLY = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"})
_DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)
_BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class ImageRefused(Exception):
    """The data cannot be decoded within the limits; says only why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def pdq_of_bytes(data: bytes) -> tuple[bytes, int]:
    """See `rempart.signals.fingerprint.pdq`."""
    try:
        facts = facts_of(data, Limits().pixels)
    except ImageRefused as refused:
        raise refused.failure.as_error() from None
    return facts.pdq or bytes(32), facts.quality or 0


def facts_of(data: bytes, max_pixels: int) -> ImageFacts:
    """Raises ImageRefused."""
    with _refusals(), _opened(data, max_pixels) as image:
        rgb, (width, height) = _upright_rgb(image, max_pixels)
        pixels = np.array(rgb)
        frames = _frames(image)
        format_name, mime = image.format or "unknown", image.get_format_mimetype() or "application/octet-stream"
        image.close()  # a large image's pixels make room for pdqhash
        fingerprint, quality = _pdq_of_pixels(pixels)
    return ImageFacts(format_name, mime, width, height, frames, fingerprint, quality)


def preview_of(data: bytes, max_pixels: int, *, max_side: int, grey: bool, blur: int) -> bytes:
    """A JPEG with nothing but pixels in it. Raises ImageRefused."""
    with _refusals(), _opened(data, max_pixels) as image:
        image.draft(None, (max_side, max_side))
        rgb, _ = _upright_rgb(image, max_pixels)
        rgb.thumbnail((max_side, max_side))
        shown = rgb.convert("L") if grey else rgb
        if blur:
            shown = shown.filter(ImageFilter.GaussianBlur(blur))
        shown.info = {}  # what Pillow would otherwise carry over: comment, EXIF, XMP, colour profile
        written = io.BytesIO()
        shown.save(written, "JPEG", quality=85)
    return written.getvalue()


@contextmanager
def _refusals() -> Iterator[None]:
    """The boundary to third-party decoders, which fail on hostile data in most ways Python knows."""
    try:
        yield
    except _BOMB as error:
        raise ImageRefused(Failure.PIXELS) from error
    except MemoryError as error:
        raise ImageRefused(Failure.MEMORY) from error
    except _DECODER_ERRORS as error:
        raise ImageRefused(Failure.NOT_AN_IMAGE) from error


@contextmanager
def _opened(data: bytes, max_pixels: int) -> Iterator[ImageFile]:
    Image.init()
    with Image.open(io.BytesIO(data), formats=[name for name in Image.ID if name not in _NEVER_DECODED]) as image:
        _check_pixels(image, max_pixels)
        yield image


def _check_pixels(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise ImageRefused(Failure.PIXELS)


def _upright_rgb(image: Image.Image, max_pixels: int) -> tuple[Image.Image, tuple[int, int]]:
    """The picture as shown, reduced if very large, and its full upright size."""
    image.load()
    _check_pixels(image, max_pixels)  # icon formats learn their size only now
    turn = _turn(image)
    size = image.size if turn is None or turn in _KEEPS_SIDES else image.size[::-1]
    factor = math.ceil(math.sqrt(image.width * image.height / WHOLE_PIXELS))
    if factor > 1 and image.mode in _REDUCED_DIRECTLY:
        rgb = _rgb(image.reduce(factor))
    else:
        rgb = _rgb(image)
        rgb = rgb.reduce(factor) if factor > 1 else rgb
    return (rgb if turn is None else rgb.transpose(turn)), size


def _turn(image: Image.Image) -> Image.Transpose | None:
    """ImageOps.exif_transpose also rewrites the EXIF block and fails on damaged ones, which viewers ignore."""
    try:
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except _DECODER_ERRORS:
        return None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        shown = image.convert("RGBA")
        ground = Image.new("RGB", shown.size, GROUND)
        ground.paste(shown, mask=shown.getchannel("A"))
        return ground
    return image if image.mode == "RGB" else image.convert("RGB")


def _eight_bits(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Deep greys as 8 bits: 16-bit values by their range, others stretched; the fingerprint is blind to contrast."""
    grey = np.nan_to_num(values.astype(np.float32))
    low, high = float(grey.min()), float(grey.max())
    if low >= 0 and high <= 255:
        return grey.astype(np.uint8)
    if low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    return ((grey - low) * (255 / (high - low))).astype(np.uint8)


def _frames(image: Image.Image) -> int:
    """Damage after the first frame does not hide the first frame."""
    try:
        return max(1, int(getattr(image, "n_frames", 1)))
    except _DECODER_ERRORS:
        return 1


def _pdq_of_pixels(pixels: NDArray[np.uint8]) -> tuple[bytes | None, int | None]:
    if min(pixels.shape[:2]) < _MIN_SIDE:
        return None, None
    bits, quality = pdqhash.compute(pixels)
    return np.packbits(bits.astype(np.uint8)).tobytes(), int(quality)
