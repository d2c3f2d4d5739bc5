"""`rempart doctor`."""

import json
import os
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.adapters.home import Home
from rempart.cli.node_setup import setup
from rempart.core.errors import UnsafeStart
from rempart.node.doctor import findings, machine
from rempart.node.doctor.findings import Finding, Severity

_STYLE = {Severity.OK: "green", Severity.INFO: "cyan", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}


def examine(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Check how this node is deployed and explain each finding; changes nothing.

    Exit code 0: nothing to do; 3: only warnings; 1: something is wrong.

    Example: rempart doctor --json
    """
    found = list(_look())
    if as_json:
        typer.echo(json.dumps(findings.document(found)))
    else:
        _print(found)
    raise typer.Exit(findings.exit_code(found))


def _look() -> Iterator[Finding]:
    yield from machine.look(Home.from_environment(), os.environ)
    try:
        # As `rempart run` would start: with production's refusals, unless another mode is set.
        setup(acts_outside=True)
    except UnsafeStart as refused:
        yield findings.error("start", f"The node does not start. {refused.where}: {refused.what}", refused.advice)
        return
    yield findings.ok("start", "The settings allow a start.")
    from rempart.node.doctor import record, surfaces, work

    yield from surfaces.look()
    stored = list(record.look())
    yield from stored
    if stored[0].severity is Severity.OK:
        yield from work.look()


def _print(found: list[Finding]) -> None:
    table = Table("Check", "State", "What was found, and what to do", show_lines=False)
    for one in found:
        text = f"{one.what}\n→ {one.advice}" if one.advice else one.what
        table.add_row(one.check, f"[{_STYLE[one.severity]}]{one.severity}[/]", text)
    Console().print(table)
