"""vPDQ for python-threatexchange without the package vpdq: an extension of its own, which needs the extra `video`.

    tx config extensions add rempart.plugins.threatexchange.video

It takes the place of `threatexchange.extensions.vpdq`, whose signal type has the same name: remove that one first.
"""

import atexit
import os
import pathlib
from functools import cache

from threatexchange.content_type.content_base import ContentType
from threatexchange.content_type.video import VideoContent
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest
from threatexchange.signal_type import signal_base
from threatexchange.signal_type.pdq.signal import PdqSignal

from rempart.core.errors import InputError
from rempart.plugins.threatexchange.exchange import RempartListExchange
from rempart.plugins.threatexchange.signal import adopt
from rempart.plugins.threatexchange.video_index import VPDQIndex, VPDQSimilarityInfo, frames_of
from rempart.signals.fingerprint.video_sandbox import VideoDecoder
from rempart.signals.fingerprint.vpdq import VideoFrame, match_videos
from rempart.signals.vpdq_text import format_signal

__all__ = ["TX_MANIFEST", "VPDQIndex", "VPDQSignal", "VPDQSimilarityInfo"]


class VPDQSignal(signal_base.SimpleSignalType, signal_base.FileHasher):
    """Videos by the PDQ of their frames; a signal is a JSON list of `hex,quality,seconds`."""

    @classmethod
    def get_content_types(cls) -> list[type[ContentType]]:
        return [VideoContent]

    @classmethod
    def get_index_cls(cls) -> type[VPDQIndex[object]]:
        return VPDQIndex

    @classmethod
    def validate_signal_str(cls, signal_str: str) -> str:
        """Raises ValueError."""
        frames_of(signal_str)
        return signal_str

    @classmethod
    def hash_from_file(cls, file: pathlib.Path, seconds_per_hash: float = 1) -> str:
        """As the interface asks, the empty string where no hash can be had; 0 seconds mean every frame.

        The file is a stranger's, so it is decoded in a separate process under limits.
        """
        try:
            return format_signal(_decoder(os.getpid()).vpdq(file, every=seconds_per_hash or None))
        except InputError:
            return ""

    @classmethod
    def compare_hash(
        cls,
        hash1: str,
        hash2: str,
        query_match_pct_thresh: float = 80.0,
        compare_match_pct_thresh: float = 0.0,
    ) -> signal_base.SignalComparisonResult:
        """Raises ValueError."""
        match = match_videos(frames_of(hash1), frames_of(hash2))
        is_match = match.query_percent >= query_match_pct_thresh and match.compared_percent >= compare_match_pct_thresh
        return signal_base.SignalComparisonResult(is_match, VPDQSimilarityInfo.of(match))

    @staticmethod
    def get_examples() -> list[str]:
        codes = map(bytes.fromhex, PdqSignal.get_examples())
        return [format_signal(VideoFrame(number, code, 100, float(number)) for number, code in enumerate(codes))]


@cache
def _decoder(process: int) -> VideoDecoder:
    """One for each process: servers fork after they imported this."""
    decoder = VideoDecoder(threads=os.cpu_count() or 1)
    atexit.register(decoder.close)
    return decoder


adopt()
TX_MANIFEST = ThreatExchangeExtensionManifest(signal_types=(VPDQSignal,), apis=(RempartListExchange,))
