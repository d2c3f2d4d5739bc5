"""What every public answer carries and does not carry; receipts; messages."""

import logging
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from node.intake.public_walk import SAME_ORIGIN, Walk, reported

from rempart.core.vocabulary import ReportState
from rempart.node.audit import services as audit
from rempart.node.intake import services
from rempart.node.intake.models import Message, Report
from rempart.node.intake.public import accept, receipt_views
from rempart.node.intake.public.bucket import Bucket
from rempart.node.jobs.models import Job

pytestmark = pytest.mark.django_db
PAGES = ["home", "report", "me", "young", "receipt", "services", "privacy"]


@pytest.fixture(autouse=True)
def _fresh_bucket(monkeypatch):
    monkeypatch.setattr(receipt_views, "wrong_codes", Bucket())


@pytest.fixture
def visitor() -> Client:
    return Client(headers=SAME_ORIGIN, enforce_csrf_checks=True)


def address(page: str, language: str = "en") -> str:
    with translation.override(language):
        return reverse(f"public:{page}")


def every_answer(visitor: Client) -> list:
    """One answer of every kind the public surface gives."""
    walk = reported()
    code = walk.code
    return [
        *(visitor.get(address(page, language)) for page in PAGES for language in ("en", "fr")),
        visitor.get("/"),
        visitor.get("/report/"),
        visitor.get("/en/nowhere/"),
        visitor.get(address("receipt-file")),
        visitor.post(address("receipt"), {"code": code}),
        visitor.post(address("receipt"), {"code": "0" * 16}),
        visitor.post(address("receipt"), {"code": "nonsense"}),
        visitor.post(address("receipt-file"), {"code": code}),
        visitor.post(address("report"), {"step": "1", "action": "next"}),
        visitor.post(address("report"), {}, headers={"Sec-Fetch-Site": "cross-site"}),
        walk.page,
    ]


def test_no_answer_sets_a_cookie_or_may_be_kept_or_tells_where_one_came_from(visitor):
    for answer in every_answer(visitor):
        assert not answer.cookies
        assert "Set-Cookie" not in answer.headers
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Content-Type-Options"] == "nosniff"
        policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["style-src"] == policy["form-action"] == "'self'"
        assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_without_script_style_attribute_or_foreign_resource(visitor, page, language):
    text = visitor.get(address(page, language)).content.decode()
    assert f'<html lang="{language}" dir="ltr">' in text
    assert "<script" not in text
    assert "style=" not in text
    assert "<iframe" not in text
    assert text.count("<h1") == 1
    for piece in text.split('src="')[1:] + text.split('<link rel="stylesheet" href="')[1:]:
        assert piece.startswith("/static/")
    assert 'type="file"' not in text


def test_the_way_out_comes_first_and_sends_no_referrer(visitor):
    text = visitor.get(address("report")).content.decode()
    first = text[text.index("<body") :].index("<a ")
    link = text[text.index("<body") + first :].split(">", 1)[0]
    assert settings.EXIT_ADDRESS in link
    assert "noreferrer" in link


@pytest.mark.parametrize(("prefers", "language"), [("fr-CH, en;q=0.5", "fr"), ("en", "en"), ("ar", "en"), ("", "en")])
def test_the_bare_address_leads_to_the_language_the_browser_prefers(visitor, prefers, language):
    answer = visitor.get("/", headers={"Accept-Language": prefers})
    assert (answer.status_code, answer["Location"]) == (302, f"/{language}/")
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize("page", ["home", "services", "privacy", "receipt"])
def test_the_change_of_language_stays_on_the_page(visitor, page):
    assert f'href="{address(page, "fr")}"' in visitor.get(address(page, "en")).content.decode()


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, False),
        ({"Origin": "http://testserver"}, True),
        ({"Origin": "https://testserver"}, False),
        ({"Origin": "https://elsewhere.example"}, False),
        ({"Origin": "null"}, True),
        ({}, True),
    ],
)
@pytest.mark.parametrize("page", ["report", "receipt", "receipt-file"])
def test_a_post_from_another_site_is_refused(headers, accepted, page):
    answer = Client(enforce_csrf_checks=True).post(address(page), {"code": "0" * 16}, headers=headers)
    assert (answer.status_code != 403) == accepted


def test_the_receipt_file_has_a_neutral_name_and_text(visitor):
    code = reported().code
    answer = visitor.post(address("receipt-file"), {"code": code})
    assert answer["Content-Disposition"] == 'attachment; filename="receipt.txt"'
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    text = answer.content.decode()
    assert " ".join(code[n : n + 4] for n in range(0, 16, 4)) in text
    assert not {"report", "hotline", "child", settings.ORGANISATION.lower()} & set(text.lower().split())
    assert visitor.get(address("receipt-file")).status_code == 405


def spellings(code: str) -> list[str]:
    return [
        code.lower(),
        f" {code[:4]}-{code[4:8]}  {code[8:12]}–{code[12:]} ",
        code.replace("0", "O").replace("1", "l"),
    ]


@pytest.mark.parametrize("spelling", range(3))
def test_a_code_shows_the_standing_however_it_is_written(visitor, spelling):
    code = reported().code
    answer = visitor.post(address("receipt"), {"code": spellings(code)[spelling]})
    assert answer.status_code == 200
    assert "waits for its turn" in answer.content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ReportState.RECEIVED, "waits for its turn"),
        (ReportState.TRIAGED, "waits for its turn"),
        (ReportState.IN_REVIEW, "being assessed"),
        (ReportState.ASSESSED, "being assessed"),
        (ReportState.REOPENED, "being assessed"),
        (ReportState.ACTIONED, "have been told"),
        (ReportState.CLOSED, "Our part is done"),
    ],
)
def test_the_standing_is_coarse(visitor, state, words):
    code = reported().code
    Report.objects.update(state=state)
    assert words in visitor.post(address("receipt"), {"code": code}).content.decode()


