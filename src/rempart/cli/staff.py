"""`rempart staff`."""

from typing import Annotated

import typer

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError
from rempart.core.vocabulary import Role

app = typer.Typer(no_args_is_help=True)


@app.callback()
def staff() -> None:
    """People who work at this node."""


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="The name this person logs in with.")],
    role: Annotated[list[Role], typer.Option("--role", help="May be given several times.")],
    name: Annotated[str, typer.Option(help="The name others see.")] = "",
    password: Annotated[
        str,
        typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="At least 12 characters; asked for."),
    ] = "",
) -> None:
    """Create an account; there is no default account and no default password.

    Example: rempart staff add ana --role analyst
    """
    setup()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    from rempart.node.staff import services

    try:
        validate_password(password)
        person = services.add_person(username, password, role, name)
    except ValidationError as error:
        raise InputError(" ".join(error.messages), where="staff add", advice="Try again.") from error
    typer.echo(f"{person.username} may now log in at /staff/login.")


@app.command()
def close(username: Annotated[str, typer.Argument(help="As `rempart staff list` shows it.")]) -> None:
    """Close an account: its logins end, what the person did stays theirs.

    Example: rempart staff close ana
    """
    setup()
    from rempart.node.staff import services

    services.close_account(username)
    typer.echo(f"{username} can no longer log in.")


@app.command(name="list")
def show() -> None:
    """List accounts with their roles.

    Example: rempart staff list
    """
    setup()
    from rempart.node.staff import services

    rows = services.people()
    for username, roles, is_open in rows:
        typer.echo(f"{username}: {', '.join(roles)}{'' if is_open else ' (closed)'}")
    if not rows:
        typer.echo("Nobody yet: rempart staff add NAME --role analyst")
