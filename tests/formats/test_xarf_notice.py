"""Notices validate with the public library and never claim more than was assessed."""

import email
import email.policy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import xarf
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.core.vocabulary import DetectionMethod, FingerprintType, IndustryClass, Legality
from rempart.formats.arf_mail import build_mail
from rempart.formats.notice_text import NoticeContext, NoticeKind, write_notice
from rempart.formats.xarf_notice import NoticeFacts, Sender, build_xarf

MOMENT = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
FACTS = NoticeFacts(
    report_id="550e8400-e29b-41d4-a716-446655440000",
    timestamp=MOMENT,
    sender=Sender("Example Hotline", "notices@hotline.example", "hotline.example"),
    url="https://files.example/a/b?c=d",
    host="files.example",
    source_identifier="192.0.2.7",
    legality=Legality.BASELINE,
    detection_method=DetectionMethod.HASH_MATCH,
    assessed_in="FR",
    media_type="image",
    hashes={FingerprintType.SHA256: "AB" * 32, FingerprintType.PDQ: "cd" * 32},
    asn=64500,
    country_code="NL",
    hosting_provider="Example Hosting",
    tags=("case:abc",),
    verified_at=MOMENT - timedelta(hours=1),
)
ILLEGAL = (Legality.BASELINE, Legality.NATIONAL)


def mail_of(facts: NoticeFacts = FACTS, **changes: Any) -> bytes:
    arguments: dict[str, Any] = {
        "sender": "Example Hotline <notices@hotline.example>",
        "recipient": "abuse@files.example",
        "subject": "Signalement à traiter",
        "human_text": "Première ligne\nSecond line\n",
        "message_id": "<n1@hotline.example>",
        "date": MOMENT,
    }
    return build_mail(build_xarf(facts), **(arguments | changes))


@pytest.mark.parametrize("legality", ILLEGAL)
@pytest.mark.parametrize("industry", [None, *IndustryClass])
@pytest.mark.parametrize("method", list(DetectionMethod))
@pytest.mark.parametrize("share", [False, True])
def test_every_notice_is_valid_xarf(
    legality: Legality, industry: IndustryClass | None, method: DetectionMethod, share: bool
) -> None:
    facts = replace(FACTS, legality=legality, industry_class=industry, detection_method=method, share_hashes=share)
    result = xarf.parse(build_xarf(facts))
    assert result.errors == []
    assert result.warnings == []
    assert result.report is not None


@pytest.mark.parametrize("industry", [None, *IndustryClass])
def test_national_content_is_never_called_baseline(industry: IndustryClass | None) -> None:
    report = build_xarf(replace(FACTS, legality=Legality.NATIONAL, industry_class=industry))
    assert report.get("classification") == (industry.value if industry else None)
    assert report["type"] == ("csam" if industry else "csem")
    assert "legality:national" in report["tags"]
    assert "jurisdiction:fr" in report["tags"]
    assert "under the law of FR" in report["description"]


def test_only_cryptographic_hashes_leave_and_only_when_allowed() -> None:
    assert "hash_values" not in build_xarf(FACTS)
    assert build_xarf(replace(FACTS, share_hashes=True))["hash_values"] == {"sha256": "ab" * 32}


