"""The part of `rempart log` that needs no node: any log's files, checked and shown."""

import base64
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer

from rempart.adapters.log_folder import FolderStore
from rempart.adapters.signing import verify as is_signed
from rempart.cli.log_places import located, opened, own_folder, own_key, print_rows, progress_of, shown_key
from rempart.core.errors import IntegrityError
from rempart.exchange.checking import Options, Span, Spread, check_head, check_log
from rempart.exchange.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint
from rempart.exchange.store import Reader
from rempart.exchange.verifying import origin_of, read_checkpoint_file
from rempart.formats.signed_note import Key, Note, read_note, read_vkey

app = typer.Typer(no_args_is_help=True)
_MANY = 200_000
"""Entries from which on several processes are worth their start."""
_COSIGNATURE = 72

_Place = Annotated[
    str, typer.Argument(metavar="[DIR|URL]", help="Folder of a log or of a node, or address; by default this node's.")
]
_Vkey = Annotated[str, typer.Option(help="The key that must have signed, as the log's member names it.")]


@app.callback()
def log() -> None:
    """The log of this node, and those of others."""


@app.command()
def fsck(
    place: _Place = "",
    vkey: _Vkey = "",
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; by default one for each processor.")] = None,
) -> None:
    """Recompute every entry, tile and root of a log; exit code 1 names the first file that is wrong.

    In a folder that has them, the openings for members are checked too, and so is the node's own head.

    Example: rempart log fsck
    """
    where = located(place or str(own_folder()))
    with opened(where) as store:
        note = read_checkpoint_file(store)
        point, signed_by = _signed_point(store, note, vkey, is_own=not place)
        is_folder = isinstance(store, FolderStore)
        options = Options()
        if isinstance(store, FolderStore):
            options = Options((Path(where) / "bundle").is_dir() or not place, store.names)
        with progress_of("Checking", point.size) as progress, _spread(is_folder, point.size, jobs) as spread:
            found = check_log(store, point, options, progress, spread)
        if is_folder and ((Path(where) / "head").is_file() or not place):
            _check_own_head(store, note, point)
    typer.echo(f"{point.origin}: {found.size} entries, every tile and the root follow from them.")
    if options.openings:
        typer.echo(f"Their openings fit: {found.padding} are padding, {found.erased} were erased.")
    else:
        typer.echo("Not checked: their openings, which only members have.")
    typer.echo(f"Signed by {signed_by.vkey}" if signed_by else "Not checked: the signature. Name the key with --vkey.")


@app.command()
def show(place: _Place = "", vkey: _Vkey = "") -> None:
    """Print a log's checkpoint and who signed it.

    Example: rempart log show https://hotline.example/log
    """
    with opened(located(place or str(own_folder()))) as store:
        note = read_checkpoint_file(store)
        point, signed_by = _signed_point(store, note, vkey, is_own=not place)
    print_rows(_rows(read_note(note), point, signed_by))


def _rows(note: Note, point: Checkpoint, signed_by: Key | None) -> Iterator[tuple[str, str]]:
    yield "origin", point.origin
    yield "entries", f"{point.size:,}"
    yield "root", base64.b64encode(point.root).decode()
    yield "signed by", signed_by.vkey if signed_by else "not verified: name the key with --vkey"
    for name, at in _claimed(note, point.origin):
        yield "cosigned by", f"{name}: {at:%Y-%m-%d %H:%M:%S} UTC (not verified here)"


def _signed_point(store: Reader, note: str, vkey: str, *, is_own: bool) -> tuple[Checkpoint, Key | None]:
    """The checkpoint, and by which key its signature was verified: the one named, else the node's, else the shown."""
    origin = origin_of(note)
    key = read_vkey(vkey) if vkey else (own_key(origin) if is_own else None) or shown_key(store)
    if key is None:
        return parse_checkpoint(read_note(note).text), None
    return open_checkpoint(note, key, [], is_signed).checkpoint, key


def _check_own_head(store: Reader, note: str, point: Checkpoint) -> None:
    """The head beside the checkpoint, unless a writer went on meanwhile."""
    try:
        check_head(store, point)
    except IntegrityError:
        if read_checkpoint_file(store) == note:
            raise


@contextmanager
def _spread(is_folder: bool, size: int, jobs: int | None) -> Iterator[Spread]:
    jobs = jobs or (os.cpu_count() or 1 if size >= _MANY else 1)
    if not is_folder or jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:

        def spread(check: Callable[[int], Span], numbers: Iterable[int]) -> Iterator[Span]:
            return pool.map(check, numbers, chunksize=4)

        try:
            yield spread
        finally:
            pool.shutdown(cancel_futures=True)


def _claimed(note: Note, origin: str) -> Iterator[tuple[str, datetime]]:
    """Who says to have cosigned, and when; times that no calendar has are left out."""
    for each in note.signatures:
        at = int.from_bytes(each.blob[:8], "big")
        if each.name != origin and len(each.blob) == _COSIGNATURE and at < 2**35:
            yield each.name, datetime.fromtimestamp(at, UTC)
