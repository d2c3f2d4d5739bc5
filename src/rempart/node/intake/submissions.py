"""A platform's submission: open, then finished (for good), retracted, or expired. Both faces use this.

Invariants: the phase changes by compare-and-swap in the transaction of what it entails, so of two calls that end a
submission one wins; a report counts (`report:received`) if and only if it was finished; an open submission keeps all
its files until it expires.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import IntegrityError, transaction

from rempart.adapters.vault import ReportKey
from rempart.core.errors import Conflict, NotFound, RempartError
from rempart.core.quality import Finding
from rempart.core.vocabulary import IndustryClass, ItemKind
from rempart.formats.cybertipline.model import QualityInputs
from rempart.formats.cybertipline.vocabulary import Code, FileAnnotation
from rempart.node import statements
from rempart.node.intake import hot, reports
from rempart.node.intake.erasure import erase
from rempart.node.intake.models import Platform, PlatformSubmission, Report, ReportItem, StoredFile
from rempart.node.intake.pointing import same_address
from rempart.node.intake.quality import score_report
from rempart.node.intake.reports import FileItem, NewItem, NewReport
from rempart.node.intake.turns import turn
from rempart.node.intake.uploads import IncomingFile
from rempart.node.runtime import clock, vault

LIFETIME = timedelta(hours=24)
GRACE = timedelta(hours=1)
MAX_REPORT_ID = 2**63 - 1
"""The faces refuse a larger number themselves: no database could hold it."""
_Phase = PlatformSubmission.Phase


class Refused(RempartError):
    """A call the submission's phase does not allow; `code` is the CyberTipline answer."""

    code: ClassVar[Code] = Code.INVALID_REQUEST


class NoSuchReport(Refused, NotFound):
    """Unknown, another platform's, or expired: one answer for all, so that numbers cannot be probed."""

    code = Code.NO_SUCH_REPORT


class NoSuchFile(Refused, NotFound):
    code = Code.NO_SUCH_FILE


class AlreadyRetracted(Refused, Conflict):
    code = Code.ALREADY_RETRACTED


class AlreadyFinished(Refused, Conflict):
    """`file_ids` repeats what the first finish answered."""

    code = Code.ALREADY_FINISHED

    def __init__(self, what: str, file_ids: Sequence[str] = (), *, advice: str = "") -> None:
        super().__init__(what, where="report", advice=advice)
        self.file_ids = tuple(file_ids)


@dataclass(frozen=True, slots=True)
class Opened:
    """`repeated`: the same was submitted before, and this is the first report."""

    report_id: int
    reference: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class FileStatement:
    """What the platform says of one uploaded file. `details` (names, location) are sealed; the rest is neutral."""

    original_part: str
    original: bytes
    viewed: bool | None = None
    publicly_available: bool | None = None
    industry_class: IndustryClass | None = None
    annotations: frozenset[str] = frozenset()
    details: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AddedFile:
    """`md5` is lower-case hex."""

    file_id: str
    md5: str


def open_submission(platform: Platform, new: NewReport, inputs: QualityInputs, repeat_key: bytes) -> Opened:
    """Open a submission, or answer with the first one when the same was submitted within the repeat window.

    `repeat_key` (32 bytes) digests the body or the platform's own key for the act. A repeat, simultaneous or later,
    runs into the unique (platform, repeat_key), so the usual case costs no look-up.
    """
    new = replace(new, platform=platform)
    try:
        return _create(platform, new, inputs, repeat_key)
    except IntegrityError:
        return _earlier(platform, repeat_key) or _create(platform, new, inputs, repeat_key)


def _create(platform: Platform, new: NewReport, inputs: QualityInputs, repeat_key: bytes) -> Opened:
    draft = reports.draft_report(new)
    opened_at = draft.report.received_at
    submission = PlatformSubmission(
        platform=platform,
        repeat_key=repeat_key,
        quality_inputs=asdict(inputs),
        opened_at=opened_at,
        changed_at=opened_at,
    )
    with turn(), transaction.atomic():
        submission.report = draft.write()
        statements.insert([submission])
    return Opened(draft.report.pk, draft.report.reference, repeated=False)


