"""The process in which hostile images are decoded; `sandbox` starts it and owns its life.

It loads the decoders first and then gives up what they no longer need: opening files or sockets, writing files,
memory beyond the limit. It ends when its caller has gone, or by SIGALRM when one image takes too long.
"""

import os
import signal
import warnings

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each of OpenBLAS's threads would reserve address space

from PIL import AvifImagePlugin, Image, ImageCms, ImageColor, ImagePalette, MpoImagePlugin

from rempart.signals.fingerprint import child_rights, image, wire
from rempart.signals.fingerprint.wire import Failure, Limits, Meta

# Pillow imports these inside functions; once files are closed off it could not.
_PRELOADED = (ImageCms, ImageColor, ImagePalette, MpoImagePlugin)


def main(limits_json: str) -> None:
    limits = Limits.from_json(limits_json)
    child_rights.keep_replies_apart()
    _configure_pillow(limits)
    child_rights.give_up(limits.memory_bytes)
    with open(0, "rb", closefd=False) as orders, open(child_rights.REPLIES_FD, "wb", closefd=False) as replies:
        wire.send(replies, {"ready": True})
        while (order := wire.receive(orders)) is not None:
            signal.setitimer(signal.ITIMER_REAL, limits.seconds + child_rights.GRACE_SECONDS)
            wire.send(replies, *_answer(*order, limits))
            signal.setitimer(signal.ITIMER_REAL, 0)


def _configure_pillow(limits: Limits) -> None:
    Image.init()
    Image.MAX_IMAGE_PIXELS = limits.pixels
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def _answer(order: Meta, data: bytes, limits: Limits) -> tuple[Meta, bytes]:
    try:
        if order["do"] == "decode":
            return wire.facts_to_meta(image.facts_of(data, limits.pixels, fast=order["fast"] is True))
        if order["do"] == "frames":
            return {}, wire.frames_to_body(image.frames_of(data, limits.pixels, order["most"]))  # type: ignore[arg-type]
        if order["do"] == "dihedral":
            codes, quality = image.dihedral_of(data, limits.pixels)
            return {"quality": quality}, b"".join(codes)
        wish = {name: order[name] for name in ("max_side", "grey", "blur")}
        return {}, image.preview_of(data, limits.pixels, **wish)  # type: ignore[arg-type]
    except image.ImageRefused as refused:
        return {"failure": refused.failure}, b""
    except MemoryError:
        return {"failure": Failure.MEMORY}, b""
    except Exception:  # process boundary: a decoder may fail in any way, and the next image is none of its business
        return {"failure": Failure.NOT_AN_IMAGE}, b""
