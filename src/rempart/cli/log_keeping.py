"""The part of `rempart log` that needs the node whose log it is."""

from pathlib import Path
from typing import Annotated

import typer

from rempart.adapters.operator import operator
from rempart.cli.node_setup import setup


def register(app: typer.Typer) -> None:
    """Add the commands to those of `rempart log`."""
    app.command()(resume)
    app.command()(erase)


def resume(
    seen: Annotated[
        list[Path],
        typer.Option(help="A file with checkpoints of this log, from a member or mirror.", exists=True, dir_okay=False),
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    alone: Annotated[bool, typer.Option("--alone", help="Nobody ever followed this log.")] = False,
) -> None:
    """Sign the log again after a restored backup, unless anybody has seen more of it than the backup holds.

    Example: rempart log resume --seen checkpoint-from-a-member
    """
    setup()
    from rempart.node.exchange import resuming

    point = resuming.resume(
        [path.read_text("utf-8", errors="replace") for path in seen], alone=alone, operator=operator()
    )
    typer.echo(f"The log of {point.size} entries goes on: a worker signs what waits.")


def erase(
    content: Annotated[str, typer.Argument(help="A content, such as C-12.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
) -> None:
    """Withdraw what this node said of a content, then destroy it in the log; the withdrawal itself a month later.

    Example: rempart log erase C-12 --reason "Order of the court of 3 March 2026"
    """
    setup()
    from rempart.core.errors import InputError
    from rempart.node.exchange import erasing

    number = content.removeprefix("C-")
    if not number.isascii() or not number.isdigit():
        raise InputError("this is no content.", where="content", advice="Give it as the pages do, such as C-12.")
    count = erasing.ask(int(number), reason, operator=operator())
    typer.echo(f"{count} signals: a worker withdraws them now and destroys them; the withdrawals in 30 days.")
