"""What retention may ask of referrals: the files that were exported for transmission."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from rempart.node.audit import services as audit
from rempart.node.referrals.models import Referral
from rempart.node.runtime import clock


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file that was exported at `at` and not erased; about a content, or about a report."""

    id: int
    content_id: int | None
    report_id: int | None
    at: datetime


def file_ids(after_id: int, limit: int, before: datetime | None = None) -> list[int]:
    """The next referrals by number whose file was not erased; with `before`, only such."""
    rows = _kept().filter(pk__gt=after_id)
    if before is not None:
        rows = rows.filter(exported_at__lte=before)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def files(referral_ids: Iterable[int]) -> list[FileFacts]:
    rows = _kept().filter(pk__in=list(referral_ids)).order_by("pk")
    return [FileFacts(row.pk, row.content_id, row.report_id, row.exported_at) for row in rows if row.exported_at]


def files_about(report_id: int) -> list[int]:
    """Referrals about a report whose file was not erased."""
    return list(_kept().filter(report=report_id).order_by("pk").values_list("pk", flat=True))


def erase_files(referral_ids: Iterable[int], why: Mapping[str, audit.Value], actor: str = "system") -> list[str]:
    """Note in the caller's transaction that the files are gone; returns the names to delete once it is committed."""
    rows = list(_kept().select_for_update().filter(pk__in=list(referral_ids)).order_by("pk"))
    for row in rows:
        row.file_erased_at = clock().now()
        row.save(update_fields=["file_erased_at"])
        audit.record("referral:file_erased", f"referral:{row.pk}", actor=actor, data=dict(why))
    return [row.reference for row in rows]


def delete_files(names: Iterable[str]) -> None:
    """No error for one that somebody moved away."""
    for name in names:
        (settings.HOME.referrals / f"{name}.json").unlink(missing_ok=True)


def _kept() -> QuerySet[Referral]:
    return Referral.objects.filter(exported_at__isnull=False, file_erased_at__isnull=True)
