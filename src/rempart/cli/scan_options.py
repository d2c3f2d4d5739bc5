"""Options that `rempart hash` and `rempart match` share, and what is made of them."""

import os
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rempart.cli.scan_progress import INTERRUPTED, ScanProgress, exit_code
from rempart.core.errors import InputError

if TYPE_CHECKING:
    from rempart.adapters.list_trust import ListTrust
    from rempart.scanning.scan import Plan

ALL_FRAMES = "all"
NO_FRAMES = "none"
EVERY_SECOND = 1.0

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Csv = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]
Dihedral = Annotated[
    bool, typer.Option("--dihedral", help="Images also turned by 90, 180 and 270 degrees, and mirrored.")
]
Fast = Annotated[
    bool,
    typer.Option(
        "--fast", help="Faster PDQ, off by a few bits: it is searched wider and hits are taken again exactly."
    ),
]
Frames = Annotated[bool, typer.Option(help="Frames of animated images, up to 64, not only the first.")]
Video = Annotated[
    str | None,
    typer.Option(
        metavar="SECONDS|all|none",
        help="Frames of videos: one every so many seconds (1 where the extra `video` is installed), all, or none.",
    ),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="How many inputs are worked at at a time; all cores if unset.")]
Resume = Annotated[
    Path | None,
    typer.Option(metavar="STATE", help="Keep the progress in this file, and go on from it; needs --output."),
]
Trust = Annotated[
    Path | None,
    typer.Option(
        "--list-trust",
        metavar="FILE",
        help="Verifier keys, one a line: feeds count if one of them signed. No file of hashes needs that.",
    ),
]
UnsignedOk = Annotated[
    bool,
    typer.Option(
        "--unsigned-ok", help="Accept feeds that are not signed; without --list-trust, signed ones by anybody too."
    ),
]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write here; nothing that exists is overwritten.")
]


def video_every(text: str | None) -> float | None:
    """Seconds between frames, 0 for all of them, None for none. Raises InputError if they need what is not there."""
    can_read = find_spec("av") is not None
    if text is None:
        return EVERY_SECOND if can_read else None
    if text == NO_FRAMES:
        return None
    if not can_read:
        raise InputError(
            "Frames of videos need the package av.", where="--video", advice="Install it: pip install rempart[video]."
        )
    if text == ALL_FRAMES:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 3600:
        raise typer.BadParameter("Give seconds over 0 and up to 3600, all, or none.", param_hint="--video")
    return seconds


def radii(given: Sequence[str]) -> tuple[int | None, tuple[tuple[str, int], ...]]:
    """The radius for every list, and those of single lists, from `N` and `NAME=N`."""
    general, own = None, {}
    for text in given:
        name, equals, number = text.rpartition("=")
        if not number.isascii() or not number.isdigit() or int(number) > 63:
            raise typer.BadParameter("Give bits from 0 to 63, such as 31 or NAME=20.", param_hint="--radius")
        if equals:
            own[name] = int(number)
        else:
            general = int(number)
    return general, tuple(sorted(own.items()))


def list_trust(file: Path | None, unsigned_ok: bool) -> "ListTrust":
    """Whose lists count. Raises InputError for a file that names no key."""
    from rempart.adapters.list_trust import read_trust

    return read_trust(file, unsigned_ok=unsigned_ok)


def list_key(file: Path | None) -> str | None:
    """The key for a node's list: from a file, or from REMPART_LIST_KEY; never from the command line."""
    if file is None:
        return os.environ.get("REMPART_LIST_KEY") or None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise InputError("The key file cannot be read.", where=str(file), advice="Check its name and rights.") from None


def cores() -> int:
    return len(os.sched_getaffinity(0))


def run(plan: "Plan") -> None:
    """Scan and leave with the exit code that says how it went."""
    from rempart.scanning.scan import scan

    progress = ScanProgress()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being told to end is being interrupted
    try:
        with progress:
            totals = scan(plan, progress)
    except KeyboardInterrupt:
        progress.say("Interrupted." + (" The same command goes on from here." if plan.state else ""))
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # the reader of the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(INTERRUPTED) from None
    if plan.lists:
        progress.say(
            f"{totals.inputs} inputs, {totals.hits} with hits, {totals.problems} that could not be read whole."
        )
    elif totals.problems:
        progress.say(f"{totals.problems} of {totals.inputs} inputs could not be read whole.")
    raise typer.Exit(exit_code(totals))
