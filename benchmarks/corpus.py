"""Fingerprints as lists and uploads have them: 256 bits, a third of them near-duplicates of one another, made up."""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
CODE_BYTES = 32
BITS = 8 * CODE_BYTES
_CLUSTERED = 1 / 3  # of a list: crops, re-encodings and frames of the same picture
_CLUSTER = 8
_BLOCK = 1 << 20


def fingerprints(count: int, seed: int = 1) -> Codes:
    """uint8[count, 32]. Every bit is set in half of them, as in PDQ; clusters spread up to 40 bits around a centre."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 256, (count, CODE_BYTES), dtype=np.uint8)
    members = int(count * _CLUSTERED)
    for start in range(0, members, _BLOCK):
        stop = min(start + _BLOCK, members)
        positions = np.arange(start, stop)
        centres = count - 1 - positions // _CLUSTER
        codes[start:stop] = flipped(codes[centres], rng.integers(0, 21, stop - start), rng)
    return codes


def queries(listed: Codes, count: int, seed: int = 2, most_bits: int = 31) -> Codes:
    """uint8[count, 32]: half near a listed one (0 to `most_bits` bits away), half of pictures on no list."""
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, 256, (count, CODE_BYTES), dtype=np.uint8)
    near = count // 2
    origins = listed[rng.integers(0, len(listed), near)]
    chosen[:near] = flipped(origins, rng.integers(0, most_bits + 1, near), rng)
    return chosen[rng.permutation(count)]


def flipped(codes: Codes, bits: NDArray[np.int64], rng: np.random.Generator) -> Codes:
    """Each code with so many distinct bits turned over."""
    masks = np.zeros((len(codes), BITS), dtype=np.uint8)
    for row in range(0, len(codes), 1 << 14):
        part = slice(row, row + (1 << 14))
        ranks = np.argsort(rng.random((len(codes[part]), BITS), dtype=np.float32), axis=1)
        masks[part] = ranks < bits[part, None]
    return codes ^ np.packbits(masks, axis=1)
