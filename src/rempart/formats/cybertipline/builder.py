"""A small writer of platform documents: what a platform's client sends, for the demo, the benchmark and tests.

It takes the same values the reader gives, writes them in the schema's order, and leaves out what is unknown.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from lxml import etree

from rempart.core.errors import InputError
from rempart.core.vocabulary import IndustryClass
from rempart.formats.cybertipline.model import DeviceId, IpEvent, MetadataPair, Person
from rempart.formats.cybertipline.vocabulary import FileAnnotation, FileRelevance, IncidentType, ReportAnnotation


def build_report(
    *,
    incident_type: IncidentType,
    incident_at: datetime,
    reporter: Person,
    platform: str | None = None,
    escalation: str | None = None,
    annotations: Iterable[ReportAnnotation] = (),
    batched: bool = False,
    urls: Iterable[str] = (),
    chat: tuple[str, str, str] | None = None,
    suspects: Iterable[Person] = (),
    recipients: Iterable[Person] = (),
    victims: Iterable[Person] = (),
    additional_info: str | None = None,
) -> bytes:
    """A `<report>` body; `chat` is (client, room, text). Raises `InputError` for text XML cannot carry."""
    root = etree.Element("report")
    if batched:
        etree.SubElement(root, "batchedReport", reason="VIRAL_POTENTIAL_MEME")
    summary = etree.SubElement(root, "incidentSummary")
    _add(summary, "incidentType", incident_type.value)
    _add(summary, "platform", platform)
    _add(summary, "escalateToHighPriority", escalation)
    _add_flags(summary, "reportAnnotations", annotations)
    _add(summary, "incidentDateTime", _time(incident_at))
    _add_locations(root, tuple(urls), chat)
    _add_human(etree.SubElement(etree.SubElement(root, "reporter"), "reportingPerson"), reporter)
    for name, people in (("personOrUserReported", suspects), ("intendedRecipient", recipients), ("victim", victims)):
        for person in people:
            _add_account(etree.SubElement(root, name), f"{name}Person", person)
    _add(root, "additionalInfo", additional_info)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def build_file_details(
    *,
    report_id: int,
    file_id: str,
    file_name: str | None = None,
    original_file_name: str | None = None,
    uploaded_at: datetime | None = None,
    location_of_file: str | None = None,
    viewed: bool | None = None,
    exif_viewed: bool | None = None,
    publicly_available: bool | None = None,
    relevance: FileRelevance | None = None,
    annotations: Iterable[FileAnnotation] = (),
    industry_class: IndustryClass | None = None,
    original_hashes: Iterable[tuple[str, str]] = (),
    ip_event: IpEvent | None = None,
    device_ids: Iterable[DeviceId] = (),
    details: Iterable[MetadataPair] = (),
    additional_info: str | None = None,
) -> bytes:
    """A `<fileDetails>` body; hashes are (type, value)."""
    root = etree.Element("fileDetails")
    _add(root, "reportId", str(report_id))
    _add(root, "fileId", file_id)
    _add(root, "fileName", file_name)
    _add(root, "originalFileName", original_file_name)
    _add(root, "uploadedToEspTimestamp", _time(uploaded_at))
    _add(root, "locationOfFile", location_of_file)
    _add(root, "fileViewedByEsp", _boolean(viewed))
    _add(root, "exifViewedByEsp", _boolean(exif_viewed))
    _add(root, "publiclyAvailable", _boolean(publicly_available))
    _add(root, "fileRelevance", relevance)
    _add_flags(root, "fileAnnotations", annotations)
    _add(root, "industryClassification", industry_class)
    for hash_type, value in original_hashes:
        _add(root, "originalFileHash", value, hashType=hash_type)
    for event in (ip_event,) if ip_event else ():
        _add_ip_event(root, event)
    for device in device_ids:
        _add_device(root, device)
    _add_metadata(root, tuple(details))
    _add(root, "additionalInfo", additional_info)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add(parent: etree._Element, name: str, text: str | None, **attributes: str) -> None:
    if text is None:
        return
    child = etree.SubElement(parent, name, attributes)
    try:
        child.text = str(text)
    except ValueError:
        raise InputError(
            "The text has characters that XML cannot carry.", where=name, advice="Remove control characters."
        ) from None


def _add_flags(parent: etree._Element, name: str, flags: Iterable[str]) -> None:
    wanted = sorted(str(flag) for flag in flags)
    if wanted:
        group = etree.SubElement(parent, name)
        for flag in wanted:
            etree.SubElement(group, flag)


def _add_locations(root: etree._Element, urls: tuple[str, ...], chat: tuple[str, str, str] | None) -> None:
    if urls:
        page = etree.SubElement(etree.SubElement(root, "internetDetails"), "webPageIncident")
        for url in urls:
            _add(page, "url", url)
    if chat is not None:
        incident = etree.SubElement(etree.SubElement(root, "internetDetails"), "chatImIncident")
        for name, text in zip(("chatClient", "chatRoomName", "content"), chat, strict=True):
            _add(incident, name, text)


def _add_human(element: etree._Element, person: Person) -> None:
    _add(element, "firstName", person.first_name)
    _add(element, "lastName", person.last_name)
    for phone in person.phones:
        _add(element, "phone", phone)
    for email in person.emails:
        _add(element, "email", email)
    _add(element, "age", None if person.age is None else str(person.age))
    _add(element, "dateOfBirth", None if person.date_of_birth is None else person.date_of_birth.isoformat())


def _add_account(element: etree._Element, person_name: str, person: Person) -> None:
    _add_human(etree.SubElement(element, person_name), person)
    _add(element, "espIdentifier", person.esp_user_id)
    _add(element, "espService", person.esp_service)
    _add(element, "screenName", person.screen_name)
    for name in person.display_names:
        _add(element, "displayName", name)
    for url in person.profile_urls:
        _add(element, "profileUrl", url)
    _add(element, "profileBio", person.profile_bio)
    for event in person.ip_events:
        _add_ip_event(element, event)
    for device in person.device_ids:
        _add_device(element, device)
    _add(element, "additionalInfo", person.additional_info)


def _add_ip_event(parent: etree._Element, event: IpEvent) -> None:
    element = etree.SubElement(parent, "ipCaptureEvent")
    _add(element, "ipAddress", event.ip)
    _add(element, "eventName", event.event)
    _add(element, "dateTime", _time(event.at))
    _add(element, "possibleProxy", _boolean(event.possible_proxy))
    _add(element, "port", None if event.port is None else str(event.port))


def _add_device(parent: etree._Element, device: DeviceId) -> None:
    element = etree.SubElement(parent, "deviceId")
    _add(element, "idType", device.id_type)
    _add(element, "idValue", device.id_value)
    _add(element, "eventName", device.event)
    _add(element, "dateTime", _time(device.at))


def _add_metadata(root: etree._Element, pairs: tuple[MetadataPair, ...]) -> None:
    for group in dict.fromkeys(pair.group for pair in pairs):
        details = etree.SubElement(root, "details", {"type": group} if group else {})
        for pair in pairs:
            if pair.group == group:
                element = etree.SubElement(details, "nameValuePair")
                _add(element, "name", pair.name)
                _add(element, "value", pair.value)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _boolean(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()
