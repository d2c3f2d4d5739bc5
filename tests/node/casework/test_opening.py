"""Who saw a case is on record before they see it; reloading does not fill the chain."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from rempart.node.audit import services as audit
from rempart.node.casework import access, opening, timeline
from rempart.node.casework.models import Content

LOOKED = ["case:opened"]


@pytest.fixture
def case(submit, work, people, clock) -> int:
    submit(("url", "https://host.example/0"))
    work()
    return Content.objects.get().pk


def openings() -> list[tuple[str, str]]:
    return [(one.actor, one.subject) for one in audit.events(actions=LOOKED)]


def test_each_person_s_look_is_an_event(case, enter, people):
    for name in ("ana", "sacha"):
        assert enter(name).get(f"/staff/cases/{case}/").status_code == 200
    assert openings() == [(people[name].actor, f"case:{case}") for name in ("ana", "sacha")]
    assert audit.verify().events


def test_once_an_hour(case, enter, people, clock):
    ana = enter("ana")
    for _ in range(20):
        ana.get(f"/staff/cases/{case}/")
    assert len(openings()) == 1
    clock.advance(minutes=59)
    ana.get(f"/staff/cases/{case}/")
    assert len(openings()) == 1
    clock.advance(minutes=1)
    ana.get(f"/staff/cases/{case}/")
    assert len(openings()) == 2


def test_each_case_by_itself(case, submit, work, enter):
    submit(("url", "https://host.example/1"))
    work()
    ana = enter("ana")
    for content in Content.objects.all():
        ana.get(f"/staff/cases/{content.pk}/")
    assert len(openings()) == 2


@pytest.mark.parametrize(
    ("step", "given"), [("note", {"case_note": ""}), ("show", {"level": "0"}), ("hold", {}), ("assess", {})]
)
def test_no_other_way_to_the_page_leaves_it_out(case, enter, people, step, given):
    """Forms that come back unaccepted show the same page."""
    who = "luis" if step == "hold" else "ana"
    page = enter(who).post(f"/staff/cases/{case}/{step}", given)
    assert b"host" in page.content
    assert openings() == [(people[who].actor, f"case:{case}")]


def test_what_was_not_shown_was_not_opened(case, enter, people):
    access.restrict(people["sacha"], case, "a reason")
    assert enter("ana").get(f"/staff/cases/{case}/").status_code == 403
    assert enter("ana").get("/staff/cases/987654/").status_code == 404
    assert enter("aude").get(f"/staff/cases/{case}/").status_code == 403
    assert Client().get(f"/staff/cases/{case}/").status_code == 302
    assert openings() == []


def test_a_page_that_could_not_be_recorded_is_not_shown(case, enter, monkeypatch):
    def full(*given: object, **more: object) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(audit, "record", full)
    browser = enter("ana")
    with pytest.raises(OSError, match="full"):
        browser.get(f"/staff/cases/{case}/")


def test_colleagues_are_not_told_who_looked(case, enter, people):
    for name in ("ana", "ben", "sacha"):
        page = enter(name).get(f"/staff/cases/{case}/")
        again = enter(name).get(f"/staff/cases/{case}/")
        assert b"Case opened" not in page.content + again.content
    assert len(openings()) == 3


def test_the_owner_of_a_restriction_is(case, enter, people):
    access.restrict(people["sacha"], case, "a reason", [people["ana"].pk, people["ben"].pk])
    enter("ana").get(f"/staff/cases/{case}/")
    assert b"Case opened" in enter("sacha").get(f"/staff/cases/{case}/").content
    assert b"Case opened" not in enter("ben").get(f"/staff/cases/{case}/").content
    told = timeline.of(people["sacha"], case, [], unbiased=False, owns_restriction=True)
    assert "Ana Analyst" in {str(one.who) for one in told if str(one.what) == "Case opened"}


def test_auditors_find_who_saw_it(case, enter):
    enter("ana").get(f"/staff/cases/{case}/")
    page = enter("aude").get(f"/staff/audit/?subject=case:{case}")
    assert b"Ana Analyst" in page.content


def test_a_look_that_another_process_recorded_meanwhile_is_not_repeated(case, people, monkeypatch):
    """What the first look could not know is found under the lock."""
    real, asked = opening._is_told, []

    def at_first_not(person, content_id):
        asked.append(1)
        return len(asked) > 1 and real(person, content_id)

    opening.record(people["ana"], case)
    monkeypatch.setattr(opening, "_is_told", at_first_not)
    opening.record(people["ana"], case)
    assert len(asked) == 2
    assert len(openings()) == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_pages_loaded_at_once_make_one_event(people, clock):
    def look(number: int) -> None:
        try:
            opening.record(people["ana"], 7)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(16)))
    assert len(openings()) == 1
