"""Fingerprint values as they come in files, to one spelling.

md5, sha1, sha256 and pdq: lower-case hexadecimal. photodna: carried as it came, never computed or compared here.
Errors name the kind of fingerprint and never the value.
"""

import hashlib
import re

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType

_HEX_LENGTHS: dict[FingerprintType, int] = {
    FingerprintType.MD5: 32,
    FingerprintType.SHA1: 40,
    FingerprintType.SHA256: 64,
    FingerprintType.PDQ: 64,
}
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_PHOTODNA = re.compile(r"[A-Za-z0-9+/=]{8,1024}|[0-9]{1,3}(,[0-9]{1,3}){15,511}", re.ASCII)

EMPTY_FILE: dict[FingerprintType, str] = {
    FingerprintType.MD5: "d41d8cd98f00b204e9800998ecf8427e",
    FingerprintType.SHA1: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    FingerprintType.SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}
"""Lists in circulation hold these by mistake; matching them would flag every empty file."""

_NAMES = {
    "md5": FingerprintType.MD5,
    "sha1": FingerprintType.SHA1,
    "sha256": FingerprintType.SHA256,
    "pdq": FingerprintType.PDQ,
    "photodna": FingerprintType.PHOTODNA,
    "pdna": FingerprintType.PHOTODNA,
}


def fingerprint_type(name: str) -> FingerprintType | None:
    """`MD5`, `sha-1`, `SHA_256`, `PDQ`, `PhotoDNA`, `pdna`; None for any other name."""
    return _NAMES.get(re.sub(r"[-_ ]", "", name.strip().lower()))


def normalise(kind: FingerprintType, value: str) -> str:
    """The value in its one spelling; raises `InputError` when it cannot be a fingerprint of this kind."""
    text = value.strip()
    length = _HEX_LENGTHS.get(kind)
    if length is not None:
        text = text.lower()
        if len(text) != length or not _HEX.fullmatch(text):
            raise InputError(f"The {kind} value is not {length} hexadecimal digits.", advice="Correct the file.")
        if not text.strip("0"):
            raise InputError(f"The {kind} value is all zeros.", advice="Remove the placeholder.")
    elif kind is not FingerprintType.PHOTODNA or not _PHOTODNA.fullmatch(text):
        raise InputError(f"The {kind} value is not in a known spelling.", advice="Correct the file.")
    if EMPTY_FILE.get(kind) == text:
        raise InputError(f"The {kind} value is that of an empty file.", advice="Remove the line.")
    return text


def entry_id_of(kind: FingerprintType, value: bytes) -> int:
    """The id of an entry that names its fingerprint: the first 63 bits of SHA-256 over kind, a zero byte and value.

    It stays when lines of a file come, go or move, and is the same at every node.
    """
    return int.from_bytes(hashlib.sha256(kind.value.encode() + b"\0" + value).digest()[:8], "big") >> 1
