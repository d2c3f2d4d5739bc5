"""Make unreadable what a report held, and keep the bare fact that it was.

An erased report keeps its row, its items' kinds and what they point to, so that figures, links and the chain of events
stay as they are. Its key is replaced by one that never sealed anything, so that rows and blobs in a backup stay shut.
Blobs go after the commit: no row ever names a file that is gone.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from rempart.core.errors import NotFound
from rempart.core.vocabulary import ReportState, Source
from rempart.node.audit import services as audit
from rempart.node.intake import receipts
from rempart.node.intake.models import Message, Original, Report, ReportAccount, ReportItem, StoredFile
from rempart.node.runtime import vault

ERASED = "erased"
"""The `closed_reason` of a report whose key was destroyed after it had counted."""


def erase(report_id: int, why: str, actor: str) -> None:
    """Close a report that never counted and destroy what it held; the event is `report:<why>`.

    A blob that a crash leaves behind is an orphan that housekeeping sweeps.
    """
    blobs = list(StoredFile.objects.filter(report=report_id).values_list("file_id", flat=True))
    for held in (ReportItem, StoredFile, Original, ReportAccount):
        held.objects.filter(report=report_id).delete()
    _destroy_key(report_id)
    Report.objects.filter(pk=report_id).update(state=ReportState.CLOSED, closed_reason=why)
    audit.record(f"report:{why}", f"report:{report_id}", actor=actor)
    transaction.on_commit(lambda: delete_blobs(blobs), robust=True)


_CLOSED = Report.objects.filter(state=ReportState.CLOSED, closed_reason="")


class Part(StrEnum):
    """What can go before the report does."""

    FILES = "files"
    ORIGINALS = "originals"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """A closed report that still holds something. Its time runs from `since`: closed, or the last message if later."""

    id: int
    source: Source
    since: datetime
    content_ids: tuple[int, ...]
    parts: frozenset[Part]


@dataclass(frozen=True, slots=True)
class Gone:
    """How much was destroyed; `blobs` are the vault's files to delete once that is committed."""

    files: int = 0
    originals: int = 0
    messages: int = 0
    blobs: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Neutral facts for an event."""
        return {"files": self.files, "originals": self.originals, "messages": self.messages}


def closed_ids(after_id: int, limit: int, received_before: datetime | None = None) -> list[int]:
    """The next closed reports by number that were not erased; with `received_before`, only such."""
    rows = _CLOSED.filter(pk__gt=after_id)
    if received_before is not None:
        rows = rows.filter(received_at__lte=received_before)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def closed(report_ids: Iterable[int]) -> list[ClosedReport]:
    """Those of the reports that are closed and were not erased."""
    return _closed(list(_CLOSED.filter(pk__in=list(report_ids)).order_by("pk").values_list("pk", "source")))


def still_closed(report_id: int) -> ClosedReport | None:
    """One of them, its row held to the end of the caller's transaction; None if it was reopened or erased meanwhile.

    A hold's row refers to the report, so a hold that is being placed waits for this lock, or this for the hold.
    """
    found = _closed(list(_CLOSED.select_for_update().filter(pk=report_id).values_list("pk", "source")))
    return found[0] if found else None


def _closed(rows: list[tuple[int, str]]) -> list[ClosedReport]:
    ids = [pk for pk, _ in rows]
    ended = audit.latest_at("report:closed", [f"report:{pk}" for pk in ids])
    written = dict(Message.objects.filter(report__in=ids).values_list("report").annotate(Max("sent_at")))
    contents, parts = defaultdict(set), defaultdict(set)
    for pk, content_id in ReportItem.objects.filter(report__in=ids, content__isnull=False).values_list(
        "report_id", "content_id"
    ):
        contents[pk].add(content_id)
    for part, model in _TABLES.items():
        for pk in model.objects.filter(report__in=ids).values_list("report_id", flat=True).distinct():
            parts[pk].add(part)
    return [
        ClosedReport(
            pk,
            Source(source),
            max(ended[f"report:{pk}"], written.get(pk, ended[f"report:{pk}"])),
            tuple(sorted(contents[pk])),
            frozenset(parts[pk]),
        )
        for pk, source in rows
        # Without the event nobody can say when its time began: it is kept.
        if f"report:{pk}" in ended
    ]


_TABLES: dict[Part, type[StoredFile] | type[Original] | type[Message]] = {
    Part.FILES: StoredFile,
    Part.ORIGINALS: Original,
    Part.MESSAGES: Message,
}


def erase_part(report_id: int, part: Part) -> Gone:
    """Destroy one part in the caller's transaction, which deletes the blobs after its commit."""
    if part is Part.FILES:
        return _erase_files(report_id)
    if part is Part.ORIGINALS:
        return Gone(originals=_erase_originals(report_id))
    return Gone(messages=Message.objects.filter(report=report_id).delete()[0])


