"""The C++ core of search. Arrays are C-contiguous and are read where they lie; the GIL is released."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_Hits = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]

simd: Final[str]  # "avx512", "avx2" or "portable"

class Corrupt(Exception): ...

class Engine:
    def __init__(
        self,
        codes: NDArray[np.uint8],
        offsets: NDArray[np.uint32] = ...,
        sketches: NDArray[np.uint16] = ...,
        lows: NDArray[np.uint16] = ...,
        highs: NDArray[np.uint64] = ...,
        always_bucketed: bool = False,  # for tests: buckets are read even where comparing everything is faster
    ) -> None: ...
    def search(
        self, queries: NDArray[np.uint8], radius: int, threads: int, gone: NDArray[np.uint8] | None
    ) -> _Hits: ...
    def join(self, queries: NDArray[np.uint8], radius: int, threads: int, gone: NDArray[np.uint8] | None) -> _Hits: ...

def scan(
    codes: NDArray[np.uint8], queries: NDArray[np.uint8], radius: int, threads: int, gone: NDArray[np.uint8] | None
) -> _Hits: ...
def section_sizes(count: int) -> tuple[int, int, int, int]: ...
def build(
    codes: NDArray[np.uint8],
    offsets: NDArray[np.uint32],
    sketches: NDArray[np.uint16],
    lows: NDArray[np.uint16],
    highs: NDArray[np.uint64],
    threads: int,
) -> None: ...
