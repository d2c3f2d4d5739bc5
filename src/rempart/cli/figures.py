"""`rempart figures`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.adapters.operator import operator
from rempart.cli.node_setup import setup
from rempart.core.errors import InputError, RempartError

app = typer.Typer(no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback()
def figures() -> None:
    """Figures: what is declared, brought in, written out and counted."""


@app.command()
def declare(
    indicator: Annotated[str, typer.Argument(help="Its key; --list names them.")] = "",
    year: Annotated[int, typer.Argument(help="Such as 2025.")] = 0,
    value: Annotated[str, typer.Argument(help='A number, or "-" for not available.')] = "",
    source: Annotated[str, typer.Option(help="The publication or register the value is from.")] = "",
    listed: Annotated[bool, typer.Option("--list", help="List what can be declared, with what stands.")] = False,
) -> None:
    """Say of a year what no event tells; an earlier value stays as its history.

    Example: rempart figures declare victims_identified 2025 128 --source "Police annual report 2025, p. 12"
    """
    setup()
    from rempart.node.observatory import declaring

    if listed:
        _list_declared()
        return
    try:
        number = None if value == "-" else float(value)
    except ValueError:
        raise InputError(
            "this is no number.", where="VALUE", advice='Give a number, or "-" for not available.'
        ) from None
    declaring.declare(indicator, year, number, source, operator=operator())
    typer.echo(f"{indicator} of {year}: {'not available' if number is None else value}.")


@app.command(name="import")
def take_in(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Members' figures.json.", exists=True)],
) -> None:
    """Bring in the published figures of members that this node does not hear through the exchange.

    Example: rempart figures import figures-nl.json figures-be.json
    """
    setup()
    from rempart.node.observatory import members_figures

    refused = 0
    for path in files:
        try:
            found = members_figures.import_file(path.read_bytes(), operator=operator())
        except RempartError as error:
            refused += 1
            typer.echo(f"{path.name}: {error}", err=True)
        else:
            typer.echo(f"{path.name}: {found.country}, counted to {found.counted_to:%Y-%m-%d}")
    if refused:
        raise typer.Exit(3 if refused < len(files) else 1)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output without it.")] = None,
) -> None:
    """Write this node's published figures: the file at /open-data/figures.json, for members without the exchange.

    Example: rempart figures export figures-fr.json
    """
    setup()
    from rempart.node.observatory import members_figures
    from rempart.node.runtime import clock

    text = json.dumps(members_figures.own(clock().now()), ensure_ascii=False, indent=1)
    if file is None:
        typer.echo(text)
        return
    file.write_text(text + "\n", "utf-8")
    typer.echo(f"Written to {file}.")


@app.command()
def events(
    file: Annotated[Path, typer.Argument(help="A new file, named .parquet.", dir_okay=False)],
) -> None:
    """Write the events that are counted, and nothing else of them, for whoever counts the figures again.

    Example: rempart figures events events.parquet
    """
    setup()
    from rempart.node.observatory import auditing

    try:
        with file.open("xb") as opened:
            written = auditing.write_own(opened, operator=operator())
    except FileExistsError:
        raise InputError("the file exists.", where=str(file), advice="Name a new one.") from None
    typer.echo(f"Written: {written} events to {file}.")


@app.command()
def recount(as_json: _Json = False) -> None:
    """Drop what is kept of the count and count every event anew. The result is the same; it takes its time.

    Example: rempart figures recount
    """
    setup()
    from rempart.node.observatory import counting
    from rempart.node.runtime import clock

    last = counting.recount(clock().now())
    typer.echo(json.dumps({"counted_to_event": last}) if as_json else f"Counted to event {last}.")


def _list_declared() -> None:
    from rempart.node.observatory import declaring
    from rempart.node.observatory.indicators import DECLARED

    entries = declaring.revisions()
    table = Table("Key", "Name", "What stands")
    for each in DECLARED:
        standing = declaring.standing(entries, each.key)
        said = [f"{year}: {value.status if value.number is None else value.number}" for year, value in standing.items()]
        table.add_row(each.key, str(each.name), ", ".join(said) or "nothing yet")
    Console(soft_wrap=True).print(table)
