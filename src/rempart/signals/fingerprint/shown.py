"""A decoded picture as a viewer shows it, in bands of rows: upright by its EXIF orientation, transparency on a white
ground, palettes and CMYK as RGB, deep greys as 8 bits.

Converting band by band keeps an image of 100 megapixels within the memory of its own decoding.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from rempart.signals.fingerprint.pdq_pixels import Kind

GROUND = (255, 255, 255)
_BAND_PIXELS = 1 << 20
_TURNED_SIDES = frozenset(
    {Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270}
)
_FROM_THE_END = frozenset(
    {
        Image.Transpose.FLIP_TOP_BOTTOM,
        Image.Transpose.ROTATE_180,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_90,
    }
)


class Shown(NamedTuple):
    """Upright height and width, and bands of rows."""

    height: int
    width: int
    kind: Kind
    bands: Iterable[NDArray[np.uint8]]


def of_image(image: Image.Image, turn: Image.Transpose | None) -> Shown:
    """Of a loaded image; the bands read it as they are taken."""
    image = _eight_bits(image)
    grey = image.mode == "L" and not image.has_transparency_data
    height, width = upright_size(image.height, image.width, turn)
    return Shown(height, width, "grey" if grey else "rgb", _bands(image, turn, height, width))


def of_pixels(pixels: NDArray[np.uint8], turn: Image.Transpose | None) -> Shown:
    """Of decoded RGB [height, width, 3] or grey [height, width]."""
    upright = turned(pixels, turn)
    height, width = upright.shape[:2]
    rows = _band_rows(width)
    bands = (np.ascontiguousarray(upright[top : top + rows]) for top in range(0, height, rows))
    return Shown(height, width, "grey" if pixels.ndim == 2 else "rgb", bands)


def upright_size(height: int, width: int, turn: Image.Transpose | None) -> tuple[int, int]:
    return (width, height) if turn in _TURNED_SIDES else (height, width)


def turned(pixels: NDArray[np.uint8], turn: Image.Transpose | None) -> NDArray[np.uint8]:
    """A view of the pixels as Pillow's `transpose` would turn them."""
    if turn in _TURNED_SIDES:
        pixels = pixels.swapaxes(0, 1)
    if turn in _FROM_THE_END:
        pixels = pixels[::-1]
    from_the_right = turn in (
        Image.Transpose.FLIP_LEFT_RIGHT,
        Image.Transpose.ROTATE_180,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_270,
    )
    return pixels[:, ::-1] if from_the_right else pixels


def rgb(image: Image.Image) -> Image.Image:
    """RGB, or the image itself if it is grey and opaque."""
    if image.has_transparency_data:
        shown = image.convert("RGBA")
        ground = Image.new("RGB", shown.size, GROUND)
        ground.paste(shown, mask=shown.getchannel("A"))
        return ground
    return image if image.mode in ("RGB", "L") else image.convert("RGB")


def _bands(image: Image.Image, turn: Image.Transpose | None, height: int, width: int) -> Iterator[NDArray[np.uint8]]:
    rows = _band_rows(width)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first, last = (height - bottom, height - top) if turn in _FROM_THE_END else (top, bottom)
        box = (first, 0, last, width) if turn in _TURNED_SIDES else (0, first, width, last)
        band = rgb(image.crop(box))
        yield np.asarray(band if turn is None else band.transpose(turn))


def _band_rows(width: int) -> int:
    return max(16, _BAND_PIXELS // width // 16 * 16)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep greys as 8 bits: 16-bit values by their range, others stretched; the fingerprint is blind to contrast."""
    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    boxes = [(0, top, image.width, min(image.height, top + rows)) for rows in (_band_rows(image.width),)
             for top in range(0, image.height, rows)]  # fmt: skip
    ranges = [(float(grey.min()), float(grey.max())) for grey in (_values(image, box) for box in boxes)]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    if low >= 0 and high <= 65535:
        low, high = 0.0, 255.0 if high <= 255 else 65535.0
    scaled = Image.new("L", image.size)
    for box in boxes:
        scaled.paste(Image.fromarray(((_values(image, box) - low) * (255 / (high - low))).astype(np.uint8)), box)
    return scaled


def _values(image: Image.Image, box: tuple[int, int, int, int]) -> NDArray[np.float32]:
    return np.nan_to_num(np.asarray(image.crop(box)).astype(np.float32))