def _earlier(platform: Platform, repeat_key: bytes) -> Opened | None:
    """The submission with this key if it is young enough; an older one gives the key up."""
    same = PlatformSubmission.objects.filter(platform=platform, repeat_key=repeat_key)
    row = same.values_list("pk", "opened_at", "report__reference").first()
    if row is None:
        return None
    report_id, opened_at, reference = row
    if clock().now() - opened_at < timedelta(hours=settings.SUBMISSION_REPEAT_HOURS):
        return Opened(report_id, reference, repeated=True)
    same.filter(pk=report_id).update(repeat_key=None)
    return None


def add_file(platform: Platform, report_id: int, incoming: IncomingFile) -> AddedFile:
    """Keep an uploaded file. The same bytes under the same name are the same file: its first number is answered."""
    # The phase is checked again when the file's row is written.
    report = hot.OPEN_REPORT.first(report_id, platform.pk)
    if report is None:
        raise _refusal(platform, report_id)
    key = reports.key_of(report)
    hashes = incoming.commit()
    row = StoredFile(
        report=report,
        file_id=incoming.file_id,
        wrapped_key=reports.seal_file_key(report, key, incoming.file_id, incoming.key),
        sealed_details=_seal_details(report, key, incoming.file_id, {"upload_name": incoming.name}),
        size=hashes.size,
        md5=bytes.fromhex(hashes.md5),
        sha1=bytes.fromhex(hashes.sha1),
        sha256=bytes.fromhex(hashes.sha256),
        # Keyed, because a name may identify a person.
        name_tag=hmac.digest(key, incoming.name.encode(), "sha256"),
        received_at=clock().now(),
    )
    # If this transaction fails the blob is left to the sweep: after an unclear commit its row may exist.
    try:
        with turn(), transaction.atomic():
            _touch(platform, report_id)
            statements.insert([row])
    except IntegrityError:
        vault().delete(incoming.file_id)
        same = StoredFile.objects.filter(report=report, sha256=row.sha256, name_tag=row.name_tag)
        return AddedFile(same.values_list("file_id", flat=True)[0], hashes.md5)
    return AddedFile(row.file_id, hashes.md5)


def set_file_details(platform: Platform, report_id: int, file_id: str, statement: FileStatement) -> None:
    """Keep what the platform says of a file; said again, the later statement replaces the earlier."""
    with turn(), transaction.atomic():
        _touch(platform, report_id)
        row = StoredFile.objects.select_related("report").filter(report=report_id, file_id=file_id).first()
        if row is None:
            raise NoSuchFile("this report has no such file.", where="fileId", advice="Use the number upload answered.")
        report = row.report
        key = reports.key_of(report)
        name = _open_details(report, key, row).get("upload_name", "")
        row.viewed_by_platform = statement.viewed
        row.publicly_available = statement.publicly_available
        row.industry_class = statement.industry_class or ""
        row.annotations = sorted(statement.annotations)
        row.sealed_details = _seal_details(report, key, file_id, {"upload_name": name, **statement.details})
        row.save()
        reports.keep_original(report, key, statement.original_part, statement.original)
        others = [finding for finding in report.quality_findings if finding.get("file") != file_id]
        findings = others + [{**finding, "file": file_id} for finding in statement.findings]
        if findings != report.quality_findings:
            Report.objects.filter(pk=report_id).update(quality_findings=findings)


def finish(platform: Platform, report_id: int, otherwise: Callable[[bytes], Sequence[NewItem]], part: str) -> list[str]:
    """End a submission for good: from here on the report counts. Returns its files' numbers, in order.

    A report without any item or file gets those that `otherwise` finds in its original `part`. Raises
    AlreadyFinished (with the same numbers), AlreadyRetracted or NoSuchReport.
    """
    with turn(), transaction.atomic():
        now = clock().now()
        _touch(platform, report_id, phase=_Phase.FINISHED, ended_at=now)
        report, inputs = hot.finishing(report_id)
        key = reports.key_of(report)
        files = hot.FILES.all(report_id)
        items = hot.ITEMS.all(report_id)
        if not files and not items:
            items = reports.add_items(report, key, otherwise(reports.open_original(report, key, part)), 0)
        _attach(report, key, files, items)
        _settle_facts(report, inputs, files, items, now)
        kinds = [item.kind for item in items] + [ItemKind.FILE] * len(files)
        reports.receive(report, platform.actor, (kinds, [file.pk for file in files]))
    return [file.file_id for file in files]


