"""What a log shows of a signal: a commitment, which tells nothing without its salt.

A commitment is SHA-256(tag, salt, signal) and is the log's public entry. Its opening (salt, then signal) lies in the
bundle for members. An entry may commit to nothing (padding: the signal is empty), and an opening may be destroyed
(erasure: the opening is empty), which leaves the tree valid.
"""

import hashlib

from rempart.core.errors import IntegrityError

TAG = b"rempart/signal/1\x00"
SALT_SIZE = 16
COMMITMENT_SIZE = 32
ERASED = b""
"""The opening of an entry that was erased."""
_sha256 = hashlib.sha256


def commit(salt: bytes, signal: bytes) -> bytes:
    """The public entry. `salt`: 16 random bytes, used once. `signal`: canonical bytes, or none for padding."""
    return _sha256(TAG + salt + signal).digest()


def commit_opening(opening: bytes) -> bytes:
    """The commitment that an opening which was not erased leads to."""
    return _sha256(TAG + opening).digest()


def signal_in(opening: bytes) -> bytes:
    """The signal's bytes; empty for padding. IntegrityError for what is no opening."""
    if len(opening) < SALT_SIZE:
        raise IntegrityError("an opening is shorter than its salt.", where="bundle")
    return opening[SALT_SIZE:]
