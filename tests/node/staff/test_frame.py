"""What all pages of the workplace share: their headers, the bar with its parts, times and names."""

import re

import pytest
from django.db import transaction
from django.test import Client
from node.casework.conftest import submit, work  # noqa: F401
from outside_world import decided  # noqa: F401

from rempart.core.routing import Route
from rempart.core.vocabulary import RouteKind
from rempart.node import phrases
from rempart.node.audit import services as audit
from rempart.node.casework.models import Content
from rempart.node.notices import services as notices
from rempart.node.referrals import services as referrals


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def current(response) -> list[str]:
    return re.findall(r'<a class="nav-link" href="[^"]*" aria-current="\w+">(\w+)<', response.content.decode())


@pytest.mark.parametrize("path", ["/staff/login", "/staff/queue/", "/staff/audit/", "/staff/cases/999/", "/staff/x"])
def test_forms_of_the_workplace_may_say_where_they_come_from(path, people):
    for client in (Client(), client_of(people["ana"])):
        response = client.get(path)
        assert response["Referrer-Policy"] == "same-origin"
        assert b'name="referrer"' not in response.content


def test_nobody_learns_it_from_the_public_pages(client, db):
    assert client.get("/en/")["Referrer-Policy"] == "no-referrer"


def test_the_bar_marks_the_part_one_is_in(people, submit, work, decided):  # noqa: F811
    submit(("url", "https://host.example/"))
    work()
    content, other = Content.objects.get().pk, decided()
    with transaction.atomic():
        notice = notices.queue(other, "FR")
        referral = referrals.propose_content(other, Route(RouteKind.POLICE, "FR", "police", "why", notify_host=False))
    ana = client_of(people["ana"])
    for path, part in (
        ("queue/", "Queue"),
        (f"cases/{content}/", "Queue"),
        ("cases/999/", "Queue"),
        ("notices/", "Notices"),
        (f"notices/{notice}/", "Notices"),
        (f"referrals/{referral}/", "Referrals"),
        ("lists/", "Lists"),
    ):
        assert current(ana.get(f"/staff/{path}")) == [part], path
    assert current(client_of(people["aude"]).get("/staff/audit/")) == ["Audit"]
    for path, part in (("signals/", "Signals"), ("exchange/", "Exchange")):
        assert current(client_of(people["lin"]).get(f"/staff/{path}")) == [part], path


def test_an_event_names_its_actor_beside_the_number(people, clock):
    with transaction.atomic():
        audit.record("staff:added", people["ben"].actor, actor=people["adam"].actor)
        audit.record(
            "report:received",
            "report:1",
            actor="public",
            data={"items": 2, "kinds": ["url", "live_stream"], "seen": None},
        )
    page = client_of(people["aude"]).get("/staff/audit/").content.decode()
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert f"Adam Administrator {people['adam'].actor} staff:added Ben Analyst {people['ben'].actor}" in text
    assert "items 2 · kinds url, live stream · seen –" in text
    assert "[" not in text


def test_older_events_are_one_page_further(people, clock):
    with transaction.atomic():
        for number in range(150):
            audit.record("case:claimed", f"case:{number}", actor=people["ana"].actor)
    aude = client_of(people["aude"])
    first = aude.get("/staff/audit/?action=case:").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = aude.get(f"/staff/audit/{following}").content.decode()
    assert "case:149<" in first
    assert "case:49<" not in first
    assert "case:49<" in second
    assert "case:0<" in second
    assert 'rel="next"' not in second
    assert aude.get("/staff/audit/?before=x").status_code == 200


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["url"], "url"),
        ([], "–"),
        (None, "–"),
        (2.0, "2"),
        ("list_match", "list match"),
        ("2026-03-22T18:00:00+01:00", "2026-03-22 17:00 UTC"),
        ("2026-13-45T99:99:99", "2026-13-45T99 · 99 · 99"),
    ],
)
def test_facts_are_printed_as_words(value, said):
    assert phrases.printed(value) == said


def test_yes_and_no():
    assert [str(phrases.printed(value)) for value in (True, False)] == ["yes", "no"]
