"""`rempart jobs`."""

import typer

from rempart.cli.node_setup import setup

app = typer.Typer(no_args_is_help=True)


@app.callback()
def jobs() -> None:
    """Steps that wait or failed."""


@app.command()
def failed() -> None:
    """List steps that were given up, with the kind of failure.

    Example: rempart jobs failed
    """
    setup()
    from rempart.node.jobs import services

    rows = services.failed()
    for kind, subject, error in rows:
        typer.echo(f"{kind} {subject}: {error}")
    if not rows:
        typer.echo("No step was given up.")


@app.command()
def retry() -> None:
    """Ask again for every step that was given up.

    Example: rempart jobs retry
    """
    setup()
    from rempart.node.jobs import services

    typer.echo(f"{services.retry_failed()} steps will be done again.")
