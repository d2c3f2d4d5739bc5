"""The platform's XML documents to what `submissions` takes."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rempart.core.vocabulary import Channel, ItemKind, Offence, Source
from rempart.formats.cybertipline.document import Rejected
from rempart.formats.cybertipline.findings import QualityFinding
from rempart.formats.cybertipline.model import Location, ParsedFileDetails, ParsedReport, Person, QualityInputs
from rempart.formats.cybertipline.reader import read_file_details, read_report
from rempart.formats.cybertipline.vocabulary import INCIDENT_MEANINGS, Code, ReportAnnotation
from rempart.node.intake.pointing import MAX_ITEMS, distinct, point_or_quote
from rempart.node.intake.reports import NewItem, NewReport
from rempart.node.intake.submissions import FileStatement

REPORT_PART = "report.xml"
FILE_PART = "fileinfo.xml"


def read_submission(body: bytes) -> tuple[NewReport, QualityInputs]:
    """A `<report>` understood; raises `Rejected` with its response code."""
    parsed = read_report(body)
    if len(parsed.locations) > MAX_ITEMS:
        raise Rejected(
            Code.VALIDATION_FAILED,
            f"The report names more than {MAX_ITEMS} places.",
            where="/report/internetDetails",
            advice="Split it into several reports.",
        )
    report = NewReport(
        source=Source.PLATFORM,
        items=distinct(_item(parsed, location) for location in parsed.locations),
        original_part=REPORT_PART,
        original=body,
        facts=_facts(parsed),
        occurred_at=parsed.incident_at,
        findings=_findings(parsed.findings),
    )
    return report, parsed.quality_inputs()


def items_from_people(body: bytes) -> Sequence[NewItem]:
    """For a report that names no place and has no file: the accounts it is about, and what it tells."""
    parsed = read_report(body)
    return [*_accounts(parsed.suspects, parsed.platform or ""), *_told(parsed)]


def read_statement(body: bytes) -> tuple[int, str, FileStatement]:
    """A `<fileDetails>` understood: report number, file number, statement; raises `Rejected`."""
    parsed = read_file_details(body)
    statement = FileStatement(
        original_part=FILE_PART,
        original=body,
        viewed=parsed.viewed,
        publicly_available=parsed.publicly_available,
        industry_class=parsed.industry_class,
        annotations=parsed.annotations,
        details=_file_details(parsed),
        findings=_findings(parsed.findings),
    )
    return parsed.report_id, parsed.file_id, statement


def _item(parsed: ParsedReport, location: Location) -> NewItem | None:
    service = {Channel.EMAIL: "email", Channel.PHONE: "phone"}.get(location.channel)
    service = service or location.extra.get("chatClient") or parsed.platform or str(location.channel)
    # File names met in peer-to-peer networks are words about files, not files.
    kind = ItemKind.TEXT if location.kind is ItemKind.FILE else location.kind
    details = {"channel": str(location.channel), **location.extra}
    return point_or_quote(kind, location.value, service, details)


def _facts(parsed: ParsedReport) -> dict[str, bool]:
    meaning = INCIDENT_MEANINGS[parsed.incident_type]
    escalated = bool(parsed.escalation)
    facts = {
        "escalated_by_platform": escalated,
        "sextortion": ReportAnnotation.SEXTORTION in parsed.annotations,
        "solicitation": Offence.SOLICITATION in meaning.offences
        or ReportAnnotation.CSAM_SOLICITATION in parsed.annotations,
        # The platform says itself that it is urgent, or that a child is being coerced.
        "child_in_danger": (meaning.names_a_child and escalated)
        or ReportAnnotation.SADISTIC_EXPLOITATION in parsed.annotations,
    }
    return {name: True for name, holds in facts.items() if holds}


def _accounts(people: Sequence[Person], platform: str) -> Iterator[NewItem]:
    for person in people:
        name = person.screen_name or person.esp_user_id
        item = point_or_quote(ItemKind.ACCOUNT, name or "", person.esp_service or platform, {"role": "reported"})
        if item is not None:
            yield item


def _told(parsed: ParsedReport) -> Iterator[NewItem]:
    if parsed.additional_info:
        yield NewItem(ItemKind.TEXT, parsed.additional_info)


def _file_details(parsed: ParsedFileDetails) -> dict[str, str]:
    named = {
        "file_name": parsed.file_name,
        "original_file_name": parsed.original_file_name,
        "location": parsed.location_of_file,
        "relevance": parsed.relevance,
        "additional_info": parsed.additional_info,
    }
    return {name: str(text) for name, text in named.items() if text}


def _findings(found: Sequence[QualityFinding]) -> tuple[dict[str, str], ...]:
    return tuple({name: str(text) for name, text in asdict(finding).items()} for finding in found)
