"""Ed25519 signatures (RFC 8032) with the node's key."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from rempart.core.errors import InputError

_SEED_SIZE = 32


class Signer:
    """Signs with one private key, given as its raw 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != _SEED_SIZE:
            raise InputError(f"an Ed25519 seed has {_SEED_SIZE} bytes, not {len(seed)}.", where="signing key")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key: bytes = self._private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """The first 16 hexadecimal digits of SHA-256 over the raw public key."""
        return hashlib.sha256(self.public_key).hexdigest()[:16]

    def sign(self, data: bytes) -> bytes:
        """A 64-byte signature over `data`."""
        return self._private.sign(data)


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` was made by the holder of `public` (32 bytes); False if malformed."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
