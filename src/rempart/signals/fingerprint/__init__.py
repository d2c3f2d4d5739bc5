"""Fingerprints of files and images.

`pdq` decodes in the calling process and is meant for data one trusts; whatever a stranger sent goes through
`sandbox.Decoder`, which gives the same fingerprint.
"""

from rempart.signals.fingerprint.file import FileHasher, FileHashes, file_hashes

__all__ = ["FileHasher", "FileHashes", "file_hashes", "pdq"]


def pdq(data: bytes) -> tuple[bytes, int]:
    """PDQ of an encoded image: 32 bytes, whose hex is the reference hex, and the quality (0..100).

    The first frame, upright by its EXIF orientation, as shown on a white ground. An image with a side under
    5 pixels has the all-zero fingerprint and quality 0, as in the reference implementation.
    Raises InputError (not an image, or cut off) and LimitExceeded (too many pixels).
    """
    from rempart.signals.fingerprint.image import pdq_of_bytes  # Pillow and pdqhash load on first use

    return pdq_of_bytes(data)
