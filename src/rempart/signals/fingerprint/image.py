"""One image: decoded, fingerprinted in several ways, or shrunk to a preview.

Third-party decoders run here, so a stranger's data belongs in `sandbox`, which runs this module in a child process.
What is fingerprinted is what a viewer shows (see `shown`), of the first frame unless said otherwise. A JPEG that is cut
off is shown as far as it goes, as viewers do; any other image must be whole.
"""

import io
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageFilter
from PIL.ImageFile import ImageFile

from rempart.signals.fingerprint import fast as fast_mode
from rempart.signals.fingerprint import jpeg, pdq_pixels, shown
from rempart.signals.fingerprint.shown import Shown
from rempart.signals.fingerprint.wire import Failure, Frame, ImageFacts, Limits, check_frames

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
_PREVIEWED_PIXELS = 25_000_000
_REDUCED_DIRECTLY = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"})
DECODER_ERRORS = (
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


def facts_of(data: bytes, max_pixels: int, *, fast: bool = False) -> ImageFacts:
    """Raises ImageRefused."""
    with opened(data, max_pixels) as image:
        if fast and jpeg.is_plain(image) and (found := fast_mode.nearly(image, data, turn := turn_of(image))):
            return _facts(image, *shown.upright_size(image.height, image.width, turn), *found, exact=False)
        picture, truncated = decoded(image, data, max_pixels)
        code, quality = pdq_pixels.of_bands(*picture[:2], picture.bands, picture.kind)
        return _facts(image, picture.height, picture.width, code, quality, truncated=truncated)


def _facts(
    image: ImageFile, height: int, width: int, code: bytes, quality: int, *, truncated: bool = False, exact: bool = True
) -> ImageFacts:
    is_hashable = min(height, width) >= pdq_pixels.MIN_SIDE
    return ImageFacts(
        format=image.format or "unknown",
        mime=image.get_format_mimetype() or "application/octet-stream",
        width=width,
        height=height,
        frames=_frames(image),
        pdq=code if is_hashable else None,
        quality=quality if is_hashable else None,
        truncated=truncated,
        exact=exact,
    )


def dihedral_of(data: bytes, max_pixels: int) -> tuple[tuple[bytes, ...], int]:
    """Raises ImageRefused."""
    with opened(data, max_pixels) as image:
        picture, _ = decoded(image, data, max_pixels)
        return pdq_pixels.dihedral_of_bands(*picture[:2], picture.bands, picture.kind)


def frames_of(data: bytes, max_pixels: int, most: int) -> list[Frame]:
    """The distinct ones of at most `most` frames, evenly spread; damage ends them. Raises ImageRefused."""
    with opened(data, max_pixels) as image:
        count = _frames(image)
        numbers = range(count) if count <= most else [number * count // most for number in range(most)]
        frames: dict[bytes, Frame] = {}
        for number in numbers:
            try:
                image.seek(number)
                picture, _ = decoded(image, data, max_pixels)
            except DECODER_ERRORS:
                if number == 0:
                    raise
                break
            code, quality = pdq_pixels.of_bands(*picture[:2], picture.bands, picture.kind)
            frames.setdefault(code, Frame(number, code, quality))
    return list(frames.values())


def pdq_of_bytes(data: bytes, *, fast: bool = False) -> tuple[bytes, int, bool]:
    """Fingerprint, quality, and whether they are exact; see `rempart.signals.fingerprint.pdq`."""
    with _refusals_as_errors():
        facts = facts_of(data, Limits().pixels, fast=fast)
    return facts.pdq or bytes(32), facts.quality or 0, facts.exact


def dihedral_of_bytes(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """See `rempart.signals.fingerprint.pdq_dihedral`."""
    with _refusals_as_errors():
        return dihedral_of(data, Limits().pixels)


def frames_of_bytes(data: bytes, most: int) -> list[Frame]:
    """See `rempart.signals.fingerprint.pdq_frames`."""
    check_frames(most)
    with _refusals_as_errors():
        return frames_of(data, Limits().pixels, most)


def preview_of(data: bytes, max_pixels: int, *, max_side: int, grey: bool, blur: int) -> bytes:
    """A JPEG with nothing but pixels in it. Raises ImageRefused."""
    with opened(data, max_pixels) as image:
        image.draft(None, (max_side, max_side))
        loaded = _loaded(image, data, max_pixels)
        bands = shown.of_image(_reduced(loaded), turn_of(loaded))
        picture = Image.fromarray(np.concatenate(list(bands.bands)))
        picture.thumbnail((max_side, max_side))
        picture = picture.convert("L") if grey else picture
        if blur:
            picture = picture.filter(ImageFilter.GaussianBlur(blur))
        written = io.BytesIO()
        picture.save(written, "JPEG", quality=85)
    return written.getvalue()


@contextmanager
def _refusals_as_errors() -> Iterator[None]:
    try:
        yield
    except ImageRefused as refused:
        raise refused.failure.as_error() from None


@contextmanager
def opened(data: bytes, max_pixels: int) -> Iterator[ImageFile]:
    """The boundary to third-party decoders, which fail on hostile data in most ways Python knows."""
    Image.init()
    try:
        with Image.open(io.BytesIO(data), formats=[name for name in Image.ID if name not in _NEVER_DECODED]) as image:
            _check_pixels(image, max_pixels)
            yield image
    except _BOMB as error:
        raise ImageRefused(Failure.PIXELS) from error
    except MemoryError as error:
        raise ImageRefused(Failure.MEMORY) from error
    except DECODER_ERRORS as error:
        raise ImageRefused(Failure.NOT_AN_IMAGE) from error


def decoded(image: ImageFile, data: bytes, max_pixels: int) -> tuple[Shown, bool]:
    """The current frame as shown, and whether it is a JPEG that is cut off."""
    if jpeg.is_plain(image):
        try:
            return shown.of_pixels(jpeg.pixels_of(image, data), turn_of(image)), False
        except ValueError:
            pass  # damaged, or cut off: Pillow decides
    try:
        whole = _whole(image, max_pixels)
    except OSError:
        if not jpeg.is_plain(image):
            raise
        return shown.of_pixels(jpeg.pixels_of(image, data, strict=False), turn_of(image)), True
    return shown.of_image(whole, turn_of(whole)), False


def turn_of(image: Image.Image) -> Image.Transpose | None:
    """What is left to do to show it upright: to be asked once it is loaded, as TIFF and AVIF may turn it themselves.

    ImageOps.exif_transpose also rewrites the EXIF block and fails on damaged ones, which viewers ignore.
    """
    try:
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION_TAG, 1))
    except DECODER_ERRORS:
        return None


def _check_pixels(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise ImageRefused(Failure.PIXELS)


def _whole(image: ImageFile, max_pixels: int) -> ImageFile:
    image.load()
    _check_pixels(image, max_pixels)  # icon formats learn their size only now
    return image


def _loaded(image: ImageFile, data: bytes, max_pixels: int) -> Image.Image:
    try:
        return _whole(image, max_pixels)
    except OSError:
        if not jpeg.is_plain(image):
            raise
        with Image.open(io.BytesIO(data)) as again:  # as `draft` may have changed the size
            return Image.fromarray(jpeg.pixels_of(again, data, strict=False))


def _reduced(image: Image.Image) -> Image.Image:
    factor = math.ceil(math.sqrt(image.width * image.height / _PREVIEWED_PIXELS))
    if factor == 1:
        return image
    return (image if image.mode in _REDUCED_DIRECTLY else shown.rgb(image)).reduce(factor)


def _frames(image: Image.Image) -> int:
    """Damage after the first frame does not hide the first frame."""
    try:
        return max(1, int(getattr(image, "n_frames", 1)))
    except DECODER_ERRORS:
        return 1