def erase_whole(report_id: int) -> Gone:
    """Destroy a report's key and all that it sealed, in the caller's transaction; its receipt opens nothing more."""
    files = _erase_files(report_id)
    originals = _erase_originals(report_id)
    messages = Message.objects.filter(report=report_id).delete()[0]
    ReportItem.objects.filter(report=report_id).update(sealed=b"")
    _destroy_key(report_id)
    Report.objects.filter(pk=report_id).update(closed_reason=ERASED, receipt_digest=None)
    return Gone(files.files, originals, messages, files.blobs)


def _erase_originals(report_id: int) -> int:
    """With what was learned from them of accounts."""
    ReportAccount.objects.filter(report=report_id).delete()
    return Original.objects.filter(report=report_id).delete()[0]


def _erase_files(report_id: int) -> Gone:
    rows = StoredFile.objects.filter(report=report_id)
    blobs = tuple(rows.values_list("file_id", flat=True))
    # Their items stay: they say that a file was reported, and which content it was.
    ReportItem.objects.filter(report=report_id).update(file=None)
    rows.delete()
    return Gone(files=len(blobs), blobs=blobs)


def _destroy_key(report_id: int) -> None:
    reference = Report.objects.values_list("reference", flat=True).get(pk=report_id)
    key = vault().wrap(vault().new_report_key(), reference)
    Report.objects.filter(pk=report_id).update(wrapped_key=key, message_lock=b"")


def delete_blobs(blobs: Iterable[str]) -> None:
    for blob in blobs:
        vault().delete(blob)


@dataclass(frozen=True, slots=True)
class Named:
    """A report somebody asks to erase; `content_ids` are what its items point to."""

    id: int
    reference: str
    state: ReportState
    is_erased: bool
    content_ids: tuple[int, ...]


def named(report_ids: Iterable[int], *, lock: bool = False) -> list[Named]:
    """By number; with `lock`, their rows are held to the end of the caller's transaction."""
    rows = Report.objects.filter(pk__in=list(report_ids)).order_by("pk")
    if lock:
        rows = rows.select_for_update()
    found = list(rows)
    contents = defaultdict(set)
    pointing = ReportItem.objects.filter(report__in=[row.pk for row in found], content__isnull=False)
    for pk, content_id in pointing.values_list("report_id", "content_id"):
        contents[pk].add(content_id)
    return [
        Named(
            row.pk,
            row.reference,
            ReportState(row.state),
            row.closed_reason == ERASED,
            tuple(sorted(contents[row.pk])),
        )
        for row in found
    ]


def naming(content_ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The reports, erased ones among them, that point to each of the contents."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    rows = ReportItem.objects.filter(content__in=list(content_ids)).values_list("content_id", "report_id")
    for content_id, report_id in rows:
        found[content_id].add(report_id)
    return {content_id: tuple(sorted(ids)) for content_id, ids in found.items()}


def ended_at(content_ids: Iterable[int]) -> dict[int, datetime]:
    """When the last report that points to a content was closed; contents that an open one points to are left out."""
    reports = naming(content_ids)
    wanted = {report_id for ids in reports.values() for report_id in ids}
    is_closed = Report.objects.filter(pk__in=wanted, state=ReportState.CLOSED).values_list("pk", flat=True)
    told = audit.latest_at("report:closed", [f"report:{pk}" for pk in is_closed])
    ended = {int(subject.partition(":")[2]): at for subject, at in told.items()}
    return {
        content_id: max(ended[report_id] for report_id in ids)
        for content_id, ids in reports.items()
        if all(report_id in ended for report_id in ids)
    }


def kept_by_others(content_ids: Iterable[int], but: Iterable[int]) -> frozenset[int]:
    """Those of the contents that a report points to which was not erased and is none of `but`."""
    rows = ReportItem.objects.filter(content__in=list(content_ids)).exclude(report__in=list(but))
    return frozenset(rows.exclude(report__closed_reason=ERASED).values_list("content_id", flat=True))


def by_receipt(text: str) -> int:
    """The report of a receipt number as a person wrote it. Raises InputError or NotFound, which never repeat it."""
    digest = receipts.digest(settings.HOME.keys.lookup, receipts.read_code(text))
    found = Report.objects.filter(receipt_digest=digest).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("no report has this receipt number.", where="receipt", advice="Compare it group by group.")
    return found


def by_reference(text: str) -> int:
    """The report staff and platforms call so. Raises NotFound."""
    found = Report.objects.filter(reference=text.strip().upper()).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("no report has this reference.", where="reference", advice="It looks like R26-ABCD2345.")
    return found
