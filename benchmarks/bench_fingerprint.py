"""Fingerprints of images and videos against Pillow + pdqhash, python-threatexchange's hasher and vpdq.

    python benchmarks/bench_fingerprint.py [--rounds 9] [--images 300] [--quick] [--json]

Times are of the processor, of this process and of its decoding child: on an idle machine with one thread they are those
of the clock. The ways take turns in short slots, so a busy neighbour slows all alike; ratios are taken within a round,
and told with their spread. Where the package vpdq is not installed (it needs FFmpeg's development
files), its place is taken by PyAV + pdqhash, and the table says so.
"""

import argparse
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pdqhash
from PIL import Image, ImageDraw, ImageEnhance
from report import Times, ratios, rounded, spread, table
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from rempart.signals.fingerprint import pdq, pdq_fast, pdq_pixels
from rempart.signals.fingerprint.sandbox import Decoder
from rempart.signals.fingerprint.video import vpdq
from rempart.signals.fingerprint.video_sandbox import VideoDecoder

try:
    import vpdq as vpdq_reference
except ImportError:
    vpdq_reference = None

SIZES = {"640x480": (640, 480, 24), "1920x1080": (1920, 1080, 6), "4000x3000": (4000, 3000, 1)}  # and calls a slot
GOALS = {
    "exact": {"640x480": (4, 5), "1920x1080": (6, 9), "4000x3000": (8, 12)},
    "fast": {"640x480": (6, 8), "1920x1080": (11, 16), "4000x3000": (20, 26)},
    "video": {"every frame": (5, 7), "1 frame a second": (1.6, 2.1)},
}
PEER, TX = "Pillow + pdqhash", "python-threatexchange"
Ways = dict[str, Callable[[bytes], object]]


