"""What a database keeps of deleted bytes, and the files that nothing names any more."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from django.db import connection, transaction

from rempart.node.intake.erasure import delete_blobs
from rempart.node.referrals.erasure import delete_files
from rempart.node.retention.models import Remnant

Place = Remnant.Place
_DELETE: Mapping[str, Callable[[Iterable[str]], None]] = MappingProxyType(
    {Place.VAULT: delete_blobs, Place.OUTBOX: delete_files}
)


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


def leave(names: Iterable[str], place: Place = Place.VAULT) -> None:
    """Name in the caller's transaction the files that go after it; what a kill interrupts the next run finishes."""
    rows = [Remnant(file_id=name, place=place) for name in names]
    if rows:
        Remnant.objects.bulk_create(rows)
        transaction.on_commit(sweep, robust=True)


def sweep() -> int:
    """Delete the files that transactions left behind, then their names; returns how many."""
    rows = list(Remnant.objects.values_list("place", "file_id"))
    for place, delete in _DELETE.items():
        delete([name for where, name in rows if where == place])
    Remnant.objects.filter(file_id__in=[name for _, name in rows]).delete()
    return len(rows)
