"""Writer, reader and schema agree; responses have the shape existing clients need."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from rempart.core.errors import InputError
from rempart.core.vocabulary import IndustryClass, ItemKind
from rempart.formats.cybertipline.builder import build_file_details, build_report
from rempart.formats.cybertipline.model import DeviceId, IpEvent, MetadataPair, Person
from rempart.formats.cybertipline.reader import read_file_details, read_report
from rempart.formats.cybertipline.responses import done_response, report_response
from rempart.formats.cybertipline.schema import rule_for, schema_text, type_rules
from rempart.formats.cybertipline.vocabulary import (
    Code,
    FileAnnotation,
    FileRelevance,
    IncidentType,
    IpEventName,
    ReportAnnotation,
)

REPOSITORY = Path(__file__).resolve().parents[2]
REFERENCE = Path(os.environ.get("REMPART_REFERENCE", REPOSITORY.parent / "shared" / "reference")) / "cyber_tipline.xsd"
OWN_SCHEMA = etree.XMLSchema(etree.fromstring(schema_text()))


def public_schema() -> etree.XMLSchema | None:
    return etree.XMLSchema(etree.parse(str(REFERENCE))) if REFERENCE.exists() else None


PUBLIC_SCHEMA = public_schema()

PLAIN = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
TEXT = st.text(PLAIN, min_size=1, max_size=30)
MOMENT = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
IP_EVENTS = st.builds(
    IpEvent,
    ip=st.ip_addresses().map(str),
    event=st.none() | st.sampled_from(IpEventName).map(str),
    at=st.none() | MOMENT,
    possible_proxy=st.none() | st.booleans(),
    port=st.none() | st.integers(1, 65535),
)
DEVICES = st.builds(DeviceId, id_type=TEXT, id_value=TEXT, event=st.none() | st.just("Other"), at=st.none() | MOMENT)
HUMANS = {
    "first_name": st.none() | TEXT,
    "last_name": st.none() | TEXT,
    "age": st.none() | st.integers(0, 150),
    "date_of_birth": st.none() | st.dates(date(1900, 1, 1)),
    "emails": st.lists(st.emails(), max_size=2).map(tuple),
    "phones": st.lists(st.sampled_from(["+15550100", "5550101"]), max_size=2).map(tuple),
}
PEOPLE = st.builds(
    Person,
    **HUMANS,
    esp_user_id=st.none() | TEXT,
    esp_service=st.none() | TEXT,
    screen_name=st.none() | TEXT,
    display_names=st.lists(TEXT, max_size=2).map(tuple),
    profile_urls=st.lists(st.just("https://social.example/kim"), max_size=2).map(tuple),
    profile_bio=st.none() | TEXT,
    ip_events=st.lists(IP_EVENTS, max_size=2).map(tuple),
    device_ids=st.lists(DEVICES, max_size=2).map(tuple),
    additional_info=st.none() | TEXT,
)
SOME_PEOPLE = st.lists(PEOPLE, max_size=2).map(tuple)


def assert_valid(body: bytes) -> None:
    tree = etree.fromstring(body)
    OWN_SCHEMA.assertValid(tree)
    if PUBLIC_SCHEMA is not None:
        PUBLIC_SCHEMA.assertValid(tree)


@given(
    incident_type=st.sampled_from(IncidentType),
    incident_at=MOMENT,
    reporter=st.builds(Person, **HUMANS),
    platform=st.none() | TEXT,
    escalation=st.none() | TEXT,
    annotations=st.sets(st.sampled_from(sorted(set(ReportAnnotation) - {ReportAnnotation.INFORMATIONAL}))),
    batched=st.booleans(),
    urls=st.lists(st.sampled_from(["https://a.example/1", "http://b.example/?q=a&b=<c>"]), max_size=3),
    chat=st.none() | st.tuples(TEXT, TEXT, TEXT),
    people=st.tuples(SOME_PEOPLE, SOME_PEOPLE, SOME_PEOPLE),
    additional_info=st.none() | TEXT,
)
@settings(max_examples=60, deadline=None)
def test_a_report_comes_back_as_it_was_written(people, urls, chat, annotations, **values) -> None:
    suspects, recipients, victims = people
    body = build_report(
        urls=urls, chat=chat, annotations=annotations, suspects=suspects, recipients=recipients, victims=victims,
        **values,
    )  # fmt: skip
    assert_valid(body)
    parsed = read_report(body)
    assert parsed.findings == ()
    for name in ("incident_type", "incident_at", "platform", "escalation", "batched", "additional_info"):
        assert getattr(parsed, name) == values[name]
    assert parsed.annotations == {flag.value for flag in annotations}
    assert (parsed.suspects, parsed.recipients, parsed.victims) == (suspects, recipients, victims)
    assert parsed.reporter is not None
    assert parsed.reporter.person == values["reporter"]
    assert [item.value for item in parsed.locations if item.kind is ItemKind.URL] == urls
    if chat is not None:
        room = parsed.locations[-1]
        assert (room.extra["chatClient"], room.value, room.extra["content"]) == chat


@given(
    report_id=st.integers(1, 2**63 - 1),
    file_id=st.text("0123456789abcdef", min_size=32, max_size=32),
    file_name=st.none() | TEXT,
    original_file_name=st.none() | TEXT,
    uploaded_at=st.none() | MOMENT,
    location_of_file=st.none() | st.just("https://a.example/f"),
    viewed=st.none() | st.booleans(),
    exif_viewed=st.none() | st.booleans(),
    publicly_available=st.none() | st.booleans(),
    industry_class=st.none() | st.sampled_from(IndustryClass),
    annotations=st.sets(st.sampled_from(FileAnnotation), min_size=1),
    ip_event=st.none() | IP_EVENTS,
    device_ids=st.lists(DEVICES, max_size=2).map(tuple),
    details=st.lists(st.builds(MetadataPair, st.sampled_from(["EXIF", "HASH", None]), TEXT, TEXT), max_size=4),
    additional_info=st.none() | TEXT,
)
@settings(max_examples=60, deadline=None)
def test_file_details_come_back_as_they_were_written(annotations, ip_event, details, **values) -> None:
    body = build_file_details(
        annotations=annotations, ip_event=ip_event, details=details, relevance=FileRelevance.REPORTED,
        original_hashes=[("MD5", "0" * 31 + "1")], **values,
    )  # fmt: skip
    assert_valid(body)
    parsed = read_file_details(body)
    assert parsed.findings == ()
    for name, value in values.items():
        assert getattr(parsed, name) == value
    assert parsed.annotations == {flag.value for flag in annotations}
    assert parsed.ip_events == ((ip_event,) if ip_event else ())
    assert sorted(parsed.details, key=repr) == sorted(details, key=repr)
    assert parsed.original_hashes == (("md5", "0" * 31 + "1"),)


def test_the_writer_refuses_what_xml_cannot_carry() -> None:
    with pytest.raises(InputError, match="platform"):
        build_report(
            incident_type=IncidentType.ENTICEMENT,
            incident_at=datetime(2024, 1, 1, tzinfo=UTC),
            reporter=Person(),
            platform="a\x00b",
        )


def test_own_enumerations_are_the_published_ones() -> None:
    def values(type_name: str) -> set[str]:
        text = rule_for(type_name).text
        assert text is not None
        return set(text.values)

    assert values("incidentType") == set(IncidentType)
    assert values("eventName") == set(IpEventName)
    assert values("fileRelevance") == set(FileRelevance)
    assert values("industryClassification") == set(IndustryClass)
    assert set(rule_for("reportAnnotations").children) == set(ReportAnnotation) - {ReportAnnotation.INFORMATIONAL}
    assert set(rule_for("fileAnnotations").children) == set(FileAnnotation)


@pytest.mark.skipif(not REFERENCE.exists(), reason="the public schema is not at hand")
def test_own_schema_names_every_element_of_the_public_one() -> None:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    public = {
        (kind, name)
        for kind in ("element", "attribute")
        for node in etree.parse(str(REFERENCE)).iter(f"{xs}{kind}")
        if (name := node.get("name")) is not None
    }
    rules = type_rules().values()
    own = {("element", name) for rule in rules for name in rule.children}
    own |= {("attribute", name) for rule in rules for name in rule.attributes}
    own |= {("element", name) for name in ("report", "fileDetails", "reportResponse", "reportDoneResponse")}
    assert public == own


@pytest.mark.parametrize("code", list(Code))
def test_every_response_has_a_description_and_no_namespace(code: Code) -> None:
    body = report_response(code)
    root = etree.fromstring(body)
    assert b"xmlns" not in body
    assert root.findtext("responseCode") == str(int(code))
    assert root.findtext("responseDescription")
    OWN_SCHEMA.assertValid(root)


def test_responses() -> None:
    root = etree.fromstring(report_response(Code.OK, report_id=12, file_id="ab", md5="cd"))
    assert [root.findtext(name) for name in ("reportId", "fileId", "hash")] == ["12", "ab", "cd"]
    assert etree.fromstring(report_response(Code.OK, "")).findtext("responseDescription") == Code.OK.description
    done = etree.fromstring(done_response(Code.ALREADY_FINISHED, 12, ["a1", "b2"]))
    assert done.tag == "reportDoneResponse"
    assert [node.text for node in done.iterfind("files/fileId")] == ["a1", "b2"]
    OWN_SCHEMA.assertValid(done)
