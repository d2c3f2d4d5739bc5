"""A consistent copy of a database that is in use: SQLite's online backup, or PostgreSQL's own tools."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from rempart.core.errors import IntegrityError, OutsideFailure

SQLITE, POSTGRESQL = "sqlite", "postgresql"
FILES = {SQLITE: "database.sqlite3", POSTGRESQL: "database.dump"}
"""What the copy of each kind of database is called in a backup."""
_PAGES = 4096


def copy_sqlite(source: Path, target: Path, on_pages: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Copy the database as it is now; writers go on meanwhile. `on_pages` is told pages copied and their number."""
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True, isolation_level=None)) as original,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # One read transaction around all steps: without it a write between two of them would start the copy anew.
        original.execute("BEGIN")
        original.execute("SELECT count(*) FROM sqlite_master").fetchone()
        original.backup(copy, pages=_PAGES, progress=lambda status, left, total: on_pages(total - left, total))
        original.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode=DELETE")
        [(found,)] = copy.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise IntegrityError("the copy of the database does not verify.", where=str(target), advice="Check the disks.")
    target.chmod(0o600)


def dump_postgresql(database: Mapping[str, object], target: Path) -> None:
    """`pg_dump` in its custom format; `database` holds NAME, USER, PASSWORD, HOST, PORT as Django's settings do."""
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}"], database)
    target.chmod(0o600)


def load_postgresql(database: Mapping[str, object], source: Path) -> None:
    """`pg_restore` into an empty database, all or nothing."""
    tables = _run(
        [
            "psql",
            "--no-psqlrc",
            "--tuples-only",
            "--command",
            "SELECT count(*) FROM pg_tables WHERE schemaname='public'",
        ],
        database,
    )
    if tables.strip() != "0":
        raise OutsideFailure(
            "the database holds tables; nothing is overwritten.",
            where="REMPART_DATABASE",
            advice="Make an empty database for the restored node.",
        )
    name = str(database["NAME"])
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run(["pg_restore", *options, f"--dbname={name}", str(source)], database)


def _run(command: list[str], database: Mapping[str, object]) -> str:
    # In the environment, never among the arguments: those are seen by every account of the machine.
    names = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    given = {variable: str(database.get(name) or "") for variable, name in names.items()}
    environment = {**os.environ, **{variable: value for variable, value in given.items() if value}}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise OutsideFailure(
            f"{command[0]} is not installed.",
            where="PostgreSQL",
            advice="Install PostgreSQL's client programs of the server's version.",
        ) from None
    if done.returncode != 0:
        raise OutsideFailure(
            f"{command[0]} failed with code {done.returncode}.",
            where="PostgreSQL",
            advice=f"It said: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'nothing'}",
        )
    return done.stdout
