"""`rempart reports`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rempart.cli.node_setup import setup

SOME_REJECTED = 3

app = typer.Typer(no_args_is_help=True)


class ImportSource(StrEnum):
    PROACTIVE = "proactive"
    POLICE = "police"
    PUBLIC = "public"


@app.callback()
def reports() -> None:
    """Reports in bulk."""


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV: url[, seen_at, source, note, kind].", exists=True, dir_okay=False)],
    source: Annotated[ImportSource, typer.Option(help="Who reports.")] = ImportSource.PROACTIVE,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make a report of each line; importing the same file again adds nothing.

    Exit code 3: some lines were rejected; each is named with its reason.

    Example: rempart reports import urls.csv --source police
    """
    setup()
    from rempart.core.vocabulary import Source
    from rempart.node.intake.imports import import_urls

    console = Console(stderr=True, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Importing", total=file.stat().st_size)
        result = import_urls(file, Source(source), lambda size: progress.advance(task, size))
    if as_json:
        rejected = [{"line": row.line, "reason": row.reason} for row in result.rejected]
        typer.echo(json.dumps({"added": result.added, "present": result.present, "rejected": rejected}))
    else:
        for row in result.rejected:
            console.print(f"line {row.line}: {row.reason}", markup=False, highlight=False)
        count = len(result.rejected)
        typer.echo(f"{result.added} reports added, {result.present} present already, {count} lines rejected.")
    if result.rejected:
        raise typer.Exit(SOME_REJECTED)
