"""The two documents a platform sends, read tolerantly.

Refused is only what cannot be understood: not XML, a document type declaration, over a limit, another root, no
known incident type, no report or file number, or a classified supplemental file. All else becomes a finding.
Source: CyberTipline Reporting API; deviations as seen in existing clients.
"""

from lxml import etree

from rempart.core.vocabulary import IndustryClass
from rempart.formats.cybertipline.document import MAX_BYTES, Rejected, parse_document
from rempart.formats.cybertipline.elements import (
    flags_of,
    named_value,
    own_text,
    read_device_ids,
    read_ip_events,
    read_person,
    text_of,
    texts_of,
    value_of,
)
from rempart.formats.cybertipline.findings import FindingCode, Findings, check_against_schema
from rempart.formats.cybertipline.locations import read_locations
from rempart.formats.cybertipline.model import (
    LawEnforcement,
    MetadataPair,
    ParsedFileDetails,
    ParsedReport,
    Person,
    Reporter,
)
from rempart.formats.cybertipline.scalars import read_bool, read_datetime, read_flag, read_int
from rempart.formats.cybertipline.vocabulary import (
    Code,
    FileAnnotation,
    FileRelevance,
    IncidentType,
    ReportAnnotation,
)


def read_report(body: bytes, *, max_bytes: int = MAX_BYTES) -> ParsedReport:
    """Read a `<report>`; raises `Rejected` (an `InputError` with a response code) for what cannot be understood."""
    root, findings = _open(body, "report", max_bytes)
    summary = root.find("incidentSummary")
    if summary is None:
        raise _invalid("The report has no incidentSummary.", "/report/incidentSummary", "Add it.")
    incident_type = named_value(text_of(summary, "incidentType"), IncidentType)
    if incident_type is None:
        raise _invalid(
            "The incident type is missing or unknown.",
            "/report/incidentSummary/incidentType",
            "Use one of the values listed at /xsd.",
        )
    return ParsedReport(
        incident_type=incident_type,
        incident_at=value_of(summary, "incidentDateTime", read_datetime),
        incident_time_note=text_of(summary, "incidentDateTimeDescription"),
        platform=text_of(summary, "platform"),
        escalation=text_of(summary, "escalateToHighPriority"),
        annotations=flags_of(summary.find("reportAnnotations"), ReportAnnotation),
        batched=root.find("batchedReport") is not None,
        locations=read_locations(root, findings),
        law_enforcement=_read_law_enforcement(root.find("lawEnforcement")),
        reporter=_read_reporter(root.find("reporter"), findings),
        suspects=_read_people(root, "personOrUserReported", "personOrUserReportedPerson", findings),
        recipients=_read_people(root, "intendedRecipient", "intendedRecipientPerson", findings),
        victims=_read_people(root, "victim", "victimPerson", findings),
        additional_info="\n".join(texts_of(root, "additionalInfo")) or None,
        findings=findings.as_tuple(),
    )


def read_file_details(body: bytes, *, max_bytes: int = MAX_BYTES) -> ParsedFileDetails:
    """Read a `<fileDetails>`; raises `Rejected` for what cannot be understood."""
    root, findings = _open(body, "fileDetails", max_bytes)
    report_id = value_of(root, "reportId", read_int)
    file_id = text_of(root, "fileId")
    if report_id is None or file_id is None:
        raise _invalid("The report or file number is missing.", "/fileDetails", "Send both as they were answered.")
    relevance = named_value(text_of(root, "fileRelevance"), FileRelevance)
    industry_class = named_value(text_of(root, "industryClassification"), IndustryClass)
    if relevance is FileRelevance.SUPPLEMENTAL and root.find("industryClassification") is not None:
        raise _invalid(
            "A supplemental file cannot carry a classification.",
            "/fileDetails/industryClassification",
            "Leave it out or report the file as Reported.",
        )
    return ParsedFileDetails(
        report_id=report_id,
        file_id=file_id,
        file_name=text_of(root, "fileName"),
        original_file_name=text_of(root, "originalFileName"),
        uploaded_at=value_of(root, "uploadedToEspTimestamp", read_datetime),
        location_of_file=text_of(root, "locationOfFile"),
        viewed=value_of(root, "fileViewedByEsp", read_bool),
        exif_viewed=value_of(root, "exifViewedByEsp", read_bool),
        publicly_available=value_of(root, "publiclyAvailable", read_bool),
        relevance=relevance,
        annotations=_file_annotations(root),
        industry_class=industry_class,
        original_hashes=_read_hashes(root),
        ip_events=read_ip_events(root, findings, "/fileDetails"),
        device_ids=read_device_ids(root),
        details=_read_metadata(root),
        additional_info="\n".join(texts_of(root, "additionalInfo")) or None,
        findings=findings.as_tuple(),
    )


