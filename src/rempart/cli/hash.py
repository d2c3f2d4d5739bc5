"""`rempart hash`."""

from typing import Annotated

import typer

from rempart.cli import scan_options
from rempart.cli.scan_options import Csv, Dihedral, Fast, Frames, Jobs, Json, OutputFile, Resume, Video


def take(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Files and folders, or - for names on standard input."),
    ],
    as_json: Json = False,
    as_csv: Csv = False,
    frames: Frames = True,
    video: Video = None,
    dihedral: Dihedral = False,
    fast: Fast = False,
    jobs: Jobs = None,
    output: OutputFile = None,
    resume: Resume = None,
) -> None:
    """Print the fingerprints of files: MD5, SHA-1, SHA-256, and PDQ of images.

    Exit codes: 0 done; 1 failed, with what to do next; 2 misused; 3 done, but some inputs could not be read whole,
    each with its reason on standard error; 130 interrupted.

    Example: rempart hash uploads/ --json
    """
    if as_json and as_csv:
        raise typer.BadParameter("Choose one form of output.", param_hint="--json and --csv")
    from rempart.scanning.outputs import FingerprintCsv, FingerprintLines, JsonLines
    from rempart.scanning.records import Rules
    from rempart.scanning.scan import Inputs, Plan

    scan_options.run(
        Plan(
            Inputs(tuple(paths)),
            Rules(turned=dihedral, fast=fast, frames=frames, video_every=scan_options.video_every(video)),
            JsonLines(with_hits=False) if as_json else FingerprintCsv() if as_csv else FingerprintLines(),
            output=output,
            state=resume,
            jobs=jobs or scan_options.cores(),
        )
    )
