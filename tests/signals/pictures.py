"""Benign generated pictures, the same in every run."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageDraw


def scene(width: int = 320, height: int = 240, seed: int = 1) -> Image.Image:
    """Soft patches of colour with a few shapes: enough detail for quality 100, no symmetry."""
    rng = np.random.default_rng(seed)
    picture = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize((width, height), Image.BICUBIC)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width * 0.1, height * 0.15, width * 0.4, height * 0.6), fill=(230, 40, 40))
    draw.polygon(
        [(width * 0.6, height * 0.9), (width * 0.95, height * 0.8), (width * 0.7, height * 0.3)], fill=(20, 60, 200)
    )
    return picture


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def claimed_png(width: int, height: int, packed: bytes = b"") -> bytes:
    """A PNG that says it is that large, whatever it holds."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = packed or zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()
