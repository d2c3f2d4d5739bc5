"""`rempart plan`: how long the queue becomes, and what would change it."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError

if TYPE_CHECKING:
    from rempart.node.planning.known import Known
    from rempart.planning.planning import Plan


def ask(
    values: Annotated[list[str] | None, typer.Argument(help="Such as analysts=6, months=36 or recognised=40%.")] = None,
    list_gain: Annotated[float, typer.Option(min=0, max=1, help="Share of the rest a better list recognises.")] = 0.1,
    runs: Annotated[int | None, typer.Option(min=2, max=1000, help="As many as take a minute, unless given.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Makes the same plan again.")] = None,
    only_values: Annotated[bool, typer.Option("--values", help="List the values, and plan nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """How long the queue becomes, how many children wait, and what an analyst more or a better list would change.

    What is not given comes from this node's final figures, and is assumed where they tell nothing.

    Example: rempart plan analysts=6 doubling_months=12 months=24
    """
    setup()
    from rempart.node.planning.known import situation_of

    chosen = _chosen(values or [])
    if only_values:
        typer.echo(json.dumps(_as_rows(chosen), indent=1)) if as_json else Console().print(_values_table(chosen))
        return
    situation = situation_of({name: one.value for name, one in chosen.items()})
    seed = secrets.randbits(32) if seed is None else seed
    made = _made(situation, seed, runs, list_gain)
    if as_json:
        typer.echo(json.dumps({**asdict(made), "values": _as_rows(chosen), "seed": seed}, indent=1))
        return
    _tell(made, chosen)
    typer.echo(f"{made.runs} runs; --seed {seed} makes them again.")


def _chosen(values: Sequence[str]) -> dict[str, "Known"]:
    """Raises InputError for what is no NAME=VALUE of a known name."""
    from rempart.node.planning.known import Known, Origin, known
    from rempart.node.runtime import clock

    found = known(clock().now())
    for text in values:
        name, mark, value = text.partition("=")
        if not mark or name not in found:
            raise InputError(
                f"{text!r} is no value of a plan.",
                where="plan",
                advice="Write NAME=NUMBER; `rempart plan --values` lists the names.",
            )
        found[name] = Known(_number(name, value), Origin.GIVEN)
    return found


def _number(name: str, text: str) -> float:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise InputError(f"{text!r} is no number.", where=name, advice="Write it such as 8, 2.5 or 30%.") from None


def _made(situation: Any, seed: int, runs: int | None, list_gain: float) -> "Plan":
    from rempart.planning.planning import plan, runs_for

    console = Console(stderr=True, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Runs", total=runs or runs_for(situation))
        return plan(
            situation,
            seed=seed,
            runs=runs,
            list_gain=list_gain,
            progress=lambda done: progress.update(task, completed=done),
        )


def _tell(made: "Plan", chosen: Mapping[str, "Known"]) -> None:
    from rempart.node.planning import wording

    console = Console(soft_wrap=True, highlight=False)
    for key in made.base.situation.warnings():
        Console(stderr=True, soft_wrap=True).print(f"Note: {wording.WARNINGS[key]}", style="yellow", markup=False)
    sentences = (wording.claim(made), *(wording.change(one) for one in made.changes), wording.need(made))
    console.print("\n".join(sentences), markup=False)
    table = Table("month", "reports wait", "oldest, days", "children behind them", title="As it is")
    for point in made.base.points:
        cells = (wording.said(point.waiting), wording.said(point.oldest_days), wording.said(point.children))
        table.add_row(str(point.month), *cells)
    console.print(table)
    console.print(_values_table(chosen))


def _values_table(chosen: Mapping[str, "Known"]) -> Table:
    table = Table("name", "value", "from", "what it is", title="What it rests on")
    for row in _as_rows(chosen):
        table.add_row(row["name"], f"{row['value']:g}", row["origin"], row["label"])
    return table


def _as_rows(chosen: Mapping[str, "Known"]) -> list[dict[str, Any]]:
    from rempart.node.planning import wording

    labels = {name: str(question.label).replace(", in percent", "") for name, question in wording.QUESTIONS.items()}
    return [
        {"name": name, "value": one.value, "origin": str(one.origin), "label": labels[name]}
        for name, one in chosen.items()
    ]
