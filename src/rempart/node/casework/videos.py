"""The frames of a content that is a video: kept, read back, and the few times at which a person is shown it."""

from collections.abc import Sequence

from rempart.core.exposure import still_times
from rempart.node.casework.models import VideoFrames
from rempart.signals.fingerprint.video_wire import frames_from_body, frames_to_body
from rempart.signals.fingerprint.vpdq import VideoFrame

EVERY = 1.0
"""Seconds between the frames that are fingerprinted."""
_MOST = 1_000_000


def keep(content_id: int, frames: Sequence[VideoFrame]) -> None:
    """Once, in the caller's transaction."""
    VideoFrames.objects.get_or_create(content_id=content_id, defaults={"packed": packed(frames)})


def packed(frames: Sequence[VideoFrame]) -> bytes:
    """49 bytes a frame, little-endian: its number and its seconds (8 bytes each), its quality, its PDQ."""
    return frames_to_body(list(frames))


def frames_of(content_id: int) -> list[VideoFrame]:
    """In order; none where the content is no video."""
    rows = VideoFrames.objects.filter(content=content_id)
    return [frame for body in rows.values_list("packed", flat=True) for frame in frames_from_body(bytes(body), _MOST)]


def moments(content_id: int) -> list[float]:
    """The seconds at which its stills are taken, evenly spread over what was decoded; none where it is no video.

    What the file says of its length counts for nothing: the decoded frames do.
    """
    frames = frames_of(content_id)
    return still_times(frames[-1].seconds + EVERY / 2) if frames else []