def test_a_wrong_number_and_half_a_number_are_told_apart_and_kept(visitor):
    wrong = visitor.post(address("receipt"), {"code": "0000 0000 0000 0000"})
    half = visitor.post(address("receipt"), {"code": "0000"})
    assert wrong.status_code == half.status_code == 422
    assert "No report has this number" in wrong.content.decode()
    assert "four groups" in half.content.decode()
    assert 'value="0000 0000 0000 0000"' in wrong.content.decode()


def test_a_code_in_the_address_is_not_read(visitor):
    code = reported().code
    text = visitor.get(f"{address('receipt')}?code={code}").content.decode()
    assert code not in text
    assert "waits for its turn" not in text


def test_too_many_wrong_numbers_close_the_door_for_a_moment(visitor, clock, monkeypatch):
    monkeypatch.setattr(receipt_views, "wrong_codes", Bucket(capacity=3, refill_per_second=0.1))
    code = reported().code
    for _ in range(3):
        assert visitor.post(address("receipt"), {"code": "0" * 16}).status_code == 422
    busy = visitor.post(address("receipt"), {"code": code})
    assert (busy.status_code, busy["Retry-After"]) == (429, "60")
    clock.advance(seconds=11)
    assert visitor.post(address("receipt"), {"code": code}).status_code == 200


def test_right_numbers_and_half_numbers_cost_nothing(visitor, clock, monkeypatch):
    monkeypatch.setattr(receipt_views, "wrong_codes", Bucket(capacity=1, refill_per_second=0.1))
    code = reported().code
    for _ in range(3):
        assert visitor.post(address("receipt"), {"code": code}).status_code == 200
        assert visitor.post(address("receipt"), {"code": "half"}).status_code == 422


def message(visitor: Client, code: str, text: str) -> dict[str, str]:
    page = visitor.post(address("receipt"), {"code": code})
    return {"code": code, "ticket": page.context["ticket"], "action": "message", "text": text}


def test_a_message_is_sealed_counted_once_and_wakes_nothing(visitor):
    code = reported().code
    jobs_before = Job.objects.count()
    sent = message(visitor, code, "Another address: https://pictures.example/c")
    for _ in range(2):
        answer = visitor.post(address("receipt"), sent)
        assert "Your message was added" in answer.content.decode()
    report = Report.objects.get()
    assert [text for _, text in services.read_messages(report.pk)] == ["Another address: https://pictures.example/c"]
    assert b"pictures.example" not in bytes(Message.objects.get().sealed)
    (event,) = audit.events(actions=["report:message"])
    assert (event.subject, event.data, event.actor) == (f"report:{report.pk}", {}, "public")
    assert Job.objects.count() == jobs_before


def test_the_same_words_on_a_new_page_are_a_new_message(visitor):
    code = reported().code
    for _ in range(2):
        visitor.post(address("receipt"), message(visitor, code, "Still there."))
    assert Message.objects.count() == 2


@pytest.mark.parametrize("text", ["", "   ", "x" * 5001])
def test_an_empty_or_endless_message_is_refused_and_kept(visitor, text):
    answer = visitor.post(address("receipt"), message(visitor, reported().code, text))
    assert answer.status_code == 422
    assert text in unescape(answer.content.decode())
    assert not Message.objects.exists()


def test_a_message_without_our_ticket_is_kept_in_the_page_for_another_try(visitor):
    code = reported().code
    answer = visitor.post(address("receipt"), {**message(visitor, code, "kept words"), "ticket": "made up"})
    assert answer.status_code == 422
    assert "kept words" in answer.content.decode()
    assert not Message.objects.exists()


def test_a_report_takes_a_bounded_number_of_messages(visitor, monkeypatch):
    monkeypatch.setattr(accept, "MAX_MESSAGES", 1)
    code = reported().code
    visitor.post(address("receipt"), message(visitor, code, "one"))
    answer = visitor.post(address("receipt"), message(visitor, code, "two"))
    assert answer.status_code == 422
    assert Message.objects.count() == 1


def test_a_message_needs_the_number(visitor):
    sent = message(visitor, reported().code, "words")
    visitor.post(address("receipt"), {**sent, "code": "0" * 16})
    assert not Message.objects.exists()


def test_a_page_that_is_far_too_large_is_refused_in_words(visitor, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = visitor.post(address("report"), {"comment": "x" * 2000})
    assert answer.status_code == 400
    assert "could not be read" in answer.content.decode()


def test_nothing_is_logged_and_no_address_of_the_visitor_is_stored(from_elsewhere, caplog):
    caplog.set_level(logging.DEBUG)
    visitor = Client(headers=SAME_ORIGIN, REMOTE_ADDR="198.51.100.7")
    visitor.get(address("home"))
    walk = Walk(client=visitor)
    walk.go_on(what="addresses").go_on(addresses="https://pictures.example/a").go_on().go_on().send()
    assert walk.code
    own = [record.getMessage() for record in caplog.records if not record.name.startswith(("django.db", "asyncio"))]
    assert not [line for line in own if "198.51.100.7" in line or "pictures" in line or walk.code in line]
    assert b"198.51.100.7" not in services.original(Report.objects.get().pk, "form")
