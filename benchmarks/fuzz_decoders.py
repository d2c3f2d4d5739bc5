"""Mutated image and video files through the sandboxed decoders: the parent must neither crash nor hang.

    python benchmarks/fuzz_decoders.py [--files 100000] [--seed 1] [--first 0]

File n of a seed is the same in every run, so a run that was stopped goes on with --first, and a file that was found to
do harm is made again with --first n --files 1. Whatever happens to a file must be an answer or a refusal, within the
limit of time; a child that a file kills is counted, as it costs nothing but its restart. Exits with 1 otherwise.
"""

import argparse
import io
import random
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import av
import numpy as np
from PIL import Image, ImageDraw
from rich.console import Console
from rich.progress import track

from rempart.core.errors import InputError, LimitExceeded
from rempart.signals.fingerprint.sandbox import Decoder, Limits
from rempart.signals.fingerprint.video_limits import VideoLimits
from rempart.signals.fingerprint.video_sandbox import VideoDecoder

SECONDS = 3.0
SLACK = 2.0  # starting a new child after one was lost, twice at most, on a busy machine
VIDEO_SHARE = 0.04
IMAGES = (
    ("JPEG", "RGB", {}), ("JPEG", "RGB", {"progressive": True}), ("JPEG", "L", {}), ("JPEG", "CMYK", {}),
    ("PNG", "RGB", {}), ("PNG", "P", {}), ("PNG", "RGBA", {}), ("PNG", "I;16", {}), ("GIF", "P", {}),
    ("WEBP", "RGB", {}), ("WEBP", "RGBA", {"lossless": True}), ("AVIF", "RGB", {}), ("BMP", "RGB", {}),
    ("TIFF", "RGB", {"compression": "tiff_lzw"}), ("TIFF", "RGB", {"compression": "jpeg"}), ("TIFF", "F", {}),
    ("JPEG2000", "RGB", {}), ("PPM", "RGB", {}), ("TGA", "RGB", {"compression": "tga_rle"}), ("ICO", "RGB", {}),
    ("SGI", "RGB", {}), ("PCX", "RGB", {}), ("DDS", "RGBA", {}), ("ICNS", "RGBA", {}), ("IM", "RGB", {}),
    ("MPO", "RGB", {}),
)  # fmt: skip
ANIMATED = (("GIF", {}), ("PNG", {}), ("WEBP", {}), ("TIFF", {}))
VIDEOS = (
    ("libx264", "mp4"), ("libx264", "matroska"), ("mpeg4", "avi"), ("libvpx-vp9", "webm"), ("libx265", "mp4"),
    ("mpeg2video", "mpegts"), ("mjpeg", "avi"), ("flv", "flv"), ("prores_ks", "mov"), ("ffv1", "nut"),
)  # fmt: skip
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


@dataclass
class Tally:
    outcomes: Counter[str] = field(default_factory=Counter)
    lost_children: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)


def picture(side: int = 36) -> Image.Image:
    rng = np.random.default_rng(5)
    soft = Image.fromarray(rng.integers(0, 256, (6, 7, 3), dtype=np.uint8)).resize((side + 8, side), Image.BICUBIC)
    ImageDraw.Draw(soft).ellipse((5, 5, 20, 25), fill=(220, 40, 40))
    return soft


def in_mode(mode: str) -> Image.Image:
    if mode in ("I;16", "F"):
        grey = np.asarray(picture().convert("L"))
        return Image.fromarray(grey.astype(np.uint16) * 257 if mode == "I;16" else grey.astype(np.float32))
    return picture().convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def video(codec: str, container: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=25)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le"}.get(codec, "yuv420p")
        if codec == "libx265":
            stream.options = {"x265-params": "log-level=none"}
        for number in range(6):
            frame = av.VideoFrame.from_image(picture(64).rotate(number * 5).crop((0, 0, 64, 48)))
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return out.getvalue()


def corpus() -> tuple[list[bytes], list[bytes]]:
    exif = Image.Exif()
    exif[0x0112] = 6
    images = [encoded(in_mode(mode), kind, **options) for kind, mode, options in IMAGES]
    images += [encoded(picture(), kind, exif=exif) for kind in ("JPEG", "PNG", "WEBP", "TIFF")]
    others = [picture().rotate(angle) for angle in (90, 180)]
    images += [encoded(picture(), kind, save_all=True, append_images=others, **more) for kind, more in ANIMATED]
    return images, [video(codec, container) for codec, container in VIDEOS]


