"""What lists say about contents, and whether that settles them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db.models import Q

from rempart.core.vocabulary import FingerprintType, Legality
from rempart.node.audit import services as audit
from rempart.node.casework import videos
from rempart.node.casework.models import Fingerprint, Match
from rempart.node.lists import services as lists
from rempart.node.runtime import clock
from rempart.signals.fingerprint.vpdq import DEFAULT_MIN_QUALITY, percent, video_codes
from rempart.signals.lists import Recogniser

KNOWN_PERCENT = 80.0
"""Of a video's frames, as python-threatexchange asks of vPDQ by default: fewer are a part of it, not the video."""
_BLOCK = 64  # frames looked up at once, so that the hits held meanwhile are few
COVERING = Q(percent__isnull=True) | Q(percent__gte=KNOWN_PERCENT)
"""Matches of the content itself: not of a few of a video's frames."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an entry says about a content; or, where `compared` frames of a video were looked up, what the entries of
    one list and category say about `frames` of them: then `entry_id` is the one that most of these are near."""

    entry_id: int
    list_name: str
    category: str
    how: Literal["exact", "near"]
    distance: int | None
    frames: frozenset[int] = frozenset()
    compared: int = 0

    @property
    def legality(self) -> Legality:
        return lists.CATEGORY_LEGALITY[self.category]

    @property
    def percent(self) -> float | None:
        """Of the compared frames; None for a match of the file itself."""
        return percent(len(self.frames), self.compared) if self.compared else None


def look_up(
    recogniser: Recogniser, content_id: int | None, named: tuple[FingerprintType, bytes] | None = None
) -> list[Found]:
    """What is found of a content's stored fingerprints, and of one that a report names."""
    rows = Fingerprint.objects.filter(content=content_id).values_list("kind", "value", "quality")
    stored = {FingerprintType(kind): (bytes(value), quality) for kind, value, quality in rows}
    fingerprints = {kind: value for kind, (value, _) in stored.items()}
    if named is not None:
        fingerprints.setdefault(*named)
    if not fingerprints:
        return []
    _, quality = stored.get(FingerprintType.PDQ, (b"", None))
    found = [
        Found(hit.entry.entry_id, hit.entry.list_name, hit.entry.category, hit.match, hit.distance)
        for hit in recogniser.lookup(fingerprints, pdq_quality=quality)
    ]
    if content_id is not None and FingerprintType.PDQ not in stored:  # an image has one, a video has frames
        found += _of_frames(recogniser, content_id)
    return found


@dataclass(slots=True)
class _Near:
    """Frames near any entry of one list and category; by entry, how many, and the least distance."""

    frames: set[int] = field(default_factory=set)
    counts: Counter[int] = field(default_factory=Counter)
    distances: dict[int, int] = field(default_factory=dict)

    def add(self, frame: int, entry_id: int, distance: int) -> None:
        self.frames.add(frame)
        self.counts[entry_id] += 1
        self.distances[entry_id] = min(distance, self.distances.get(entry_id, distance))

    def entry(self) -> tuple[int, int]:
        """The entry that most frames are near, then the nearest, and its distance."""
        chosen = min(self.counts, key=lambda one: (-self.counts[one], self.distances[one], one))
        return chosen, self.distances[chosen]


def _of_frames(recogniser: Recogniser, content_id: int) -> list[Found]:
    """Frames that look the same count once, those of a low quality nowhere, as in vPDQ."""
    codes = video_codes(videos.frames_of(content_id), DEFAULT_MIN_QUALITY)
    near: defaultdict[tuple[str, str], _Near] = defaultdict(_Near)
    for first in range(0, len(codes), _BLOCK):
        for place, hits in recogniser.lookup_codes(codes[first : first + _BLOCK]).items():
            for hit in hits:
                near[hit.label.list_name, hit.label.category].add(first + place, hit.entry_id, hit.distance)
    return [_found(*named, each, len(codes)) for named, each in sorted(near.items())]


def _found(list_name: str, category: str, near: _Near, compared: int) -> Found:
    entry_id, distance = near.entry()
    return Found(entry_id, list_name, category, "near", distance, frozenset(near.frames), compared)


def keep_matches(content_id: int, found: Iterable[Found]) -> None:
    """One row and one event for each entry a content was ever matched with; another event when more frames are found
    near a list, or fewer."""
    for one in found:
        share = {"frames": len(one.frames) or None, "percent": one.percent}
        row, made = Match.objects.get_or_create(
            content_id=content_id,
            entry_id=one.entry_id,
            defaults={
                "list_name": one.list_name,
                "category": one.category,
                "how": one.how,
                "distance": one.distance,
                "at": clock().now(),
                **share,
            },
        )
        if not made and (row.percent is None or row.percent == one.percent):
            continue
        if not made:
            Match.objects.filter(pk=row.pk).update(**share)
        data: dict[str, audit.Value] = {"list": one.list_name, "category": one.category, "how": one.how}
        if one.percent is not None:
            data["percent"] = round(one.percent, 1)
        audit.record("content:matched", f"content:{content_id}", data=data)


def settlement(found: Iterable[Found], settling_lists: frozenset[str]) -> Legality | None:
    """The legality that matches decide; None when no settling list knows the content or lists contradict each other.

    A list that does not settle can still contradict: then a person looks. What is said of the file itself goes before
    what is said of a video's frames.
    """
    said = list(found)
    whole = [one for one in said if not one.compared]
    if _contradict(whole):
        return None
    settling = {one.legality for one in whole if one.list_name in settling_lists}
    order = (Legality.BASELINE, Legality.NATIONAL, Legality.NOT_ILLEGAL)
    decided = next((legality for legality in order if legality in settling), None)
    if decided is not None or _contradict(said):
        return decided
    return _settled_by_frames([one for one in said if one.compared and one.list_name in settling_lists])


def _settled_by_frames(found: Sequence[Found]) -> Legality | None:
    """One and the same illegal result for most of the video. Frames never say that the rest of a video is lawful."""
    for legality in (Legality.BASELINE, Legality.NATIONAL):
        saying = [one for one in found if one.legality is legality]
        frames = frozenset[int]().union(*(one.frames for one in saying))
        if saying and percent(len(frames), saying[0].compared) >= KNOWN_PERCENT:
            return legality
    return None


def _contradict(found: Iterable[Found]) -> bool:
    return len({one.legality.is_illegal for one in found}) > 1
