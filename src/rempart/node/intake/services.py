"""What other apps may ask of reports. Models stay inside; values are small frozen objects."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from rempart.core.clients import Scope
from rempart.core.errors import IntegrityError, NotFound
from rempart.core.reports import REPORT_MOVES, check_move
from rempart.core.vocabulary import ItemKind, ReportState, Source
from rempart.node.audit import services as audit
from rempart.node.intake import platforms, receipts, reports
from rempart.node.intake.erasure import ERASED
from rempart.node.intake.models import (
    Feedback,
    Message,
    Original,
    PlatformSubmission,
    Report,
    ReportAccount,
    ReportItem,
    StoredFile,
)
from rempart.node.runtime import clock, vault

_HELD_ITEMS = ReportItem.objects.exclude(sealed=b"")
"""Items of erased reports still say what they pointed to, but hold nothing to open."""
_FILES_TRIED = 5


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A stored file's neutral facts; digests are raw bytes."""

    id: int
    report_id: int
    file_id: str
    size: int
    md5: bytes
    sha1: bytes
    sha256: bytes
    viewed_by_platform: bool | None
    industry_class: str


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """An item unsealed for a step or an authorised view: `value` canonical, `details` what else is known."""

    id: int
    report_id: int
    position: int
    kind: ItemKind
    value: str
    details: dict[str, str]
    content_id: int | None
    file: FileFacts | None
    found_at_id: int | None


@dataclass(frozen=True, slots=True)
class ReportFacts:
    id: int
    reference: str
    source: Source
    state: ReportState
    platform_name: str
    received_at: datetime
    occurred_at: datetime | None
    language: str
    facts: dict[str, bool]
    quality: int | None
    quality_findings: list[dict[str, str]]
    priority: int
    priority_reasons: list[dict[str, object]]
    messages: int
    is_erased: bool


def report(report_id: int) -> ReportFacts:
    return _report_facts(_with_messages(Report.objects.all()).get(pk=report_id))


def _with_messages(rows: QuerySet[Report]) -> QuerySet[Report]:
    return rows.select_related("platform").annotate(message_count=Count("messages"))


def _report_facts(row: Report) -> ReportFacts:
    return ReportFacts(
        row.pk,
        row.reference,
        Source(row.source),
        ReportState(row.state),
        row.platform.name if row.platform else "",
        row.received_at,
        row.occurred_at,
        row.language,
        row.facts,
        row.quality,
        row.quality_findings,
        row.priority,
        row.priority_reasons,
        row.message_count,  # type: ignore[attr-defined]
        row.closed_reason == ERASED,
    )


def reports_with_content(content_id: int, newest: int | None = None) -> list[ReportFacts]:
    """Reports that point to a content, oldest first; with `newest`, only that many of the last ones."""
    # The items are asked for in a query of their own: joined, each of them would count its report's messages again.
    pointing = ReportItem.objects.filter(content=content_id).values("report_id")
    if newest is not None:
        pointing = pointing.order_by("-report_id").distinct()[:newest]
    rows = _with_messages(Report.objects.filter(pk__in=pointing)).order_by("pk")
    return [_report_facts(row) for row in rows]


def report_ids_with_content(content_id: int) -> list[int]:
    return list(ReportItem.objects.filter(content=content_id).values_list("report_id", flat=True).distinct())


def report_ids_with_contents(content_ids: Iterable[int]) -> set[int]:
    """Reports that point to any of these contents."""
    return set(ReportItem.objects.filter(content__in=list(content_ids)).values_list("report_id", flat=True))


def find_report(*, reference: str = "", receipt: str = "") -> ReportFacts | None:
    """A report by what staff call it, or by its reporter's number. Raises InputError for what is no whole number."""
    if receipt:
        digest = receipts.digest(settings.HOME.keys.lookup, receipts.read_code(receipt))
        rows = Report.objects.filter(receipt_digest=digest)
    else:
        rows = Report.objects.filter(reference=reference)
    row = _with_messages(rows).first()
    return _report_facts(row) if row else None


def first_received(content_id: int) -> datetime:
    """When the first report that points to a content came in."""
    received: datetime = (
        Report.objects.filter(items__content=content_id).order_by("pk").values_list("received_at", flat=True)[:1].get()
    )
    return received


def content_ids_of(report_id: int) -> list[int]:
    rows = ReportItem.objects.filter(report=report_id, content__isnull=False)
    return list(rows.values_list("content_id", flat=True).distinct())


