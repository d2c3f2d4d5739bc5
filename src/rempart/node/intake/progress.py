"""What a platform may know of its own reports: how far the work is, never what was found or recognised."""

from dataclasses import dataclass
from datetime import datetime

from rempart.core.reports import CoarseStatus, coarse_status
from rempart.core.vocabulary import ReportState
from rempart.node.intake.models import Feedback, Platform, PlatformSubmission, ReportItem, StoredFile
from rempart.node.intake.submissions import NoSuchReport


@dataclass(frozen=True, slots=True)
class Progress:
    """`state` is None until the submission is finished."""

    id: int
    reference: str
    phase: str
    state: CoarseStatus | None
    files: int
    items: int
    opened_at: datetime
    finished_at: datetime | None
    closed_reason: str


@dataclass(frozen=True, slots=True)
class QualityFound:
    score: int | None
    findings: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class FeedbackFound:
    """All None until the report is decided."""

    outcome: str | None = None
    useful: bool | None = None
    given_at: datetime | None = None


def progress(platform: Platform, report_id: int) -> Progress:
    """Raises NoSuchReport for a report that is not this platform's."""
    row = _own(platform, report_id)
    finished = row.phase == PlatformSubmission.Phase.FINISHED
    return Progress(
        row.pk,
        row.report.reference,
        row.phase,
        coarse_status(ReportState(row.report.state)) if finished else None,
        StoredFile.objects.filter(report=report_id).count(),
        ReportItem.objects.filter(report=report_id).count(),
        row.opened_at,
        row.ended_at if finished else None,
        row.report.closed_reason,
    )


def quality(platform: Platform, report_id: int) -> QualityFound:
    report = _own(platform, report_id).report
    return QualityFound(report.quality, report.quality_findings)


def feedback(platform: Platform, report_id: int) -> FeedbackFound:
    _own(platform, report_id)
    given = Feedback.objects.filter(report=report_id).first()
    return FeedbackFound(given.outcome, given.useful, given.given_at) if given else FeedbackFound()


def _own(platform: Platform, report_id: int) -> PlatformSubmission:
    row = PlatformSubmission.objects.select_related("report").filter(pk=report_id, platform=platform).first()
    if row is None:
        raise NoSuchReport("there is no such report.", where="report", advice="Use the number submit answered.")
    return row
