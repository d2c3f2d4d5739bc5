"""Who a platform's report is about, as far as finding the competent country needs it: read from the sealed original."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

from pydantic import ValidationError

from rempart.core.content import canonical_account
from rempart.core.errors import InputError
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
    """`named`: the report identifies an account or person. `ips`: their addresses, last seen first. `accounts`: theirs,
    in canonical spelling: to be digested, and neither shown nor stored."""

    named: bool
    ips: tuple[str, ...]
    accounts: frozenset[str] = field(default=frozenset(), repr=False)


def suspects(report_id: int) -> Suspects:
    """Whom a platform's report identifies; nobody for reports of other sources."""
    report = services.report(report_id)
    if report.source is not Source.PLATFORM:
        return Suspects(named=False, ips=())
    document, xml = services.original(report_id, JSON_PART), services.original(report_id, XML_PART)
    try:
        if document is not None:
            return _in_json(document, report.platform_name)
        if xml is not None:
            return _in_xml(xml, report.platform_name)
    except (ValidationError, Rejected):
        # It was accepted when it came: a reader that has become stricter since must not block the case.
        log.warning("the original of report %d cannot be read for its suspects any more", report_id)
    return Suspects(named=False, ips=())


def _in_json(document: bytes, platform: str) -> Suspects:
    people = ReportIn.model_validate_json(document).suspects
    events = [(str(event.ip), event.at) for person in people for event in person.ip_events]
    accounts = [
        _accounts(person.service or platform, person.user_id, person.screen_name, person.emails) for person in people
    ]
    named = bool(events) or any(person.has_identifier for person in people)
    return Suspects(named, _newest_first(events), frozenset(chain.from_iterable(accounts)))


def _in_xml(document: bytes, platform: str) -> Suspects:
    people = read_report(document).suspects
    events = [(event.ip, event.at) for person in people for event in person.ip_events]
    accounts = [
        _accounts(person.esp_service or platform, person.esp_user_id, person.screen_name, person.emails)
        for person in people
    ]
    named = any(person.has_identifier for person in people)
    return Suspects(named, _newest_first(events), frozenset(chain.from_iterable(accounts)))


def _accounts(service: str, user_id: str | None, screen_name: str | None, emails: Iterable[str]) -> Iterator[str]:
    """What an account is called is no number of it, so the two are kept apart; an address is one wherever it is."""
    for within, name in ((service, screen_name), (f"{service} user number", user_id)):
        if within and name:
            with suppress(InputError):
                yield canonical_account(within, name)
    for email in emails:
        with suppress(InputError):
            yield canonical_account("e-mail", email.lower())


def _newest_first(events: list[tuple[str, datetime | None]]) -> tuple[str, ...]:
    return tuple(ip for ip, _ in sorted(events, key=lambda event: event[1] or _LONG_AGO, reverse=True))
