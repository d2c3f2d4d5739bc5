"""vPDQ as text: the lines of the reference's command line, and the JSON signal of python-threatexchange.

Sources: github.com/facebook/ThreatExchange, vpdq/cpp/vpdq/cpp/io/vpdqio.cpp and
python-threatexchange/threatexchange/extensions/vpdq/vpdq_util.py.
"""

import json
import re
from collections.abc import Iterable

from rempart.core.errors import InputError, LimitExceeded
from rempart.signals.fingerprint.vpdq import VideoFrame

MAX_FRAMES = 5_000_000  # two days at 25 frames a second
_MAX_NUMBER = 2**31 - 1  # the reference counts in int
_SECONDS = r"([0-9]{1,12}(?:\.[0-9]{1,18})?(?:e[+-]?[0-9]{1,2})?)"
# Columns after the fourth are ignored, as the reference does.
_LINE = re.compile(rf"([0-9]{{1,10}}),([0-9]{{1,3}}),([0-9a-fA-F]{{64}}),{_SECONDS}(?:,.*)?", re.ASCII)
_ITEM = re.compile(rf"([0-9a-fA-F]{{64}}),([0-9]{{1,3}}),{_SECONDS}", re.ASCII)


def format_frames(frames: Iterable[VideoFrame]) -> str:
    """Lines `number,quality,hex,seconds`, the seconds to three decimals."""
    return "".join(f"{frame.number},{frame.quality},{frame.code.hex()},{frame.seconds:.3f}\n" for frame in frames)


def parse_frames(text: str) -> list[VideoFrame]:
    """What `format_frames` or the reference wrote. Raises InputError with the line, and LimitExceeded."""
    lines = text.splitlines()
    _check_count(len(lines))
    return [_of_line(line, f"line {number}") for number, line in enumerate(lines, 1)]


def format_signal(frames: Iterable[VideoFrame]) -> str:
    """A JSON list of `hex,quality,seconds`: the form in which a ThreatExchange passes a video on."""
    return json.dumps([f"{frame.code.hex()},{frame.quality},{frame.seconds:.3f}" for frame in frames])


def parse_signal(text: str) -> list[VideoFrame]:
    """What `format_signal` or python-threatexchange wrote. The form has no frame numbers: they count from 0.

    Raises InputError with the item, and LimitExceeded.
    """
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise InputError("A vPDQ signal is a JSON list of strings.", where="vPDQ")
    _check_count(len(items))
    return [_of_item(item, number) for number, item in enumerate(items)]


def _check_count(count: int) -> None:
    if count > MAX_FRAMES:
        raise LimitExceeded(f"It has more than {MAX_FRAMES} frames.", where="vPDQ", advice="Sample the video.")


def _of_line(line: str, where: str) -> VideoFrame:
    found = _LINE.fullmatch(line)
    if found is None:
        raise InputError("Expected frame number, quality, fingerprint and seconds, with commas.", where=where)
    number, quality, code, seconds = found.groups()
    return _frame(number, quality, code, seconds, where)


def _of_item(item: object, number: int) -> VideoFrame:
    where = f"item {number}"
    found = _ITEM.fullmatch(item) if isinstance(item, str) else None
    if found is None:
        raise InputError("Expected fingerprint, quality and seconds, with commas.", where=where)
    code, quality, seconds = found.groups()
    return _frame(str(number), quality, code, seconds, where)


def _frame(number: str, quality: str, code: str, seconds: str, where: str) -> VideoFrame:
    if int(number) > _MAX_NUMBER or int(quality) > 100:
        raise InputError("The frame number or the quality (0 to 100) is out of range.", where=where)
    return VideoFrame(int(number), bytes.fromhex(code), int(quality), float(seconds))
