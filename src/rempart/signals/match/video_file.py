"""Which frames of an index are which video's; in memory, and in a folder beside the frames.

The folder holds `videos` and the file of frames that it names, so replacing `videos` replaces both at one moment.
Layout of `videos`, little-endian: magic (8 bytes), version u32, lowest quality u32, next frame id i64, number of frames
i64, number of videos i64, name of the file of frames (16 bytes), then per video its id, first frame id and number of
frames (three columns of i64), and the SHA-256 of all that.
"""

import hashlib
import secrets
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rempart.core.errors import IntegrityError, NotFound
from rempart.signals.match.files import draft_of, unusable

_MAGIC = b"RMPTVID\n"
_VERSION = 1
_HEAD = struct.Struct("<8sIIqqq16s")
_DIGEST_BYTES = 32
_NAME = "videos"
_COLUMNS = 3

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Columns:
    """Videos in ascending order of their first frame; a video's frames have successive ids, and none is used twice."""

    min_quality: int
    next_frame: int
    videos: Numbers
    starts: Numbers
    counts: Numbers

    def with_video(self, video: int, count: int) -> "Columns":
        return Columns(
            self.min_quality,
            self.next_frame + count,
            np.append(self.videos, video),
            np.append(self.starts, self.next_frame),
            np.append(self.counts, count),
        )

    def without(self, place: int) -> "Columns":
        columns = (np.delete(column, place) for column in (self.videos, self.starts, self.counts))
        return Columns(self.min_quality, self.next_frame, *columns)

    def places(self, frames: Numbers) -> Numbers:
        """Where the video of each frame stands; -1 if it is not there."""
        if not len(self.starts):
            return np.full(len(frames), -1, dtype=np.int64)
        places = np.searchsorted(self.starts, frames, side="right") - 1
        return np.where((places >= 0) & (frames < self.starts[places] + self.counts[places]), places, -1)


def write(folder: Path, columns: Columns, save_frames: Callable[[Path], None]) -> None:
    """Raises OutsideFailure, and then the folder is as it was."""
    name = f"frames-{secrets.token_hex(4)}"
    body = _HEAD.pack(
        _MAGIC,
        _VERSION,
        columns.min_quality,
        columns.next_frame,
        int(columns.counts.sum()),
        len(columns.videos),
        name.encode(),
    ) + b"".join(column.astype("<i8").tobytes() for column in (columns.videos, columns.starts, columns.counts))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        save_frames(folder / name)
        with draft_of(folder / _NAME) as file:
            file.write(body + hashlib.sha256(body).digest())
    except OSError as error:
        raise unusable(folder, error) from error
    for old in folder.glob("frames-*"):
        if old.name != name:
            with suppress(OSError):
                old.unlink()


def read(folder: Path) -> tuple[Columns, Path]:
    """The columns, and where the frames are. Raises NotFound, IntegrityError and OutsideFailure."""
    place = folder / _NAME
    try:
        data = place.read_bytes()
    except FileNotFoundError:
        raise NotFound("There is no index of videos.", where=str(folder), advice="Build and save it first.") from None
    except OSError as error:
        raise unusable(folder, error) from error
    body, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    if len(body) < _HEAD.size or hashlib.sha256(body).digest() != digest:
        raise _damaged(place)
    magic, version, min_quality, next_frame, frames, videos, name = _HEAD.unpack_from(body)
    if (magic, version) != (_MAGIC, _VERSION):
        raise IntegrityError(
            "This is not an index of videos of this version.", where=str(place), advice="Build it again."
        )
    if len(body) != _HEAD.size + videos * _COLUMNS * 8:
        raise _damaged(place)
    numbers = np.frombuffer(body, "<i8", offset=_HEAD.size).astype(np.int64).reshape(_COLUMNS, videos)
    columns = Columns(min_quality, next_frame, *numbers)
    if not _is_sound(columns, frames):
        raise _damaged(place)
    return columns, folder / Path(name.rstrip(b"\0").decode("ascii", "replace")).name


def check(folder: Path, columns: Columns, frames: int) -> None:
    """Raises IntegrityError unless the file of frames holds as many as the columns say."""
    if frames != int(columns.counts.sum()):
        raise _damaged(folder)


def _is_sound(columns: Columns, frames: int) -> bool:
    ends = columns.starts + columns.counts
    return bool(
        (columns.counts > 0).all()
        and (columns.starts >= 0).all()
        and (ends[:-1] <= columns.starts[1:]).all()
        and (ends[-1:] <= columns.next_frame).all()
        and len(np.unique(columns.videos)) == len(columns.videos)
        and int(columns.counts.sum()) == frames
    )


def _damaged(place: Path) -> IntegrityError:
    return IntegrityError(
        "The index of videos was cut off or altered.", where=str(place), advice="Build it again from its lists."
    )
