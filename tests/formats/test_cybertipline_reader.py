"""The tolerant reader: what is refused, what is filed, what is read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from formats.cybertipline_cases import REPORTER, file_details, report

from rempart.core.errors import LimitExceeded
from rempart.core.vocabulary import Channel, IndustryClass, ItemKind
from rempart.formats.cybertipline import document
from rempart.formats.cybertipline.document import Rejected, parse_document
from rempart.formats.cybertipline.findings import MAX_FINDINGS, FindingCode
from rempart.formats.cybertipline.reader import read_file_details, read_report
from rempart.formats.cybertipline.vocabulary import INCIDENT_MEANINGS, Code, FileRelevance, IncidentType


def deviations(body: bytes) -> set[tuple[str, str]]:
    read = read_file_details if b"<fileDetails" in body else read_report
    return {(finding.code.value, finding.where) for finding in read(body).findings}


def test_every_incident_type_has_a_meaning() -> None:
    assert set(INCIDENT_MEANINGS) == set(IncidentType)


def test_a_plain_report_has_no_findings() -> None:
    parsed = read_report(report())
    assert parsed.findings == ()
    assert parsed.incident_type is IncidentType.SEX_TRAFFICKING
    assert parsed.incident_at == datetime(2024, 5, 6, 5, 8, 9, tzinfo=UTC)
    assert parsed.reporter is not None
    assert parsed.reporter.person.first_name == "Robin"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", Code.MALFORMED_XML),
        (b"not xml", Code.MALFORMED_XML),
        (b"<report>", Code.MALFORMED_XML),
        (b"<report>&undefined;</report>", Code.MALFORMED_XML),
        (b"<report/><report/>", Code.MALFORMED_XML),
        (b'<?xml version="1.0" encoding="no-such"?><report/>', Code.MALFORMED_XML),
        (b"<!DOCTYPE report><report/>", Code.MALFORMED_XML),
        ("<!DOCTYPE report SYSTEM 'file:///etc/hostname'><report/>".encode("utf-16"), Code.MALFORMED_XML),
        (b"<fileDetails/>", Code.VALIDATION_FAILED),
        (b"<report/>", Code.VALIDATION_FAILED),
        (b"<report><incidentSummary/></report>", Code.VALIDATION_FAILED),
        (
            b"<report><incidentSummary><incidentType>Parking</incidentType></incidentSummary></report>",
            Code.VALIDATION_FAILED,
        ),
    ],
)
def test_refusals_carry_their_code(body: bytes, code: Code) -> None:
    with pytest.raises(Rejected) as caught:
        read_report(body)
    assert caught.value.code is code


def test_entity_expansion_is_refused() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE report [<!ENTITY l0 "ha">{levels}]>' + report(extra="<platform>&l9;</platform>").decode()
    with pytest.raises(Rejected, match="Document type"):
        read_report(body.encode())


def test_entities_in_attributes_are_refused() -> None:
    body = b'<!DOCTYPE report [<!ENTITY a "aaaa"><!ATTLIST report x CDATA "&a;&a;">]>' + report()
    with pytest.raises(Rejected, match="Document type"):
        read_report(body)


def test_external_entities_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do-not-read")
    body = f'<!DOCTYPE report [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode()
    with pytest.raises(Rejected) as caught:
        read_report(body + report(extra="<platform>&x;</platform>"))
    assert "do-not-read" not in str(caught.value)


def test_depth_is_capped() -> None:
    deep = document.MAX_DEPTH
    with pytest.raises(LimitExceeded) as caught:
        read_report(report("<a>" * deep + "</a>" * deep))
    assert isinstance(caught.value, Rejected)
    assert caught.value.code is Code.INVALID_REQUEST
    allowed = deep - 1
    assert read_report(report("<a>" * allowed + "</a>" * allowed)).findings


def test_size_and_element_count_are_capped() -> None:
    with pytest.raises(LimitExceeded):
        read_report(report(), max_bytes=10)
    with pytest.raises(LimitExceeded, match="elements"):
        read_report(report("<a/>" * (document.MAX_ELEMENTS + 1)))


def test_the_attributes_of_an_element_are_capped() -> None:
    def with_attributes(count: int) -> bytes:
        return b"<report " + b" ".join(b'a%d="1"' % number for number in range(count)) + b"/>"

    with pytest.raises(LimitExceeded, match="attributes"):
        read_report(with_attributes(200_000))
    with pytest.raises(Rejected) as caught:
        read_report(with_attributes(document.MAX_ATTRIBUTES))
    assert not isinstance(caught.value, LimitExceeded)


def test_findings_are_capped_and_say_so() -> None:
    parsed = read_report(report("<a/>" * 5000))
    assert len(parsed.findings) == MAX_FINDINGS + 1
    assert parsed.findings[-1].code is FindingCode.MORE


def test_missing_time_and_reporter_are_findings() -> None:
    body = b"<report><incidentSummary><incidentType>Child Sex Tourism</incidentType></incidentSummary></report>"
    parsed = read_report(body)
    assert parsed.incident_at is None
    assert parsed.reporter is None
    assert not parsed.quality_inputs().has_incident_time
    assert deviations(body) == {
        ("missing", "/report/incidentSummary/incidentDateTime"),
        ("missing", "/report/reporter"),
    }


def test_incident_type_is_read_whatever_its_case_and_spacing() -> None:
    body = report().replace(b"Child Sex Trafficking", b"\n child sex  TRAFFICKING ")
    assert read_report(body).incident_type is IncidentType.SEX_TRAFFICKING
    assert ("bad_value", "/report/incidentSummary/incidentType") in deviations(body)


def test_a_namespace_is_stripped_and_filed() -> None:
    body = report().replace(b"<report>", b'<report xmlns="https://example.org/ns">', 1)
    parsed = read_report(body)
    assert [finding.code for finding in parsed.findings] == [FindingCode.NAMESPACE]


def test_a_schema_hint_is_no_deviation() -> None:
    hint = b'<report xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="xsd">'
    assert read_report(report().replace(b"<report>", hint, 1)).findings == ()


def test_flags() -> None:
    parsed = read_report(
        report(
            extra="<reportAnnotations><sextortion/><spam>true</spam><csamSolicitation>false</csamSolicitation>"
            "</reportAnnotations>",
            before='<batchedReport reason="VIRAL_POTENTIAL_MEME"/>',
        )
    )
    assert parsed.annotations == {"sextortion", "spam"}
    assert parsed.batched
    assert [f.where for f in parsed.findings] == ["/report/incidentSummary/reportAnnotations/csamSolicitation"]


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        (
            report(
                after_reporter='<personOrUserReported><associatedAccount type="Other" accountType="Linked" '
                'thirdPartyUser="true"><espIdentifier>u1</espIdentifier></associatedAccount></personOrUserReported>'
            ),
            "client_deviation",
            "/report/personOrUserReported/associatedAccount/@accountType",
        ),
        (
            report(
                after_reporter="<personOrUserReported><associatedAccount><accountType>Other</accountType>"
                "<accountIdentifier>u1</accountIdentifier></associatedAccount></personOrUserReported>"
            ),
            "client_deviation",
            "/report/personOrUserReported/associatedAccount/accountType",
        ),
        (
            report('<lawEnforcement fleaCountry="FR"><agencyName>Office</agencyName></lawEnforcement>'),
            "client_deviation",
            "/report/lawEnforcement/@fleaCountry",
        ),
        (
            report(extra="<reportAnnotations><informational/></reportAnnotations>"),
            "client_deviation",
            "/report/incidentSummary/reportAnnotations/informational",
        ),
        (
            report(
                "<internetDetails><cellPhoneIncident><phoneNumber><number>+15550100</number></phoneNumber>"
                "</cellPhoneIncident></internetDetails>"
            ),
            "client_deviation",
            "/report/internetDetails/cellPhoneIncident/phoneNumber/number",
        ),
        (
            file_details(
                '<details><nameValuePair type="EXIF"><name>n</name><value>v</value></nameValuePair></details>'
            ),
            "client_deviation",
            "/fileDetails/details/nameValuePair/@type",
        ),
        (report(extra="<escalateToHighPriority>" + "x" * 3001 + "</escalateToHighPriority>"), "too_long", None),
        (report("<internetDetails/>"), "empty", "/report/internetDetails"),
        (report("<internetDetails><webPageIncident/></internetDetails>"), "empty", None),
        (report("stray"), "stray_text", "/report"),
        (
            report(after_reporter="<internetDetails><webPageIncident><url>u</url></webPageIncident></internetDetails>"),
            "wrong_order",
            "/report/internetDetails",
        ),
        (report().replace(b"+02:00", b""), "no_time_zone", "/report/incidentSummary/incidentDateTime"),
        (report().replace(b"2024-05-06T07", b"soon"), "bad_value", "/report/incidentSummary/incidentDateTime"),
        (report(after_reporter=REPORTER), "repeated", "/report/reporter[2]"),
        (file_details("<fileViewedByEsp/>"), "bad_value", "/fileDetails/fileViewedByEsp"),
        (file_details('<details what="1"/>'), "unknown_attribute", "/fileDetails/details/@*"),
        (file_details("<surname>x</surname>"), "unknown_element", "/fileDetails/*[3]"),
    ],
)
def test_deviations_are_filed(body: bytes, code: str, where: str | None) -> None:
    found = deviations(body)
    assert (code, where) in found if where else code in {found_code for found_code, _ in found}


def test_deviating_accounts_and_phones_are_read() -> None:
    parsed = read_report(
        report(
            '<lawEnforcement fleaCountry="FR"><agencyName>Office</agencyName>'
            "<reportedToLe>true</reportedToLe></lawEnforcement>",
            extra="<reportAnnotations><informational/></reportAnnotations>",
            after_reporter="<personOrUserReported><personOrUserReportedPerson><phone><number>5550100</number></phone>"
            "</personOrUserReportedPerson>"
            '<associatedAccount accountType="Linked" thirdPartyUser="true"><email>a@b.example</email>'
            "</associatedAccount>"
            "<associatedAccount><accountType>Other</accountType><accountDisplayName>Kim</accountDisplayName>"
            "<accountIdentifier>u9</accountIdentifier></associatedAccount></personOrUserReported>",
        )
    )
    assert parsed.law_enforcement is not None
    assert (parsed.law_enforcement.country, parsed.law_enforcement.reported) == ("FR", True)
    assert parsed.annotations == {"informational"}
    suspect = parsed.suspects[0]
    assert suspect.phones == ("5550100",)
    linked, other = suspect.associated
    assert (linked.account_type, linked.third_party, linked.account.emails) == ("Linked", True, ("a@b.example",))
    assert (other.account_type, other.account.esp_user_id, other.account.display_names) == ("Other", "u9", ("Kim",))


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        ("<webPageIncident><url>https://a.example/x</url></webPageIncident>",
         [(ItemKind.URL, Channel.WEB, "https://a.example/x")]),
        ("<webPageIncident><url>http://abc.onion/x</url><url>abc.onion</url></webPageIncident>",
         [(ItemKind.ONION, Channel.ONION_SERVICE, "http://abc.onion/x"),
          (ItemKind.ONION, Channel.ONION_SERVICE, "abc.onion")]),
        ("<webPageIncident><url>http://[broken</url></webPageIncident>",
         [(ItemKind.URL, Channel.WEB, "http://[broken")]),
        ("<emailIncident><emailAddress>k@mail.example</emailAddress><content>t</content></emailIncident>",
         [(ItemKind.ACCOUNT, Channel.EMAIL, "k@mail.example")]),
        ("<emailIncident><content>t</content></emailIncident>", [(ItemKind.TEXT, Channel.EMAIL, "t")]),
        ("<newsgroupIncident><name>alt.test</name><emailAddress>n@e.example</emailAddress></newsgroupIncident>",
         [(ItemKind.CHANNEL, Channel.SOCIAL, "alt.test"), (ItemKind.ACCOUNT, Channel.EMAIL, "n@e.example")]),
        ("<chatImIncident><chatClient>Talk</chatClient><chatRoomName>room</chatRoomName></chatImIncident>",
         [(ItemKind.CHANNEL, Channel.MESSAGING, "room")]),
        ("<chatImIncident><chatClient>Talk</chatClient><content>hello</content></chatImIncident>",
         [(ItemKind.TEXT, Channel.MESSAGING, "hello")]),
        ("<onlineGamingIncident><gameName>Blocks</gameName></onlineGamingIncident>",
         [(ItemKind.CHANNEL, Channel.GAME, "Blocks")]),
        ('<cellPhoneIncident><phoneNumber countryCallingCode="+1">5550100</phoneNumber></cellPhoneIncident>',
         [(ItemKind.ACCOUNT, Channel.PHONE, "+15550100")]),
        ("<nonInternetIncident><incidentAddress><city>Sampletown</city></incidentAddress></nonInternetIncident>",
         [(ItemKind.TEXT, Channel.OFFLINE, "Sampletown")]),
        ("<peer2peerIncident><client>share</client><fileNames>a.bin</fileNames></peer2peerIncident>",
         [(ItemKind.FILE, Channel.PEER_TO_PEER, "a.bin")]),
    ],
)  # fmt: skip
def test_locations(incident: str, expected: list[tuple[ItemKind, Channel, str]]) -> None:
    parsed = read_report(report(f"<internetDetails>{incident}</internetDetails>"))
    assert [(item.kind, item.channel, item.value) for item in parsed.locations] == expected
    assert parsed.findings == ()


def test_ip_events_count_for_quality_and_broken_ones_are_left_out() -> None:
    parsed = read_report(
        report(
            after_reporter="<personOrUserReported><screenName>kim</screenName>"
            "<ipCaptureEvent><ipAddress>not-an-ip</ipAddress></ipCaptureEvent>"
            "<ipCaptureEvent><ipAddress>2001:DB8::1</ipAddress><eventName>Login</eventName>"
            "<dateTime>2024-01-01T00:00:00Z</dateTime><port>70000</port></ipCaptureEvent></personOrUserReported>"
        )
    )
    (event,) = parsed.suspects[0].ip_events
    assert (event.ip, event.port) == ("2001:db8::1", None)
    quality = parsed.quality_inputs()
    assert (quality.has_suspect_identifier, quality.has_ip_with_time, quality.ip_has_port) == (True, True, False)
    assert quality.deviations == len(parsed.findings) == 2


def test_findings_never_repeat_what_the_sender_wrote() -> None:
    marker = "zz-marker"
    body = report(
        f"<{marker}>x</{marker}><internetDetails {marker}='1'><webPageIncident thirdPartyHostedContent='{marker}'/>"
        f"</internetDetails>{marker}",
        extra=f"<incidentDateTime>{marker}</incidentDateTime>",
        after_reporter=f"<victim><victimPerson><age>{marker}</age><{marker}/></victimPerson>"
        f"<ipCaptureEvent><ipAddress>{marker}</ipAddress></ipCaptureEvent></victim>",
    )
    findings = read_report(body).findings
    assert len(findings) >= 7
    assert not any(marker in f"{finding.where} {finding.text}" for finding in findings)


def test_file_details() -> None:
    parsed = read_file_details(
        file_details(
            "<originalFileName>a.png</originalFileName><fileViewedByEsp>true</fileViewedByEsp>"
            "<exifViewedByEsp>0</exifViewedByEsp><fileRelevance>Reported</fileRelevance>"
            "<fileAnnotations><viral/><infant/></fileAnnotations>"
            "<industryClassification>A1</industryClassification>"
            '<originalFileHash hashType="MD5">0123456789abcdef0123456789abcdef</originalFileHash>'
            '<details type="EXIF"><nameValuePair><name>Model</name><value>X</value></nameValuePair></details>'
        )
    )
    assert (parsed.report_id, parsed.file_id) == (7, "ab12")
    assert (parsed.viewed, parsed.exif_viewed, parsed.publicly_available) == (True, False, None)
    assert parsed.relevance is FileRelevance.REPORTED
    assert parsed.annotations == {"viral", "infant"}
    assert parsed.industry_class is IndustryClass.A1
    assert parsed.original_hashes == (("md5", "0123456789abcdef0123456789abcdef"),)
    assert [(pair.group, pair.name) for pair in parsed.details] == [("EXIF", "Model")]
    assert parsed.findings == ()


def test_an_unanswered_view_statement_is_unknown_not_yes() -> None:
    assert read_file_details(file_details("<fileViewedByEsp/>")).viewed is None


@pytest.mark.parametrize(
    "body",
    [
        b"<fileDetails><fileId>a</fileId></fileDetails>",
        b"<fileDetails><reportId>1</reportId></fileDetails>",
        b"<fileDetails><reportId>99999999999999999999</reportId><fileId>a</fileId></fileDetails>",
        file_details(
            "<fileRelevance>Supplemental Reported</fileRelevance><industryClassification>B2</industryClassification>"
        ),
        file_details(
            "<fileRelevance>supplemental reported</fileRelevance><industryClassification>C</industryClassification>"
        ),
    ],
)
def test_refused_file_details(body: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        read_file_details(body)
    assert caught.value.code is Code.VALIDATION_FAILED


def test_what_was_escaped_comes_as_it_was_meant_also_in_attributes() -> None:
    root = parse_document(b'<report a="x &amp; y &amp;#38; &lt;">x &amp; y &amp;#38; &lt;</report>').root
    assert (root.get("a"), root.text) == ("x & y &#38; <",) * 2
