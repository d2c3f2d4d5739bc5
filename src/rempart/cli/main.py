"""`rempart`: every command, its errors and exit codes.

Exit codes: 0 done; 1 something is wrong (said on standard error with what to do next); 2 the command was misused;
3 done, but part of the input was rejected (each line with its reason). `match` adds 10 for hits and 13 for hits and
rejected input; 130 means interrupted.
"""

import sys
from typing import Annotated

import typer
from rich.console import Console

from rempart import __version__
from rempart.cli import (
    audit,
    backup,
    canary,
    contacts,
    demo,
    doctor,
    exchange,
    figures,
    hash,
    index,
    jobs,
    lists,
    log,
    log_keeping,
    match,
    matcher,
    node,
    platform,
    register,
    reports,
    retention,
    roster,
    staff,
    status,
    verify,
)
from rempart.core.errors import RempartError

app = typer.Typer(
    name="rempart",
    help="The software of an alliance against child sexual abuse online.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.add_typer(platform.app, name="platform", help="Platforms that report to this node.")
app.add_typer(reports.app, name="reports", help="Reports in bulk.")
app.add_typer(lists.app, name="lists", help="Hash lists this node matches against.")
app.add_typer(canary.app, name="canary", help="Benign images that must never be listed.")
log_keeping.register(log.app)
app.add_typer(log.app, name="log", help="The log of this node, and those of others.")
app.add_typer(exchange.app, name="exchange", help="The other members' logs.")
app.add_typer(index.app, name="index", help="Lists made ready for searching.")
app.add_typer(audit.app, name="audit", help="The chain of events.")
app.add_typer(staff.app, name="staff", help="People who work at this node.")
app.add_typer(contacts.app, name="contacts", help="How hosts and other countries are reached.")
app.add_typer(retention.app, name="retention", help="What is kept how long.")
app.add_typer(figures.app, name="figures", help="Figures: declared, brought in, written out and counted.")
app.add_typer(roster.app, name="roster", help="Who is in the alliance, and who decides it.")
app.add_typer(register.app, name="register", help="Members, their commitments, and who has not answered.")
app.add_typer(jobs.app, name="jobs", help="Steps that wait or failed.")
node.register(app)
matcher.register(app)
app.command(name="hash")(hash.take)
app.command(name="match")(match.compare)
app.command(name="status")(status.show)
app.command(name="verify")(verify.verify)
app.command(name="demo")(demo.play)
app.command(name="doctor")(doctor.examine)
app.command(name="backup")(backup.backup)
app.command(name="restore")(backup.restore)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rempart {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Set REMPART_HOME to choose the node's data folder."""


def main() -> None:
    """Run a command; the one place where our errors become messages and exit codes."""
    try:
        app()
    except RempartError as error:
        Console(stderr=True, soft_wrap=True).print(f"rempart: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
