"""`rempart lists`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError
from rempart.formats.rows import RejectedRow

if TYPE_CHECKING:
    from rempart.node.lists.importing import Row

SOME_REJECTED = 3
MAX_VICS_BYTES = 1 << 30

app = typer.Typer(no_args_is_help=True)


@app.callback()
def lists() -> None:
    """Hash lists this node matches against."""


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV of hashes, or VICS JSON.", exists=True, dir_okay=False)],
    name: Annotated[str, typer.Option(help="The list's name.")],
    category: Annotated[
        str, typer.Option(help="Category of entries that name none: baseline, national, A1, A2, B1, B2, not_illegal.")
    ],
    settle: Annotated[
        bool, typer.Option("--settle/--no-settle", help="Whether a match settles content without anyone viewing it.")
    ] = True,
) -> None:
    """Add a file's fingerprints to a list; repeating it changes nothing.

    Exit code 3: some lines were rejected; each is named with its reason.

    Example: rempart lists import hashes.csv --name "Example list" --category national
    """
    setup()
    from rempart.node.lists.importing import import_rows

    console = Console(stderr=True, soft_wrap=True)

    def say_rejected(row: RejectedRow) -> None:
        console.print(f"line {row.line}: {row.reason}", markup=False, highlight=False)

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        rows = _rows(file, progress)
        result = import_rows(name, category, rows, settles=settle, source=file.name, on_rejected=say_rejected)
    typer.echo(f"{result.added} entries added, {result.present} present already, {result.rejected} lines rejected.")
    if result.rejected:
        raise typer.Exit(SOME_REJECTED)


@app.command()
def show() -> None:
    """Print every list with its counts."""
    setup()
    from rempart.node.lists.services import all_lists

    table = Table("List", "Category", "Settles", "Entries", "Withdrawn", "Changed")
    for facts in all_lists():
        settles = "yes" if facts.settles else "no"
        changed = f"{facts.changed_at:%Y-%m-%d %H:%M}"
        table.add_row(facts.name, facts.category, settles, str(facts.entries), str(facts.withdrawn), changed)
    Console().print(table)


def _rows(file: Path, progress: Progress) -> Iterator["Row"]:
    from rempart.formats.hash_csv import read_hash_csv
    from rempart.formats.vics import read_vics

    size = file.stat().st_size
    task = progress.add_task("Importing", total=size)
    if not _is_json(file):
        yield from read_hash_csv(_lines(file, progress))
        return
    if size > MAX_VICS_BYTES:
        raise InputError(
            "The file is larger than 1 GiB.", where=file.name, advice="Split the set and import its parts."
        )
    yield from read_vics(file.read_bytes())
    progress.update(task, completed=size)


def _is_json(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def _lines(file: Path, progress: Progress) -> Iterator[str]:
    with file.open("rb") as opened:
        for line in opened:
            progress.advance(progress.task_ids[0], len(line))
            # A byte that is no UTF-8 spoils its own line only.
            yield line.decode("utf-8", errors="replace")
