"""`rempart match`."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rempart.cli import scan_options
from rempart.cli.scan_options import (
    Csv,
    Dihedral,
    Fast,
    Frames,
    Jobs,
    Json,
    OutputFile,
    Resume,
    Trust,
    UnsignedOk,
    Video,
)

if TYPE_CHECKING:
    from rempart.scanning.outputs import Shape


class EngineName(StrEnum):
    LOCAL = "local"
    RAY = "ray"


def compare(
    lists: Annotated[
        list[str],
        typer.Option(
            "--list", metavar="LIST", help="A CSV, VICS or Parquet file, an index folder, a mirror or a node's list."
        ),
    ],
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH…", help="Files and folders, or - for names on standard input."),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    as_table: Annotated[bool, typer.Option("--table", help="One line a hit, for people; the default.")] = False,
    only_hits: Annotated[
        bool, typer.Option("--only-hits", help="Leave out inputs that were read and matched nothing.")
    ] = False,
    radius: Annotated[
        list[str] | None,
        typer.Option(metavar="N|NAME=N", help="Bits within which a PDQ matches (31), for all lists or the one named."),
    ] = None,
    min_quality: Annotated[int, typer.Option(min=0, max=100, help="A PDQ of a lower quality matches nothing.")] = 50,
    from_csv: Annotated[Path | None, typer.Option(help="Fingerprints as CSV instead of files.")] = None,
    from_parquet: Annotated[Path | None, typer.Option(help="Fingerprints as Parquet instead of files.")] = None,
    urls: Annotated[Path | None, typer.Option(help="A list of file:// URLs or paths, one a line.")] = None,
    category: Annotated[str | None, typer.Option(help="Category of list entries that state none.")] = None,
    list_key: Annotated[
        Path | None,
        typer.Option("--list-key-file", help="File with username:secret for a node's list; or set REMPART_LIST_KEY."),
    ] = None,
    list_trust: Trust = None,
    unsigned_ok: UnsignedOk = False,
    frames: Frames = True,
    video: Video = None,
    dihedral: Dihedral = False,
    fast: Fast = False,
    jobs: Jobs = None,
    output: OutputFile = None,
    resume: Resume = None,
    engine: Annotated[EngineName, typer.Option(help="This machine, or a Ray cluster.")] = EngineName.LOCAL,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Ray: how many workers to keep busy; all processors if unset.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="Ray: a running cluster, such as auto; without it one starts here.")
    ] = None,
) -> None:
    """Compare files, or fingerprints taken before, with hash lists.

    Exit codes: 0 done, nothing matched; 10 done, something matched; 3 done, nothing matched, but some inputs could not
    be read whole; 13 something matched and some could not be read whole; 1 failed, with what to do next; 2 misused;
    130 interrupted.

    Example: rempart match uploads/ --list hashes.csv --json
    """
    if as_json + as_csv + as_table > 1:
        raise typer.BadParameter("Choose one form of output.", param_hint="--json, --csv and --table")
    from rempart.scanning.lists import ListSpec
    from rempart.scanning.records import Rules
    from rempart.scanning.scan import Inputs, Plan

    general, own = scan_options.radii(radius or [])
    key, trust = scan_options.list_key(list_key), scan_options.list_trust(list_trust, unsigned_ok)
    rules = Rules(
        radii=own,
        min_quality=min_quality,
        turned=dihedral,
        fast=fast,
        frames=frames,
        video_every=scan_options.video_every(video),
    )
    plan = Plan(
        Inputs(tuple(paths or ()), from_csv, from_parquet, urls),
        rules if general is None else replace(rules, radius=general),
        _shape(as_json, as_csv, only_hits),
        lists=tuple(ListSpec(at, key, category, trust) for at in lists),
        output=output,
        state=resume,
        jobs=jobs or scan_options.cores(),
        use_ray=engine is EngineName.RAY,
        workers=workers,
        address=ray_address,
    )
    scan_options.run(plan)


def _shape(as_json: bool, as_csv: bool, only_hits: bool) -> "Shape":
    from rempart.scanning.outputs import HitCsv, HitTable, JsonLines, OnlyHits

    shape: Shape = JsonLines(with_hits=True) if as_json else HitCsv() if as_csv else HitTable()
    return OnlyHits(shape) if only_hits else shape
