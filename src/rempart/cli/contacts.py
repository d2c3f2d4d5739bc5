"""`rempart contacts`."""

from typing import Annotated

import typer

from rempart.cli.node_setup import setup

app = typer.Typer(no_args_is_help=True)


@app.callback()
def contacts() -> None:
    """How hosts and other countries are reached."""


@app.command()
def host(
    site: Annotated[str, typer.Argument(help="Registrable domain, or a network such as AS64496.")],
    mail: Annotated[str, typer.Option(help="Address for notices by mail.")] = "",
    http: Annotated[str, typer.Option(help="Address for notices by HTTP POST; preferred to mail.")] = "",
    language: Annotated[str, typer.Option(help="en, or fr for English and French.")] = "en",
    remove: Annotated[bool, typer.Option("--remove", help="Forget this contact.")] = False,
) -> None:
    """Say where a host wants its notices.

    Example: rempart contacts host host.example --mail abuse@host.example
    """
    setup()
    from rempart.node.notices import contacts as services

    if remove:
        services.remove_contact(site)
        typer.echo("The contact is forgotten.")
    else:
        typer.echo(f"Notices about {services.set_contact(site, mail=mail, http_url=http, language=language)} go there.")


@app.command()
def country(
    code: Annotated[str, typer.Argument(help="ISO 3166-1 alpha-2 code.")],
    channel: Annotated[str, typer.Argument(help="Name of the channel, as staff know it.")],
) -> None:
    """Name the channel by which a country that is no member is reached.

    Example: rempart contacts country BR "INTERPOL national bureau"
    """
    setup()
    from rempart.node.register import services

    typer.echo(f"Referrals for {services.set_route(code, channel)} name this channel.")


@app.command(name="list")
def show() -> None:
    """List the contacts of hosts and the channels of countries.

    Example: rempart contacts list
    """
    setup()
    from rempart.node.notices import contacts as hosts
    from rempart.node.register import services as register

    rows = [" ".join(row) for row in hosts.all_contacts()]
    rows += [f"{code} {channel}" for code, channel in register.all_routes().items()]
    typer.echo("\n".join(rows) or "No contact yet: registries and abuse@ are used, and the default channel.")
