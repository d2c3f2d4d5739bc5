"""vPDQ: the fingerprint of a video is the PDQ of its frames; two videos are compared as bags of frames.

The algorithm and the defaults are those of the vPDQ reference (github.com/facebook/ThreatExchange, folder vpdq).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rempart.signals.match.segment import scan

DEFAULT_RADIUS = 31
DEFAULT_MIN_QUALITY = 50
_CODE_BYTES = 32
# Frames of one video resemble one another, so one block of queries may hit every frame of the other video.
_BLOCK = 256

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One fingerprinted frame: number in order of presentation from 0, PDQ (32 bytes) and its quality (0..100).

    `seconds` is the time of presentation from the first frame.
    """

    number: int
    code: bytes
    quality: int
    seconds: float


@dataclass(frozen=True, slots=True)
class VideoMatch:
    """How much of either video is found in the other: percent (0..100) of its distinct frames of sufficient quality."""

    query_percent: float
    compared_percent: float


def match_videos(
    query: Iterable[VideoFrame],
    compared: Iterable[VideoFrame],
    *,
    radius: int = DEFAULT_RADIUS,
    min_quality: int = DEFAULT_MIN_QUALITY,
    unique: bool = True,
) -> VideoMatch:
    """A frame is found if a frame of the other video is within `radius`; frames under `min_quality` count nowhere.

    Equal fingerprints of a video count once, as in the published algorithm and python-threatexchange. The reference's
    command line counts each, and a tolerance of n there means a distance under n: `unique=False, radius=n - 1`.
    Without a frame of sufficient quality on either side, both are 0.
    """
    asked = video_codes(query, min_quality, unique=unique)
    held = video_codes(compared, min_quality, unique=unique)
    asked_found = 0
    held_found = np.zeros(len(held), dtype=bool)
    for first in range(0, len(asked), _BLOCK):
        offsets, positions, _ = scan(held, asked[first : first + _BLOCK], radius)
        asked_found += int(np.count_nonzero(np.diff(offsets)))
        held_found[positions] = True
    return VideoMatch(percent(asked_found, len(asked)), percent(int(np.count_nonzero(held_found)), len(held)))


def video_codes(frames: Iterable[VideoFrame], min_quality: int, *, unique: bool = True) -> Codes:
    """The fingerprints that count, uint8[N,32], in order of first appearance."""
    kept = [frame.code for frame in frames if frame.quality >= min_quality]
    if unique:
        kept = list(dict.fromkeys(kept))
    return np.frombuffer(b"".join(kept), dtype=np.uint8).reshape(-1, _CODE_BYTES)


def percent(part: int, whole: int) -> float:
    """0 of nothing."""
    return part * 100 / whole if whole else 0.0
