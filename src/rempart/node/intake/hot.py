"""What nearly every call of a platform asks, as statements built once (why: see `rempart.node.statements`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from rempart.node.intake.models import PlatformSubmission, Report, ReportItem, StoredFile
from rempart.node.statements import Select

_SUBMISSION = PlatformSubmission._meta.db_table
_OPEN = "report_id = %s AND platform_id = %s AND phase = 'open'"

OPEN_REPORT = Select(
    Report,
    ("id", "reference", "wrapped_key"),
    f"id = (SELECT report_id FROM {_SUBMISSION} WHERE {_OPEN})",  # noqa: S608 - names of tables only
)
"""An open report of a platform with just what sealing a file needs, by report and platform number."""

FILES = Select(
    StoredFile,
    ("id", "report", "file_id", "sealed_details", "sha256", "viewed_by_platform", "publicly_available", "annotations"),
    "report_id = %s ORDER BY id",
)
"""A report's files in the order they came, with what finishing needs."""

ITEMS = Select(ReportItem, ("id", "report", "position", "kind", "sealed"), "report_id = %s ORDER BY position")
"""A report's items in order, with what finishing needs."""

_REPORT = Select(Report, ("id", "reference", "source", "facts", "wrapped_key", "quality_findings"), "id = %s")
_INPUTS = Select(PlatformSubmission, ("report", "quality_inputs"), "report_id = %s")


def finishing(report_id: int) -> tuple[Report, Mapping[str, Any]]:
    """A platform's report with what finishing needs, and its submission's quality inputs. Raises DoesNotExist."""
    report, submission = _REPORT.first(report_id), _INPUTS.first(report_id)
    if report is None or submission is None:
        raise Report.DoesNotExist
    return report, submission.quality_inputs


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
