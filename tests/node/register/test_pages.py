"""The register's pages: staff edit by forms and steps; strangers read what is published."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pytest
from core.register.made_up import commitment, contact
from django.test import Client
from node.register.conftest import PART

from rempart.core.register.part import Evidence, Status
from rempart.node.register import editing, facts, stated

pytestmark = pytest.mark.django_db
FORM = {
    "target": "T4",
    "goal": "",
    "title": "Tell hosts again",
    "baseline": "Once.\r\nBy e-mail.",
    "planned": "Every day.",
    "starts": "2026-01-01",
    "ends": "2026-12-31",
    "status": "planned",
    "status_on": "2026-03-01",
    "evidence_on": "",
    "evidence_text": "",
    "evidence_url": "",
}
CONTACT = {
    "role": "hotline",
    "name": "Hotline",
    "url": "https://hotline.example",
    "email": "",
    "phone": "",
    "source": "https://hotline.example/about",
    "checked_on": "2026-03-01",
}


def text(answer) -> str:
    return answer.content.decode()


def test_a_commitment_goes_from_form_to_publication(enter, log_folder) -> None:
    stan = enter("stan")
    assert stan.post("/staff/register/fr/commitments/new", FORM).status_code == 302
    saved = stated.working_part("FR").commitments[0]
    assert (saved.number, saved.baseline, saved.ends) == (1, "Once.\nBy e-mail.", date(2026, 12, 31))
    added = FORM | {"status": "kept", "evidence_on": "2026-04-01", "evidence_text": "The yearly report."}
    assert stan.post("/staff/register/fr/commitments/1", added).status_code == 302
    assert stated.working_part("FR").commitments[0].evidence == (Evidence(date(2026, 4, 1), "The yearly report.", ""),)
    assert "The yearly report." in text(stan.get("/staff/register/fr/"))
    assert stan.post("/staff/register/fr/submit", {"round": "2014-progress"}).status_code == 302
    page = text(stan.get("/staff/register/fr/"))
    assert "Submitted by" in page
    assert "New commitment" not in page
    assert "Tell hosts again" not in text(Client().get("/en/members/fr/"))
    assert stan.post("/staff/register/fr/publish").status_code == 302
    assert "Tell hosts again" in text(Client().get("/en/members/fr/"))
    assert "Version 1" in text(stan.get("/staff/register/fr/revisions/1"))


def test_what_is_wrong_is_told_at_its_field(enter) -> None:
    stan = enter("stan")
    for change, words in (
        ({"status": "kept"}, "needs evidence"),
        ({"ends": "2025-01-01"}, "ends after it starts"),
        ({"goal": "G1.1"}, "belongs to target T1"),
        ({"planned": ""}, "required"),
        ({"evidence_text": "Without a day"}, "date is missing"),
    ):
        answer = stan.post("/staff/register/fr/commitments/new", FORM | change)
        assert answer.status_code == 400, change
        assert words in text(answer)
    assert stated.draft("FR") is None


def test_contacts_come_change_and_go(enter) -> None:
    stan = enter("stan")
    assert stan.post("/staff/register/fr/contacts/new", CONTACT).status_code == 302
    assert stan.post("/staff/register/fr/contacts/0", CONTACT | {"name": "Other"}).status_code == 302
    assert [each.name for each in stated.working_part("FR").contacts] == ["Other"]
    assert stan.post("/staff/register/fr/contacts/new", CONTACT | {"source": "nowhere"}).status_code == 400
    assert stan.get("/staff/register/fr/contacts/1").status_code == 404
    assert stan.post("/staff/register/fr/contacts/0", {"remove": "1"}).status_code == 302
    assert stated.working_part("FR").contacts == ()


def test_a_part_says_in_which_language_it_is(enter) -> None:
    stan = enter("stan")
    assert stan.post("/staff/register/fr/language", {"language": "en"}).status_code == 302
    assert stated.working_part("FR").language == "en"
    for wrong in ("", "EN", "français"):
        assert stan.post("/staff/register/fr/language", {"language": wrong}).status_code == 400


def test_steps_out_of_turn_say_so(enter, publish) -> None:
    publish()
    stan = enter("stan")
    answer = stan.post("/staff/register/fr/publish")
    assert answer.status_code == 409
    assert "there is no draft" in text(answer)
    editing.edit(PART, actor="staff:1", what="contacts")
    assert stan.post("/staff/register/fr/take-back").status_code == 409
    assert stan.post("/staff/register/fr/discard").status_code == 302
    assert stan.post("/staff/register/de/commitments/new", FORM).status_code == 400
    assert "edits the part of its own country" in text(stan.get("/staff/register/de/"))


def test_only_the_secretariat_sets_facts(enter, settings, log_folder) -> None:
    stan = enter("stan")
    form = {"number": "51", "founded": "", "invited": "", "acceded": "2014-09-30", "left": "2020-01-01"}
    assert stan.post("/staff/register/ca/facts", form).status_code == 404
    settings.SECRETARIAT = "1"
    assert "2014-09-30" in text(stan.get("/staff/register/ca/facts"))
    assert stan.post("/staff/register/ca/facts", form | {"acceded": ""}).status_code == 400
    assert stan.post("/staff/register/ca/facts", form).status_code == 302
    assert facts.get("CA").left == date(2020, 1, 1)


def test_who_only_reads_is_shown_no_buttons(enter, publish) -> None:
    publish()
    editing.edit(PART, actor="staff:1", what="contacts")
    page = text(enter("aude").get("/staff/register/fr/"))
    assert "New commitment" not in page
    assert "Discard" not in page


def test_lists_say_who_has_not_stated_anything(enter) -> None:
    stan = enter("stan")
    page = text(stan.get("/staff/register/"))
    assert page.count("Not stated yet") == 56
    assert "This node edits the part of its own country." in page
    rounds = text(stan.get("/staff/register/rounds"))
    assert "48 members have not published their answers" in rounds
    assert "Washington, D.C." in rounds


def test_strangers_read_members_in_their_language(publish) -> None:
    kept = commitment(2, status=Status.KEPT, evidence=(Evidence(date(2026, 2, 1), "Shown.", "https://a.example/x"),))
    publish(replace(PART, contacts=(contact(),), commitments=(commitment(1), kept)), "2014-progress")
    page = text(Client().get("/en/members/"))
    assert "48 states founded the alliance" in page
    assert "2, of them kept: 1" in page
    assert page.count("Not stated yet") == 54
    assert 'lang="km"' in page
    assert "1 of 55 members" in page
    member = text(Client().get("/en/members/fr/"))
    for words in ("Founding member", "https://a.example/x", "Published late", "FRA", "Not stated yet:"):
        assert words in member
    assert "Allemagne" in text(Client().get("/fr/members/"))
    assert "has stated nothing here yet" in text(Client().get("/en/members/de/"))
    assert "Invited, not a member" in text(Client().get("/en/members/ru/"))
    assert "has stated nothing here yet" not in text(Client().get("/en/members/ru/"))
    for path in ("br", "FR", "fr/9", "de/1"):
        assert Client().get(f"/en/members/{path}/").status_code == 404


def test_older_versions_stay_readable(publish) -> None:
    publish()
    publish(replace(PART, commitments=(commitment(1, title="Other words"), commitment(2))))
    old = text(Client().get("/en/members/fr/1/"))
    assert "A newer one counts." in old
    assert "Other words" not in old
    assert "Other words" in text(Client().get("/en/members/fr/2/"))
    assert not Client().get("/en/members/fr/").cookies


def test_drafts_are_not_shown_to_strangers(db) -> None:
    editing.edit(PART, actor="staff:1", what="contacts")
    page = text(Client().get("/en/members/fr/"))
    assert "Draft" not in page
    assert "removal" not in page


def test_members_are_open_data(db) -> None:
    rows = json.loads(Client().get("/open-data/members.json").content)
    assert len(rows) == 56
    france = next(row for row in rows if row["code"] == "FR")
    assert france == {
        "number": 13,
        "code": "FR",
        "alpha3": "FRA",
        "numeric": "250",
        "name_en": "France",
        "name_fr": "France",
        "own_names": ["fr: France"],
        "status": "founder",
        "founded": "2012-12-05",
        "invited": None,
        "acceded": "2012-12-05",
        "left": None,
    }
    assert [row["status"] for row in rows].count("founder") == 48
    lines = list(csv.DictReader(io.StringIO(Client().get("/open-data/members.csv").content.decode())))
    assert [line["code"] for line in lines] == [row["code"] for row in rows]
    assert lines[-1] | {"status": ""} == {
        name: "" for name in lines[-1]
    } | {
        "code": "RU", "alpha3": "RUS", "numeric": "643", "name_en": "Russia", "name_fr": "Russie",
        "own_names": "ru: Россия", "invited": "2012-12-05",
    }  # fmt: skip
    assert Client().get("/open-data/members.parquet").content[:4] == b"PAR1"