def _open(body: bytes, root_name: str, max_bytes: int) -> tuple[etree._Element, Findings]:
    document = parse_document(body, max_bytes=max_bytes)
    if document.root.tag != root_name:
        raise _invalid(f"The root element is not {root_name}.", "/", f"Send a <{root_name}> document.")
    findings = Findings()
    if document.had_namespace:
        findings.add(FindingCode.NAMESPACE, f"/{root_name}", "The schema has no namespace; it was ignored.")
    check_against_schema(document.root, findings)
    return document.root, findings


def _invalid(what: str, where: str, advice: str) -> Rejected:
    return Rejected(Code.VALIDATION_FAILED, what, where=where, advice=advice)


def _read_people(root: etree._Element, name: str, person_name: str, findings: Findings) -> tuple[Person, ...]:
    return tuple(
        read_person(element, element.find(person_name), findings, f"/report/{name}") for element in root.iterfind(name)
    )


def _read_law_enforcement(element: etree._Element | None) -> LawEnforcement | None:
    if element is None:
        return None
    international = element.find("servedLegalProcessInternational")
    country = element.get("fleaCountry")
    if international is not None:
        country = international.get("fleaCountry", country)
    return LawEnforcement(
        agency=text_of(element, "agencyName"),
        case_number=text_of(element, "caseNumber"),
        reported=value_of(element, "reportedToLe", read_bool),
        served_domestic=value_of(element, "servedLegalProcessDomestic", read_bool),
        served_international=value_of(element, "servedLegalProcessInternational", read_bool),
        country=country or None,
    )


def _read_reporter(element: etree._Element | None, findings: Findings) -> Reporter | None:
    if element is None:
        return None
    where = "/report/reporter"
    contact = element.find("contactPerson")
    return Reporter(
        person=read_person(None, element.find("reportingPerson"), findings, where),
        contact=None if contact is None else read_person(None, contact, findings, where),
        company_template=text_of(element, "companyTemplate"),
        terms_of_service=text_of(element, "termsOfService"),
        legal_url=text_of(element, "legalURL"),
    )


def _file_annotations(root: etree._Element) -> frozenset[str]:
    """Annotations, with the older stand-alone `potentialMeme` among them."""
    found = flags_of(root.find("fileAnnotations"), FileAnnotation)
    alone = root.find(FileAnnotation.POTENTIAL_MEME)
    if alone is not None and read_flag(alone.text or ""):
        return found | {FileAnnotation.POTENTIAL_MEME.value}
    return found


def _read_hashes(root: etree._Element) -> tuple[tuple[str, str], ...]:
    return tuple(
        (element.get("hashType", "").strip().lower(), value)
        for element in root.iterfind("originalFileHash")
        if (value := own_text(element))
    )


def _read_metadata(root: etree._Element) -> tuple[MetadataPair, ...]:
    return tuple(
        MetadataPair(pair.get("type") or details.get("type"), name, text_of(pair, "value") or "")
        for details in root.iterfind("details")
        for pair in details.iterfind("nameValuePair")
        if (name := text_of(pair, "name"))
    )
