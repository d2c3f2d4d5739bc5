"""The process in which hostile videos are decoded; `video_sandbox` starts it and hands it one open file at a time.

It loads the decoders first and then gives up opening files or sockets, writing files, and memory beyond the limit. It
ends when its caller has gone, or by SIGALRM when one video takes too long.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each of OpenBLAS's threads would reserve address space

import importlib
import pkgutil
import signal
import socket
from types import ModuleType
from typing import BinaryIO

import av
from PIL import Image, JpegImagePlugin

from rempart.signals.fingerprint import child_rights, video, video_pixels, video_stills, video_wire, wire
from rempart.signals.fingerprint.video_limits import VideoFailure, VideoLimits, VideoRefused
from rempart.signals.fingerprint.wire import Meta

# video and Pillow load these inside functions; once files are closed off they could not.
_PRELOADED = (video_pixels, JpegImagePlugin)


def main(limits_json: str) -> None:
    limits = VideoLimits.from_json(limits_json)
    child_rights.keep_replies_apart()
    _load_all(av)
    Image.preinit()
    child_rights.give_up(limits.memory_bytes, files=1)
    with socket.socket(fileno=0) as orders, open(child_rights.REPLIES_FD, "wb", closefd=False) as replies:
        wire.send(replies, {"ready": True})
        while (handed := wire.receive_with_file(orders)) is not None:
            order, file = handed
            signal.setitimer(signal.ITIMER_REAL, limits.seconds + child_rights.GRACE_SECONDS)
            wire.send(replies, *_answer(order, file, limits))
            signal.setitimer(signal.ITIMER_REAL, 0)


def _load_all(package: ModuleType) -> None:
    """Which of its modules a video needs is known only when it is opened."""
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _answer(order: Meta, file: int, limits: VideoLimits) -> tuple[Meta, bytes]:
    try:
        with open(file, "rb", buffering=0) as opened:
            if order["do"] == "stills":
                return {}, _stills(order, opened, limits)
            facts = video.facts_of(opened, order["every"], order["threads"], limits)  # type: ignore[arg-type]
        return video_wire.facts_to_meta(facts)
    except VideoRefused as refused:
        return {"failure": refused.failure}, b""
    except MemoryError:
        return {"failure": VideoFailure.MEMORY}, b""
    except Exception:  # process boundary: a decoder may fail in any way, and the next video is none of its business
        return {"failure": VideoFailure.NOT_A_VIDEO}, b""


def _stills(order: Meta, file: BinaryIO, limits: VideoLimits) -> bytes:
    look = video_wire.Look(**{name: order[name] for name in ("max_side", "grey", "blur")})  # type: ignore[arg-type]
    return video_stills.sheet_of(file, order["at"], look, limits)  # type: ignore[arg-type]