@pytest.mark.parametrize("host", ["192.0.2.7", "xn--bcher-kva.example", "2001:db8::1"])
def test_hosts_that_the_domain_field_cannot_carry_are_left_out(host: str) -> None:
    report = build_xarf(replace(FACTS, host=host))
    assert "domain" not in report
    assert xarf.parse(report).errors == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"legality": Legality.NOT_ILLEGAL}, "legality"),
        ({"legality": Legality.UNDETERMINED}, "legality"),
        ({"report_id": "17"}, "report_id"),
        ({"url": ""}, "url"),
        ({"url": "https://a.example/\r\nX: y"}, "url"),
        ({"media_type": "drawing"}, "media_type"),
        ({"asn": 0}, "asn"),
        ({"country_code": "nl"}, "country_code"),
        ({"tags": ("no colon",)}, "tags"),
        ({"tags": tuple(f"n:t{number}" for number in range(20))}, "tags"),
        ({"description": "x" * 1000}, "description"),
        ({"timestamp": datetime(2024, 1, 1)}, "timestamp"),
    ],
)
def test_impossible_facts_are_refused(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(InputError) as caught:
        build_xarf(replace(FACTS, **changes))
    assert caught.value.where == where


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("legality", ILLEGAL)
def test_the_text_has_what_a_notice_needs(kind: NoticeKind, language: Any, legality: Legality) -> None:
    context = NoticeContext("RMP-2024-0001", kind, number=2, first_sent="2024-02-27", answer_hours=24)
    text = write_notice(replace(FACTS, legality=legality), context, language=language)
    assert text.subject.startswith("[RMP-2024-0001] ")
    assert text.subject.isprintable()
    for needed in (FACTS.url, "good-faith", "Article 16", "Reasons:", "24 hours", "RMP-2024-0001", "192.0.2.7"):
        assert needed in text.body
    assert ("Motifs" in text.body) is (language == "fr")
    assert ("under the law of FR" in text.body) is (legality is Legality.NATIONAL)
    assert ("2024-02-27" in text.body) is (kind is not NoticeKind.FIRST)


def test_the_text_quotes_braces_in_an_address_as_they_are() -> None:
    url = "https://files.example/{url}/{0}"
    assert f"\n    {url}\n" in write_notice(replace(FACTS, url=url), NoticeContext("R1")).body


def test_a_follow_up_must_say_when_the_first_notice_went_out() -> None:
    with pytest.raises(InputError, match="first notice"):
        write_notice(FACTS, NoticeContext("R1", NoticeKind.REMINDER, number=1))


def test_the_mail_is_a_feedback_report_in_three_parts() -> None:
    mail = email.message_from_bytes(mail_of(in_reply_to="<n0@hotline.example>"), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "feedback-report"
    assert mail["Subject"] == "Signalement à traiter"
    assert mail["In-Reply-To"] == "<n0@hotline.example>"
    assert not mail.defects
    text, feedback, document = mail.get_payload()
    assert text.get_content().replace("\r\n", "\n") == "Première ligne\nSecond line\n"
    assert feedback.get_content_type() == "message/feedback-report"
    fields = feedback.get_payload()[0]
    assert (fields["Feedback-Type"], fields["Version"], fields["Reported-URI"]) == ("xarf", "1", FACTS.url)
    assert fields["User-Agent"]
    assert json.loads(document.get_content()) == build_xarf(FACTS)


def test_a_repeat_is_byte_identical_and_another_notice_is_not() -> None:
    assert mail_of() == mail_of()
    assert mail_of() != mail_of(message_id="<n2@hotline.example>")


@given(st.text(max_size=400), st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=80))
def test_any_text_travels_in_crlf_lines_that_smtp_can_carry(text: str, subject: str) -> None:
    try:
        raw = mail_of(human_text=text, subject=subject)
    except InputError:
        return
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert len(parsed.get_payload()) == 3


def test_a_very_long_address_stays_in_the_document_only() -> None:
    url = "https://files.example/" + "a" * 2000
    raw = mail_of(replace(FACTS, url=url))
    assert b"Reported-URI" not in raw
    document = email.message_from_bytes(raw, policy=email.policy.default).get_payload()[2]
    assert json.loads(document.get_content())["url"] == url


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "a\r\nBcc: x@y.example"},
        {"recipient": "abuse@files.example\nBcc: x@y.example"},
        {"recipient": "abuse@files.example, other@files.example"},
        {"recipient": "nobody"},
        {"recipient": ""},
        {"sender": "<<>>"},
        {"message_id": "n1"},
        {"message_id": "<a b@c.example>"},
        {"in_reply_to": "<x>\r\nA: b"},
        {"date": datetime(2024, 1, 1)},
    ],
)
def test_headers_that_would_lie_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        mail_of(**changes)