def content_ids_beside(content_id: int, newest: int = 100) -> list[int]:
    """Contents that the newest reports of a content name beside it; at most a thousand."""
    rows = ReportItem.objects.filter(report__in=_newest_reports(content_id, newest))
    beside = rows.filter(content__isnull=False).exclude(content=content_id).order_by().values_list("content_id")
    return [found for (found,) in beside.distinct()[:1000]]


def keep_accounts(report_id: int, digests: Iterable[bytes]) -> None:
    """That a report concerns accounts, by their keyed digests, in the caller's transaction."""
    rows = [ReportAccount(report_id=report_id, digest=digest) for digest in sorted(set(digests))]
    ReportAccount.objects.bulk_create(rows, ignore_conflicts=True)


def content_ids_with_same_accounts(content_id: int, newest: int = 100) -> list[int]:
    """Contents of other reports that concern an account of the newest reports of a content; at most a thousand.

    Not those that are reported with it.
    """
    own = _newest_reports(content_id, newest)
    digests = list(ReportAccount.objects.filter(report__in=own).values_list("digest", flat=True).distinct()[:newest])
    others = ReportAccount.objects.filter(digest__in=digests).exclude(report__in=own).order_by("-report_id")
    found = list(dict.fromkeys(others.values_list("report_id", flat=True)[: 10 * newest]))
    rows = ReportItem.objects.filter(report__in=found, content__isnull=False).order_by().values_list("content_id")
    beside = ReportItem.objects.filter(report__in=own, content__isnull=False).values("content_id")
    return [one for (one,) in rows.exclude(content__in=beside).distinct()[:1000]]


def _file_facts(row: StoredFile) -> FileFacts:
    return FileFacts(
        row.pk,
        row.report_id,
        row.file_id,
        row.size,
        bytes(row.md5),
        bytes(row.sha1),
        bytes(row.sha256),
        row.viewed_by_platform,
        row.industry_class,
    )


def file(stored_file_id: int) -> FileFacts:
    return _file_facts(StoredFile.objects.get(pk=stored_file_id))


def file_bytes(stored_file_id: int) -> Iterator[bytes]:
    """Decrypted chunks of a stored file. Only `casework` calls this: viewing rules live there."""
    row = StoredFile.objects.select_related("report").get(pk=stored_file_id)
    return vault().reader(reports.open_file_key(row), row.file_id)


def items(report_id: int) -> list[ItemFacts]:
    """The report's items in order, unsealed; of an erased report, none."""
    row = Report.objects.get(pk=report_id)
    key = reports.key_of(row)
    rows = _HELD_ITEMS.filter(report=row).select_related("file", "report").order_by("position")
    return [_item_facts(item, reports.open_item(item, key)) for item in rows]


def items_with_content(content_id: int) -> list[ItemFacts]:
    """All items that point to a content, over all reports, unsealed, oldest first; erased reports are left out."""
    rows = (
        ReportItem.objects.filter(content=content_id)
        .exclude(sealed=b"")
        .select_related("file", "report")
        .order_by("pk")
    )
    return [_item_facts(item, reports.open_item(item, reports.key_of(item.report))) for item in rows]


def files_with_content(content_id: int) -> list[FileFacts]:
    """The stored files of a content, over all reports, oldest first; nothing is unsealed."""
    rows = StoredFile.objects.filter(item__content=content_id).order_by("item__pk")
    return [_file_facts(row) for row in rows]


def _item_facts(row: ReportItem, opened: dict[str, str]) -> ItemFacts:
    value = opened.pop("value")
    stored = _file_facts(row.file) if row.file else None
    return ItemFacts(
        row.pk, row.report_id, row.position, ItemKind(row.kind), value, opened, row.content_id, stored, row.found_at_id
    )


def link_content(item_id: int, content_id: int) -> bool:
    """Point an item to its content once; False if it was linked already."""
    return bool(ReportItem.objects.filter(pk=item_id, content__isnull=True).update(content=content_id))


def set_priority(report_id: int, points: int, reasons: list[dict[str, object]]) -> None:
    Report.objects.filter(pk=report_id).update(priority=points, priority_reasons=reasons)


