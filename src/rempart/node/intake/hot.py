"""The two statements that nearly every call of a platform runs, written as SQL.

The ORM takes some ten times longer to build them than the database to run them, and the node is bound by its
processors when platforms report in bulk. Everything else goes through the ORM.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from rempart.node.intake.models import PlatformSubmission, Report

_SUBMISSION = PlatformSubmission._meta.db_table
_OPEN = f"{_SUBMISSION}.report_id = %s AND {_SUBMISSION}.platform_id = %s AND {_SUBMISSION}.phase = 'open'"
_FIND = (
    f"SELECT reference, wrapped_key FROM {_SUBMISSION} "  # noqa: S608 - names of tables only
    f"JOIN {Report._meta.db_table} AS held ON held.id = {_SUBMISSION}.report_id WHERE {_OPEN}"
)


def change_open(report_id: int, platform_id: int, changes: Mapping[str, str | datetime | None]) -> bool:
    """Set columns of a submission if it is open and of this platform (compare-and-swap); whether it was.

    `changes` are columns named in our own code. The row stays locked to the end of the caller's transaction.
    """
    columns = ", ".join(f"{name} = %s" for name in changes)
    adapt = connection.ops.adapt_datetimefield_value
    values = [adapt(value) if isinstance(value, datetime) else value for value in changes.values()]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {_SUBMISSION} SET {columns} WHERE {_OPEN}", [*values, report_id, platform_id])  # noqa: S608
        changed: int = cursor.rowcount
    return changed == 1


def find_open(report_id: int, platform_id: int) -> Report | None:
    """An open report of this platform with just what sealing a file needs: number, reference and wrapped key."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [report_id, platform_id])
        row = cursor.fetchone()
    return Report(pk=report_id, reference=row[0], wrapped_key=bytes(row[1])) if row else None
