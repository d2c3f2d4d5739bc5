"""What a node has stored, so that a test can say: a refused call left nothing."""

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection

# The last use of a credential is noted whatever the call comes to; it is no row of its own.
Stored = dict[str, int]


def stored() -> Stored:
    """Rows of every table of ours in one query, and files in the vault, left-over temporaries included."""
    tables = [model._meta.db_table for model in apps.get_models() if model.__module__.startswith("rempart.")]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in tables))
        counted = dict(cursor.fetchall())
    return {**counted, "files in the vault": sum(1 for _ in files_in(settings.HOME.vault))}


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())
