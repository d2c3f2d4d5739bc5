"""What a platform's documents say, as values."""

from dataclasses import dataclass, field
from datetime import date, datetime

from rempart.core.vocabulary import Channel, IndustryClass, ItemKind
from rempart.formats.cybertipline.findings import QualityFinding
from rempart.formats.cybertipline.vocabulary import FileRelevance, IncidentType


@dataclass(frozen=True, slots=True)
class IpEvent:
    """An address seen at an event; `ip` is always a valid address, `at` is in UTC."""

    ip: str
    event: str | None = None
    at: datetime | None = None
    possible_proxy: bool | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceId:
    id_type: str
    id_value: str
    event: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where the incident was met. `extra` holds the incident's other texts by their element names."""

    kind: ItemKind
    channel: Channel
    value: str
    extra: dict[str, str] = field(default_factory=dict)
    ip_events: tuple[IpEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person or account as the platform knows it; every field may be unknown."""

    first_name: str | None = None
    last_name: str | None = None
    age: int | None = None
    date_of_birth: date | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    esp_user_id: str | None = None
    esp_service: str | None = None
    screen_name: str | None = None
    display_names: tuple[str, ...] = ()
    profile_urls: tuple[str, ...] = ()
    profile_bio: str | None = None
    group_id: str | None = None
    school: str | None = None
    country: str | None = None
    compromised: bool | None = None
    disabled: bool = False
    prior_reports: tuple[int, ...] = ()
    ip_events: tuple[IpEvent, ...] = ()
    device_ids: tuple[DeviceId, ...] = ()
    associated: tuple["AssociatedAccount", ...] = ()
    additional_info: str | None = None

    @property
    def has_identifier(self) -> bool:
        """Whether anything here could lead to one account or person."""
        return any(
            (self.emails, self.phones, self.esp_user_id, self.screen_name, self.profile_urls, self.ip_events)
        ) or bool(self.first_name and self.last_name)


@dataclass(frozen=True, slots=True)
class AssociatedAccount:
    account_type: str | None
    platform: str | None
    third_party: bool | None
    account: Person


@dataclass(frozen=True, slots=True)
class LawEnforcement:
    """Police already involved, according to the platform."""

    agency: str | None
    case_number: str | None
    reported: bool | None
    served_domestic: bool | None
    served_international: bool | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Reporter:
    person: Person
    contact: Person | None
    company_template: str | None
    terms_of_service: str | None
    legal_url: str | None


@dataclass(frozen=True, slots=True)
class QualityInputs:
    """Plain facts for a quality score; no value of the report is in it."""

    has_incident_time: bool
    has_suspect_identifier: bool
    has_ip_with_time: bool
    ip_has_port: bool
    has_url: bool
    deviations: int
    has_additional_info: bool


@dataclass(frozen=True, slots=True)
class ParsedReport:
    incident_type: IncidentType
    incident_at: datetime | None
    incident_time_note: str | None
    platform: str | None
    escalation: str | None
    annotations: frozenset[str]
    batched: bool
    locations: tuple[Location, ...]
    law_enforcement: LawEnforcement | None
    reporter: Reporter | None
    suspects: tuple[Person, ...]
    recipients: tuple[Person, ...]
    victims: tuple[Person, ...]
    additional_info: str | None
    findings: tuple[QualityFinding, ...]

    def quality_inputs(self) -> QualityInputs:
        events = [event for person in self.suspects for event in _all_ip_events(person)]
        events += [event for location in self.locations for event in location.ip_events]
        return QualityInputs(
            has_incident_time=self.incident_at is not None,
            has_suspect_identifier=any(person.has_identifier for person in self.suspects),
            has_ip_with_time=any(event.at is not None for event in events),
            ip_has_port=any(event.port is not None for event in events),
            has_url=any(location.kind in (ItemKind.URL, ItemKind.ONION) for location in self.locations),
            deviations=len(self.findings),
            has_additional_info=bool(self.additional_info),
        )


def _all_ip_events(person: Person) -> tuple[IpEvent, ...]:
    return person.ip_events + tuple(event for other in person.associated for event in other.account.ip_events)


@dataclass(frozen=True, slots=True)
class MetadataPair:
    """`group` is EXIF, HASH or unknown."""

    group: str | None
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ParsedFileDetails:
    """`viewed` and the other answers are None where the platform did not say."""

    report_id: int
    file_id: str
    file_name: str | None
    original_file_name: str | None
    uploaded_at: datetime | None
    location_of_file: str | None
    viewed: bool | None
    exif_viewed: bool | None
    publicly_available: bool | None
    relevance: FileRelevance | None
    annotations: frozenset[str]
    industry_class: IndustryClass | None
    original_hashes: tuple[tuple[str, str], ...]
    ip_events: tuple[IpEvent, ...]
    device_ids: tuple[DeviceId, ...]
    details: tuple[MetadataPair, ...]
    additional_info: str | None
    findings: tuple[QualityFinding, ...]
