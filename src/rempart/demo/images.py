"""Pictures for the demonstration: test cards with shapes and noise, the same for the same seed."""

import io

import numpy as np
from PIL import Image, ImageDraw

_BARS = ((235, 235, 235), (235, 235, 16), (16, 235, 235), (16, 235, 16), (235, 16, 235), (235, 16, 16), (16, 16, 235))


def draw_card(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """Soft patches of colour, a strip of colour bars, shapes and a little noise; every seed another picture."""
    rng = np.random.default_rng(seed)
    patches = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    card = patches.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(card)
    _draw_bars(draw, rng, width, height)
    for _ in range(5):
        _draw_shape(draw, rng, width, height)
    noise = rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(card) + noise, 0, 255).astype(np.uint8))


def encode(picture: Image.Image, kind: str = "PNG", quality: int = 90) -> bytes:
    """The picture as a file of Pillow's format `kind`."""
    out = io.BytesIO()
    picture.save(out, kind, quality=quality)
    return out.getvalue()


def near_copy(picture: Image.Image) -> bytes:
    """The same picture as others pass it on: smaller and re-compressed, so that no file hash knows it."""
    small = picture.resize((picture.width * 2 // 3, picture.height * 2 // 3), Image.Resampling.LANCZOS)
    return encode(small, "JPEG", quality=60)


def broken_file(seed: int) -> bytes:
    """Begins like a JPEG and goes on as noise."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + np.random.default_rng(seed).bytes(4000)


def _draw_bars(draw: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int) -> None:
    top = int(rng.integers(0, height * 3 // 4))
    step = width / len(_BARS)
    for place, bar in enumerate(rng.permutation(len(_BARS))):
        draw.rectangle((place * step, top, (place + 1) * step, top + height // 8), fill=_BARS[bar])


def _draw_shape(draw: ImageDraw.ImageDraw, rng: np.random.Generator, width: int, height: int) -> None:
    left, top = int(rng.integers(0, width * 3 // 4)), int(rng.integers(0, height * 3 // 4))
    box = (left, top, left + int(rng.integers(30, width // 3)), top + int(rng.integers(30, height // 3)))
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    shape = (draw.ellipse, draw.rectangle)[int(rng.integers(0, 2))]
    shape(box, fill=(red, green, blue))
