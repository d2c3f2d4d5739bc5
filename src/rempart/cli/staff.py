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
