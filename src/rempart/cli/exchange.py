"""`rempart exchange`."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def exchange() -> None:
    """The other members' logs."""


@app.command()
def credential(
    origin: Annotated[str, typer.Argument(help="The member's log, such as hotline.example/log.")],
    forget: Annotated[bool, typer.Option("--forget", help="Keep none any more.")] = False,
) -> None:
    """Keep the credential that a member gave this node for its openings: `username:secret`, on standard input.

    Example: rempart exchange credential hotline.de.example/log < credential.txt
    """
    setup()
    from rempart.node.exchange import asking, members

    if not forget and members.find(origin) is None:
        raise InputError("no member has this log.", where="ORIGIN", advice="See `rempart roster show`.")
    given = None if forget else (typer.prompt("Credential", hide_input=True) if sys.stdin.isatty() else _line())
    asking.credentials().keep(origin, given)
    typer.echo(f"{'Forgot' if forget else 'Kept'} the credential for {origin}.")


@app.command()
def show(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """How the other members' logs stand, and who cosigned this node's. Exit code 3 where something is refused.

    Example: rempart exchange show
    """
    setup()
    from rempart.node.exchange.health import health

    found = health()
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "logs": [
                        {
                            "origin": one.origin,
                            "status": one.status,
                            "size": one.size,
                            "refusal": one.refusal,
                            "failures": one.failures,
                            "checked_at": one.checked_at.isoformat() if one.checked_at else None,
                            "proofs": one.proofs,
                        }
                        for one in found.logs
                    ],
                    "groups": {one.group: one.at.isoformat() if one.at else None for one in found.groups},
                    "declarations": [
                        {"origin": one.origin, "kind": one.kind, "number": one.number, "refusal": one.refusal}
                        for one in found.declarations
                    ],
                    "counted": found.counted,
                    "needed": found.needed,
                }
            )
        )
    else:
        table = Table("log", "entries", "looked at (UTC)", "state", box=None, pad_edge=False)
        for one in found.logs:
            seen = f"{one.checked_at:%Y-%m-%d %H:%M:%S}" if one.checked_at else ""
            table.add_row(one.origin, f"{one.size:,}", seen, one.refusal or "believed")
        Console().print(table)
        for each in found.declarations:
            typer.echo(f"{each.origin} declares {each.kind} {each.number or ''}: {each.refusal or 'believed'}")
        typer.echo(f"{found.counted} groups of witnesses cosigned this node's log; {found.needed} are needed.")
    refused = any(one.refusal not in ("", "never", "unreachable", "suspended") for one in found.logs)
    refused = refused or any(one.refusal for one in found.declarations)
    if refused or found.proofs or not found.is_met:
        raise typer.Exit(3)


def _line() -> str:
    return sys.stdin.readline(1000).strip()
