"""`rempart backup` and `rempart restore`."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from rempart.adapters import backup_set
from rempart.adapters.backup_set import Manifest
from rempart.adapters.database_copy import FILES, POSTGRESQL, SQLITE, load_postgresql
from rempart.adapters.home import Home
from rempart.adapters.signing import Signer
from rempart.cli.node_setup import setup
from rempart.core.errors import Conflict, InputError, IntegrityError


def backup(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", file_okay=False)],
    keys: Annotated[
        Path | None, typer.Option(help="A second folder, elsewhere, that gets the keys; without it they are left out.")
    ] = None,
) -> None:
    """Copy database, files and checkpoints of a node, also while it runs; the keys only apart from them.

    Example: rempart backup /backup/2026-03-31 --keys /media/safe/keys
    """
    setup()
    from django.conf import settings

    from rempart.node import backups

    with _progress() as progress:
        planned = backups.plan(settings.HOME)
        task = progress.add_task("Backing up", total=planned.size)
        manifest = backups.take(folder, keys, planned, lambda count: progress.advance(task, count))
    typer.echo(f"{len(manifest.files)} files, {manifest.size} bytes. Whole: {folder / backup_set.MANIFEST}")
    if keys is None:
        typer.echo("The keys are not in it; without them it opens nothing. Keep a copy of them apart (--keys).")


def restore(
    folder: Annotated[Path, typer.Argument(help="A backup.", exists=True, file_okay=False)],
    keys: Annotated[
        Path | None, typer.Option(help="The folder with the keys; without it they must lie in place already.")
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Also one without a signature, whose origin nothing shows.")
    ] = False,
) -> None:
    """Put a backup into an empty data folder, check it against its manifest, and verify the chain of events.

    Example: REMPART_HOME=/srv/rempart rempart restore /backup/2026-03-31 --keys /media/safe/keys
    """
    home = Home.from_environment()
    _refuse_filled(home, keys)
    manifest = backup_set.read_manifest(folder, "data")
    _refuse_other_database(manifest)
    key_manifest = None if keys is None else backup_set.read_manifest(keys, "keys")
    with _progress() as progress:
        task = progress.add_task("Checking", total=manifest.size)
        backup_set.check_files(folder, manifest, lambda count: progress.advance(task, count))
        if keys is not None and key_manifest is not None:
            backup_set.check_files(keys, key_manifest)
        _refuse_other_keys(manifest, keys or home.keys_directory)
        is_signed = _check_signed(folder, keys or home.keys_directory, unsigned)
        task = progress.add_task("Restoring", total=manifest.size)
        _put_in_place(home, folder, manifest, keys, key_manifest, lambda count: progress.advance(task, count))
    typer.echo("Signed by this node." if is_signed else "NOT SIGNED: nothing shows that a node of ours wrote it.")
    _begin_again(folder, manifest)


def _check_signed(folder: Path, keys: Path, unsigned: bool) -> bool:
    """Whether the node's key, one of those kept with the backup, signed it; refused where not, unless asked for."""
    if backup_set.check_signature(folder, Signer((keys / "signing.key").read_bytes()).public_key):
        return True
    if not unsigned:
        raise IntegrityError(
            "the backup is not signed: anybody could have written it.",
            where=str(folder / backup_set.NOTE),
            advice="Use a signed one; with --unsigned it is restored all the same, at your own risk.",
        )
    return False


def _refuse_filled(home: Home, keys: Path | None) -> None:
    if home.keys_apart is not None and keys is not None:
        raise InputError(
            f"the keys lie in {home.keys_apart} (REMPART_KEYS) and are not put there by this command.",
            where="--keys",
            advice="Put them there yourself, then restore without --keys.",
        )
    lies_there = {path.name for path in home.path.iterdir()} if home.path.is_dir() else set()
    in_place = keys is None and lies_there == (set() if home.keys_apart else {"keys"})
    if not in_place:
        advice = "Restore into a new folder: set REMPART_HOME, or move what is there away."
        backup_set.refuse_filled(home.path, advice)
        if keys is None:
            raise InputError(
                "the keys are needed.",
                where="--keys",
                advice=f"Name the folder that has them, or put them into {home.keys_directory} first.",
            )


def _refuse_other_database(manifest: Manifest) -> None:
    held, configured = manifest.facts.get("database"), POSTGRESQL if os.environ.get("REMPART_DATABASE") else SQLITE
    if held != configured:
        raise Conflict(
            f"the backup holds a {held} database, this node is set to {configured}.",
            where="REMPART_DATABASE",
            advice="Set it as the node had it.",
        )


def _refuse_other_keys(manifest: Manifest, keys: Path) -> None:
    wanted = {name.removeprefix("key "): value for name, value in manifest.facts.items() if name.startswith("key ")}
    for name, value in wanted.items():
        path = keys / name
        if not path.is_file():
            raise InputError("this key is missing.", where=str(path), advice="Restore it from where keys are kept.")
        if backup_set.check_of_key(path.read_bytes()) != value:
            raise InputError(
                "this key is not the one the node had: it opens nothing of this backup.",
                where=str(path),
                advice="Use the keys that were saved with this backup.",
            )


def _put_in_place(
    home: Home,
    folder: Path,
    manifest: Manifest,
    keys: Path | None,
    key_manifest: Manifest | None,
    on_bytes: backup_set.OnBytes,
) -> None:
    """Files first below a hidden folder, then whole folders by renaming, the keys last.

    Interrupted before the end, the folder has no keys or no vault, and no node starts on it.
    """
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.path.chmod(0o700)
    staged = home.path / ".restoring"
    staged.mkdir(mode=0o700)
    for entry in manifest.files:
        if entry.path != FILES[POSTGRESQL]:
            backup_set.restore_file(folder, entry, staged / entry.path, on_bytes)
    if keys is not None and key_manifest is not None:
        for entry in key_manifest.files:
            backup_set.restore_file(keys, entry, staged / "keys" / entry.path)
    for path in sorted(staged.iterdir(), key=lambda path: (path.name == "keys", path.name == "vault", path.name)):
        path.rename(home.path / path.name)
    staged.rmdir()
    for directory in home.directories:
        directory.mkdir(mode=0o700, exist_ok=True)


def _begin_again(folder: Path, manifest: Manifest) -> None:
    setup()
    from django.conf import settings
    from django.core.management import call_command

    from rempart.node import backups
    from rempart.node.audit import services as audit

    if manifest.facts.get("database") == POSTGRESQL:
        load_postgresql(settings.DATABASES["default"], folder / FILES[POSTGRESQL])
    call_command("migrate", verbosity=0, interactive=False)
    found = audit.verify()
    backups.note_restored(manifest)
    typer.echo(f"Restored as of {manifest.taken_at:%Y-%m-%d %H:%M} UTC. The chain of {found.events} events is whole.")
    typer.echo("The log is not signed before `rempart log resume` has compared it with what the members have seen.")
    typer.echo("Before a worker starts: place police holds anew, and look at what else happened since.")


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True, soft_wrap=True), transient=True)
