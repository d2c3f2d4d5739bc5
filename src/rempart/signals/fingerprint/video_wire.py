"""The fingerprints of a video on their way from the child that made them, as columns."""

import numpy as np

from rempart.signals.fingerprint.vpdq import VideoFrame
from rempart.signals.fingerprint.wire import MalformedFrame

_FRAME = np.dtype([("number", "<i8"), ("seconds", "<f8"), ("quality", "u1"), ("code", "u1", 32)])
FRAME_BYTES = _FRAME.itemsize
_MAX_NUMBER = 1 << 40


def frames_to_body(frames: list[VideoFrame]) -> bytes:
    rows = np.empty(len(frames), _FRAME)
    rows["number"] = [frame.number for frame in frames]
    rows["seconds"] = [frame.seconds for frame in frames]
    rows["quality"] = [frame.quality for frame in frames]
    rows["code"] = np.frombuffer(b"".join(frame.code for frame in frames), np.uint8).reshape(-1, 32)
    return rows.tobytes()


def frames_from_body(body: bytes, most: int) -> list[VideoFrame]:
    """1 to `most` frames from an untrusted writer. Raises MalformedFrame unless each value is in its range."""
    count, rest = divmod(len(body), _FRAME.itemsize)
    if rest or not 1 <= count <= most:
        raise MalformedFrame
    rows = np.frombuffer(body, _FRAME)
    numbers, seconds = rows["number"], rows["seconds"]
    is_sound = (
        numbers[0] >= 0
        and numbers[-1] < _MAX_NUMBER
        and (numbers[:-1] < numbers[1:]).all()
        and (rows["quality"] <= 100).all()
        and np.isfinite(seconds).all()
        and (seconds >= 0).all()
    )
    if not is_sound:
        raise MalformedFrame
    columns = (numbers.tolist(), map(bytes, rows["code"]), rows["quality"].tolist(), seconds.tolist())
    return [VideoFrame(*values) for values in zip(*columns, strict=True)]
