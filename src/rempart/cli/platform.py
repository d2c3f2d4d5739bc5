"""`rempart platform`."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.cli.node_setup import setup

app = typer.Typer(no_args_is_help=True)
_AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback()
def platform() -> None:
    """Platforms that report to this node."""


@app.command()
def add(name: Annotated[str, typer.Argument(help="The service's name.")], as_json: _AsJson = False) -> None:
    """Let a platform report; its secret is shown this once. A revoked platform gets a new secret.

    Example: rempart platform add "Example Chat"
    """
    setup()
    from rempart.node.intake.platforms import add_platform

    username, secret = add_platform(name)
    if as_json:
        typer.echo(json.dumps({"username": username, "secret": secret}))
        return
    typer.echo(f"username: {username}\nsecret:   {secret}")
    typer.echo("The secret is shown this once. The platform's client is pointed at /ispws or /api/v1.", err=True)


@app.command()
def revoke(username: Annotated[str, typer.Argument(help="As `rempart platform list` shows it.")]) -> None:
    """Refuse a platform's credential, everywhere within 5 seconds; its reports stay.

    Example: rempart platform revoke example-chat-1a2b3c4d
    """
    setup()
    from rempart.node.intake.platforms import revoke_platform

    revoke_platform(username)
    typer.echo(f"{username} is revoked.")


@app.command(name="list")
def show(as_json: _AsJson = False) -> None:
    """Print every platform, without secrets.

    Example: rempart platform list --json
    """
    setup()
    from rempart.node.intake.platforms import list_platforms

    platforms = list_platforms()
    if as_json:
        rows = [
            {
                "name": facts.name,
                "username": facts.username,
                "created_at": facts.created_at.isoformat(),
                "revoked_at": facts.revoked_at and facts.revoked_at.isoformat(),
            }
            for facts in platforms
        ]
        typer.echo(json.dumps(rows))
        return
    table = Table("Platform", "Username", "Since", "Revoked")
    for facts in platforms:
        revoked = f"{facts.revoked_at:%Y-%m-%d %H:%M}" if facts.revoked_at else ""
        table.add_row(facts.name, facts.username, f"{facts.created_at:%Y-%m-%d}", revoked)
    Console().print(table)
