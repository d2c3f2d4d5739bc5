"""Back up a node that runs, and put a backup in place of nothing.

Order of a backup: checkpoints, database, files; the log's head last, at one moment with all its files. So no checkpoint
stands for an event the copy of the database lacks, every file the copy names is there, unless it was erased since, and
the copy of the log is one that goes on.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from rempart import __version__
from rempart.adapters.backup_set import BackupWriter, Manifest, check_of_key, files_below
from rempart.adapters.database_copy import FILES, POSTGRESQL, SQLITE, copy_sqlite, dump_postgresql
from rempart.adapters.home import HELD, Home
from rempart.adapters.log_folder import FolderStore
from rempart.core.errors import InputError
from rempart.node import runtime
from rempart.node.audit import checkpoints
from rempart.node.audit import services as audit
from rempart.node.exchange import services as exchange

DATA, KEYS = "data", "keys"

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be copied: bytes of the folders, and of the database as far as it is known before."""

    folders: tuple[Path, ...]
    size: int


def plan(home: Home) -> Plan:
    """Every folder of the data folder but the keys, the checkpoints (copied first), the log (last) and what runs."""
    left_out = {home.keys_directory, home.checkpoints, home.log, home.run}
    folders = [path for path in sorted(home.path.iterdir()) if path.is_dir() and path not in left_out]
    size = sum(_size(path) for folder in [*folders, home.log] for path in files_below(folder)) + _database_size(home)
    return Plan(tuple(path for path in folders if not path.name.startswith(".")), size)


def take(folder: Path, keys: Path | None, planned: Plan, on_bytes: OnBytes = lambda count: None) -> Manifest:
    """Write a whole backup into `folder`, and one of the keys into `keys` if it is given; then record it."""
    home: Home = settings.HOME
    _refuse_together(folder, keys)
    _refuse_without_space(folder, planned.size)
    checkpoints.write()
    writer = BackupWriter(folder, DATA, on_bytes)
    taken_at = runtime.clock().now()
    writer.copy_tree(home.checkpoints, home.checkpoints.name)
    _copy_database(writer, _database_size(home), on_bytes)
    seq, _ = audit.head()
    for each in planned.folders:
        writer.copy_tree(each, each.name)
    _copy_log(writer, home.log)
    # The keys come before the manifest: a backup that was asked to hold them is whole only with them.
    if keys is not None:
        _take_keys(home, keys)
    facts = {"version": __version__, "database": database_kind(), "events": str(seq), **_key_checks(home)}
    manifest = writer.finish(taken_at, facts, runtime.signer())
    with transaction.atomic():
        counts = {"files": len(manifest.files), "bytes": manifest.size, "keys": keys is not None}
        audit.record("backup:taken", "node:backup", data=counts)
    return manifest


def note_restored(manifest: Manifest) -> None:
    """Say in the chain that what follows stands on a backup, and let the log wait until it was compared."""
    exchange.mark_restored()
    with transaction.atomic():
        audit.record("backup:restored", "node:backup", data={"taken_at": manifest.taken_at.isoformat()})


def database_kind() -> str:
    return SQLITE if str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3") else POSTGRESQL


def _database_size(home: Home) -> int:
    """Bytes of the embedded database; of another one only its server knows."""
    return _size(home.database) if database_kind() == SQLITE else 0


def _copy_log(writer: BackupWriter, log: Path) -> None:
    """Most of it while it grows, then what came meanwhile and its head while nothing is written."""
    copied = set()
    for path in sorted(files_below(log)):
        if path.parent != log:
            copied.add(path)
            writer.copy(path, f"{log.name}/{path.relative_to(log).as_posix()}")
    with FolderStore(log).still():
        for path in sorted(set(files_below(log)) - copied):
            if path.name != exchange.RESTORED:
                writer.copy(path, f"{log.name}/{path.relative_to(log).as_posix()}")


def _copy_database(writer: BackupWriter, size: int, on_bytes: OnBytes) -> None:
    database, name, told = settings.DATABASES["default"], FILES[database_kind()], 0

    def on_pages(done: int, total: int) -> None:
        nonlocal told
        now = size * done // max(total, 1)
        on_bytes(now - told)
        told = now

    if database_kind() == SQLITE:
        copy_sqlite(Path(str(database["NAME"])), writer.folder / name, on_pages)
    else:
        dump_postgresql(database, writer.folder / name)
    writer.adopt(name)


def _take_keys(home: Home, folder: Path) -> None:
    writer = BackupWriter(folder, KEYS)
    for name in sorted(HELD["all"]):
        writer.copy(home.keys_directory / name, name)
    writer.finish(runtime.clock().now(), _key_checks(home))


def _key_checks(home: Home) -> dict[str, str]:
    """By which a restore tells whether keys and data belong together."""
    return {f"key {name}": check_of_key((home.keys_directory / name).read_bytes()) for name in sorted(HELD["all"])}


def _refuse_together(folder: Path, keys: Path | None) -> None:
    if keys is None:
        return
    one, other = folder.resolve(), keys.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise InputError(
            "keys beside the data they open protect nothing.",
            where="--keys",
            advice="Name a folder elsewhere, best on a medium that is kept apart.",
        )


def _refuse_without_space(folder: Path, size: int) -> None:
    there = next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if free < size:
        raise InputError(
            f"there is room for {free >> 20} MiB where {size >> 20} MiB are needed.",
            where=str(folder),
            advice="Free some space, or name a folder on another disk.",
        )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
