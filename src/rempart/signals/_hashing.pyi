import numpy as np
from numpy.typing import NDArray

def instruction_sets() -> list[str]:
    """What this processor runs, the fastest last: portable, avx2, avx512."""

def pdq_folded(pixels: NDArray[np.uint8], height: int, width: int, scale: int, simd: str) -> tuple[bytes, int]:
    """Fingerprint and quality, nearly, of a height x width picture from its pixels scaled down by `scale`.

    `pixels` are [ceil(height / scale), ceil(width / scale), 3], or grey without the 3; both sides at least 5.
    """

class Pdq:
    """One picture fed in bands of rows, then finished once. Raises ValueError on any misuse.

    `pixels`: "grey" (uint8 [rows, width]), "rgb" (uint8 [rows, width, 3]), "rgb_single" (the same, luminance in single
    precision as in the reference's C++ and vPDQ) or "luminance" (float32 [rows, width]). Rows may lie apart.
    """

    def __init__(self, height: int, width: int, pixels: str, simd: str) -> None: ...
    def feed(self, pixels: NDArray[np.uint8] | NDArray[np.float32]) -> None: ...
    def feed_yuv420(self, y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8], full_range: bool) -> None:
        """The whole picture of "luminance": `y` [height, width], `u` and `v` of half the size both ways; sides even."""

    def finish(self) -> tuple[bytes, int]: ...
    def finish_dihedral(self) -> tuple[list[bytes], int]: ...
