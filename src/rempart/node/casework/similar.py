"""Which contents' images are near-duplicates: within 31 of the 256 bits of their PDQ, both of sufficient quality.

Each process that is asked keeps an exact index of this node's own images in memory, under the ids of their contents,
and follows the database with it: what came since is added, nothing is read twice; a new process reads all. Who is like
whom is stored nowhere: a flood of copies makes no flood of pairs, and what is told is what the database holds.

A high-water mark needs numbers that become visible in their order, which ids do not: of two workers that insert at
once, the one with the lower id may commit last, when a reader has gone past it. So each image takes the next number of
a series, whose row stays locked until the transaction ends. The second worker waits that long for the first; whoever
sees a number sees all before it; and whichever of both images is asked about afterwards, the other is found. Only the
step that fingerprints takes numbers, as its very last act, so that nobody waits there for somebody who waits elsewhere.
Only pages ask. Accepting reports needs neither.
"""

import threading
from array import array
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from django.db.models import F, Subquery
from numpy.typing import NDArray

from rempart.core.vocabulary import FingerprintType
from rempart.node.casework.models import Fingerprint, ImageSeries
from rempart.signals.lists import MIN_QUALITY
from rempart.signals.match import Index

_CODE_BYTES = 32
_following = threading.Lock()
_followed: tuple[int, Index] | None = None  # the number of the last image in the index, and the index


def number_image(content_id: int) -> None:
    """Have the content's image compared from now on, in the caller's transaction, of which this is the last act.

    Not one of a low quality, nor a PDQ that came without its quality: a bare hash is no image of ours.
    """
    image = Fingerprint.objects.filter(
        content=content_id, kind=FingerprintType.PDQ, quality__gte=MIN_QUALITY, image_number__isnull=True
    )
    if image.exists():
        ImageSeries.objects.update(last=F("last") + 1)
        image.update(image_number=Subquery(ImageSeries.objects.values("last")[:1]))


def similar_to(content_id: int) -> list[int] | None:
    """Other contents whose images are near-duplicates, nearest first; None if this one has no image to compare."""
    found = _found([content_id]).get(content_id)
    return None if found is None else found.tolist()


def counts(content_ids: Iterable[int], without: frozenset[int] = frozenset()) -> dict[int, int]:
    """How many others, not counting those of `without`, are near-duplicates of each content that has any."""
    left_out = np.fromiter(without, np.int64, len(without))
    found = {one: int(np.isin(others, left_out, invert=True).sum()) for one, others in _found(content_ids).items()}
    return {content_id: number for content_id, number in found.items() if number}


def forget() -> None:
    """Read all anew at the next use (the database was exchanged under this process)."""
    global _followed
    with _following:
        _followed = None


def _found(content_ids: Iterable[int]) -> dict[int, NDArray[np.int64]]:
    """By content, the others near it; only contents whose image is compared."""
    images = Fingerprint.objects.filter(content__in=list(content_ids), image_number__isnull=False)
    asked = dict(images.values_list("content_id", "value"))
    if not asked:
        return {}
    codes = np.frombuffer(b"".join(map(bytes, asked.values())), np.uint8).reshape(-1, _CODE_BYTES)
    offsets, ids, _ = _index().search(codes)
    each = (ids[first:stop] for first, stop in pairwise(offsets))
    return {content_id: near[near != content_id] for content_id, near in zip(asked, each, strict=True)}


def _index() -> Index:
    """All images that were committed when it was called."""
    global _followed
    with _following:
        last = ImageSeries.objects.values_list("last", flat=True).get()
        if _followed is None or _followed[0] > last:
            # A mark beyond the series is of another database, such as one from before a restored backup.
            _followed = (0, Index.build(np.empty((0, _CODE_BYTES), np.uint8)))
        mark, index = _followed
        if mark < last:
            index.add(*_images(mark, last))
            _followed = (last, index)
        return index


def _images(after: int, last: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Codes and contents of the images with those numbers."""
    codes, content_ids = bytearray(), array("q")
    rows = Fingerprint.objects.filter(image_number__gt=after, image_number__lte=last).order_by("image_number")
    for content_id, value in rows.values_list("content_id", "value").iterator(chunk_size=5000):
        codes += value
        content_ids.append(content_id)
    return np.frombuffer(codes, np.uint8).reshape(-1, _CODE_BYTES), np.frombuffer(content_ids, np.int64)
