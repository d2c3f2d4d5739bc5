"""Make unreadable what a report held, and keep the bare fact that it was."""

from django.db import transaction

from rempart.core.vocabulary import ReportState
from rempart.node.audit import services as audit
from rempart.node.intake.models import Original, Report, ReportItem, StoredFile
from rempart.node.runtime import vault


def erase(report_id: int, why: str, actor: str) -> None:
    """Close a report that never counted and destroy what it held; the event is `report:<why>`.

    Its key is replaced by one that never sealed anything, so that copies of rows or blobs in a backup stay shut.
    The blobs go after the commit; one that a crash leaves behind is an orphan that housekeeping sweeps.
    """
    reference = Report.objects.values_list("reference", flat=True).get(pk=report_id)
    blobs = list(StoredFile.objects.filter(report=report_id).values_list("file_id", flat=True))
    for held in (ReportItem, StoredFile, Original):
        held.objects.filter(report=report_id).delete()
    Report.objects.filter(pk=report_id).update(
        state=ReportState.CLOSED,
        closed_reason=why,
        wrapped_key=vault().wrap(vault().new_report_key(), reference),
    )
    audit.record(f"report:{why}", f"report:{report_id}", actor=actor)
    transaction.on_commit(lambda: _delete(blobs), robust=True)


def _delete(blobs: list[str]) -> None:
    for blob in blobs:
        vault().delete(blob)
