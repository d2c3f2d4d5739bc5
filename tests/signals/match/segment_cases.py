"""Made-up fingerprints for the tests of segments: none comes from a picture."""

import numpy as np
from numpy.typing import NDArray

from rempart.signals.match import plain, segment
from rempart.signals.match.segment import Segment
from rempart.signals.match.segment_file import Image, Layout

Codes = NDArray[np.uint8]


def flipped(codes: Codes, rng: np.random.Generator, most: int) -> Codes:
    """Copies with 0..most bits changed."""
    copies = codes.copy()
    for code in copies:
        for bit in rng.choice(256, rng.integers(0, most + 1), replace=False):
            code[bit >> 3] ^= 1 << (bit & 7)
    return copies


def uniform(rng: np.random.Generator, count: int) -> Codes:
    return rng.integers(0, 256, (count, 32), dtype=np.uint8)


def clustered(rng: np.random.Generator, count: int) -> Codes:
    centres = uniform(rng, max(count // 20, 1))
    return flipped(centres[rng.integers(0, len(centres), count)], rng, 40)


def one_bucket(rng: np.random.Generator, count: int) -> Codes:
    """All share one substring, and so one bucket of a table."""
    codes = uniform(rng, count)
    word = 2 * int(rng.integers(16))
    codes[:, word : word + 2] = 0x5A
    return codes


def shared_words(rng: np.random.Generator, count: int) -> Codes:
    """A fifth share ten of the sixteen substrings."""
    codes = uniform(rng, count)
    codes[: count // 5, :20] = uniform(rng, 1)[:, :20]
    return codes


def all_equal(rng: np.random.Generator, count: int) -> Codes:
    return np.repeat(uniform(rng, 1), count, axis=0)


def zeros(_rng: np.random.Generator, count: int) -> Codes:
    return np.zeros((count, 32), dtype=np.uint8)


def ones(_rng: np.random.Generator, count: int) -> Codes:
    return np.full((count, 32), 255, dtype=np.uint8)


def sparse(rng: np.random.Generator, count: int) -> Codes:
    """A few bits each: everything is near everything, and most words are 0."""
    return flipped(zeros(rng, count), rng, 12)


KINDS = (uniform, clustered, one_bucket, shared_words, all_equal, zeros, ones, sparse)


def asked(rng: np.random.Generator, codes: Codes, count: int, most: int) -> Codes:
    """Half near-duplicates of entries, half at random."""
    queries = uniform(rng, count)
    if len(codes):
        near = codes[rng.integers(0, len(codes), len(queries[::2]))]
        queries[::2] = flipped(near, rng, most)
    return queries


def assert_same(one: plain.Hits, other: plain.Hits) -> None:
    for left, right in zip(one, other, strict=True):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


def with_tables(codes: plain.Codes) -> Segment:
    """Its tables are always read, however small it is, so that all their edges are met."""
    if segment.engine() == "numpy":
        return Segment.build(codes)
    image = Image.blank(Layout(len(codes), has_ids=False, has_tables=True))
    segment._fill(image, codes, None, 1)
    entries = Segment(image)
    entries._engine = segment._search.Engine(image.codes, *image.tables, always_bucketed=True)
    return entries