def picture(width: int, height: int, rng: np.random.Generator, colour: float = 1.0) -> Image.Image:
    """Detail at every scale, as photographs have it, with a few shapes."""
    made = Image.new("RGB", (width, height), "grey")
    for across in (300, 100, 33, 11, 4):
        grid = rng.integers(0, 256, (across * height // width + 1, across, 3), dtype=np.uint8)
        made = Image.blend(made, Image.fromarray(grid).resize((width, height), Image.BICUBIC), 0.4)
    made = ImageEnhance.Contrast(ImageEnhance.Color(made).enhance(colour)).enhance(rng.uniform(0.8, 1.6))
    pen = ImageDraw.Draw(made)
    for _ in range(int(rng.integers(0, 4))):
        (left, right), (top, bottom) = sorted(rng.integers(0, width, 2)), sorted(rng.integers(0, height, 2))
        pen.ellipse((left, top, right, bottom), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return made


def jpeg(image: Image.Image, quality: int = 85, subsampling: int = 2) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, subsampling=subsampling)
    return out.getvalue()


def peer(data: bytes) -> tuple[bytes, int]:
    with Image.open(io.BytesIO(data)) as image:
        bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    return np.packbits(bits.astype(np.uint8)).tobytes(), int(quality)


def measure_images(rounds: int) -> dict[str, dict]:
    results = {}
    with Decoder() as sandbox:
        ways: Ways = {
            PEER: peer,
            TX: pdq_from_bytes,
            "exact": pdq,
            "exact, sandbox": sandbox.decode,
            "fast": pdq_fast,
            "fast, sandbox": lambda data: sandbox.decode(data, fast=True),
        }
        for size, (width, height, calls) in SIZES.items():
            data = jpeg(picture(width, height, np.random.default_rng(7)))
            repeated = {name: repeat(way, data, calls) for name, way in ways.items()}
            sandbox.decode(data)
            interleave(repeated, 1, sandbox)
            results[size] = compared(interleave(repeated, rounds, sandbox), PEER, calls) | {"bytes": len(data)}
    return results


def interleave(ways: dict[str, Callable[[], object]], rounds: int, sandbox: Decoder | VideoDecoder) -> Times:
    times: Times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = processor_seconds(sandbox)
            way()
            times[name].append(processor_seconds(sandbox) - began)
    return times


def processor_seconds(sandbox: Decoder | VideoDecoder) -> float:
    """Of all threads of this process and of the first one of its child, which does the work."""
    child = f"/proc/{sandbox.child_pid}/schedstat"
    return time.process_time() + int(Path(child).read_text().split()[0]) / 1e9


def repeat(way: Callable[[bytes], object], data: bytes, calls: int) -> Callable[[], None]:
    def slot() -> None:
        for _ in range(calls):
            way(data)

    return slot


def compared(times: dict[str, list[float]], to: str, calls: int = 1) -> dict[str, dict]:
    return {
        name: {"ms": statistics.median(seconds) * 1000 / calls, "ratio": ratios(times[to], seconds)}
        for name, seconds in times.items()
    }


def measure_distances(count: int) -> dict[str, object]:
    """Of both modes to the peer, over pictures of many sizes, colours and qualities."""
    rng = np.random.default_rng(11)
    sizes = [(640, 480), (480, 640), (800, 600), (1024, 768), (1280, 720), (1920, 1080), (1600, 1201), (2400, 1600)]
    exact, fast, whole = [], [], 0
    for number in range(count):
        colour = float(rng.choice([0.0, 0.5, 1.0, 2.0]))
        image = picture(*sizes[number % len(sizes)], rng, colour)
        data = jpeg(image, int(rng.integers(30, 96)), int(rng.choice([0, 1, 2])))
        reference, quality = peer(data)
        ours, our_quality = pdq(data)
        exact.append(distance(ours, reference) + (our_quality != quality))
        near, _, is_exact = pdq_fast(data)
        whole += is_exact
        fast.append(distance(near, reference))
    quantiles = {name: [int(np.percentile(of, 50)), int(np.percentile(of, 99)), max(of)]
                 for name, of in (("exact", exact), ("fast", fast))}  # fmt: skip
    return {"images": count, "decoded_whole": whole, **quantiles}


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def film(folder: Path, seconds: int) -> Path:
    """1280x720, 25 frames a second, H.264 with B-frames: a still that the view moves over, with moving shapes."""
    rng = np.random.default_rng(3)
    still = picture(1280 + 4 * 25 * seconds, 900, rng)
    path = folder / "film.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=25, options={"preset": "medium", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number in range(25 * seconds):
            left, top = 4 * number, number % 180
            view = still.crop((left, top, left + 1280, top + 720))
            ImageDraw.Draw(view).ellipse((number * 3 % 1100, 300, number * 3 % 1100 + 150, 450), fill=(200, 60, 40))
            file.mux(stream.encode(av.VideoFrame.from_image(view)))
        file.mux(stream.encode())
    return path


def video_peer(path: Path, every: float) -> list[tuple[int, str]]:
    """Number and fingerprint of frames, by vpdq itself or, in its place, by PyAV + pdqhash."""
    if vpdq_reference is not None:
        found = vpdq_reference.computeHash(str(path), seconds_per_hash=every, thread_count=1)
        return [(frame.frame_number, frame.hex) for frame in found]
    with av.open(str(path)) as file:
        step = max(1, int(every * file.streams.video[0].average_rate))
        shown = ((number, frame) for number, frame in enumerate(file.decode(video=0)) if number % step == 0)
        hashed = ((number, pdqhash.compute(frame.to_ndarray(format="rgb24"))[0]) for number, frame in shown)
        return [(number, np.packbits(bits.astype(np.uint8)).tobytes().hex()) for number, bits in hashed]


def measure_video(rounds: int, seconds: int) -> dict[str, dict]:
    results = {}
    with tempfile.TemporaryDirectory() as folder, VideoDecoder() as sandbox:
        path = film(Path(folder), seconds)
        for name, every in (("every frame", None), ("1 frame a second", 1.0)):
            ways = {
                "peer": lambda every=every: video_peer(path, every or 0),
                "ours": lambda every=every: vpdq(path, every=every, threads=1),
                "ours, sandbox": lambda every=every: sandbox.vpdq(path, every=every),
            }
            theirs, ours = ways["peer"](), ways["ours"]()
            assert [number for number, _ in theirs] == [frame.number for frame in ours]
            furthest = max(
                distance(bytes.fromhex(code), frame.code) for (_, code), frame in zip(theirs, ours, strict=True)
            )
            ways["ours, sandbox"]()
            results[name] = compared(interleave(ways, rounds, sandbox), "peer") | {
                "frames": len(ours),
                "furthest": furthest,
            }
    return results


def show(images: dict[str, dict], distances: dict, video: dict[str, dict]) -> None:
    names = [name for name in images["640x480"] if name != "bytes"]
    rows = [
        [name, *(f"{rounded(images[size][name]['ms'])} ms  {spread(images[size][name]['ratio'])}" for size in SIZES)]
        for name in names
    ]
    for mode in ("exact", "fast"):
        rows.append([f"goals, {mode}", *("must {}×, reach {}×".format(*GOALS[mode][size]) for size in SIZES)])
    notes = [
        f"JPEG, quality 85, 4:2:0; time an image, and how often faster than {PEER}: median and range of rounds.",
        f"Bits from it (median, 99 %, greatest) in {distances['images']} pictures: exact {distances['exact']} "
        f"(quality counted), fast {distances['fast']}, of which {distances['decoded_whole']} were decoded whole.",
    ]
    table(f"PDQ of images, one thread, {pdq_pixels.engine()}", ["way", *SIZES], rows, notes=notes)
    rows = [
        [f"{name}, {way}", f"{rounded(video[name][way]['ms'])} ms", spread(video[name][way]["ratio"]),
         "must {}×, reach {}×".format(*GOALS["video"][name]) if way == "ours" else ""]
        for name in video for way in ("peer", "ours", "ours, sandbox")
    ]  # fmt: skip
    peer_name = "the package vpdq" if vpdq_reference is not None else "PyAV + pdqhash, as vpdq is not installed"
    furthest = max(each["furthest"] for each in video.values())
    notes = [f"1280x720 H.264, {video['every frame']['frames']} frames; the peer is {peer_name}; "
             f"the furthest frame is {furthest} bits from its."]  # fmt: skip
    table("vPDQ of a video, one thread", ["way", "time", "faster", "goal"], rows, notes=notes)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="3 rounds, 40 pictures, 4 seconds of video")
    arguments.add_argument("--rounds", type=int, default=9)
    arguments.add_argument("--images", type=int, default=300, help="pictures whose distances are told")
    arguments.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = arguments.parse_args()
    if given.quick:
        given.rounds, given.images = 3, 40
    images = measure_images(given.rounds)
    distances = measure_distances(given.images)
    video = measure_video(given.rounds, 4 if given.quick else 12)
    if given.json:
        json.dump({"images": images, "distances": distances, "video": video}, sys.stdout, indent=2)
    else:
        show(images, distances, video)


if __name__ == "__main__":
    main()
