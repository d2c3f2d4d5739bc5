"""This process's one decoder: the sandboxed child that images are decoded in."""

import atexit
import os
from collections.abc import Iterable
from functools import cache

from rempart.core.errors import LimitExceeded
from rempart.signals.fingerprint.sandbox import Decoder


def decoder() -> Decoder:
    """Started on first use; a forked process gets its own."""
    return _decoder_of(os.getpid())


@cache
def _decoder_of(pid: int) -> Decoder:
    made = Decoder()
    atexit.register(made.close)
    return made


def read_limited(chunks: Iterable[bytes]) -> bytes:
    """A whole file for the decoder; raises LimitExceeded before more is kept than it would take."""
    limit = decoder().limits.input_bytes
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > limit:
            raise LimitExceeded("The file is larger than the decoder takes.", where="image")
    return bytes(data)
