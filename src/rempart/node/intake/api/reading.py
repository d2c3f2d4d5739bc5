"""A JSON report to what `submissions` takes."""

from collections.abc import Iterator, Sequence

from rempart.core.errors import InputError
from rempart.core.vocabulary import ItemKind, Source
from rempart.formats.cybertipline.model import QualityInputs
from rempart.node.intake.api.schemas import FileDetailsIn, ItemIn, PersonIn, ReportIn
from rempart.node.intake.pointing import distinct, point_or_quote, point_to
from rempart.node.intake.reports import NewItem, NewReport
from rempart.node.intake.submissions import FileStatement

REPORT_PART = "report.json"
FILE_PART = "file.json"
_ADDRESSES = frozenset({ItemKind.URL, ItemKind.ONION})


def read_submission(body: bytes, report: ReportIn) -> tuple[NewReport, QualityInputs]:
    """The report understood; `body` is kept as it came. Raises InputError naming the item that cannot be."""
    items = distinct(_item(position, item) for position, item in enumerate(report.items))
    stated = {**report.facts.model_dump(), "escalated_by_platform": bool(report.escalation)}
    new = NewReport(
        source=Source.PLATFORM,
        items=items,
        original_part=REPORT_PART,
        original=body,
        language=report.language,
        facts={name: True for name, holds in stated.items() if holds},
        occurred_at=report.occurred_at,
    )
    return new, _inputs(report, items)


def items_from_people(body: bytes) -> Sequence[NewItem]:
    """For a report without items and files: the accounts it is about, and what it tells."""
    report = ReportIn.model_validate_json(body)
    return [*_accounts(report.suspects), *_told(report)]


def read_statement(details: FileDetailsIn) -> FileStatement:
    named = {
        "original_file_name": details.original_name,
        "location": details.location,
        "relevance": details.relevance,
        "additional_info": details.additional_info,
    }
    return FileStatement(
        original_part=FILE_PART,
        original=details.model_dump_json(exclude_unset=True).encode(),
        viewed=details.viewed,
        publicly_available=details.publicly_available,
        industry_class=details.industry_class,
        annotations=frozenset(details.annotations),
        details={name: str(text) for name, text in named.items() if text},
    )


def _item(position: int, item: ItemIn) -> NewItem:
    details = dict(item.details)
    if item.channel is not None:
        details["channel"] = str(item.channel)
    try:
        return point_to(item.kind, item.value, item.service, details)
    except InputError as error:
        raise InputError(error.what, where=f"items[{position}].value", advice=error.advice) from None


def _inputs(report: ReportIn, items: Sequence[NewItem]) -> QualityInputs:
    events = [event for person in report.suspects for event in person.ip_events]
    return QualityInputs(
        has_incident_time=report.occurred_at is not None,
        has_suspect_identifier=any(person.has_identifier for person in report.suspects),
        has_ip_with_time=any(event.at for event in events),
        ip_has_port=any(event.port for event in events),
        has_url=any(item.kind in _ADDRESSES for item in items),
        deviations=0,
        has_additional_info=bool(report.additional_info),
    )


def _accounts(people: Sequence[PersonIn]) -> Iterator[NewItem]:
    for person in people:
        name = person.screen_name or person.user_id or ""
        item = point_or_quote(ItemKind.ACCOUNT, name, person.service or "platform", {"role": "reported"})
        if item is not None:
            yield item


def _told(report: ReportIn) -> Iterator[NewItem]:
    if report.additional_info and report.additional_info.strip():
        yield NewItem(ItemKind.TEXT, report.additional_info.strip())
