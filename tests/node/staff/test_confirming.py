"""Sensitive steps ask once more who somebody is, lose nothing of what was sent, and store nothing of it."""

import html
import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from node.conftest import PASSWORD, next_code
from node.staff.conftest import told

from rempart.node.staff.models import StaffMember

REASON = 'Left on "31 March" & came back <not>'


@pytest.fixture
def adam(log_in, clock, hours) -> Client:
    """An administrator whose proof of identity is ten minutes old."""
    client = log_in("adam")
    hours.pass_(minutes=10)
    return client


def resent(page: bytes) -> dict[str, list[str]]:
    """What the page's last form would send."""
    form = page.decode().rsplit("<form", 1)[1]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(html.unescape(value))
    return fields


def closing(people, client: Client, **more: object):
    return client.post(f"/staff/people/{people['ana'].pk}/close", {"close-reason": REASON, **more})


def test_unsealing_a_file_asks_first(log_in, clock, hours, people):
    """Whether the case is there or not: nobody learns of it before."""
    sacha = log_in("sacha")
    hours.pass_(minutes=10)
    sent = {"level": "1", "file": "1", "unseal_reason": "Ordered by a court (made up)"}
    page = sacha.post("/staff/cases/1/show", sent)
    assert b"Is it still you?" in page.content
    assert resent(page.content)["unseal_reason"] == [sent["unseal_reason"]]
    assert sacha.post("/staff/cases/1/show", {**sent, "confirm_code": next_code("sacha")}).status_code == 404


@pytest.mark.parametrize("step", ["decide", "take"])
def test_evidence_leaves_after_the_question_alone(log_in, clock, hours, people, step):
    sacha = log_in("sacha")
    hours.pass_(minutes=10)
    sent = {"decision": "approve", "digest": "00", "reason": "made up"}
    assert b"Is it still you?" in sacha.post(f"/staff/evidence/1/{step}", sent).content
    assert sacha.post(f"/staff/evidence/1/{step}", {**sent, "confirm_code": next_code("sacha")}).status_code == 404


def test_within_ten_minutes_nothing_is_asked(log_in, clock, hours, people):
    client = log_in("adam")
    hours.pass_(minutes=9)
    assert closing(people, client).status_code == 302
    assert not StaffMember.objects.get(username="ana").is_active


def test_a_form_is_kept_and_goes_on_after_the_answer(adam, people):
    page = closing(people, adam)
    assert b"Is it still you?" in page.content
    assert StaffMember.objects.get(username="ana").is_active
    kept = resent(page.content)
    assert kept["close-reason"] == [REASON]
    closing(people, adam, **kept, confirm_password=PASSWORD)
    assert not StaffMember.objects.get(username="ana").is_active
    assert [name for name, _ in told()] == ["staff:login", "staff:confirmed", "staff:closed"]


def test_several_values_of_a_field_are_all_kept(adam, people, alma):
    sent = {"username": "kim", "roles": ["analyst", "victim_specialist"], "name": "", "reason": "New here"}
    page = adam.post("/staff/people/add", sent)
    kept = resent(page.content)
    assert kept["roles"] == ["analyst", "victim_specialist"]
    adam.post("/staff/people/add", {**kept, "confirm_code": next_code("adam")})
    assert StaffMember.objects.get(username="kim").roles == ["analyst", "victim_specialist"]


def test_nothing_of_what_was_sent_is_stored(adam, people):
    closing(people, adam)
    stored = " ".join(str(one.get_decoded()) for one in Session.objects.all())
    assert "31 March" not in stored


@pytest.mark.parametrize(
    "wrong", [{"confirm_password": "wrong"}, {"confirm_code": "000000"}, {"confirm_credential": "{}"}]
)
def test_a_wrong_answer_changes_nothing(adam, people, wrong):
    page = closing(people, adam, **wrong)
    assert page.status_code == 422
    assert resent(page.content)["close-reason"] == [REASON]
    assert StaffMember.objects.get(username="ana").is_active
    assert told()[-1] == ("staff:confirm_failed", people["adam"].actor)


def test_a_code_that_was_used_is_no_answer(adam, people):
    code = next_code("adam")
    assert closing(people, adam, confirm_code=code).status_code == 302
    fresh = Client()
    fresh.post("/staff/login", {"username": "adam", "password": PASSWORD})
    assert b"was not accepted" in fresh.post("/staff/login/factor", {"code": code}).content


def test_after_five_wrong_answers_one_is_logged_out(adam, people):
    for _ in range(4):
        assert closing(people, adam, confirm_password="wrong").status_code == 422
    assert closing(people, adam, confirm_password="wrong")["Location"] == "/staff/login"
    assert closing(people, adam, confirm_password=PASSWORD)["Location"].startswith("/staff/login")
    assert StaffMember.objects.get(username="ana").is_active
    assert b"You were logged out" in adam.get("/staff/login").content


def test_guessing_in_one_login_leaves_the_others_alone(adam, people, log_in):
    other = log_in("adam")
    for _ in range(5):
        closing(people, adam, confirm_password="wrong")
    assert other.get("/staff/people/").status_code == 200


def test_an_answer_counts_for_the_next_minutes(adam, people, hours):
    adam.post("/staff/confirm", {"next": "/staff/people/", "confirm_password": PASSWORD})
    hours.pass_(minutes=9)
    assert closing(people, adam).status_code == 302
    hours.pass_(minutes=1)
    assert b"Is it still you?" in adam.post(f"/staff/people/{people['ben'].pk}/close", {"close-reason": "x"}).content


def test_a_page_leads_to_the_question_and_back(adam):
    response = adam.get("/staff/account/key")
    assert response["Location"] == "/staff/confirm?next=%2Fstaff%2Faccount%2Fkey"
    kept = resent(adam.get(response["Location"]).content)
    back = adam.post("/staff/confirm", {**kept, "confirm_password": PASSWORD})
    assert back["Location"] == "/staff/account/key"
    assert adam.get("/staff/account/key").status_code == 200


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example", "/en/"])
def test_it_leads_nowhere_else(adam, place):
    assert adam.post("/staff/confirm", {"next": place, "confirm_password": PASSWORD})["Location"] == "/staff/"
