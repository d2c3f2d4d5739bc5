"""`rempart staff`."""

from typing import TYPE_CHECKING, Annotated

import typer

from rempart.adapters.operator import operator
from rempart.cli.node_setup import setup
from rempart.core.errors import InputError
from rempart.core.vocabulary import Role

if TYPE_CHECKING:
    from rempart.node.staff.enrolment import Invitation

app = typer.Typer(no_args_is_help=True)

Username = Annotated[str, typer.Argument(help="As `rempart staff list` shows it.")]
Roles = Annotated[list[Role], typer.Option("--role", help="May be given several times.")]
Reason = Annotated[str, typer.Option(help="Why; it goes into the record.")]
Address = Annotated[
    str, typer.Option(help="Where this person reaches the node, such as https://staff.hotline.example.")
]


@app.callback()
def staff() -> None:
    """People who work at this node."""


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="The name this person logs in with.")],
    role: Roles,
    name: Annotated[str, typer.Option(help="The name others see.")] = "",
    address: Address = "",
) -> None:
    """Create an account and print its one-time link; there is no default account and no default password.

    Example: rempart staff add ana --role analyst
    """
    setup()
    from django.core.exceptions import ValidationError

    from rempart.node.staff import services

    try:
        invitation = services.add_person(username, role, name, operator=operator())
    except ValidationError as error:
        raise InputError(" ".join(error.messages), where="staff add", advice="Try again.") from error
    _tell(invitation, address)


@app.command()
def enrol(username: Username, reason: Reason, address: Address = "") -> None:
    """Reset a person's password and second factor, end their logins and print a new one-time link.

    On the pages this takes two administrators; here it leaves which account of the machine ran it.

    Example: rempart staff enrol ana --reason "Phone lost"
    """
    setup()
    from rempart.node.staff import services

    _tell(services.enrol_anew(username, reason, operator=operator()), address)


@app.command()
def roles(username: Username, role: Roles, reason: Reason) -> None:
    """Give a person other roles in place of the present ones; they count at once.

    Example: rempart staff roles ana --role senior_analyst --reason "Trained for second looks"
    """
    setup()
    from rempart.node.staff import services

    services.change_roles(username, role, reason, operator=operator())
    typer.echo(f"{username}: {', '.join(role)}")


@app.command()
def close(username: Username, reason: Reason) -> None:
    """Close an account: its logins end, what the person did stays theirs.

    Example: rempart staff close ana --reason "Left on 31 March"
    """
    setup()
    from rempart.node.staff import services

    services.close_account(username, reason, operator=operator())
    typer.echo(f"{username} can no longer log in.")


@app.command(name="list")
def show() -> None:
    """List accounts with their roles.

    Example: rempart staff list
    """
    setup()
    from rempart.node.staff import services

    rows = services.people()
    for one in rows:
        state = "" if one.is_enrolled else " (not set up yet)"
        typer.echo(f"{one.username}: {', '.join(one.roles)}{state if one.is_open else ' (closed)'}")
    if not rows:
        typer.echo("Nobody yet: rempart staff add NAME --role administrator")


def _tell(invitation: "Invitation", address: str) -> None:
    from django.conf import settings

    # Outside production there is no proxy: security keys know "localhost", and no numbers.
    base = address.rstrip("/") or settings.STAFF_ADDRESS or "http://localhost:8123"
    typer.echo(f"For {invitation.person.username} alone, once, until {invitation.expires_at:%Y-%m-%d %H:%M} UTC:")
    typer.echo(f"{base}{invitation.path}")
