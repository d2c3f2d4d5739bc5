"""Fingerprints per second: file hashes and PDQ in the sandbox, against Pillow and pdqhash in one's own process.

    python benchmarks/bench_fingerprint.py [--rounds 7] [--images 20] [--json]

One generated JPEG, 1024x768 and about 200 kB. The ways are interleaved round by round, so a busy neighbour slows all
alike; ratios are taken within a round, and told with their spread.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pdqhash
from PIL import Image
from rich.console import Console
from rich.table import Table

from rempart.signals.fingerprint import file_hashes, pdq
from rempart.signals.fingerprint.sandbox import Decoder, DecoderPool

WIDTH, HEIGHT, BYTES = 1024, 768, 200_000
PEER, OURS = "peer: Pillow + pdqhash, in process", "file hashes + PDQ, sandbox"
POOL = "file hashes + PDQ, pool of 2"


def picture() -> bytes:
    """Soft colours under noise; the noise is chosen so that the file comes near 200 kB."""
    rng = np.random.default_rng(7)
    base = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize((WIDTH, HEIGHT), Image.BICUBIC)
    noise = rng.normal(0, 1, (HEIGHT, WIDTH, 3))
    candidates = []
    for strength in range(2, 40, 2):
        out = io.BytesIO()
        mixed = np.clip(np.asarray(base) + noise * strength, 0, 255).astype(np.uint8)
        Image.fromarray(mixed).save(out, "JPEG", quality=85)
        candidates.append(out.getvalue())
    return min(candidates, key=lambda data: abs(len(data) - BYTES))


def peer(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        pdqhash.compute(np.asarray(image.convert("RGB")))


def decode_only(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def seconds_each(work: Callable[[bytes], object], data: bytes, images: int, threads: int = 1) -> float:
    started = time.perf_counter()
    if threads == 1:
        for _ in range(images):
            work(data)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, [data] * images))
    return (time.perf_counter() - started) / images


def measure(data: bytes, rounds: int, images: int) -> dict[str, list[float]]:
    with Decoder() as one, DecoderPool(2) as two:
        ways: dict[str, tuple[Callable[[bytes], object], int]] = {
            PEER: (peer, 1),
            OURS: (lambda data: (file_hashes([data]), one.decode(data)), 1),
            POOL: (lambda data: (file_hashes([data]), two.decode(data)), 2),
            "PDQ, sandbox": (one.decode, 1),
            "PDQ, in process": (pdq, 1),
            "part: file hashes": (lambda data: file_hashes([data]), 1),
            "part: decoding": (decode_only, 1),
            "preview 400, grey, blur 8": (lambda data: one.preview(data, max_side=400, grey=True, blur=8), 1),
        }
        for work, threads in ways.values():
            seconds_each(work, data, 2 * threads, threads)
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (work, threads) in ways.items():
                times[name].append(seconds_each(work, data, images, threads))
    return times


def summary(data: bytes, times: dict[str, list[float]]) -> dict[str, object]:
    rows = {}
    for name, seconds in times.items():
        ratios = sorted(theirs / own for theirs, own in zip(times[PEER], seconds, strict=True))
        rows[name] = {
            "ms": round(statistics.median(seconds) * 1000, 3),
            "per_second": round(1 / statistics.median(seconds), 1),
            "speed_to_peer": round(statistics.median(ratios), 3),
            "speed_to_peer_range": [round(ratios[0], 3), round(ratios[-1], 3)],
        }
    return {"image_bytes": len(data), "image_size": [WIDTH, HEIGHT], "rows": rows}


def show(report: dict, rounds: int) -> None:
    table = Table(title=f"Fingerprints of a {report['image_bytes'] / 1000:.0f} kB JPEG, {WIDTH}x{HEIGHT}")
    for column in ("way", "ms", "a second", "speed to peer", "spread"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for name, row in report["rows"].items():
        low, high = row["speed_to_peer_range"]
        ratio = f"{row['speed_to_peer']:.2f}x", f"{low:.2f}-{high:.2f}"
        table.add_row(name, f"{row['ms']:.2f}", f"{row['per_second']:.0f}", *ratio)
    ms = {name: row["ms"] for name, row in report["rows"].items()}
    hashes, decoding, alone, inside = (
        ms[name] for name in ("part: file hashes", "part: decoding", "PDQ, in process", "PDQ, sandbox")
    )
    console = Console()
    console.print(table)
    console.print(
        f"Where the time goes, in ms: file hashes {hashes:.1f}, decoding {decoding:.1f}, "
        f"PDQ {alone - decoding:.1f} (in process, less decoding), separate process {inside - alone:+.1f} "
        f"(sandbox less in process). Medians of {rounds} interleaved rounds."
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="3 rounds of 10 images")
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--images", type=int, default=20)
    arguments.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = arguments.parse_args()
    if given.quick:
        given.rounds, given.images = 3, 10
    data = picture()
    report = summary(data, measure(data, given.rounds, given.images))
    if given.json:
        print(json.dumps(report, indent=2))
    else:
        show(report, given.rounds)


if __name__ == "__main__":
    main()
