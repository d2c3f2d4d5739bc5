"""`rempart audit`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError

app = typer.Typer(no_args_is_help=True)

FormerKeys = Annotated[
    list[str], typer.Option("--former-key", help="A public key this node signed by earlier, as `rempart key` printed.")
]


@app.callback()
def audit() -> None:
    """The chain of events."""


@app.command()
def verify(
    since_checkpoint: Annotated[
        bool, typer.Option("--since-checkpoint", help="Go on from the last signed checkpoint only.")
    ] = False,
    former_key: FormerKeys = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """Recompute the whole chain; exit code 1 names the first event that does not fit.

    It is compared with the signed checkpoints in the data folder, and with their copy where one is kept.

    Example: rempart audit verify
    """
    setup()
    from rempart.node.audit import services

    with _progress() as progress:
        task = progress.add_task("Verifying", total=None)
        found = services.verify(
            since_checkpoint=since_checkpoint,
            former_keys=[_public_key(text) for text in former_key],
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    what = f"What follows on the last checkpoint, {found.recomputed} of" if since_checkpoint else "The chain of"
    typer.echo(f"{what} {found.events} events is whole.")
    if found.checkpoints:
        typer.echo(f"{found.checkpoints} signed checkpoints stand for the first {found.covered}.")
    else:
        typer.echo("No signed checkpoint stands for them yet: a worker makes one, or `rempart audit checkpoint`.")


@app.command()
def checkpoint() -> None:
    """Sign the head of the chain now, as workers do at a cadence and when they stop.

    Example: rempart audit checkpoint
    """
    setup()
    from rempart.node.audit import checkpoints

    made = checkpoints.write()
    typer.echo("The last checkpoint stands for all events." if made is None else f"Signed: {made.seq} events.")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True, soft_wrap=True), transient=True)


def _public_key(text: str) -> bytes:
    try:
        public = bytes.fromhex(text)
    except ValueError:
        public = b""
    if len(public) != 32:
        raise InputError("a public key has 64 hexadecimal digits.", where="--former-key", advice="See `rempart key`.")
    return public