def move(report_id: int, new: ReportState, data: Mapping[str, Any] | None = None) -> bool:
    """Move a report to a state by compare-and-swap; False if it is there already. Raises Conflict if not allowed.

    `data` are further neutral facts for the event.
    """
    old = Report.objects.values_list("state", flat=True).get(pk=report_id)
    if old == new:
        return False
    check_move(REPORT_MOVES, ReportState(old), new)
    moved = Report.objects.filter(pk=report_id, state=old).update(state=new)
    if moved:
        audit.record(f"report:{new}", f"report:{report_id}", data={**(data or {}), "from": old})
    return bool(moved)


def read_messages(report_id: int) -> list[tuple[datetime, str]]:
    """What the reporter added later. The caller records who reads it and why."""
    row = Report.objects.get(pk=report_id)
    key = reports.key_of(row)
    return [
        (message.sent_at, reports.open_message(row, key, bytes(message.sealed)))
        for message in Message.objects.filter(report=row).order_by("pk")
    ]


def original(report_id: int, part: str) -> bytes | None:
    """The first original of that name, exactly as it came in; None if there is none."""
    row = Report.objects.get(pk=report_id)
    kept = Original.objects.filter(report=row, part=part).order_by("pk").first()
    return vault().open(reports.key_of(row), bytes(kept.sealed), reports.context(row, part)) if kept else None


def give_feedback(report_id: int, outcome: str, useful: bool) -> None:
    """Tell the platform behind a report what came of it; a later outcome replaces an earlier one.

    `outcome` is one word of the node's own, never what was matched. Nothing is kept for reports of others.
    """
    from_platform = Report.objects.filter(pk=report_id, platform__isnull=False).exclude(feedback__outcome=outcome)
    if from_platform.exists():
        said = {"outcome": outcome, "useful": useful, "given_at": clock().now()}
        Feedback.objects.update_or_create(report_id=report_id, defaults=said)


def counts() -> dict[str, dict[str, int]]:
    """Reports and items by state, for `rempart status`; an item is received, waiting or decided.

    A platform's report that is not finished yet is "open": it is not received, and may still be retracted.
    """
    unfinished = Q(submission__phase=PlatformSubmission.Phase.OPEN)
    reports_by_state = dict(Report.objects.exclude(unfinished).order_by().values_list("state").annotate(n=Count("pk")))
    if is_open := Report.objects.filter(unfinished).count():
        reports_by_state["open"] = is_open
    rows = ReportItem.objects.order_by()
    items_by_state = {
        "received": rows.filter(content__isnull=True).count(),
        "waiting": rows.filter(content__legality="").count(),
        "decided": rows.filter(content__isnull=False).exclude(content__legality="").count(),
    }
    return {"reports": reports_by_state, "items": items_by_state}


def client(header: str, scope: Scope) -> str:
    """The actor behind an `Authorization` header whose credential is for this; empty for none.

    Raises NotPermitted for one that is not, TooManyCalls when it calls too fast.
    """
    platform = platforms.authenticate(header)
    if platform is None:
        return ""
    platforms.allow(platform, scope)
    return platform.actor


def subjects_of(reference: str) -> tuple[str, ...]:
    """What events name the report of this reference, its content and their cases by; empty if there is none."""
    report = Report.objects.filter(reference=reference).values_list("pk", flat=True).first()
    if report is None:
        return ()
    content = ReportItem.objects.filter(report=report, content__isnull=False).values_list("content", flat=True)
    return (f"report:{report}", *(f"{kind}:{number}" for number in content.distinct() for kind in ("content", "case")))


def vault_opens() -> bool | None:
    """Whether the newest report and one of the newest files open with the node's key; None where nothing is stored."""
    newest = Report.objects.order_by("-pk").first()
    if newest is None:
        return None
    try:
        reports.key_of(newest)
    except IntegrityError:
        return False
    numbers = list(StoredFile.objects.order_by("-pk").values_list("pk", flat=True)[:_FILES_TRIED])
    # Several, because one may be erased on purpose.
    return not numbers or any(_opens(number) for number in numbers)


def _opens(number: int) -> bool:
    try:
        for _ in file_bytes(number):
            pass
    except (IntegrityError, NotFound):
        return False
    return True


def _newest_reports(content_id: int, most: int) -> list[int]:
    """Numbers of the newest reports of a content."""
    pointing = ReportItem.objects.filter(content=content_id).order_by("-report_id").values_list("report_id", flat=True)
    return list(pointing.distinct()[:most])
