"""docs/fingerprints.md runs, and names the limits and functions as they are."""

import re
from dataclasses import fields
from pathlib import Path

from rempart.signals import fingerprint
from rempart.signals.fingerprint.sandbox import Limits
from rempart.signals.fingerprint.video_limits import VideoLimits

PAGE = "docs/fingerprints.md"


def test_the_examples_run(run_blocks, repository: Path) -> None:
    names = run_blocks(repository / PAGE)
    assert names["match"].query_percent == 100


def test_every_function_is_there(read) -> None:
    text = read(PAGE)
    named = {name for name in fingerprint.__all__ if name[0].islower()}
    assert {name for name in named if f"`{name}`" in text} == named


def test_the_limits_are_those_of_the_code(read) -> None:
    units = {"": 1, "MiB": 1 << 20, "GiB": 1 << 30}
    _, images, videos = re.split(r"\| `(?:Video)?Limits` \|", read(PAGE))
    for text, limits in ((images, Limits()), (videos, VideoLimits())):
        rows = re.findall(r"\| `(\w+)` \| ([\d,]+) ?(\w*) \|", text.partition("\n\n")[0])
        told = {name: int(number.replace(",", "")) * units[unit] for name, number, unit in rows}
        assert told == {field.name: getattr(limits, field.name) for field in fields(limits)}
