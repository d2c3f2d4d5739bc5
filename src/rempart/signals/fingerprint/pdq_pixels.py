"""PDQ of pixels, bit for bit that of the package pdqhash (the reference): C++, or numpy where it was not built.

The reference's fingerprints follow from the order and rounding of its float operations, so both do the same ones.
Luminance is 0.299 R + 0.587 G + 0.114 B to the nearest float, which is that of an integer divided by 1000.
"""

import math
import os
from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

try:
    from rempart.signals import _hashing
except ImportError:
    _hashing = None  # type: ignore[assignment]

Pixels = NDArray[np.uint8]
# Grey [rows, columns]; RGB [rows, columns, 3]; RGB whose luminance is computed in single precision, as in vPDQ.
Kind = Literal["grey", "rgb", "rgb_single"]
_Floats = NDArray[np.float32]

MIN_SIDE = 5  # MIN_HASHABLE_DIM of the reference
_SIDE, _BAND = 64, 16
_SHARES = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue in luminance


class Stream(Protocol):
    """A picture fed in bands of rows of its kind, which may lie apart; then finished, once."""

    def feed(self, pixels: Pixels) -> None: ...
    def finish(self) -> tuple[bytes, int]: ...
    def finish_dihedral(self) -> tuple[list[bytes], int]: ...


@cache
def engine() -> str:
    """native-avx512, native-avx2, native-portable or numpy; REMPART_SIMD=avx512|avx2|portable|numpy forces one."""
    available = ["numpy", *(_hashing.instruction_sets() if _hashing else [])]
    wanted = os.environ.get("REMPART_SIMD", "")
    chosen = wanted if wanted in available else available[-1]
    return chosen if chosen == "numpy" else f"native-{chosen}"


def stream(height: int, width: int, kind: Kind) -> Stream:
    """Of a picture of that size, upright."""
    if engine() == "numpy":
        return PlainStream(height, width, kind)
    return _hashing.Pdq(height, width, kind, engine().removeprefix("native-"))


def of_bands(height: int, width: int, bands: Iterable[Pixels], kind: Kind) -> tuple[bytes, int]:
    """The fingerprint (32 bytes, whose hex is the reference hex) and quality of a picture in bands of rows."""
    return _fed(height, width, bands, kind).finish()


def dihedral_of_bands(height: int, width: int, bands: Iterable[Pixels], kind: Kind) -> tuple[tuple[bytes, ...], int]:
    """Of the picture, turned by 90, 180 and 270 degrees, flipped in x, y, and along both diagonals."""
    codes, quality = _fed(height, width, bands, kind).finish_dihedral()
    return tuple(codes), quality


def is_native() -> bool:
    """Whether `of_scaled` and `of_yuv420` are there: in numpy they would save nothing."""
    return engine() != "numpy"


def of_scaled(pixels: Pixels, height: int, width: int, scale: int) -> tuple[bytes, int]:
    """Nearly the fingerprint and quality of a height x width picture, from its pixels scaled down by `scale`.

    `pixels` are [ceil(height / scale), ceil(width / scale), 3], or grey without the 3; both sides at least 5.
    """
    return _hashing.pdq_folded(pixels, height, width, scale, engine().removeprefix("native-"))


def of_yuv420(y: Pixels, u: Pixels, v: Pixels, *, full_range: bool) -> tuple[bytes, int]:
    """Of a video frame as vPDQ has it: luminance of the RGB that swscale makes of it by BT.601, without that RGB.

    `y` is [height, width], `u` and `v` are of half the size both ways; both sides even. Only where `is_native`.
    """
    stream = _hashing.Pdq(y.shape[0], y.shape[1], "luminance", engine().removeprefix("native-"))
    stream.feed_yuv420(y, u, v, full_range)
    return stream.finish()


def _fed(height: int, width: int, bands: Iterable[Pixels], kind: Kind) -> Stream:
    picture = stream(height, width, kind)
    for band in bands:
        picture.feed(band)
    return picture


