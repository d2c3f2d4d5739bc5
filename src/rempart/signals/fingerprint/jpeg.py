"""Pixels of the usual JPEG, by libjpeg-turbo itself: the very ones that Pillow decodes, in half the time."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL.ImageFile import ImageFile

_COLOURS = {"L": "GRAY", "RGB": "RGB"}


def is_plain(image: ImageFile) -> bool:
    """Whether an image that Pillow opened is such a JPEG, at its first frame."""
    return image.format in ("JPEG", "MPO") and image.mode in _COLOURS and image.tell() == 0


def pixels_of(
    image: ImageFile, data: bytes, *, strict: bool = True, scale: int = 1, fast: bool = False
) -> NDArray[np.uint8]:
    """uint8 [height, width, 3] or, if grey, [height, width]; both sides divided by `scale` (1, 2, 4, 8), rounded up.

    `fast` repeats the pixels of smaller colour planes instead of interpolating. Raises ValueError for a damaged JPEG
    if `strict`, and always for one with nothing to show.
    """
    width, height = (-(-side // scale) for side in image.size)
    colours = _COLOURS[image.mode]
    room = np.empty(height * width * len(image.mode), np.uint8)  # whatever the data turns out to be, no more is used
    smallest = {"min_height": height, "min_width": width, "min_factor": 2} if scale > 1 else {}
    pixels: NDArray[np.uint8] = simplejpeg.decode_jpeg(
        data, colours, buffer=room, strict=strict, fastupsample=fast, **smallest
    )
    if pixels.shape[:2] != (height, width):
        raise ValueError("the sizes differ")
    return pixels[:, :, 0] if colours == "GRAY" else pixels
