"""`rempart register`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from rempart.adapters.operator import operator
from rempart.cli.node_setup import setup
from rempart.core.errors import InputError

if TYPE_CHECKING:
    from rempart.formats.register_files import Loaded
    from rempart.node.register.importing import Outcome

SOME_REJECTED = 3
app = typer.Typer(no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


class FileFormat(StrEnum):
    JSON = "json"
    CSV = "csv"


@app.callback()
def register() -> None:
    """Members of the alliance, what they committed themselves to, and who has not answered."""


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="A file for JSON, a folder for CSV; - prints JSON.", allow_dash=True)],
    form: Annotated[FileFormat, typer.Option("--format", help="One JSON file, or a folder of CSV files.")] = (
        FileFormat.JSON
    ),
) -> None:
    """Write all facts of members, and what every member states now.

    Example: rempart register export register.json
    """
    setup()
    from rempart.formats import register_files as files
    from rempart.node.register import importing

    found = importing.whole()
    if form is FileFormat.CSV:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.write_csv(found).items():
            (out / name).write_text(text, encoding="utf-8", newline="")
    elif str(out) == "-":
        typer.echo(files.write_json(found), nl=False)
        return
    else:
        out.write_text(files.write_json(found), encoding="utf-8")
    typer.echo(f"{out}: {len(found.members)} states, {len(found.parts)} parts.")


@app.command(name="import")
def take_in(
    source: Annotated[Path, typer.Argument(help="A JSON file, or a folder of CSV files.", exists=True)],
    publish: Annotated[bool, typer.Option("--publish", help="Publish the parts, instead of drafting them.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; say what would become of it.")] = False,
    as_json: _Json = False,
) -> None:
    """Draft what a file says of members, or publish it; facts of members are set by the secretariat.

    Exit code 3: some entries were rejected; each is named with its place and reason.

    Example: rempart register import register.json --check
    """
    setup()
    from rempart.node.register import importing

    loaded = _read(source)
    whole = loaded.register
    console = Console(stderr=True, soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    actor = f"operator:{operator()}"[:60]
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("Importing", total=len(whole.members) + len(whole.parts))
        outcomes = importing.take_in(
            whole, actor=actor, is_published=publish, is_check=check, advance=lambda: progress.advance(task)
        )
    _tell(loaded, outcomes, as_json=as_json, is_check=check)


@app.command(name="list")
def show(as_json: _Json = False) -> None:
    """List members and other states, with their status and how many commitments they stated.

    Example: rempart register list --json
    """
    setup()
    from rempart.node.register import facts, services

    on, parts = facts.today(), services.parts()
    rows = [
        {
            "number": each.number,
            "code": each.code,
            "name": each.name("en"),
            "status": str(each.standing(on)),
            "commitments": len(parts[each.code].commitments) if each.code in parts else None,
        }
        for each in services.members()
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("No", "Code", "Name", "Status", "Commitments", box=None, pad_edge=False)
    for row in rows:
        said = row["commitments"]
        table.add_row(
            str(row["number"] or ""),
            str(row["code"]),
            str(row["name"]),
            str(row["status"]),
            "not stated yet" if said is None else str(said),
        )
    Console().print(table)


@app.command()
def remind(as_json: _Json = False) -> None:
    """Say which members have not answered a round whose reminder is due, and how their point of contact is reached.

    Example: rempart register remind
    """
    setup()
    from rempart.core.register.part import ContactRole
    from rempart.node.register import services

    parts, rows = services.parts(), []
    for state in services.round_states()[:2]:
        for each in state.open:
            if each.reminded is None:
                continue
            said = parts.get(each.member.code)
            contacts = [one for one in said.contacts if one.role is ContactRole.POINT_OF_CONTACT] if said else []
            rows.append(
                {
                    "round": state.round.key,
                    "due": state.round.due.isoformat(),
                    "code": each.member.code,
                    "name": each.member.name("en"),
                    "reminder": each.reminded.isoformat(),
                    "email": next((one.email for one in contacts if one.email), ""),
                }
            )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        reach = row["email"] or "no point of contact is stated"
        typer.echo(f"{row['round']}, due {row['due']}: {row['name']} ({row['code']}), {reach}")
    if not rows:
        typer.echo("No reminder is due.")


def _read(source: Path) -> "Loaded":
    from rempart.formats import register_files as files

    paths = [source / name for name in files.COLUMNS if (source / name).is_file()] if source.is_dir() else [source]
    if not paths:
        raise InputError("none of the register's files is in this folder.", where=str(source))
    if sum(path.stat().st_size for path in paths) > files.MAX_BYTES:
        raise InputError(f"a register has at most {files.MAX_BYTES} bytes.", where=str(source))
    try:
        texts = {path.name: path.read_bytes().decode("utf-8") for path in paths}
    except UnicodeDecodeError as error:
        raise InputError("this is not UTF-8.", where=str(source), advice="Save it as UTF-8.") from error
    return files.read_csv(texts) if source.is_dir() else files.read_json(texts[source.name])


def _tell(loaded: "Loaded", outcomes: list["Outcome"], *, as_json: bool, is_check: bool) -> None:
    from rempart.node.register.importing import Done

    rejected = [each for each in outcomes if each.done is Done.REJECTED]
    counts = {done: sum(each.done is done for each in outcomes) for done in Done}
    counts[Done.REJECTED] += len(loaded.problems)
    wrong = [{"where": each.where, "reason": each.reason} for each in loaded.problems]
    wrong += [{"where": f"{each.what} of {each.country}", "reason": each.reason} for each in rejected]
    if as_json:
        typer.echo(json.dumps({"check": is_check, "counts": counts, "rejected": wrong}, ensure_ascii=False))
    else:
        console = Console(stderr=True, soft_wrap=True)
        for one in wrong:
            console.print(f"{one['where']}: {one['reason']}", markup=False, highlight=False)
        told = ", ".join(f"{number} {done}" for done, number in counts.items() if number) or "nothing to do"
        typer.echo(f"Would be: {told}." if is_check else f"{told[0].upper()}{told[1:]}.")
    if wrong:
        raise typer.Exit(SOME_REJECTED)
