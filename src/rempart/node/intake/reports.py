"""Make a report and its items: the one place where what came in becomes rows."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rempart.adapters.vault import ReportKey, lock_of, open_sealed, seal_for
from rempart.core.vocabulary import ItemKind, Source
from rempart.node import statements
from rempart.node.audit import services as audit
from rempart.node.intake.models import Original, Platform, Report, ReportItem, StoredFile
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock, vault

# No letters or digits that are mistaken for one another when a reference is read out.
_REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class NewItem:
    """One thing reported. `value` is canonical (see `core.content`); `details` what else is known of it."""

    kind: ItemKind
    value: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report as understood. `facts` are the yes-or-no names of `core.priority.Facts`, never free text."""

    source: Source
    items: tuple[NewItem, ...]
    original_part: str
    original: bytes
    language: str = "en"
    facts: Mapping[str, bool] = field(default_factory=dict)
    occurred_at: datetime | None = None
    platform: Platform | None = None
    receipt_digest: bytes | None = None
    import_key: bytes | None = None
    findings: tuple[dict[str, str], ...] = ()


def context(report: Report, part: str) -> bytes:
    """What a sealed text is bound to, so that one row's bytes cannot be passed off as another's."""
    return f"{report.reference}/{part}".encode()


def key_of(report: Report) -> ReportKey:
    return vault().unwrap(bytes(report.wrapped_key), report.reference)


def new_reference(now: datetime) -> str:
    return f"R{now:%y}-" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _ in range(8))


@dataclass(frozen=True, slots=True)
class Draft:
    """A report's rows, sealed and ready: nothing but writing is left for a transaction that others wait for."""

    report: Report
    original: Original
    items: list[ReportItem]

    def write(self) -> Report:
        """Write them in the caller's transaction, once. The report is not received yet: see `receive`."""
        statements.insert([self.report])
        self.original.report = self.report
        for item in self.items:
            item.report = self.report
        statements.insert([self.original])
        statements.insert(self.items)
        return self.report


def create_report(new: NewReport) -> Report:
    """Draft and write a report."""
    return draft_report(new).write()


def draft_report(new: NewReport) -> Draft:
    """Seal a report, its original and its items."""
    now = clock().now()
    reference = new_reference(now)
    key = vault().new_report_key()
    report = Report(
        reference=reference,
        source=new.source,
        platform=new.platform,
        received_at=now,
        occurred_at=new.occurred_at,
        language=new.language,
        facts=dict(new.facts),
        wrapped_key=vault().wrap(key, reference),
        message_lock=lock_of(key) if new.platform is None else b"",
        quality_findings=list(new.findings),
        receipt_digest=new.receipt_digest,
        import_key=new.import_key,
    )
    return Draft(report, _original(report, key, new.original_part, new.original), _items(report, key, new.items, 0))


def keep_original(report: Report, key: ReportKey, part: str, data: bytes) -> None:
    """Keep the exact bytes, sealed."""
    statements.insert([_original(report, key, part, data)])


def _original(report: Report, key: ReportKey, part: str, data: bytes) -> Original:
    sealed = vault().seal(key, data, context(report, part))
    return Original(report=report, part=part, sealed=sealed, received_at=clock().now())


def open_original(report: Report, key: ReportKey, part: str) -> bytes:
    """The first original of that name, exactly as it came in."""
    kept = Original.objects.filter(report=report, part=part).order_by("pk")[0]
    return vault().open(key, bytes(kept.sealed), context(report, part))


def seal_message(report: Report, text: str) -> bytes:
    """What a reporter adds, sealed by a process that cannot open the report."""
    return seal_for(bytes(report.message_lock), text.encode(), context(report, "message"))


def open_message(report: Report, key: ReportKey, sealed: bytes) -> str:
    return open_sealed(key, sealed, context(report, "message")).decode()


def add_items(report: Report, key: ReportKey, items: Sequence[NewItem], first_position: int) -> list[ReportItem]:
    """Write items at consecutive positions."""
    rows = _items(report, key, items, first_position)
    statements.insert(rows)
    return rows


def _items(report: Report, key: ReportKey, items: Sequence[NewItem], first_position: int) -> list[ReportItem]:
    return [
        ReportItem(report=report, position=position, kind=item.kind, sealed=_seal_item(report, key, position, item))
        for position, item in enumerate(items, start=first_position)
    ]


@dataclass(frozen=True, slots=True)
class FileItem:
    """An uploaded file that becomes an item; `found_at` is the id of the URL item it was found at."""

    stored: StoredFile
    details: Mapping[str, str] = field(default_factory=dict)
    found_at: int | None = None


def add_file_items(report: Report, key: ReportKey, files: Sequence[FileItem], first_position: int) -> None:
    """Give uploaded files their items, in order; an item's value is the file's SHA-256."""
    rows = []
    for position, file in enumerate(files, start=first_position):
        item = NewItem(ItemKind.FILE, bytes(file.stored.sha256).hex(), file.details)
        sealed = _seal_item(report, key, position, item)
        row = ReportItem(report=report, position=position, kind=ItemKind.FILE, sealed=sealed)
        row.file, row.found_at_id = file.stored, file.found_at
        rows.append(row)
    statements.insert(rows)


def seal_file_key(report: Report, key: ReportKey, file_id: str, file_key: bytes) -> bytes:
    """A file's own key under the report's key: destroying the report's key makes its files unreadable too."""
    return vault().seal(key, file_key, context(report, f"file-key/{file_id}"))


def open_file_key(stored: StoredFile) -> bytes:
    sealed, named = bytes(stored.wrapped_key), context(stored.report, f"file-key/{stored.file_id}")
    return vault().open(key_of(stored.report), sealed, named)


def receive(report: Report, actor: str, contents: tuple[Sequence[str], Sequence[int]] | None = None) -> None:
    """The report counts from here on: its event is written and its first steps are asked for.

    `contents` are its items' kinds and its files' ids, for a caller that has just read them.
    """
    kinds, files = contents or (
        ReportItem.objects.filter(report=report).values_list("kind", flat=True),
        StoredFile.objects.filter(report=report).values_list("pk", flat=True),
    )
    audit.record(
        "report:received",
        f"report:{report.pk}",
        actor=actor,
        data={"source": str(report.source), "items": len(kinds), "kinds": sorted(set(kinds))},
    )
    for pk in files:
        jobs.enqueue("fingerprint", pk)
    if not files:
        jobs.enqueue("triage", report.pk)


def _seal_item(report: Report, key: ReportKey, position: int, item: NewItem) -> bytes:
    text = json.dumps({"value": item.value, **item.details}, ensure_ascii=False, sort_keys=True)
    return vault().seal(key, text.encode(), context(report, f"item/{position}"))


def open_item(item: ReportItem, key: ReportKey) -> dict[str, str]:
    """An item's value and details, unsealed."""
    text = vault().open(key, bytes(item.sealed), context(item.report, f"item/{item.position}"))
    opened: dict[str, str] = json.loads(text)
    return opened
