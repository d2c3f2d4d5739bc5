"""What a reporter wrote, for permanent redaction: the first words, in items and in the exact bytes, and messages."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from rempart.core.errors import InputError, NotFound
from rempart.core.redaction import redacted, redacted_within
from rempart.core.vocabulary import ItemKind, Source
from rempart.node.intake import reports
from rempart.node.intake.models import Message, Original, ReportItem
from rempart.node.runtime import vault

_FORM = "form"
_WRITTEN_HERE = (Source.PUBLIC, Source.VICTIM_SELF)


@dataclass(frozen=True, slots=True)
class TextFacts:
    """A text without what it says."""

    id: int
    report_id: int
    at: datetime


def messages_of(report_id: int) -> list[TextFacts]:
    """What the reporter added later, oldest first."""
    rows = Message.objects.filter(report=report_id).order_by("pk")
    return [TextFacts(row.pk, report_id, row.sent_at) for row in rows.only("pk", "sent_at")]


def statements_of(report_id: int) -> list[TextFacts]:
    """Items of a report from the public form, whose words the reporter wrote; none of an erased report."""
    return [TextFacts(row.pk, report_id, row.report.received_at) for row in _items().filter(report=report_id)]


def message(message_id: int) -> tuple[int, str]:
    """The report's number and the text. Raises NotFound. The caller records who reads it and why."""
    row = _message(message_id)
    return row.report_id, _open_message(row)


def statement(item_id: int) -> tuple[int, str]:
    """The report's number and what was written of an item, a paragraph each. Raises NotFound. As `message`."""
    row = _item(item_id)
    return row.report_id, "\n\n".join(_prose(row, reports.open_item(row, reports.key_of(row.report))).values())


def redact_message(message_id: int, passage: str) -> int:
    """Replace a passage for good in the caller's transaction and return the report's number.

    Raises NotFound, or InputError if the text does not hold it.
    """
    row = _message(message_id)
    row.sealed = reports.seal_message(row.report, redacted(_open_message(row), passage))
    row.save(update_fields=["sealed"])
    return row.report_id


def redact_statement(item_id: int, passage: str) -> int:
    """Replace a passage for good in an item and in the exact bytes of its form. As `redact_message`."""
    row = _item(item_id)
    key = reports.key_of(row.report)
    opened = reports.open_item(row, key)
    changed = {**opened, **redacted_within(_prose(row, opened), passage)}
    text = json.dumps(changed, ensure_ascii=False, sort_keys=True)
    row.sealed = vault().seal(key, text.encode(), reports.context(row.report, f"item/{row.position}"))
    row.save(update_fields=["sealed"])
    context = reports.context(row.report, _FORM)
    for original in Original.objects.filter(report=row.report, part=_FORM):
        typed = vault().open(key, bytes(original.sealed), context)
        original.sealed = vault().seal(key, _redact_form(typed, passage), context)
        original.save(update_fields=["sealed"])
    return row.report_id


def _redact_form(typed: bytes, passage: str) -> bytes:
    try:
        changed = redacted_within(json.loads(typed), passage)
    except InputError:
        # What was typed may differ from its canonical form, such as an address: then it holds no such passage.
        return typed
    return json.dumps(changed, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _prose(row: ReportItem, opened: dict[str, str]) -> dict[str, str]:
    """What may be words of the reporter: all but the value by which an item is recognised."""
    return {name: text for name, text in opened.items() if text and (name != "value" or row.kind == ItemKind.TEXT)}


def _items() -> QuerySet[ReportItem]:
    # Where other exact bytes came with the report, redacting the item would leave the passage in them.
    elsewhere = Original.objects.exclude(part=_FORM).values("report")
    rows = ReportItem.objects.filter(report__source__in=_WRITTEN_HERE).exclude(report__in=elsewhere)
    return rows.exclude(sealed=b"").select_related("report").order_by("pk")


def _item(item_id: int) -> ReportItem:
    row = _items().select_for_update(of=("self",)).filter(pk=item_id).first()
    if row is None:
        raise NotFound("there is no such text.", where="statement")
    return row


def _message(message_id: int) -> Message:
    row = Message.objects.select_for_update(of=("self",)).select_related("report").filter(pk=message_id).first()
    if row is None:
        raise NotFound("there is no such message.", where="message")
    return row


def _open_message(row: Message) -> str:
    return reports.open_message(row.report, reports.key_of(row.report), bytes(row.sealed))
