"""Look what is due, and let it go: small transactions, each whole, that a killed run leaves done or undone."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.conf import settings
from django.db import transaction

from rempart.core.retention import DataKind, Due, Record, due
from rempart.node.audit import services as audit
from rempart.node.casework import erasure as casework
from rempart.node.intake import erasure as intake
from rempart.node.intake.erasure import ClosedReport, Part
from rempart.node.retention import storage, whole
from rempart.node.retention.holds import Covered, spans
from rempart.node.retention.models import Survey
from rempart.node.retention.streams import STREAMS, Aging, Stream, outcome_of
from rempart.node.runtime import clock

BATCH = 500
_KIND_OF = MappingProxyType(
    {
        Part.FILES: DataKind.REPORT_FILES,
        Part.ORIGINALS: DataKind.REPORT_ORIGINALS,
        Part.MESSAGES: DataKind.REPORT_MESSAGES,
    }
)
_REPORT_KINDS = (DataKind.REPORT, *_KIND_OF.values())
Counts = Counter[tuple[DataKind, str]]
"""How many by kind and rule: reports for the report and its parts, cases for notes, else each for itself."""


@dataclass(slots=True)
class Line:
    """One rule's state: `due` would go now, `held` are kept by holds, `waiting` go later, the first at `next_at`."""

    kind: DataKind
    rule: str
    due: int = 0
    held: int = 0
    waiting: int = 0
    next_at: datetime | None = None

    def add(self, one: Due, now: datetime) -> None:
        if one.at is None:
            self.held += 1
        elif one.at <= now:
            self.due += 1
        else:
            self.waiting += 1
            self.next_at = min(self.next_at or one.at, one.at)

    def to_json(self) -> dict[str, object]:
        return {
            "kind": str(self.kind),
            "rule": self.rule,
            "due": self.due,
            "held": self.held,
            "waiting": self.waiting,
            "next_at": self.next_at.isoformat() if self.next_at else None,
        }


def survey() -> list[Line]:
    """What would go now, by kind and rule; nothing is changed. What goes with its report is not told twice."""
    now = clock().now()
    lines: dict[tuple[DataKind, str], Line] = {}
    for kind, one in _all_dues(now):
        key = (kind, one.rule.name)
        lines.setdefault(key, Line(*key)).add(one, now)
    return [lines[key] for key in sorted(lines)]


def keep_survey(lines: Iterable[Line]) -> None:
    """Keep a look for the page."""
    Survey.objects.update_or_create(pk=1, defaults={"at": clock().now(), "lines": [line.to_json() for line in lines]})


def kept_survey() -> tuple[datetime, list[dict[str, object]]] | None:
    """When the worker last looked, and its lines as `Line.to_json` writes them."""
    row = Survey.objects.filter(pk=1).first()
    return (row.at, row.lines) if row else None


def _all_dues(now: datetime) -> Iterator[tuple[DataKind, Due]]:
    for batch in _reports(None):
        for dues in _dues(batch, now).values():
            yield from dues.items()
    for stream in STREAMS:
        for ids in _pages(stream, None):
            for one in _stream_dues(stream.kind, stream.read(ids), now).values():
                yield stream.kind, one


def run(limit: int = 0, progress: Callable[[int], None] = lambda count: None) -> Counts:
    """Erase what is due, at most `limit` reports and batches (0: all); finishes first what a killed run left.

    Each report, and each batch of another kind, is one transaction in which everything is judged again.
    """
    storage.sweep()
    now, gone = clock().now(), Counts()
    steps = 0
    for step in _steps(now):
        done = step()
        gone.update(done)
        progress(sum(done.values()))
        steps += 1
        if limit and steps >= limit:
            break
    if steps:
        storage.truncate_log()
    return gone


