"""`rempart audit`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError
from rempart.formats.audit_export import FORMATS, Format

app = typer.Typer(no_args_is_help=True)

FormerKeys = Annotated[
    list[str], typer.Option("--former-key", help="A public key this node signed by earlier, as `rempart key` printed.")
]


@app.callback()
def audit() -> None:
    """The chain of events."""


@app.command()
def verify(
    since_checkpoint: Annotated[
        bool, typer.Option("--since-checkpoint", help="Go on from the last signed checkpoint only.")
    ] = False,
    former_key: FormerKeys = [],  # noqa: B006 - typer reads it, nobody writes it
) -> None:
    """Recompute the whole chain; exit code 1 names the first event that does not fit.

    It is compared with the signed checkpoints in the data folder, and with their copy where one is kept.

    Example: rempart audit verify
    """
    setup()
    from rempart.node.audit import services

    with _progress() as progress:
        task = progress.add_task("Verifying", total=None)
        found = services.verify(
            since_checkpoint=since_checkpoint,
            former_keys=[_public_key(text) for text in former_key],
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    what = f"What follows on the last checkpoint, {found.recomputed} of" if since_checkpoint else "The chain of"
    typer.echo(f"{what} {found.events} events is whole.")
    if found.checkpoints:
        typer.echo(f"{found.checkpoints} signed checkpoints stand for the first {found.covered}.")
    else:
        typer.echo("No signed checkpoint stands for them yet: a worker makes one, or `rempart audit checkpoint`.")


@app.command()
def checkpoint() -> None:
    """Sign the head of the chain now, as workers do at a cadence and when they stop.

    Example: rempart audit checkpoint
    """
    setup()
    from rempart.node.audit import checkpoints

    made = checkpoints.write()
    typer.echo("The last checkpoint stands for all events." if made is None else f"Signed: {made.seq} events.")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file, named .jsonl or .csv.", dir_okay=False)],
    since: Annotated[str, typer.Option(help="First day, UTC, such as 2026-03-01.")] = "",
    until: Annotated[str, typer.Option(help="Last day, UTC.")] = "",
    actor: Annotated[str, typer.Option(help="Such as staff:3.")] = "",
    action: Annotated[str, typer.Option(help="Beginning of the event's name, such as case:.")] = "",
    subject: Annotated[str, typer.Option(help="Beginning of the subject, such as report:.")] = "",
    reference: Annotated[str, typer.Option(help="A report's reference, a subject or a number.")] = "",
) -> None:
    """Write events into a file, and beside it a signed note by which it can be checked elsewhere.

    Example: rempart audit export events.jsonl --since 2026-03-01
    """
    format = _format(file)
    setup()
    from rempart.node.audit import exporting, searching

    given = dict(zip(searching.FIELDS, (since, until, actor, action, subject, reference), strict=True))
    question = searching.read(given)
    if question.wrong:
        raise InputError("this is not a day.", where=f"--{question.wrong[0]}", advice="Write it as 2026-03-31.")
    try:
        with file.open("xb") as opened:
            note = exporting.export(opened, question.search, question.asked, format, actor="system")
    except FileExistsError:
        raise InputError("the file exists.", where=str(file), advice="Name a new one.") from None
    note_of(file).write_text(note, encoding="utf-8")
    typer.echo(f"Written: {file} and {note_of(file).name}.")


@app.command()
def check(
    file: Annotated[
        Path, typer.Argument(help="Exported events; the note lies beside it.", exists=True, dir_okay=False)
    ],
    key: Annotated[str, typer.Option(help="The node's public key, as `rempart key` printed it there.")],
) -> None:
    """Check exported events with the node's public key; needs no node.

    Example: rempart audit check events.jsonl --key 9f3c…
    """
    from rempart.node.audit.checking import check as check_file

    note = note_of(file)
    if not note.is_file():
        raise InputError("the signed note is missing.", where=str(note), advice="Put it beside the file.")
    found = check_file(file, note.read_text(encoding="utf-8"), _public_key(key, "--key"))
    what = "the whole chain" if found.whole_chain else "what the node says was selected"
    typer.echo(f"Genuine: {found.note.events} events, {what}, of {found.note.chain_seq} in the chain.")


def note_of(file: Path) -> Path:
    """Where the signed note of an export lies."""
    return file.with_name(f"{file.name}.note")


def _format(file: Path) -> Format:
    for format in FORMATS:
        if file.suffix == f".{format}":
            return format
    raise InputError("the name tells no format.", where=str(file), advice="Let it end with .jsonl or .csv.")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True, soft_wrap=True), transient=True)


def _public_key(text: str, where: str = "--former-key") -> bytes:
    try:
        public = bytes.fromhex(text)
    except ValueError:
        public = b""
    if len(public) != 32:
        raise InputError("a public key has 64 hexadecimal digits.", where=where, advice="See `rempart key`.")
    return public
