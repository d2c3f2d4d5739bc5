"""`rempart matcher`: the match service, and the keys of its clients."""

import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from rempart.adapters.home import Home
from rempart.cli.scan_options import Trust, UnsignedOk
from rempart.core.errors import UnsafeStart


def register(app: typer.Typer) -> None:
    """Add these commands at the top level."""
    app.command(name="matcher")(serve)
    app.command(name="matcher-key")(key)


def serve(
    lists: Annotated[
        list[str],
        typer.Option("--list", help="CSV of hashes, VICS JSON, mirror's folder or URL, node's list; several times."),
    ],
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port.")] = 8124,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Worker processes; one a core.")] = None,
    clients: Annotated[Path | None, typer.Option(help="TOML file of clients; needed beyond loopback.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Keeps lists, limits and feedback; `matcher` in the data folder.")
    ] = None,
    poll: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks at a mirror or node.")] = 30.0,
    list_key: Annotated[
        Path | None,
        typer.Option("--list-key-file", help="File with username:secret for a node's list; or set REMPART_LIST_KEY."),
    ] = None,
    list_trust: Trust = None,
    unsigned_ok: UnsignedOk = False,
    drain: Annotated[float, typer.Option(min=0, help="Seconds of not being ready before it stops.")] = 1.0,
) -> None:
    """Answer look-ups over HTTP until interrupted; changed lists count within a second.

    Example: rempart matcher --list hotline.csv --port 8124
    """
    _refuse_missing_parts()
    from rempart.matcher.service import run
    from rempart.matcher.settings import Settings

    cores = os.cpu_count() or 1
    count = workers or cores
    settings = Settings(
        lists=tuple(lists),
        folder=(folder or Home.from_environment().path / "matcher").absolute(),
        host=host,
        port=port,
        workers=count,
        clients=clients.absolute() if clients else None,
        list_key_file=list_key.absolute() if list_key else None,
        list_trust=list_trust.absolute() if list_trust else None,
        unsigned_ok=unsigned_ok,
        poll_seconds=poll,
        drain_seconds=drain,
        media_decoders=max(1, cores // count),
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    raise typer.Exit(run(settings, typer.echo))


def key(name: Annotated[str, typer.Argument(help="The client's name: letters, digits, dots, hyphens.")]) -> None:
    """Make a client's key, shown this once, and print its block for the clients file.

    Example: rempart matcher-key example-chat >> clients.toml
    """
    _refuse_missing_parts()
    from rempart.matcher.clients import new_key

    secret, block = new_key(name)
    typer.echo(f"key: {secret}", err=True)
    typer.echo("It is shown this once; the clients file keeps only its SHA-256.", err=True)
    typer.echo(block)


def _refuse_missing_parts() -> None:
    if any(find_spec(name) is None for name in ("granian", "msgspec", "prometheus_client", "starlette")):
        raise UnsafeStart(
            "this installation lacks the match service.", advice="Install it with `pip install rempart[matcher]`."
        )