def _steps(now: datetime) -> Iterator[Callable[[], Counts]]:
    """One for each report, and each batch of another kind, of which something seems due.

    Reports come last: what goes with them by its own rule is counted by that.
    """
    for stream in STREAMS:
        if (shortest := _shortest(now, stream.kind)) is None:
            continue
        for ids in _pages(stream, now - shortest):
            if any(one.has_come(now) for one in _stream_dues(stream.kind, stream.read(ids), now).values()):
                yield lambda stream=stream, ids=ids: _erase_some(stream, ids, now)  # type: ignore[misc]
    if (shortest := _shortest(now, *_REPORT_KINDS)) is not None:
        for batch in _reports(now - shortest):
            for report_id, dues in _dues(batch, now).items():
                if any(one.has_come(now) for one in dues.values()):
                    yield lambda report_id=report_id: _erase_report(report_id, now)  # type: ignore[misc]


def _shortest(now: datetime, *kinds: DataKind) -> timedelta | None:
    keeps = [settings.RETENTION_RULES.shortest(kind, now) for kind in kinds]
    return min((keep for keep in keeps if keep is not None), default=None)


def _reports(received_before: datetime | None) -> Iterator[list[ClosedReport]]:
    after = 0
    while numbers := intake.closed_ids(after, BATCH, received_before):
        yield intake.closed(numbers)
        after = numbers[-1]


def _pages(stream: Stream, before: datetime | None) -> Iterator[list[int]]:
    after = 0
    while ids := stream.page(after, BATCH, before):
        yield ids
        after = ids[-1]


def _dues(batch: list[ClosedReport], now: datetime) -> dict[int, dict[DataKind, Due]]:
    """For each report what of it falls due when; a report that goes takes its parts along."""
    results = casework.legalities({content_id for one in batch for content_id in one.content_ids})
    covered = {one.id: Covered((one.id,), one.content_ids) for one in batch}
    holds = spans(covered.values())
    found: dict[int, dict[DataKind, Due]] = {}
    for report in batch:
        outcome = outcome_of([results[content_id] for content_id in report.content_ids])
        dues: dict[DataKind, Due] = {}
        for kind in (DataKind.REPORT, *(_KIND_OF[part] for part in report.parts)):
            record = Record(kind, report.since, report.source, outcome)
            one = due(settings.RETENTION_RULES, record, holds[covered[report.id]], now)
            if one is not None:
                dues[kind] = one
        of_all = dues.get(DataKind.REPORT)
        found[report.id] = {DataKind.REPORT: of_all} if of_all is not None and of_all.has_come(now) else dues
    return found


def _erase_report(report_id: int, now: datetime) -> Counts:
    with transaction.atomic():
        storage.overwrite_freed_pages()
        report = intake.still_closed(report_id)
        if report is None:
            return Counts()
        casework.lock(report.content_ids)
        dues = {kind: one for kind, one in _dues([report], now)[report_id].items() if one.has_come(now)}
        for kind, one in dues.items():
            _let_go(report, kind, one.rule.name)
    return Counts({(kind, one.rule.name): 1 for kind, one in dues.items()})


def _let_go(report: ClosedReport, kind: DataKind, rule: str) -> None:
    if kind is DataKind.REPORT:
        whole.erase(report.id, report.content_ids, {"rule": rule})
        return
    part = next(part for part, name in _KIND_OF.items() if name is kind)
    gone = intake.erase_part(report.id, part)
    audit.record("report:part_erased", f"report:{report.id}", data={"rule": rule, "part": str(part), **gone.counts})
    storage.leave(gone.blobs)


def _stream_dues(kind: DataKind, rows: list[Aging], now: datetime) -> dict[int, Due]:
    holds = spans(row.covered for row in rows)
    found = {}
    for row in rows:
        record = Record(kind, row.since, outcome=row.outcome)
        one = due(settings.RETENTION_RULES, record, holds[row.covered], now)
        if one is not None:
            found[row.id] = one
    return found


def _erase_some(stream: Stream, ids: list[int], now: datetime) -> Counts:
    with transaction.atomic():
        storage.overwrite_freed_pages()
        casework.lock({content_id for row in stream.read(ids) for content_id in row.covered.content_ids})
        over = {
            pk: one.rule.name
            for pk, one in _stream_dues(stream.kind, stream.read(ids), now).items()
            if one.has_come(now)
        }
        for rule in sorted(set(over.values())):
            stream.erase([pk for pk, name in over.items() if name == rule], rule)
    return Counter((stream.kind, rule) for rule in over.values())
