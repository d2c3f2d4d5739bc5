"""`rempart audit`."""

import typer

from rempart.cli.node_setup import setup

app = typer.Typer(no_args_is_help=True)


@app.callback()
def audit() -> None:
    """The chain of events."""


@app.command()
def verify() -> None:
    """Recompute the whole chain; exit code 1 names the first event that does not fit.

    Example: rempart audit verify
    """
    setup()
    from rempart.node.audit import services

    typer.echo(f"The chain of {services.verify()} events is whole.")
