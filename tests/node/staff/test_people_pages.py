"""An administrator's pages: accounts are added, changed, closed and set up anew, with a reason each, on record."""

import re

import pytest
from django.test import Client

from rempart.node.audit import services as audit
from rempart.node.staff.models import Enrolment, StaffMember


@pytest.fixture
def adam(people, clock) -> Client:
    client = Client()
    client.force_login(people["adam"])
    return client


def test_administrators_start_here(adam):
    assert adam.get("/staff/")["Location"] == "/staff/people/"


def test_everybody_is_listed_with_roles_and_state(adam, people):
    StaffMember.objects.filter(username="ben").update(is_active=False)
    StaffMember.objects.create_user("nina", None, ["analyst"])
    text = " ".join(re.sub(r"<[^>]+>", " ", adam.get("/staff/people/").content.decode()).split())
    assert "ana Ana Analyst Analyst Open" in text
    assert "ben Ben Analyst Analyst Closed" in text
    assert "nina Analyst Not set up yet" in text


def test_a_new_account_waits_for_a_second_person(adam, people, alma):
    sent = {"username": "kim", "name": "Kim New", "roles": ["analyst"], "reason": "New analyst"}
    assert adam.post("/staff/people/add", sent)["Location"] == "/staff/people/"
    page = adam.get("/staff/people/").content
    assert b"/staff/enrol/" not in page
    assert b"New analyst" in page
    (event,) = audit.events(actions=["staff:added"])
    assert (event.actor, event.data) == (people["adam"].actor, {"roles": ["analyst"]})
    assert not Enrolment.objects.exists()


def test_a_node_with_one_administrator_makes_accounts_on_the_machine(adam, people):
    sent = {"username": "kim", "name": "Kim New", "roles": ["analyst"], "reason": "New analyst"}
    page = adam.post("/staff/people/add", sent)
    assert page.status_code == 422
    assert b"rempart staff add" in page.content
    assert not StaffMember.objects.filter(username="kim").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"username": "ana", "roles": ["analyst"]}, "is taken"),
        ({"username": "kim", "roles": []}, "required"),
        ({"username": "kim", "roles": ["emperor"]}, "not one of the available choices"),
        ({"username": "kim", "roles": ["administrator", "analyst"]}, "sees content"),
        ({"username": "", "roles": ["analyst"]}, "required"),
        ({"username": "kim", "roles": ["analyst"], "reason": " "}, "required"),
    ],
)
def test_an_account_that_cannot_be_is_not_made(adam, people, alma, given, said):
    page = adam.post("/staff/people/add", {"reason": "New here", **given})
    assert page.status_code == 422
    assert said in page.content.decode()
    assert StaffMember.objects.count() == len(people) + 1


def test_roles_are_changed_with_a_reason(adam, people):
    number = people["ana"].pk
    path = f"/staff/people/{number}/roles"
    assert adam.post(path, {"roles-roles": ["senior_analyst"], "roles-reason": " "}).status_code == 422
    response = adam.post(path, {"roles-roles": ["senior_analyst"], "roles-reason": "Trained"})
    assert response["Location"] == f"/staff/people/{number}/"
    assert StaffMember.objects.get(pk=number).roles == ["senior_analyst"]
    (event,) = audit.events(actions=["staff:roles_changed"])
    assert (event.actor, event.subject, event.reason) == (people["adam"].actor, people["ana"].actor, "Trained")
    assert event.data == {"before": ["analyst"], "after": ["senior_analyst"]}


@pytest.mark.parametrize("roles", [["administrator", "analyst"], ["auditor", "list_manager"], []])
def test_roles_that_must_stay_apart_are_refused(adam, people, roles):
    page = adam.post(f"/staff/people/{people['ana'].pk}/roles", {"roles-roles": roles, "roles-reason": "Why"})
    assert page.status_code == 422
    assert StaffMember.objects.get(username="ana").roles == ["analyst"]


def test_an_account_is_closed_with_a_reason(adam, people):
    number = people["ana"].pk
    assert adam.post(f"/staff/people/{number}/close", {"close-reason": ""}).status_code == 422
    assert adam.post(f"/staff/people/{number}/close", {"close-reason": "Left"}).status_code == 302
    assert not StaffMember.objects.get(pk=number).is_active
    assert adam.post(f"/staff/people/{number}/close", {"close-reason": "Again"}).status_code == 422
    (event,) = audit.events(actions=["staff:closed"])
    assert (event.actor, event.reason) == (people["adam"].actor, "Left")
    page = adam.get(f"/staff/people/{number}/").content
    assert b"closed" in page
    assert b"Change the roles" not in page


@pytest.mark.parametrize(
    ("step", "given"),
    [
        ("roles", {"roles-roles": ["statistician"], "roles-reason": "Why"}),
        ("close", {"close-reason": "Why"}),
    ],
)
def test_nobody_changes_or_closes_their_own_account(adam, people, step, given):
    page = adam.post(f"/staff/people/{people['adam'].pk}/{step}", given)
    assert page.status_code == 422
    before = people["adam"]
    assert StaffMember.objects.filter(pk=before.pk, is_active=True, roles=before.roles).exists()
    assert b"Another administrator" in adam.get(f"/staff/people/{before.pk}/").content


@pytest.mark.parametrize("path", ["", "roles", "close", "enrol", "logins/1/end"])
def test_nobody_there(adam, path):
    url = f"/staff/people/999/{path}"
    assert (adam.post(url) if path else adam.get(url)).status_code == 404


def test_the_pages_show_nothing_secret(adam, people):
    for path in ("/staff/people/", f"/staff/people/{people['ana'].pk}/"):
        page = adam.get(path).content.decode()
        assert "md5$" not in page
        assert "argon2" not in page
        assert "sessionid" not in page
