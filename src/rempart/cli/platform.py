"""`rempart platform`."""

import json
from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from rempart.cli.node_setup import setup
from rempart.core.clients import USUAL, Scope

app = typer.Typer(no_args_is_help=True)
_Username = Annotated[str, typer.Argument(help="As `rempart platform list` shows it.")]
_Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="What it may call; may be repeated.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback()
def platform() -> None:
    """Platforms that report to this node."""


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The service's name.")],
    scope: _Scopes = None,
    as_json: _AsJson = False,
) -> None:
    """Let a platform report; its secret is shown this once. A revoked platform gets a new secret.

    Example: rempart platform add "Example Chat" --scope report
    """
    setup()
    from rempart.node.intake.platforms import add_platform

    username, secret = add_platform(name, scope or USUAL)
    if as_json:
        typer.echo(json.dumps({"username": username, "secret": secret}))
        return
    typer.echo(f"username: {username}\nsecret:   {secret}")
    typer.echo("The secret is shown this once. The platform's client is pointed at /ispws or /api/v1.", err=True)


@app.command()
def rotate(
    username: _Username,
    overlap: Annotated[float, typer.Option(help="Hours for which the former secret is accepted too.")] = 24.0,
    as_json: _AsJson = False,
) -> None:
    """Give a platform a new secret, shown this once; the one before is accepted for a while, and then no more.

    Example: rempart platform rotate example-chat-1a2b3c4d --overlap 24
    """
    setup()
    from rempart.node.intake.platforms import rotate_secret

    secret, until = rotate_secret(username, timedelta(hours=overlap))
    if as_json:
        typer.echo(json.dumps({"username": username, "secret": secret, "former_until": until and until.isoformat()}))
        return
    typer.echo(f"username: {username}\nsecret:   {secret}")
    ends = f"is accepted until {until:%Y-%m-%d %H:%M} UTC" if until else "is refused, everywhere within 5 seconds"
    typer.echo(f"The former secret {ends}. The new one is shown this once.", err=True)


@app.command()
def allow(username: _Username, scope: _Scopes = None) -> None:
    """Set what a platform's credential is for: reports and lists if nothing is named.

    The exchange is for members' nodes and vetted platforms: it hands out fingerprints.

    Example: rempart platform allow example-chat-1a2b3c4d --scope lists
    """
    setup()
    from rempart.node.intake.platforms import set_scopes

    scopes = scope or USUAL
    set_scopes(username, scopes)
    typer.echo(f"{username} may: {', '.join(scopes)}.")


@app.command()
def revoke(username: _Username) -> None:
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
                "scopes": list(facts.scopes),
                "last_used_at": facts.last_used_at and facts.last_used_at.isoformat(),
                "former_until": facts.former_until and facts.former_until.isoformat(),
            }
            for facts in platforms
        ]
        typer.echo(json.dumps(rows))
        return
    table = Table("Platform", "Username", "May", "Since", "Last used", "Revoked")
    for facts in platforms:
        may, since = ", ".join(facts.scopes), f"{facts.created_at:%Y-%m-%d}"
        table.add_row(facts.name, facts.username, may, since, _minute(facts.last_used_at), _minute(facts.revoked_at))
    Console().print(table)


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
