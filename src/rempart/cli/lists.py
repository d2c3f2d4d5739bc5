"""`rempart lists`."""

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from rempart.cli.node_setup import setup
from rempart.core.errors import InputError
from rempart.formats.rows import RejectedRow

if TYPE_CHECKING:
    from rempart.node.lists.importing import Row

SOME_REJECTED = 3


class ExportFormat(StrEnum):
    FEED = "feed"
    CSV = "csv"
    VICS = "vics"


MAX_VICS_BYTES = 1 << 30

app = typer.Typer(no_args_is_help=True)


@app.callback()
def lists() -> None:
    """Hash lists this node matches against."""


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV of hashes, or VICS JSON.", exists=True, dir_okay=False)],
    name: Annotated[str, typer.Option(help="The list's name.")],
    category: Annotated[
        str, typer.Option(help="Category of entries that name none: baseline, national, A1, A2, B1, B2, not_illegal.")
    ],
    settle: Annotated[
        bool, typer.Option("--settle/--no-settle", help="Whether a match settles content without anyone viewing it.")
    ] = True,
) -> None:
    """Add a file's fingerprints to a list; repeating it changes nothing.

    Exit code 3: some lines were rejected; each is named with its reason.

    Example: rempart lists import hashes.csv --name "Example list" --category national
    """
    setup()
    from rempart.node.lists.importing import import_rows

    with _progress() as progress:
        rows = _rows(file, progress, "Importing")
        result = import_rows(
            name, category, rows, settles=settle, source=file.name, on_rejected=_naming_rejected(progress)
        )
    typer.echo(f"{result.added} entries added, {result.present} present already, {result.rejected} lines rejected.")
    if result.rejected:
        raise typer.Exit(SOME_REJECTED)


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="One list, with its digest and what it follows from.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object; needs the list's name.")] = False,
) -> None:
    """Print every list with its counts, or one with its SHA-256, policy and heads.

    Two nodes whose lists have one policy and the same heads print the same SHA-256.

    Example: rempart lists show alliance --json
    """
    setup()
    if name is not None:
        _show_one(name, as_json)
        return
    if as_json:
        raise typer.BadParameter("Name the list.", param_hint="--json")
    from rempart.node.lists.services import all_lists

    table = Table("List", "Category", "Settles", "Entries", "Withdrawn", "May be shared", "Platforms", "Changed")
    for facts in all_lists():
        settles, may_share = ("yes" if value else "no" for value in (facts.settles, facts.may_share))
        counts = (str(facts.entries), str(facts.withdrawn), may_share, str(facts.platforms))
        table.add_row(facts.name, facts.category, settles, *counts, f"{facts.changed_at:%Y-%m-%d %H:%M}")
    Console().print(table)


def _show_one(name: str, as_json: bool) -> None:
    from rempart.node.lists.showing import shown

    found = shown(name)
    if as_json:
        typer.echo(json.dumps(found.document))
        return
    table = Table("What", "Value")
    for what, value in found.document.items():
        if what == "policy":
            value = json.dumps(value) if value else "none: it was imported"
        elif what == "heads":
            value = "\n".join(f"{head['origin']} {head['size']}" for head in value)
        table.add_row(what, "" if value is None else str(value))
    Console().print(table)


