"""Who a platform's report is about, as far as finding the competent country needs it: read from the sealed original."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from rempart.core.vocabulary import Source
from rempart.formats.cybertipline.document import Rejected
from rempart.formats.cybertipline.reader import read_report
from rempart.node.intake import services
from rempart.node.intake.api.reading import REPORT_PART as JSON_PART
from rempart.node.intake.api.schemas import ReportIn
from rempart.node.intake.cybertip.reading import REPORT_PART as XML_PART

log = logging.getLogger("rempart.intake")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Suspects:
    """`named`: the report identifies an account or person. `ips`: their addresses, last seen first."""

    named: bool
    ips: tuple[str, ...]


def suspects(report_id: int) -> Suspects:
    """Whom a platform's report identifies; nobody for reports of other sources."""
    if services.report(report_id).source is not Source.PLATFORM:
        return Suspects(named=False, ips=())
    document, xml = services.original(report_id, JSON_PART), services.original(report_id, XML_PART)
    try:
        if document is not None:
            return _in_json(document)
        if xml is not None:
            return _in_xml(xml)
    except (ValidationError, Rejected):
        # It was accepted when it came: a reader that has become stricter since must not block the case.
        log.warning("the original of report %d cannot be read for its suspects any more", report_id)
    return Suspects(named=False, ips=())


def _in_json(document: bytes) -> Suspects:
    people = ReportIn.model_validate_json(document).suspects
    events = [(str(event.ip), event.at) for person in people for event in person.ip_events]
    return Suspects(bool(events) or any(person.has_identifier for person in people), _newest_first(events))


def _in_xml(document: bytes) -> Suspects:
    people = read_report(document).suspects
    events = [(event.ip, event.at) for person in people for event in person.ip_events]
    return Suspects(any(person.has_identifier for person in people), _newest_first(events))


def _newest_first(events: list[tuple[str, datetime | None]]) -> tuple[str, ...]:
    return tuple(ip for ip, _ in sorted(events, key=lambda event: event[1] or _LONG_AGO, reverse=True))
