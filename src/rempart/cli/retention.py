"""`rempart retention`."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rempart.cli.node_setup import setup

if TYPE_CHECKING:
    from rempart.node.retention.running import Line

app = typer.Typer(no_args_is_help=True)


@app.callback()
def retention() -> None:
    """What is kept how long."""


@app.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Erase what is due by the rules; a killed run is finished by the next one.

    Example: rempart retention run --dry-run
    """
    setup()
    from rempart.node.retention import running

    lines = running.survey()
    if dry_run:
        typer.echo(json.dumps([line.to_json() for line in lines]) if as_json else _listed(lines))
        return
    console = Console(stderr=True, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Erasing", total=sum(line.due for line in lines))
        gone = running.run(progress=lambda count: progress.advance(task, count))
    rows = [{"kind": str(kind), "rule": rule, "erased": gone[kind, rule]} for kind, rule in sorted(gone)]
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        for row in rows:
            typer.echo(f"{row['kind']} by {row['rule']}: {row['erased']} erased")
        typer.echo(f"{gone.total()} erased." if rows else "Nothing was due.")


def _listed(lines: Sequence["Line"]) -> str:
    if not lines:
        return "Nothing is due, and nothing will be by the rules in force."
    told = []
    for line in lines:
        later = f", {line.waiting} later (the first {line.next_at:%Y-%m-%d})" if line.next_at else ""
        told.append(f"{line.kind} by {line.rule}: {line.due} due, {line.held} held{later}")
    nearest = min((line.next_at for line in lines if line.next_at), default=None)
    ends = f" The earliest next date is {nearest:%Y-%m-%d}." if nearest else ""
    return "\n".join([*told, f"{sum(line.due for line in lines)} would be erased now.{ends}"])


@app.command()
def rules(
    as_json: Annotated[bool, typer.Option("--json", help="Print the versions as JSON.")] = False,
) -> None:
    """List the rules of every version, with the reason of each.

    Example: rempart retention rules
    """
    setup()
    from django.conf import settings

    from rempart.node.runtime import clock

    in_force = settings.RETENTION_RULES.at(clock().now())
    versions = settings.RETENTION_RULES.versions
    if as_json:
        typer.echo(json.dumps([{**version.to_json(), "in_force": version is in_force} for version in versions]))
        return
    for version in versions:
        typer.echo(f"From {version.since}{', in force' if version is in_force else ''}:")
        for rule in version.rules:
            typer.echo(f"  {rule.name}: {rule.kind}, {rule.days} days{rule.told_scope}. {rule.why}")
            if rule.shortens:
                typer.echo(f"    Shortened: {rule.shortens}")