def mutated(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """1 to 8 changes: a bit, a byte, a number at an edge of its range, a piece lost, doubled or of another, the end."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        # Headers decide most, so half of the changes fall there.
        at = rng.randrange(min(len(changed), 200) if rng.random() < 0.5 else len(changed))
        length = rng.choice((1, 2, 4, 16, 64))
        match rng.randrange(7):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at] = rng.randrange(256)
            case 2:
                number = struct.pack(rng.choice(("<I", ">I")), rng.choice(EXTREMES))[: rng.choice((2, 4))]
                changed[at : at + len(number)] = number
            case 3:
                del changed[at : at + length]
            case 4:
                changed[at:at] = changed[at : at + length]
            case 5:
                changed[at : at + length] = other[at : at + length]
            case _:
                del changed[max(1, at) :]
        changed = changed or bytearray(b"\0")
    return bytes(changed)


class Fuzzer:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._images, self._videos = corpus()
        self._decoder = Decoder(Limits(seconds=SECONDS, pixels=4_000_000, memory_bytes=512 << 20))
        self._video_decoder = VideoDecoder(VideoLimits(seconds=SECONDS, pixels=1_000_000, frames=1000))
        self.tally = Tally()

    def close(self) -> None:
        self._decoder.close()
        self._video_decoder.close()

    def run(self, number: int) -> None:
        rng = random.Random(f"{self._seed}/{number}")
        is_video = rng.random() < VIDEO_SHARE
        files = self._videos if is_video else self._images
        data = mutated(rng, rng.choice(files), rng.choice(files))
        work = self._video_work(rng) if is_video else self._image_work(rng)
        decoder = self._video_decoder if is_video else self._decoder
        before, started = decoder.child_pid, time.monotonic()
        outcome = self._outcome(number, work, data)
        took = time.monotonic() - started
        self.tally.outcomes[f"{'video' if is_video else 'image'}: {outcome}"] += 1
        self.tally.lost_children += before is not None and decoder.child_pid != before
        self.tally.slowest = max(self.tally.slowest, took)
        if took > SECONDS + SLACK:
            self.tally.failures.append(f"file {number} took {took:.1f} s")

    def _outcome(self, number: int, work: Callable[[bytes], object], data: bytes) -> str:
        try:
            work(data)
        except LimitExceeded:
            return "over a limit"
        except InputError:
            return "refused"
        except Exception as error:  # anything else is what is looked for
            self.tally.failures.append(f"file {number}: {type(error).__name__}: {error}")
            return "failed"
        return "answered"

    def _image_work(self, rng: random.Random) -> Callable[[bytes], object]:
        return rng.choice(
            (
                self._decoder.decode,
                self._decoder.decode,
                lambda data: self._decoder.decode(data, fast=True),
                self._decoder.frames,
                self._decoder.dihedral,
                lambda data: self._decoder.preview(data, max_side=32, grey=True, blur=2),
            )
        )

    def _video_work(self, rng: random.Random) -> Callable[[bytes], object]:
        every = rng.choice((None, 0.1))
        return lambda data: self._video_decoder.vpdq(data, every=every)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--files", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--first", type=int, default=0, help="number of the first file")
    given = arguments.parse_args()
    fuzzer = Fuzzer(given.seed)
    console = Console(stderr=True)
    started = time.monotonic()
    try:
        for number in track(range(given.first, given.first + given.files), "Mutated files", console=console):
            fuzzer.run(number)
    finally:
        fuzzer.close()
    tally = fuzzer.tally
    for outcome, count in sorted(tally.outcomes.items()):
        print(f"{outcome:24} {count:8,}")
    print(
        f"{given.files:,} mutated files (seed {given.seed}, from {given.first}) in {time.monotonic() - started:.0f} s: "
        f"{len(tally.failures)} failures of the parent, {tally.lost_children} children lost and replaced, "
        f"slowest {tally.slowest:.2f} s"
    )
    for failure in tally.failures[:50]:
        print(failure)
    sys.exit(1 if tally.failures else 0)


if __name__ == "__main__":
    main()
