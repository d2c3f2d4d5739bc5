"""The database, the chain of events and its checkpoints, the vault and the backups."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from rempart.core.errors import IntegrityError, RempartError
from rempart.node.audit import checkpoints
from rempart.node.audit import services as audit
from rempart.node.doctor.findings import Finding, error, info, ok, span, warning
from rempart.node.intake import services as intake
from rempart.node.runtime import clock

_BACKUP_WARNING, _BACKUP_ERROR = timedelta(days=2), timedelta(days=8)
_FUTURE = timedelta(seconds=5)
_LATE = 3
"""So many times the cadence without a checkpoint is late."""


def look() -> Iterator[Finding]:
    """Findings on what is stored; nothing beyond the first where the database cannot be used."""
    reached = _database()
    yield reached
    if reached.severity != "ok":
        return
    yield _durable()
    yield _encrypted()
    yield _chain()
    yield _checkpoint()
    yield _copy()
    yield _order()
    yield _vault()
    yield _backup()
    yield _keys()


def _database() -> Finding:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as failed:
        advice = "Check REMPART_DATABASE, the server and its rights."
        return error("database", f"The database cannot be reached ({type(failed).__name__}).", advice)
    if waiting:
        return error("database", f"{len(waiting)} migrations are missing.", "Back up, then run `rempart migrate`.")
    return ok("database", f"The {connection.vendor} database is reached and has this version's shape.")


def _durable() -> Finding:
    wanted = {"synchronous": "2", "journal_mode": "wal"}
    ask = "PRAGMA {}"
    if connection.vendor == "postgresql":
        wanted = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
        ask = "SHOW {}"
    lacking = []
    with connection.cursor() as cursor:
        for name, value in wanted.items():
            cursor.execute(ask.format(name))
            if str(cursor.fetchone()[0]) != value:
                lacking.append(name)
    if lacking:
        advice = "Set them as docs/operating.md says: what was acknowledged may be lost at a power cut."
        return error("durable", f"The database is not set to keep what it acknowledged: {', '.join(lacking)}.", advice)
    return ok("durable", "What the database acknowledged survives a power cut.")


def _encrypted() -> Finding:
    host = str(settings.DATABASES["default"].get("HOST") or "")
    if connection.vendor != "postgresql" or host.startswith("/") or host in {"", "localhost", "127.0.0.1", "::1"}:
        return ok("database_tls", "The database is on this machine.")
    if os.environ.get("PGSSLMODE") == "verify-full":
        return ok("database_tls", "The way to the database is encrypted, and the server's name is checked.")
    return error(
        "database_tls",
        "The way to the database can be read or taken over.",
        "Set PGSSLMODE=verify-full and PGSSLROOTCERT.",
    )


def _chain() -> Finding:
    """What follows on the last checkpoint; the whole chain is for `rempart audit verify`."""
    try:
        found = audit.verify(since_checkpoint=True)
    except IntegrityError as broken:
        return error(
            "chain",
            f"The chain of events is broken. {broken.where}: {broken.what}",
            "Keep a copy of the disk, tell the auditor, run `rempart audit verify`.",
        )
    return ok("chain", f"{found.events} events; the {found.recomputed} since the last checkpoint fit.")


def _checkpoint() -> Finding:
    """How long the first event that no checkpoint stands for has been waiting for one."""
    advice = "Is a worker running? See `rempart jobs failed`, and `rempart audit verify` for the reason."
    try:
        last = checkpoints.latest()
    except IntegrityError as broken:
        return error("checkpoint", f"The last checkpoint cannot be read: {broken.what}", "Run `rempart audit verify`.")
    waiting = next(audit.events(after=last.seq if last else 0), None)
    if waiting is None:
        return ok("checkpoint", "A signed checkpoint stands for every event.")
    age = clock().now() - waiting.at
    what = f"Event {waiting.seq} and those after it have waited {span(age)} for a signed checkpoint."
    if age > _LATE * timedelta(minutes=settings.CHECKPOINT_MINUTES):
        return warning("checkpoint", what, advice)
    return ok("checkpoint", what)


def _copy() -> Finding:
    copy = checkpoints.copy_file()
    if copy is None:
        return warning(
            "checkpoint_copy",
            "Signed checkpoints are kept on this machine only: who takes it over can cut both.",
            "Set REMPART_CHECKPOINT_COPY to a folder on another machine.",
        )
    own, other = checkpoints.own_file().whole(), copy.whole()
    if own == other:
        return ok("checkpoint_copy", "The copy of the checkpoints is complete.")
    if own.startswith(other):
        return warning("checkpoint_copy", "The copy of the checkpoints lags behind.", "Check the mount of its folder.")
    return error("checkpoint_copy", "The copy and the node's own checkpoints differ.", "Run `rempart audit verify`.")


def _order() -> Finding:
    """A clock that went back shows in the last event."""
    newest = next(iter(audit.latest(1, audit.Search())), None)
    if newest is not None and newest.at > clock().now() + _FUTURE:
        ahead = span(newest.at - clock().now())
        return error(
            "events_clock", f"The last event lies {ahead} in the future.", "Set the clock, and keep it by NTP."
        )
    return ok("events_clock", "No event lies in the future.")


def _vault() -> Finding:
    try:
        opened = intake.vault_opens()
    except RempartError:
        opened = False
    if opened is None:
        return info("vault", "Nothing is stored yet that could be opened.")
    if not opened:
        advice = "Are keys, database and vault of the same node? Restore them from one backup."
        return error("vault", "What is stored last cannot be opened with this key.", advice)
    return ok("vault", "What is stored opens with this key.")


def _backup() -> Finding:
    last = _last_backup(keys=False)
    advice = "Run `rempart backup` daily, as the timer in deploy/systemd does, and try a restore."
    if last is None:
        return warning("backup", "No backup was ever taken.", advice)
    age = clock().now() - last
    what = f"The last backup is {span(age)} old."
    if age > _BACKUP_ERROR:
        return error("backup", what, advice)
    return warning("backup", what, advice) if age > _BACKUP_WARNING else ok("backup", what)


def _keys() -> Finding:
    if _last_backup(keys=True) is None:
        return warning(
            "backup_keys",
            "No backup with the keys is on record.",
            "Run `rempart backup DIR --keys OTHER_DIR` once, and keep OTHER_DIR offline: without them all is lost.",
        )
    return ok("backup_keys", "The keys were backed up.")


def _last_backup(*, keys: bool) -> datetime | None:
    """When the last backup (with the keys) was taken."""
    taken = audit.latest(100, audit.Search(action="backup:taken"))
    return next((fact.at for fact in taken if fact.data.get("keys") or not keys), None)