class PlainStream:
    """The same in numpy: about ten times slower, and it keeps the whole picture."""

    def __init__(self, height: int, width: int, kind: Kind) -> None:
        self._shape = height, width
        self._kind = kind
        self._bands: list[_Floats] = []

    def feed(self, pixels: Pixels) -> None:
        if self._kind == "rgb_single":
            red, green, blue = (pixels[:, :, channel] * _SHARES[channel] for channel in range(3))
            self._bands.append(red + green + blue)
        elif self._kind == "rgb":
            thousandths = pixels.astype(np.int32) @ np.array([299, 587, 114], np.int32)
            self._bands.append(thousandths.astype(np.float32) / np.float32(1000))
        else:
            self._bands.append(pixels.astype(np.float32))

    def finish(self) -> tuple[bytes, int]:
        if min(self._shape) < MIN_SIDE:
            return bytes(32), 0
        whole = np.concatenate(self._bands)
        reduced = whole if self._shape == (_SIDE, _SIDE) else _reduced(whole)
        return _code(_frequencies(reduced)), _quality(reduced)

    def finish_dihedral(self) -> tuple[list[bytes], int]:
        if min(self._shape) < MIN_SIDE:
            return [bytes(32)] * 8, 0
        reduced = _reduced(np.concatenate(self._bands))
        frequencies = _frequencies(reduced)
        return [_code(turned(frequencies)) for turned in _TURNS], _quality(reduced)


def _reduced(luminance: _Floats) -> _Floats:
    for _ in range(2):
        luminance = _box(_box(luminance.T).T)
    rows, columns = (((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(int) for length in luminance.shape)
    return luminance[np.ix_(rows, columns)]


def _box(values: _Floats) -> _Floats:
    """A box filter along the first axis: at each step one value enters the running sum and then one leaves it.

    `accumulate` adds strictly in order, and what is absent is zero, so every rounding is the reference's.
    """
    length = len(values)
    window = -(-length // (2 * _SIDE))
    lead = window // 2
    moves = np.zeros((length + lead, 2, values.shape[1]), np.float32)
    moves[:length, 0] = values
    moves[window:, 1] = -values[: length + lead - window]
    sums = np.add.accumulate(moves.reshape(-1, values.shape[1]), axis=0)[1::2]
    steps = np.arange(lead, length + lead)
    within = np.minimum(np.minimum(steps + 1, window), length + window - 1 - steps).astype(np.float32)
    means: _Floats = np.divide(sums[lead:], within[:, None], dtype=np.float32)
    return means


@cache
def _dct() -> _Floats:
    scale = float(np.float32(math.sqrt(2 / _SIDE)))
    step = math.pi / 2 / _SIDE
    return np.array(
        [[scale * math.cos(step * (i + 1) * (2 * k + 1)) for k in range(_SIDE)] for i in range(_BAND)], np.float32
    )


def _frequencies(reduced: _Floats) -> _Floats:
    half = np.zeros((_BAND, _SIDE), np.float32)
    for k in range(_SIDE):
        half += _dct()[:, k, None] * reduced[None, k, :]
    whole = np.zeros((_BAND, _BAND), np.float32)
    for k in range(_SIDE):
        whole += half[:, k, None] * _dct()[None, :, k]
    return whole


def _code(frequencies: _Floats) -> bytes:
    values = frequencies.ravel()
    median = np.sort(values)[len(values) // 2 - 1]
    return np.packbits(values[::-1] > median).tobytes()


def _quality(reduced: _Floats) -> int:
    gradients = 0
    for axis in (0, 1):
        percent = np.diff(reduced, axis=axis) * np.float32(100) / np.float32(255)
        gradients += int(np.abs(np.trunc(percent)).sum(dtype=np.int64))
    return min(100, gradients // 90)


_INDEX = np.arange(_BAND)
_EVEN = np.where(_INDEX % 2 == 0, np.float32(-1), np.float32(1))  # negates even rows or columns
_ODD = (-_EVEN[:, None] * -_EVEN[None, :]).astype(np.float32)  # negates where row plus column is odd
_TURNS: tuple[Callable[[_Floats], _Floats], ...] = (
    lambda f: f,
    lambda f: (f * _EVEN[None, :]).T,
    lambda f: f * _ODD,
    lambda f: (f * _EVEN[:, None]).T,
    lambda f: f * _EVEN[:, None],
    lambda f: f * _EVEN[None, :],
    lambda f: f.T,
    lambda f: (f * _ODD).T,
)
