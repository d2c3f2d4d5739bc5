"""What the node understands of a document that came in through the CyberTipline face."""

import pytest

from rempart.core.vocabulary import ItemKind
from rempart.formats.cybertipline.builder import build_file_details
from rempart.formats.cybertipline.model import Person
from rempart.formats.cybertipline.vocabulary import FileAnnotation, IncidentType, ReportAnnotation
from rempart.node.intake import services
from rempart.node.jobs.models import Job

pytestmark = pytest.mark.django_db
XML = {"content_type": "text/xml; charset=utf-8"}


def test_facts_for_priority(platform_client, make_xml):
    body = make_xml(
        incident_type=IncidentType.ENTICEMENT,
        escalation="A child may be in danger.",
        annotations=[ReportAnnotation.SEXTORTION],
    )
    report_id = platform_client.submit(body)
    file_id = platform_client.upload(report_id, b"x")
    details = build_file_details(report_id=report_id, file_id=file_id, annotations=[FileAnnotation.LIVE_STREAMING])
    platform_client.call("fileinfo", details, **XML)
    platform_client.finish(report_id)
    assert services.report(report_id).facts == {
        "child_in_danger": True,
        "escalated_by_platform": True,
        "live_stream": True,
        "sextortion": True,
        "solicitation": True,
    }


def test_a_plain_report_claims_no_facts(platform_client, make_xml):
    report_id = platform_client.submit(make_xml())
    assert services.report(report_id).facts == {}


@pytest.mark.parametrize(
    ("urls", "location", "public", "found"),
    [
        (["https://a.example/1", "https://b.example/2"], "HTTPS://B.example:443/2", None, 1),
        (["https://a.example/1", "https://b.example/2"], None, True, None),
        (["https://a.example/1"], None, True, 0),
        (["https://a.example/1"], None, False, None),
        (["https://a.example/1"], "https://c.example/", None, None),
        (["https://a.example/1"], "not an address", None, None),
    ],
)
def test_where_a_file_was_found(platform_client, make_xml, urls, location, public, found):
    report_id = platform_client.submit(make_xml(urls=urls))
    file_id = platform_client.upload(report_id, b"x")
    details = build_file_details(
        report_id=report_id, file_id=file_id, location_of_file=location, publicly_available=public
    )
    platform_client.call("fileinfo", details, **XML)
    platform_client.finish(report_id)
    *pages, file = services.items(report_id)
    assert file.found_at_id == (pages[found].id if found is not None else None)


def test_a_text_only_report_is_about_its_accounts(platform_client, make_xml):
    suspects = [Person(screen_name="someone", esp_service="Example Chat")]
    body = make_xml(urls=(), incident_type=IncidentType.ENTICEMENT, suspects=suspects)
    report_id = platform_client.submit(body)
    platform_client.finish(report_id)
    assert [(item.kind, item.value) for item in services.items(report_id)] == [
        (ItemKind.ACCOUNT, "account:example chat/someone"),
        (ItemKind.TEXT, "Found by hash matching."),
    ]
    assert Job.objects.get(kind="triage").subject == str(report_id)


def test_a_report_that_says_nothing_still_takes_its_way(platform_client, make_xml, drain):
    report_id = platform_client.submit(make_xml(urls=(), suspects=(), additional_info=None))
    assert platform_client.finish(report_id) == 0
    drain()
    assert services.items(report_id) == []
    assert not Job.objects.exclude(last_error="").exists()
    assert services.report(report_id).state != "received"


def test_what_is_no_address_is_kept_as_text(platform_client, make_xml):
    report_id = platform_client.submit(
        make_xml(urls=["see the attached", "https://a.example/1", "https://a.example/1#x"])
    )
    assert [item.kind for item in services.items(report_id)] == [ItemKind.TEXT, ItemKind.URL]


def test_deviations_are_kept_as_findings_and_lower_the_score(platform_client, make_xml):
    body = make_xml("9").replace(b"<report>", b"<report><unheardOf/>", 1)
    odd, plain = platform_client.submit(body), platform_client.submit(make_xml("9"))
    platform_client.finish(odd)
    platform_client.finish(plain)
    assert "unknown_element" in {finding["code"] for finding in services.report(odd).quality_findings}
    assert services.report(odd).quality < services.report(plain).quality
