"""Logging in and out; both leave an event, and what was typed wrongly is recorded nowhere."""

import pytest
from django.test import Client

from rempart.core.errors import Conflict
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.staff import services

PASSWORD = "correct horse battery staple"


def told() -> list[tuple[str, str, str]]:
    return [(one.action, one.subject, one.actor) for one in audit.events() if one.action.startswith("staff:")]


def test_in_and_out(people, clock):
    client = Client()
    response = client.post("/staff/login", {"username": "ana", "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == "/staff/queue/"
    client.post("/staff/logout")
    assert client.get("/staff/queue/").status_code == 302
    ana = people["ana"].actor
    assert told() == [("staff:login", ana, ana), ("staff:logout", ana, ana)]


def test_a_wrong_password_says_what_to_do_and_is_not_recorded(people, clock):
    response = Client().post("/staff/login", {"username": "ana", "password": "typed by mistake"})
    assert b"do not belong together" in response.content
    assert told() == [("staff:login_failed", "staff:unknown", "public")]
    assert all("typed by mistake" not in f"{one.data}{one.reason}" for one in audit.events())


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_login_leads_nowhere_else(people, clock, place):
    response = Client().post("/staff/login", {"username": "ana", "password": PASSWORD, "next": place})
    assert response["Location"] == "/staff/"


def test_a_name_is_taken_once(people, clock):
    with pytest.raises(Conflict):
        services.add_person("ana", PASSWORD, [Role.ANALYST])