@app.command()
def policy(
    name: Annotated[str, typer.Argument(help="The list's name; a new name makes a new list.")],
    governments: Annotated[
        int | None, typer.Option(min=1, help="How many governments must list a fingerprint.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="Only words of these categories: baseline, national, A1, A2, B1, B2.")
    ] = None,
    member: Annotated[
        list[str] | None, typer.Option(help="Only these members list, by their log's origin; `all` for all.")
    ] = None,
    exclude: Annotated[list[str] | None, typer.Option(help="These members count for nothing; `none` for none.")] = None,
    veto: Annotated[
        list[str] | None, typer.Option(help="Whose disputes veto: any, none, or members by their log's origin.")
    ] = None,
    imported: Annotated[
        bool | None, typer.Option("--imported/--own-analysis", help="Count also what members took over from others.")
    ] = None,
    settle: Annotated[
        bool | None, typer.Option("--settle/--no-settle", help="Whether a match settles content without viewing it.")
    ] = None,
) -> None:
    """Make a list that follows from the members' signals, or change its policy; what is not named stays.

    A new list counts two governments and every category, any dispute vetoes, and a match settles nothing.

    Example: rempart lists policy strict --governments 3 --category baseline
    """
    setup()
    from rempart.node.lists.policies import changes_from, set_policy
    from rempart.node.lists.showing import fold_and_show

    changes = changes_from(governments, category, member, exclude, veto, imported)
    made = set_policy(name, changes, settles=settle)
    typer.echo(f"Policy {made.sha256[:16]}, revision {made.revision}: {fold_and_show(name).entries} entries.")


@app.command()
def withdraw(
    file: Annotated[Path, typer.Argument(help="CSV of hashes, or VICS JSON.", exists=True, dir_okay=False)],
    name: Annotated[str, typer.Option(help="The list's name.")],
    reason: Annotated[str, typer.Option(help="Why they are withdrawn; kept in the chain of events.")],
) -> None:
    """Withdraw a file's fingerprints from a list: they match nothing from now on, here and wherever the list goes.

    It is not taken back: an entry that was withdrawn stays withdrawn. Exit code 3: some lines were rejected; each is
    named with its reason.

    Example: rempart lists withdraw wrong.csv --name "Example list" --reason "A stock photo"
    """
    setup()
    from rempart.node.lists.withdrawing import withdraw_rows

    with _progress() as progress:
        rows = _rows(file, progress, "Withdrawing")
        result = withdraw_rows(name, rows, reason=reason, on_rejected=_naming_rejected(progress))
    typer.echo(f"{result.withdrawn} entries withdrawn, {result.absent} not on the list, {result.rejected} rejected.")
    if result.rejected:
        raise typer.Exit(SOME_REJECTED)


@app.command()
def terms(
    name: Annotated[str, typer.Argument(help="The list's name.")],
    may_share: Annotated[
        bool, typer.Option("--may-share/--no-share", help="Whether the terms it came with allow passing it on.")
    ],
) -> None:
    """Note whether a list may be passed on; before that no platform gets it, and afterwards only by `lists grant`.

    Example: rempart lists terms "Example list" --may-share
    """
    setup()
    from rempart.node.lists.sharing import set_terms

    set_terms(name, may_share=may_share)
    typer.echo("It may be passed on." if may_share else "It is passed on to nobody.")


@app.command()
def grant(
    name: Annotated[str, typer.Argument(help="The list's name.")],
    platform: Annotated[str, typer.Argument(help="The username, as `rempart platform list` shows it.")],
) -> None:
    """Let a platform fetch a list with its credential.

    Example: rempart lists grant "Example list" example-chat-1a2b3c4d
    """
    setup()
    from rempart.node.intake.platforms import platform_id
    from rempart.node.lists import sharing

    sharing.grant(name, platform_id(platform))
    typer.echo(f"{platform} may have the list.")


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The list's name.")],
    platform: Annotated[str, typer.Argument(help="The username, as `rempart platform list` shows it.")],
) -> None:
    """End a platform's access to a list; what it fetched before it keeps.

    Example: rempart lists revoke "Example list" example-chat-1a2b3c4d
    """
    setup()
    from rempart.node.intake.platforms import platform_id
    from rempart.node.lists import sharing

    sharing.revoke(name, platform_id(platform))
    typer.echo(f"{platform} may not have the list.")


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="The list's name.")],
    target: Annotated[
        Path, typer.Argument(help="A folder that is new, empty, or was exported to before; with --format, a file.")
    ],
    file_format: Annotated[
        ExportFormat, typer.Option("--format", help="A mirror of the feed, or one file: CSV of hashes, VICS hash set.")
    ] = ExportFormat.FEED,
) -> None:
    """Write or update a static mirror of a list, for any web server to serve to those who may have it.

    With --format csv or vics, one file for others' tools. VICS requires an MD5 of every file: other fingerprints are
    left out, and counted.

    Example: rempart lists export "Example list" mirror/
    """
    setup()
    if file_format is not ExportFormat.FEED:
        from rempart.node.lists.file_export import FileFormat, export_file

        written = export_file(name, target, FileFormat(file_format.value))
        typer.echo(f"{written.entries} entries written, {written.left_out} left out.")
        return
    from rempart.node.lists.mirror import export as write

    if target.exists() and not target.is_dir():
        raise InputError("The mirror's target is a file.", where=str(target), advice="Name a folder, or give --format.")
    done = write(name, target)
    typer.echo(f"Sequence {done.sequence}: {done.written} files written, {done.pruned} removed.")


