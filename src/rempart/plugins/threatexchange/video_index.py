"""The package's index of vPDQ videos, on the exact index of `rempart.signals.match.videos`.

It answers as `threatexchange.extensions.vpdq.vpdq_index.VPDQIndex` does, and needs no package vpdq.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, ClassVar, Generic, Self, TypeVar

import numpy as np
from threatexchange.signal_type.index import IndexMatchUntyped, SignalSimilarityInfo, SignalTypeIndex

from rempart.core.errors import InputError
from rempart.plugins.threatexchange import container
from rempart.plugins.threatexchange.index import Codes, InvalidSignal
from rempart.plugins.threatexchange.payload import Payloads
from rempart.signals.fingerprint.vpdq import VideoFrame, VideoMatch, video_codes
from rempart.signals.match.videos import VideoIndex
from rempart.signals.vpdq_text import parse_signal

T = TypeVar("T")
_CODE_BYTES = 32
_COUNT_BYTES = 8
_TOP_QUALITY = 100


@dataclass
class VPDQSimilarityInfo(SignalSimilarityInfo):
    """As the package's class of that name, which cannot be imported without the package vpdq."""

    query_match_percent: float
    compared_match_percent: float

    @classmethod
    def of(cls, match: VideoMatch) -> Self:
        return cls(match.query_percent, match.compared_percent)

    def pretty_str(self) -> str:
        return f"{self.query_match_percent:.0f}%[{self.compared_match_percent:.0f}%]"


class VPDQIndex(container.Contained, SignalTypeIndex[T], Generic[T]):
    """Entries under their videos: JSON lists of `hex,quality,seconds`."""

    kind: ClassVar[str] = "vpdq"

    def __init__(
        self,
        quality_threshold: int = 50,
        query_match_threshold_pct: float = 80.0,
        index_match_threshold_pct: float = 0.0,
    ) -> None:
        super().__init__()
        self._begin(quality_threshold, query_match_threshold_pct, index_match_threshold_pct)

    def _begin(self, quality: int, query_percent: float, index_percent: float) -> None:
        self.quality_threshold = quality
        self.query_match_threshold_pct = query_percent
        self.index_match_threshold_pct = index_percent
        self._videos: list[Codes] = []
        self._payloads = Payloads()
        self.index = VideoIndex.build({}, min_quality=quality)

    @classmethod
    def build(
        cls,
        entries: Iterable[tuple[str, T]],
        quality_threshold: int = 50,
        query_match_threshold_pct: float = 80.0,
        index_match_threshold_pct: float = 0.0,
    ) -> Self:
        """Raises ValueError, also for a video without a frame of sufficient quality."""
        made = cls(quality_threshold, query_match_threshold_pct, index_match_threshold_pct)
        made.add_all(entries)
        return made

    def __len__(self) -> int:
        return len(self._payloads)

    def query(self, query: str) -> list[IndexMatchUntyped[VPDQSimilarityInfo, T]]:
        """Videos that pass both thresholds, the one found most first. Raises ValueError.

        The empty signal, and one without a frame of sufficient quality, match nothing.
        """
        hits = self.index.search(
            frames_of(query),
            min_query_percent=self.query_match_threshold_pct,
            min_compared_percent=self.index_match_threshold_pct,
        )
        return [IndexMatchUntyped(VPDQSimilarityInfo.of(hit.match), self._payloads[hit.video_id]) for hit in hits]

    def add(self, signal_str: str, entry: T) -> None:
        """Raises ValueError."""
        self.add_all(((signal_str, entry),))

    def add_all(self, entries: Iterable[tuple[str, T]]) -> None:
        """All of them or none. Raises ValueError."""
        added = [(video_codes(frames_of(signal), self.quality_threshold), entry) for signal, entry in entries]
        if not all(len(codes) for codes, _ in added):
            raise InvalidSignal("A video has no frame of sufficient quality.", where="signal")
        start = len(self._payloads)
        self._payloads.extend(entry for _, entry in added)
        self._index_from(start, [codes for codes, _ in added])

    def serialize(self, fout: BinaryIO) -> None:
        """A container, not a pickle. Raises InputError if an entry carries what cannot be stored."""
        classes, sections = self._payloads.parts()
        settings = {
            "quality": self.quality_threshold,
            "query_percent": self.query_match_threshold_pct,
            "index_percent": self.index_match_threshold_pct,
        }
        counts = np.array([len(codes) for codes in self._videos], dtype="<i8")
        codes = b"".join(codes.tobytes() for codes in self._videos)
        facts = container.Facts(len(self._videos), tuple(classes), settings)
        container.write(fout, self.kind, facts, {"codes": codes, "counts": counts.tobytes(), **sections})

    def _load(self, stream: BinaryIO) -> None:
        facts, sections = container.read(stream, self.kind)
        stored, packed = sections.get("codes", b""), sections.get("counts", b"")
        counts = np.frombuffer(packed[: facts.count * _COUNT_BYTES], dtype="<i8")
        fits = len(packed) == facts.count * _COUNT_BYTES and (counts > 0).all()
        if not fits or counts.sum() * _CODE_BYTES != len(stored):
            raise container.refused("The parts of the index do not go together.")
        try:
            settings = facts.settings
            self._begin(int(settings["quality"]), settings["query_percent"], settings["index_percent"])
        except (KeyError, InputError):
            raise container.refused("The parts of the index do not go together.") from None
        self._payloads = Payloads.of_parts(facts.count, facts.classes, sections)
        codes = np.frombuffer(stored, dtype=np.uint8).reshape(-1, _CODE_BYTES)
        self._index_from(0, np.split(codes, np.cumsum(counts)[:-1]) if facts.count else [])

    def _index_from(self, start: int, videos: list[Codes]) -> None:
        self._videos += videos
        if start:
            for number, codes in enumerate(videos, start):
                self.index.add(number, _frames(codes))
        else:
            framed = {number: _frames(codes) for number, codes in enumerate(videos)}
            self.index = VideoIndex.build(framed, min_quality=self.quality_threshold)


def frames_of(signal: str) -> list[VideoFrame]:
    """Raises InvalidSignal, which does not repeat the signal."""
    if not signal:
        return []
    try:
        return parse_signal(signal)
    except InputError as error:
        raise InvalidSignal(error.what, where=error.where, advice=error.advice) from None


def _frames(codes: Codes) -> list[VideoFrame]:
    """Frames whose quality was judged before."""
    return [VideoFrame(number, code.tobytes(), _TOP_QUALITY, 0.0) for number, code in enumerate(codes)]
