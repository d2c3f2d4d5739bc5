"""The fast mode: PDQ of a JPEG from a decoding scaled down in the frequency domain, a few bits from the exact one.

Both filters of the reference are folded into one weighted sum of the small picture's pixels. What this would get wrong
is left to the exact way: small sides, little detail (its bits hang on rounding), and strong colours at the edge of what
RGB can show, where scaling and clipping do not commute.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile

from rempart.signals.fingerprint import jpeg, pdq_pixels, shown

# Each scale with the least side of the picture for which 99 % are within 2 bits, as measured.
_SCALES = {8: 2160, 4: 1080, 2: 600, 1: 300}
_LEAST_QUALITY = 60  # above the 50 under which lists ignore a fingerprint, as the quality differs by a few, too
_SAMPLED = 4  # of the small picture, every fourth pixel each way tells its colours
_STRONG_COLOUR = 96  # between the largest and the smallest channel
_MOST_CLIPPED = 0.3


def nearly(image: ImageFile, data: bytes, turn: Image.Transpose | None) -> tuple[bytes, int] | None:
    """Fingerprint and quality of a plain JPEG; None where only the exact way will do."""
    height, width = image.height, image.width
    scale = next((scale for scale, side in _SCALES.items() if min(height, width) >= side), None)
    if scale is None or not pdq_pixels.is_native():
        return None
    if turn is not None and (height % scale or width % scale):
        return None  # turned, an incomplete last row would become the first
    try:
        pixels = jpeg.pixels_of(image, data, scale=scale, fast=True)
    except ValueError:
        return None
    if _is_clipped(pixels):
        return None
    size = shown.upright_size(height, width, turn)
    code, quality = pdq_pixels.of_scaled(np.ascontiguousarray(shown.turned(pixels, turn)), *size, scale)
    return (code, quality) if quality >= _LEAST_QUALITY else None


def _is_clipped(pixels: NDArray[np.uint8]) -> bool:
    """Whether many pixels are of a strong colour, with a channel at its end."""
    if pixels.ndim == 2:
        return False
    red, green, blue = (pixels[::_SAMPLED, ::_SAMPLED, channel] for channel in range(3))
    low, high = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    clipped = ((low == 0) | (high == 255)) & (high - low > _STRONG_COLOUR)
    return float(clipped.mean()) > _MOST_CLIPPED
