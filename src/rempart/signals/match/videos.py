"""Recognising videos: the frames of many videos in one index, and vPDQ percentages for those that share a frame."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.signals.fingerprint.vpdq import (
    DEFAULT_MIN_QUALITY,
    DEFAULT_RADIUS,
    Codes,
    VideoFrame,
    VideoMatch,
    percent,
    video_codes,
)
from rempart.signals.match import video_file
from rempart.signals.match.index import Index
from rempart.signals.match.video_file import Columns

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VideoHit:
    """A video of the index, and how much of either was found in the other."""

    video_id: int
    match: VideoMatch


class VideoIndex:
    """Videos under unique int64 ids, each a bag of distinct frames of sufficient quality.

    Make one with `build` or `open`. Threads may search while another adds or removes.
    """

    def __init__(self, index: Index, columns: Columns) -> None:
        self._index = index
        self._columns = columns
        self._changing = threading.Lock()

    @classmethod
    def build(cls, videos: Mapping[int, Iterable[VideoFrame]], *, min_quality: int = DEFAULT_MIN_QUALITY) -> Self:
        """Frames under `min_quality` (0..100) count nowhere, now and later. Raises InputError."""
        if not 0 <= min_quality <= 100:
            raise InputError("The quality must be 0 to 100.", where="min_quality")
        bags = {number: _bag(number, frames, min_quality) for number, frames in videos.items()}
        codes = np.concatenate(list(bags.values())) if bags else np.empty((0, 32), np.uint8)
        counts = np.array([len(bag) for bag in bags.values()], np.int64)
        starts = np.cumsum(counts) - counts
        columns = Columns(min_quality, len(codes), np.array(list(bags), np.int64), starts, counts)
        return cls(Index.build(codes), columns)

    @classmethod
    def open(cls, folder: str | PathLike[str], *, verify: bool = True) -> Self:
        """What `save` wrote. Raises NotFound, IntegrityError and OutsideFailure."""
        columns, frames = video_file.read(Path(folder))
        index = Index.open(frames, verify=verify)
        video_file.check(Path(folder), columns, len(index))
        return cls(index, columns)

    def save(self, folder: str | PathLike[str]) -> None:
        """Replaces what the folder held, durably and at one moment. Raises OutsideFailure."""
        with self._changing:
            video_file.write(Path(folder), self._columns, self._index.save)

    def close(self) -> None:
        """Waits for work in hand."""
        self._index.close()

    def __len__(self) -> int:
        return len(self._columns.videos)

    def __contains__(self, video_id: int) -> bool:
        return bool((self._columns.videos == video_id).any())

    @property
    def frames(self) -> int:
        """Distinct frames of all videos, counted per video."""
        return len(self._index)

    def add(self, video_id: int, frames: Iterable[VideoFrame]) -> None:
        """Raises Conflict if the id is present, and InputError if no frame has sufficient quality."""
        with self._changing:
            if video_id in self:
                raise Conflict("The video is in the index already.", where="video_id", advice="Remove it first.")
            old = self._columns
            bag = _bag(video_id, frames, old.min_quality)
            # A search reads the columns after the frames: it must know every video whose frames it may find.
            self._columns = old.with_video(video_id, len(bag))
            try:
                self._index.add(bag, np.arange(old.next_frame, old.next_frame + len(bag), dtype=np.int64))
            except BaseException:
                self._columns = old
                raise

    def remove(self, video_id: int) -> None:
        """Raises NotFound."""
        with self._changing:
            place = np.flatnonzero(self._columns.videos == video_id)
            if not len(place):
                raise NotFound("The video is not in the index.", where="video_id")
            start, count = (int(column[place[0]]) for column in (self._columns.starts, self._columns.counts))
            self._index.remove(np.arange(start, start + count, dtype=np.int64))
            self._columns = self._columns.without(int(place[0]))

    def search(
        self,
        query: Iterable[VideoFrame],
        *,
        radius: int = DEFAULT_RADIUS,
        min_query_percent: float = 0.0,
        min_compared_percent: float = 0.0,
        threads: int = 1,
    ) -> list[VideoHit]:
        """Every video that shares a frame, if at least so much of the query and of the video is found.

        The percentages are those of `match_videos` with either video. The video found most comes first, then the one
        in which most of the query is found, then the lower id. Raises InputError.
        """
        asked = video_codes(query, self._columns.min_quality)
        rows, frames = self._pairs(asked, radius, threads)
        columns = self._columns
        places = columns.places(frames)
        known = places >= 0  # not removed meanwhile
        of_query = _distinct_by_place(places[known], rows[known])
        of_video = _distinct_by_place(places[known], frames[known])
        hits = [
            VideoHit(
                int(columns.videos[place]),
                VideoMatch(percent(of_query[place], len(asked)), percent(of_video[place], int(columns.counts[place]))),
            )
            for place in of_video
        ]
        return sorted(
            (
                hit
                for hit in hits
                if hit.match.query_percent >= min_query_percent and hit.match.compared_percent >= min_compared_percent
            ),
            key=lambda hit: (-hit.match.compared_percent, -hit.match.query_percent, hit.video_id),
        )

    def _pairs(self, asked: Codes, radius: int, threads: int) -> tuple[Numbers, Numbers]:
        """Numbers of the query's frames and of the index's frames within `radius` of them."""
        offsets, frames, _ = self._index.search(asked, radius, threads)
        return np.repeat(np.arange(len(asked), dtype=np.int64), np.diff(offsets)), frames


def _distinct_by_place(places: Numbers, numbers: Numbers) -> dict[int, int]:
    """How many different numbers go with each place."""
    order = np.lexsort((numbers, places))
    places, numbers = places[order], numbers[order]
    is_first = np.ones(len(places), dtype=bool)
    is_first[1:] = (places[1:] != places[:-1]) | (numbers[1:] != numbers[:-1])
    found, counts = np.unique(places[is_first], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _bag(video_id: int, frames: Iterable[VideoFrame], min_quality: int) -> Codes:
    bag = video_codes(frames, min_quality)
    if not len(bag):
        raise InputError(
            f"None of the frames of video {video_id} has a quality of {min_quality} or more.", where="frames"
        )
    return bag