@app.command()
def pull(
    url: Annotated[str, typer.Argument(help="Where its /v2 begins, such as https://lists.example/hashsharing.")],
    name: Annotated[str, typer.Option(help="The list that follows the server; made if it does not exist.")],
    category: Annotated[str, typer.Option(help="Category of entries whose classification is none of this node's.")],
    key_file: Annotated[
        Path | None, typer.Option(help="A file with `username:secret`, copied into the data folder.", dir_okay=False)
    ] = None,
    settle: Annotated[
        bool, typer.Option("--settle/--no-settle", help="Whether a match settles content without anyone viewing it.")
    ] = True,
) -> None:
    """Follow a list of another body's Hash Sharing v2 server: now, and from then on every five minutes by the worker.

    What the server deletes is withdrawn here. The key is needed the first time, and when it changes.

    Example: rempart lists pull https://lists.example/hashsharing --name "Their list" --category national --key-file key
    """
    setup(acts_outside=True)
    from rempart.node.lists import pulling

    key = key_file.read_text(encoding="utf-8").strip() if key_file else pulling.key_of(name)
    pulling.check(url, key)
    pull_id = pulling.set_up(name, category, url, key, settles=settle)
    with _progress() as progress:
        task = progress.add_task("Pulling", total=None)
        done = pulling.pull(pull_id, on_progress=lambda so_far: progress.update(task, completed=so_far.updates))
    typer.echo(
        f"{done.updates} updates: {done.added} entries added, {done.withdrawn} withdrawn, {done.rejected} rejected."
    )


@app.command()
def pulls() -> None:
    """Print which lists follow another body's server, and how that goes."""
    setup()
    from rempart.node.lists.pulling import all_pulls

    table = Table("List", "Server", "Pulled", "Failing since", "Because")
    for facts in all_pulls():
        times = (f"{at:%Y-%m-%d %H:%M}" if at else "-" for at in (facts.pulled_at, facts.failing_since))
        table.add_row(facts.name, facts.url, *times, facts.failure)
    Console().print(table)


@app.command(name="end-pull")
def end_pull(name: Annotated[str, typer.Argument(help="The list's name.")]) -> None:
    """Follow a list's server no longer; its key is erased, its entries stay.

    Example: rempart lists end-pull "Their list"
    """
    setup()
    from rempart.node.lists.pulling import end

    end(name)
    typer.echo("The list follows no server.")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True, soft_wrap=True))


def _naming_rejected(progress: Progress) -> Callable[[RejectedRow], None]:
    """Print each rejected line above the bar."""

    def say(row: RejectedRow) -> None:
        progress.console.print(f"line {row.line}: {row.reason}", markup=False, highlight=False)

    return say


def _rows(file: Path, progress: Progress, doing: str) -> Iterator["Row"]:
    from rempart.formats.hash_csv import read_hash_csv
    from rempart.formats.vics import read_vics

    size = file.stat().st_size
    task = progress.add_task(doing, total=size)
    if not _is_json(file):
        yield from read_hash_csv(_lines(file, progress))
        return
    if size > MAX_VICS_BYTES:
        raise InputError(
            "The file is larger than 1 GiB.", where=file.name, advice="Split the set and import its parts."
        )
    yield from read_vics(file.read_bytes())
    progress.update(task, completed=size)


def _is_json(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def _lines(file: Path, progress: Progress) -> Iterator[str]:
    with file.open("rb") as opened:
        for line in opened:
            progress.advance(progress.task_ids[0], len(line))
            # A byte that is no UTF-8 spoils its own line only.
            yield line.decode("utf-8", errors="replace")
