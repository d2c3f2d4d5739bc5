"""`rempart translations`."""

from pathlib import Path
from typing import Annotated

import typer

from rempart.cli.node_setup import setup

app = typer.Typer(no_args_is_help=True)


@app.callback()
def translations() -> None:
    """What the public pages say in each language."""


@app.command()
def export(
    language: Annotated[str, typer.Argument(help="Code of the language, such as de.")],
    out: Annotated[Path | None, typer.Option(help="Where to write it; by default LANGUAGE.po.")] = None,
) -> None:
    """Write a language's translation, with what was confirmed and corrected on this node, as a .po file.

    Example: rempart translations export de --out de.po
    """
    setup()
    from rempart.node.languages import services

    path = out or Path(f"{language}.po")
    path.write_bytes(services.exported(language))
    typer.echo(f"{path}: written")
    typer.echo(f"Bring it into the repository with: scripts/messages.py take {path} {language}", err=True)
