"""From a case to what keeps it, to an erasure and a redaction, and back to it; each for those who may."""

import pytest
from django.test import Client
from node.retention.conftest import add_message, close, days

from rempart.core.redaction import MARK
from rempart.node.casework import access, notes
from rempart.node.casework.models import Content, Note
from rempart.node.intake.models import Report
from rempart.node.retention import holds, requests
from rempart.node.retention.models import ErasureRequest, PreservationHold

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(submit, work) -> Report:
    number = submit(("url", "https://host.example/kept"))
    work()
    close(number)
    return Report.objects.get(pk=number)


@pytest.fixture
def case(report) -> int:
    return Content.objects.get().pk


def page_of(client: Client, case: int) -> str:
    answer = client.get(f"/staff/cases/{case}/")
    assert answer.status_code == 200
    return answer.content.decode()


def links(page: str) -> set[str]:
    return {part for part in ("requests/", "holds/", "redaction/") if f'href="/staff/retention/{part}' in page}


def test_what_a_role_may_not_do_is_not_offered(as_, case):
    assert {name: links(page_of(as_(name), case)) for name in ("ana", "vera", "luis", "sacha")} == {
        "ana": set(),
        "vera": {"requests/", "redaction/"},
        "luis": {"requests/", "holds/"},
        "sacha": {"requests/", "holds/", "redaction/"},
    }
    assert "Keeping and erasing" not in page_of(as_("ana"), case)


def test_where_nothing_stands_it_says_so(as_, case):
    page = page_of(as_("sacha"), case)
    assert "No preservation hold stands" in page
    assert "Nobody asked to erase a report on it." in page
    luis, vera = page_of(as_("luis"), case), page_of(as_("vera"), case)
    assert "No preservation hold stands" in luis
    assert "No preservation hold stands" not in vera


def follow(client: Client, page: str, words: str) -> str:
    """The page behind the link that says so."""
    before = page[: page.index(f"{words}</a>")]
    address = before[before.rindex('href="') + 6 :].partition('"')[0].replace("&amp;", "&")
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_hold_on_the_case_and_back(as_, case, clock):
    luis = as_("luis")
    form = follow(luis, page_of(luis, case), "Keep this case from erasure")
    assert f'name="case" value="{case}"' in form
    assert f"Back to case {case}" in form
    given = {"case": str(case), "deadline": "2026-05-01", "reason": "Letter 3", "back": str(case)}
    answer = luis.post("/staff/retention/holds/place", given)
    assert answer["Location"] == f"/staff/cases/{case}/"
    page = page_of(luis, case)
    assert "This case is kept" in page
    assert "The hold stands." in page
    listed = follow(luis, page, "This case is kept")
    number = PreservationHold.objects.get().pk
    assert f'id="hold-{number}"' in listed
    later = {"deadline": "2026-06-01", "reason": "Letter 5", "back": str(case)}
    for act, given in (("extend", later), ("release", {"back": str(case)})):
        answer = luis.post(f"/staff/retention/holds/{number}/{act}", given)
        assert answer["Location"] == f"/staff/cases/{case}/"
    assert "No preservation hold stands" in page_of(luis, case)


def test_a_hold_on_a_report_is_shown_with_every_case_it_keeps(as_, case, report, people, clock):
    luis = as_("luis")
    form = follow(luis, page_of(luis, case), "Keep it from erasure")
    assert f'value="{report.reference}"' in form
    holds.place(people["luis"], clock.now() + days(1), "Letter 3", reference=report.reference)
    assert f"Report {report.reference} is kept" in page_of(luis, case)
    clock.advance(days=2)
    assert "Past its day: it stands until released" in page_of(luis, case)


def test_an_erasure_and_back(as_, case, report):
    vera, luis = as_("vera"), as_("luis")
    form = follow(vera, page_of(vera, case), "Ask for its erasure")
    assert f'value="{report.reference}"' in form
    given = {"subject": "suspect", "basis": "gdpr_17", "reason": "A letter.", "reference": report.reference}
    answer = vera.post("/staff/retention/requests/new", {**given, "back": str(case)})
    assert answer["Location"] == f"/staff/cases/{case}/"
    number = ErasureRequest.objects.get().pk
    page = page_of(luis, case)
    assert "To decide" in page
    decision = follow(luis, page, f"Request for erasure {number}")
    assert f"Back to case {case}" in decision
    approved = {"decision": "approve", "reason": "Checked.", "back": str(case)}
    answer = luis.post(f"/staff/retention/requests/{number}/decide", approved)
    assert answer["Location"] == f"/staff/cases/{case}/"
    page = page_of(luis, case)
    assert "Ask for its erasure" not in page
    assert "Keep it from erasure" not in page
    assert page.count("Erased") >= 2


def test_a_redaction_and_back(as_, case, report, people):
    add_message(report, "From Example Person.")
    notes.add(people["ana"], case, "Example Person called.")
    sacha = as_("sacha")
    texts = follow(sacha, page_of(sacha, case), "Redact a text")
    number = Note.objects.get().pk
    where = f"/staff/retention/redaction/case_note/{number}"
    assert f'href="{where}?back={case}"' in texts
    shown = sacha.post(f"{where}/read", {"reason": "To redact a name", "back": str(case)}).content.decode()
    assert "Example Person called." in shown
    assert f'name="back" value="{case}"' in shown
    given = {"passage": "Example Person", "ground": "uninvolved_person", "reason": "Uninvolved.", "back": str(case)}
    answer = sacha.post(f"{where}/redact", given)
    assert answer["Location"] == f"/staff/cases/{case}/"
    assert f"{MARK} called." in page_of(as_("ana"), case)


def test_texts_of_a_restricted_case_are_refused_by_the_pages(as_, case, report, people, second_senior):
    notes.add(people["ana"], case, "Example Person called.")
    access.restrict(second_senior, case, "A colleague is concerned.")
    sacha, where = as_("sacha"), f"/staff/retention/redaction/case_note/{Note.objects.get().pk}"
    for answer in (
        sacha.get("/staff/retention/redaction/", {"report": report.reference}),
        sacha.post(f"{where}/read", {"reason": "To redact a name"}),
        sacha.post(f"{where}/redact", {"passage": "Example", "ground": "not_needed", "reason": "Uninvolved."}),
    ):
        assert answer.status_code == 403
        assert "this case is restricted" in answer.content.decode()
        assert "Example Person" not in answer.content.decode()


def test_how_many_notes_go_is_said_before_the_decision(as_, case, report, people, submit, work):
    submit(("url", "https://host.example/kept"))
    work()
    notes.add(people["ana"], case, "Example Person called.")
    named = requests.Named(reference=report.reference)
    number = requests.ask(people["vera"], requests.Subject.SUSPECT, named, requests.LegalBasis.GDPR_17, "A letter.")
    page = as_("luis").get(f"/staff/retention/requests/{number}").content.decode()
    assert "0 go with the reports." in page
    assert "1 stays, since another report keeps its case" in page


@pytest.mark.parametrize("back", ["", "x", "-1", "1" * 30, "//elsewhere.example/", "0"])
def test_what_is_no_case_number_leads_nowhere_else(as_, case, back):
    given = {"case": str(case), "deadline": "2026-05-01", "reason": "Letter 3", "back": back}
    answer = as_("luis").post("/staff/retention/holds/place", given)
    assert answer["Location"] == "/staff/retention/holds/"
    assert as_("luis").get("/staff/retention/holds/", {"back": back}).status_code == 200
