"""A few pictures of a video on one sheet: shrunk, blurred and without colour as asked, never more than was asked for.

Third-party decoders run here, so a stranger's video belongs in `video_sandbox`, which runs this in a child process.
"""

import io
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import BinaryIO

from av.video.frame import VideoFrame as Picture
from PIL import Image, ImageFilter

from rempart.signals.fingerprint import video_decoding
from rempart.signals.fingerprint.video_decoding import Shown, Unplannable
from rempart.signals.fingerprint.video_limits import VideoFailure, VideoLimits, VideoRefused
from rempart.signals.fingerprint.video_wire import STILLS_ACROSS, Look

_GROUND = 128
_SHARE = 0.6  # of the time limit: then whatever picture was reached is taken, and no further one is looked for


def sheet_of(file: BinaryIO, at: Sequence[float], look: Look, limits: VideoLimits) -> bytes:
    """A JPEG with nothing but pixels in it, of the pictures shown at those seconds, in their order.

    Fewer where the file is damaged or the time is short, at least one. Raises VideoRefused.
    """
    until = time.monotonic() + limits.seconds * _SHARE
    with video_decoding.opened(file, limits, 1) as video:
        try:
            stills = [_still(shown, look) for shown in _sought(video, sorted(at), until)]
        except Unplannable:
            stills = []
    if not stills:
        with video_decoding.opened(file, limits, 1) as video:
            stills = [_still(shown, look) for shown in _passed(video, sorted(at), until)]
    if not stills:
        raise VideoRefused(VideoFailure.NOT_A_VIDEO)
    written = io.BytesIO()
    _sheet(stills, look).save(written, "JPEG", quality=85)
    return written.getvalue()


def _sought(video: video_decoding.Video, at: Sequence[float], until: float) -> Iterator[Shown]:
    for seconds in at:
        last: Shown | None = None
        with closing(video.shown_from(seconds)) as pictures:
            for shown in pictures:
                if last and shown.seconds < last.seconds:
                    break  # what a damaged end shows has no time to go by
                last = shown
                if last.seconds >= seconds or time.monotonic() > until:
                    break
        if last is not None:
            yield last
        if time.monotonic() > until:
            return


def _passed(video: video_decoding.Video, at: Sequence[float], until: float) -> Iterator[Shown]:
    """Without jumps: all pictures are decoded, those that are due are taken."""
    due = list(at)
    for shown in video.frames(None, sparingly=False):
        is_late = time.monotonic() > until
        if shown.seconds >= due[0] or is_late:
            yield shown
            due = [seconds for seconds in due if seconds > shown.seconds]
        if not due or is_late:
            return


def _still(shown: Shown, look: Look) -> Image.Image:
    picture = shown.picture
    share = min(1.0, look.max_side / max(picture.width, picture.height))
    width, height = (max(1, round(side * share)) for side in (picture.width, picture.height))
    still = _upright(picture.reformat(width=width, height=height, format="gray" if look.grey else "rgb24"))
    return still.filter(ImageFilter.GaussianBlur(look.blur)) if look.blur else still


def _upright(picture: Picture) -> Image.Image:
    """Turned as its player would, by quarters only: anything else grows beyond its side."""
    return Image.fromarray(picture.to_ndarray()).rotate(round(picture.rotation / 90) * 90, expand=True)


def _sheet(stills: Sequence[Image.Image], look: Look) -> Image.Image:
    width, height = max(still.width for still in stills), max(still.height for still in stills)
    across = min(STILLS_ACROSS, len(stills))
    size = (across * width, math.ceil(len(stills) / across) * height)
    sheet = Image.new("L" if look.grey else "RGB", size, _GROUND if look.grey else (_GROUND,) * 3)
    for place, still in enumerate(stills):
        sheet.paste(still, (place % across * width, place // across * height))
    return sheet
