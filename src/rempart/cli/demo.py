"""`rempart demo`."""

from typing import Annotated

import typer


def play(
    once: Annotated[
        bool, typer.Option("--once", help="Play everything, then stop; exit code 1 if a journey failed.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="TCP port of the node that is played.")] = 8123,
    year_reports: Annotated[
        int, typer.Option(min=0, help="Reports in the made-up year of 48 members; 0: without it.")
    ] = 1_000_000,
) -> None:
    """Play the whole journey of made-up reports between three members' nodes, and leave them open in the browser.

    Example: rempart demo --once
    """
    from rempart.demo.play import play_demo

    raise typer.Exit(play_demo(once=once, port=port, year_reports=year_reports))
