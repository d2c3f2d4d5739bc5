"""Fingerprints of files, images and (in `video`) videos.

The functions here decode in the calling process and are meant for data one trusts; whatever a stranger sent goes
through `sandbox.Decoder`, which gives the same fingerprints.
"""

from rempart.signals.fingerprint.file import FileHasher, FileHashes, file_hashes
from rempart.signals.fingerprint.wire import FAST_RADIUS_MARGIN, Frame

__all__ = [
    "FAST_RADIUS_MARGIN",
    "FileHasher",
    "FileHashes",
    "Frame",
    "file_hashes",
    "pdq",
    "pdq_dihedral",
    "pdq_fast",
    "pdq_frames",
]

# numpy and the decoders load when a picture first needs them: file hashes alone do not.


def pdq(data: bytes) -> tuple[bytes, int]:
    """PDQ of an encoded image: 32 bytes, whose hex is the reference hex, and the quality (0..100).

    Bit for bit that of the reference (package pdqhash) on the same pixels: those of the first frame, upright by its
    EXIF orientation, as shown on a white ground. An image with a side under 5 pixels has the all-zero fingerprint and
    quality 0, as there. Specification: Davis and Rosen, "The TMK+PDQF Video-Hashing Algorithm and the PDQ
    Image-Hashing Algorithm", 2019. Raises InputError (not an image, or cut off and no JPEG) and LimitExceeded (too
    many pixels).
    """
    from rempart.signals.fingerprint import image

    return image.pdq_of_bytes(data)[:2]


def pdq_fast(data: bytes) -> tuple[bytes, int, bool]:
    """Nearly the PDQ of an encoded image, its quality, and whether it is exact after all.

    A JPEG is decoded no larger than needed; other images, and those where this would be off by more than
    FAST_RADIUS_MARGIN bits, are decoded whole. Search what is not exact at radius + FAST_RADIUS_MARGIN, and verify what
    hits with `pdq`. Raises as `pdq`.
    """
    from rempart.signals.fingerprint import image

    return image.pdq_of_bytes(data, fast=True)


def pdq_dihedral(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """The PDQ of an encoded image as `pdq` sees it and in its seven other positions, and the quality.

    In the order of the reference's compute_dihedral: as it is, turned by 90, 180 and 270 degrees, flipped upside down,
    left to right, and along both diagonals. Raises as `pdq`.
    """
    from rempart.signals.fingerprint import image

    return image.dihedral_of_bytes(data)


def pdq_frames(data: bytes, most: int = 64) -> list[Frame]:
    """The PDQ of the distinct ones of at most `most` frames, evenly spread over an animated image; else of the one.

    Frames are as shown, with what earlier ones left standing. Damage after the first frame ends them. Raises as `pdq`.
    """
    from rempart.signals.fingerprint import image

    return image.frames_of_bytes(data, most)
