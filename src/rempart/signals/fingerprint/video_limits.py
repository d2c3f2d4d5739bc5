"""What a video may cost, and why one is refused."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

from rempart.core.errors import InputError, LimitExceeded
from rempart.signals.fingerprint.wire import OUT_OF_MEMORY


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What one video may cost: wall-clock seconds, address space of the child, pixels of a frame, encoded bytes, and
    frames fingerprinted.

    A 4K video (8 megapixels) needs about 700 MiB of address space with one thread; each further thread adds a third.
    """

    seconds: float = 600.0
    memory_bytes: int = 3 << 30
    pixels: int = 36_000_000
    input_bytes: int = 16 << 30
    frames: int = 1_000_000

    def __post_init__(self) -> None:
        if min(self.seconds, self.memory_bytes, self.pixels, self.input_bytes, self.frames) <= 0:
            raise InputError("Every limit must be positive.", where="limits")

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "VideoLimits":
        return cls(**json.loads(text))


class VideoFailure(StrEnum):
    """Why a video was refused. A child process sends only this; the words are the caller's."""

    NOT_A_VIDEO = "not_a_video"
    NO_VIDEO = "no_video"
    TOO_SMALL = "too_small"
    PIXELS = "pixels"
    BYTES = "bytes"
    MEMORY = OUT_OF_MEMORY
    TIME = "time"
    FRAMES = "frames"

    def as_error(self) -> InputError:
        if self in _UNREADABLE:
            return InputError(_UNREADABLE[self], where="video")
        return LimitExceeded(_EXCEEDED[self], where="video", advice="Raise the limit, or handle the file by hand.")


_UNREADABLE = {
    VideoFailure.NOT_A_VIDEO: "It is not a video that can be read.",
    VideoFailure.NO_VIDEO: "It holds no pictures.",
    VideoFailure.TOO_SMALL: "Its frames are too small: a side has fewer than 5 pixels.",
}
_EXCEEDED = {
    VideoFailure.PIXELS: "Its frames have more pixels than the limit allows.",
    VideoFailure.BYTES: "The file is larger than the limit allows.",
    VideoFailure.MEMORY: "Decoding it needs more memory than the limit allows.",
    VideoFailure.TIME: "Decoding it takes longer than the limit allows.",
    VideoFailure.FRAMES: "It has more frames than the limit allows; sample it.",
}


class VideoRefused(Exception):
    """The video cannot be decoded within the limits; says only why."""

    def __init__(self, failure: VideoFailure) -> None:
        super().__init__(failure)
        self.failure = failure
