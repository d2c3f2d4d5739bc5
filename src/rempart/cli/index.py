"""`rempart index`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rempart.cli import scan_options
from rempart.cli.scan_progress import SOME_UNREADABLE, ScanProgress

if TYPE_CHECKING:
    from rempart.scanning.lists import IndexFacts

app = typer.Typer(no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="An index folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]


@app.callback()
def index() -> None:
    """Lists made ready for searching."""


@app.command()
def build(
    lists: Annotated[
        list[str], typer.Argument(metavar="LIST…", help="CSV, VICS or Parquet files, mirrors, lists of nodes.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="A folder that does not exist yet, or is empty.")],
    category: Annotated[str | None, typer.Option(help="Category of entries that state none.")] = None,
    list_key: Annotated[
        Path | None,
        typer.Option("--list-key-file", help="File with username:secret for a node's list; or set REMPART_LIST_KEY."),
    ] = None,
    list_trust: scan_options.Trust = None,
    unsigned_ok: scan_options.UnsignedOk = False,
    as_json: AsJson = False,
) -> None:
    """Make one index folder of lists; it opens in milliseconds and several processes share its memory.

    Exit code 3: some lines were rejected; each is named with its reason.

    Example: rempart index build hashes.csv -o hashes.index
    """
    from rempart.scanning.lists import ListSpec, build_index

    progress = ScanProgress()
    key, trust = scan_options.list_key(list_key), scan_options.list_trust(list_trust, unsigned_ok)
    facts = build_index([ListSpec(at, key, category, trust) for at in lists], output, progress.rejected)
    _show(facts, as_json)
    if progress.rejected_rows:
        raise typer.Exit(SOME_UNREADABLE)


@app.command()
def info(folder: Folder, as_json: AsJson = False) -> None:
    """Count an index's entries by list, and say what would search it here.

    Example: rempart index info hashes.index
    """
    from rempart.scanning.lists import read_index

    _show(read_index(folder, verify=False), as_json)


@app.command()
def verify(folder: Folder, as_json: AsJson = False) -> None:
    """Read all of an index and compare it with its checksums; exit code 1 if it was altered or cut off.

    Example: rempart index verify hashes.index
    """
    from rempart.scanning.lists import read_index

    _show(read_index(folder, verify=True), as_json)


def _show(facts: "IndexFacts", as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(facts)))
        return
    from rempart.scanning.outputs import printable

    table = Table("What", "Value")
    for name, count in facts.lists.items():
        table.add_row(f"Entries of {escape(printable(name))}", f"{count}")
    table.add_row("Entries", f"{facts.entries}")
    table.add_row("Bytes", f"{facts.size}")
    table.add_row("Searched by", facts.engine)
    Console().print(table)
