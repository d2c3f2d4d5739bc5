"""`rempart status`."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.cli.node_setup import setup


def show(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """Count reports, items, cases, notices, referrals, signals and jobs by state.

    Example: rempart status --json
    """
    setup()
    from rempart.node.casework import services as casework
    from rempart.node.exchange import services as exchange
    from rempart.node.intake import services as intake
    from rempart.node.jobs import services as jobs
    from rempart.node.notices import services as notices
    from rempart.node.referrals import services as referrals

    counts = {
        **intake.counts(),
        "cases": casework.counts(),
        "notices": notices.counts(),
        "referrals": referrals.counts(),
        "signals": exchange.counts(),
        "jobs": jobs.counts(),
    }
    if stopped := exchange.stopped():
        contents = "one content" if stopped == 1 else f"{stopped} contents"
        typer.echo(f"ALARM: a canary stopped the signals of {contents}. See the page Signals.", err=True)
    if as_json:
        typer.echo(json.dumps(counts))
        return
    table = Table("What", "State", "Count")
    for what, by_state in counts.items():
        for state, count in by_state.items():
            table.add_row(what, state, str(count))
    Console().print(table)
