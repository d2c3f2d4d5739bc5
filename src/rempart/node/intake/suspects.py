"""Who a platform's report is about, as far as finding the competent country needs it: read from the sealed original."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rempart.core.vocabulary import Source
from rempart.formats.cybertipline.document import Rejected
from rempart.formats.cybertipline.reader import read_report
from rempart.node.intake import services
from rempart.node.intake.api.schemas import ReportIn

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
    document = services.original(report_id, "report.json")
    if document is not None:
        people = ReportIn.model_validate_json(document).suspects
        events = [(str(event.ip), event.at) for person in people for event in person.ip_events]
        return Suspects(bool(events) or any(person.has_identifier for person in people), _newest_first(events))
    document = services.original(report_id, "report.xml")
    if document is None:
        return Suspects(named=False, ips=())
    try:
        accused = read_report(document).suspects
    except Rejected:
        # It was accepted when it came: a reader that has become stricter since must not block the case.
        return Suspects(named=False, ips=())
    seen = [(event.ip, event.at) for person in accused for event in person.ip_events]
    return Suspects(any(person.has_identifier for person in accused), _newest_first(seen))


def _newest_first(events: list[tuple[str, datetime | None]]) -> tuple[str, ...]:
    return tuple(ip for ip, _ in sorted(events, key=lambda event: event[1] or _LONG_AGO, reverse=True))