def _attach(report: Report, key: ReportKey, files: Sequence[StoredFile], items: Sequence[ReportItem]) -> None:
    attached = []
    for file in files:
        details = {name: text for name, text in _open_details(report, key, file).items() if text}
        found_at = _found_at(file, details.get("location", ""), items, key)
        attached.append(FileItem(file, details, found_at))
    if attached:
        reports.add_file_items(report, key, attached, len(items))


def _found_at(file: StoredFile, location: str, items: Sequence[ReportItem], key: ReportKey) -> int | None:
    """The URL item a file was found at: the one its location names, or the only one if the file is public."""
    addresses = [item for item in items if item.kind in (ItemKind.URL, ItemKind.ONION)]
    if location:
        for item in addresses:
            if same_address(location, reports.open_item(item, key)["value"]):
                return item.pk
    return addresses[0].pk if file.publicly_available and len(addresses) == 1 else None


def _settle_facts(
    report: Report,
    inputs: Mapping[str, Any],
    files: Sequence[StoredFile],
    items: Sequence[ReportItem],
    now: datetime,
) -> None:
    deviations = [finding for finding in report.quality_findings if "points" not in finding]
    quality = score_report(inputs, files, [item.kind for item in items], len(deviations))
    streamed = any(FileAnnotation.LIVE_STREAMING in file.annotations for file in files)
    report.facts = {**report.facts, "live_stream": True} if streamed else report.facts
    report.quality = quality.score
    report.quality_findings = [*map(_finding, quality.findings), *deviations]
    report.received_at = now
    statements.update(report, "facts", "quality", "quality_findings", "received_at")


def _finding(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "points": str(finding.points), "text": finding.text}


def retract(platform: Platform, report_id: int) -> None:
    """Withdraw an open submission; what it held is erased."""
    with turn(), transaction.atomic():
        _touch(platform, report_id, phase=_Phase.RETRACTED, ended_at=clock().now(), repeat_key=None)
        erase(report_id, "retracted", platform.actor)


def expire(limit: int = 50) -> int:
    """End open submissions 24 h after they were opened or 1 h after their last change, whichever is later.

    Called in a transaction; returns how many ended, at most `limit`.
    """
    now = clock().now()
    over = PlatformSubmission.objects.filter(
        phase=_Phase.OPEN, opened_at__lte=now - LIFETIME, changed_at__lte=now - GRACE
    )
    ended = 0
    for report_id in list(over.order_by("changed_at").values_list("pk", flat=True)[:limit]):
        # The condition again: an upload may have changed the submission since it was read.
        if over.filter(pk=report_id).update(phase=_Phase.EXPIRED, ended_at=now, repeat_key=None):
            erase(report_id, "expired", "system")
            ended += 1
    return ended


def _touch(platform: Platform, report_id: int, **changes: str | datetime | None) -> None:
    """Change an open submission of this platform, holding its row to the end of the transaction; else raise."""
    if not hot.change_open(report_id, platform.pk, {"changed_at": clock().now(), **changes}):
        raise _refusal(platform, report_id)


def _refusal(platform: Platform, report_id: int) -> Refused:
    phase = PlatformSubmission.objects.filter(pk=report_id, platform=platform).values_list("phase", flat=True).first()
    if phase == _Phase.FINISHED:
        numbers = StoredFile.objects.filter(report=report_id).order_by("pk").values_list("file_id", flat=True)
        return AlreadyFinished("the report was finished already.", list(numbers), advice="Open a new report for more.")
    if phase == _Phase.RETRACTED:
        return AlreadyRetracted("the report was retracted.", where="report", advice="Open a new report.")
    advice = "It expired unfinished; submit it again." if phase else "Use the number submit answered."
    return NoSuchReport("there is no such open report.", where="report", advice=advice)


def _seal_details(report: Report, key: ReportKey, file_id: str, details: Mapping[str, str]) -> bytes:
    text = json.dumps(dict(details), ensure_ascii=False, sort_keys=True).encode()
    return vault().seal(key, text, reports.context(report, f"file/{file_id}"))


def _open_details(report: Report, key: ReportKey, row: StoredFile) -> dict[str, str]:
    text = vault().open(key, bytes(row.sealed_details), reports.context(report, f"file/{row.file_id}"))
    details: dict[str, str] = json.loads(text)
    return details
