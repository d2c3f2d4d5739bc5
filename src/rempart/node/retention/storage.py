"""What a database keeps of deleted bytes, and the vault's files that nothing names any more."""

from collections.abc import Iterable

from django.db import connection, transaction

from rempart.node.intake.erasure import delete_blobs
from rempart.node.retention.models import Remnant


def overwrite_freed_pages() -> None:
    """SQLite leaves deleted bytes in its file unless told otherwise; PostgreSQL does until its next VACUUM."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def truncate_log() -> None:
    """Outside a transaction: empty SQLite's write-ahead log, which holds earlier states of pages."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def leave(blobs: Iterable[str]) -> None:
    """Name in the caller's transaction the files that go after it; what a kill interrupts the next run finishes."""
    rows = [Remnant(file_id=blob) for blob in blobs]
    if rows:
        Remnant.objects.bulk_create(rows)
        transaction.on_commit(sweep, robust=True)


def sweep() -> int:
    """Delete the files that transactions left behind, then their names; returns how many."""
    blobs = list(Remnant.objects.values_list("file_id", flat=True))
    delete_blobs(blobs)
    Remnant.objects.filter(file_id__in=blobs).delete()
    return len(blobs)
