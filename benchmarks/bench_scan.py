"""How many pictures a second `rempart match` compares, on one core, on all, and with Ray's workers.

    python benchmarks/bench_scan.py [--quick] [--pictures N] [--entries N] [--rounds N]

Benign generated JPEG files, read, hashed, decoded in child processes and looked up in a list of made-up fingerprints;
written as JSON Lines to /dev/null. The ways take turns; starting (Ray: seconds) is told apart and not in the rates.
Processor time is that of all processes of the scan: where it stays level as workers are added, work is spread without
loss, even when other work on the machine leaves them less than a core each.
"""

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from corpus import fingerprints
from PIL import Image, ImageDraw
from report import rounded, table

from rempart.core.vocabulary import FingerprintType
from rempart.scanning import inputs, pipeline
from rempart.scanning.examine import Examiner
from rempart.scanning.matching import Matcher
from rempart.scanning.outputs import JsonLines, Output
from rempart.scanning.ray_engine import RayEngine
from rempart.scanning.records import Item, Outcome, Rules
from rempart.signals.lists import ListEntry, Recogniser

_DISTINCT = 24
_SIZE = (1024, 768)


def picture(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8)).resize(_SIZE, Image.Resampling.BICUBIC)
    ImageDraw.Draw(image).ellipse((100, 100, 400, 500), fill=(230, 40, 40))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def make_store(folder: Path, pictures: int) -> Path:
    """Each picture under many names, so that the disk is no part of the figures."""
    folder.mkdir()
    for number in range(pictures):
        name, first = folder / f"{number:06}.jpg", folder / f"{number % _DISTINCT:06}.jpg"
        if number < _DISTINCT:
            name.write_bytes(picture(number))
        else:
            os.link(first, name)
    return folder


def make_lists(folder: Path, entries: int) -> Path:
    codes = fingerprints(entries)
    listed = (
        ListEntry(number, "made up", "A1", FingerprintType.PDQ, code.tobytes()) for number, code in enumerate(codes)
    )
    Recogniser.build(listed).save(folder)
    return folder


def local(lists: Path, rules: Rules, jobs: int) -> pipeline.Engine:
    return pipeline.LocalEngine(Matcher(Recogniser.open(lists), Examiner(rules, jobs), rules), jobs)


def ray(lists: Path, rules: Rules, workers: int) -> pipeline.Engine:
    return RayEngine(lists, rules, workers=workers, address=None)


class Measured(NamedTuple):
    """Seconds to start (until workers have lists and decoders), seconds of the scan, its seconds of processor time."""

    start: float
    scan: float
    processor: float


def measure(make: Callable[[], pipeline.Engine], items: Callable[[], Iterable[Item]], warm: list[Item]) -> Measured:
    began = time.perf_counter()
    engine = make()
    try:
        for pending in [engine.submit(warm) for _ in range(4)]:
            pending.result()
        started, used = time.perf_counter(), processor_seconds()
        with Path("/dev/null").open("wb") as nowhere:
            output = Output(JsonLines(with_hits=True), None, nowhere)
            pipeline.run(items(), engine, output, state=None, report=ignored, task_items=pipeline.FILES_A_TASK)
        return Measured(started - began, time.perf_counter() - started, processor_seconds() - used)
    finally:
        engine.close()


def ignored(outcome: Outcome) -> None:
    """Nobody watches."""


def processor_seconds() -> float:
    """Of this process and everything below it that is alive."""
    parents, ticks = {}, {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = (each / "stat").read_text().rpartition(")")[2].split()
                parents[int(each.name)], ticks[int(each.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    own = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in own} - own:
        own |= more
    return sum(ticks[pid] for pid in own) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description="Pictures a second of `rempart match`.")
    parser.add_argument("--quick", action="store_true", help="within a minute")
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--entries", type=int)
    parser.add_argument("--rounds", type=int)
    given = parser.parse_args()
    pictures = given.pictures or (240 if given.quick else 2000)
    entries = given.entries or (100_000 if given.quick else 1_000_000)
    rounds = given.rounds or (1 if given.quick else 3)
    with tempfile.TemporaryDirectory(prefix="rempart-bench-") as folder:
        store, lists = make_store(Path(folder) / "store", pictures), make_lists(Path(folder) / "lists", entries)
        items = partial(inputs.from_paths, [str(store)])
        warm = [item for item, _ in zip(items(), range(pipeline.FILES_A_TASK), strict=False)]
        ways = {
            "this machine, 1 job": (partial(local, lists, Rules(), 1), 1),
            "this machine, 2 jobs": (partial(local, lists, Rules(), 2), 2),
            "this machine, 2 jobs, --fast": (partial(local, lists, Rules(fast=True), 2), 2),
            "Ray, 1 worker": (partial(ray, lists, Rules(), 1), 1),
            "Ray, 2 workers": (partial(ray, lists, Rules(), 2), 2),
        }
        times: dict[str, list[Measured]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (make, _) in ways.items():
                times[name].append(measure(make, items, warm))
    rows = []
    for name, (_, workers) in ways.items():
        rates = sorted(pictures / each.scan for each in times[name])
        rate = statistics.median(rates)
        spread = f"{rounded(rates[0])}-{rounded(rates[-1])}"
        start = statistics.median(each.start for each in times[name])
        processor = statistics.median(each.processor for each in times[name]) * 1000 / pictures
        rows.append([name, rounded(rate), spread, rounded(rate / workers), rounded(processor), rounded(start)])
    table(
        f"{pictures:,} JPEG of {_SIZE[0]}×{_SIZE[1]} against {entries:,} entries; rounds: {rounds}",
        ("way", "pictures/s", "range", "a worker", "processor ms a picture", "start, s"),
        rows,
        notes=[f"{len(os.sched_getaffinity(0))} cores, shared with whatever else runs on this machine."],
    )


if __name__ == "__main__":
    main()
