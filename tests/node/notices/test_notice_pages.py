"""Staff pages of notices: who may see and do what, and what they show."""

import pytest
from django.test import Client
from django.urls import reverse
from outside_world import HOST

from rempart.core.vocabulary import NoticeState
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.jobs.steps import load_steps
from rempart.node.notices.models import Notice

MAY_VIEW = {"ana", "ben", "sacha", "luis"}
MAY_MANAGE = {"ana", "ben", "sacha"}


def client_of(person) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(person)
    return client


@pytest.fixture
def sent(decided, world, clock) -> Notice:
    load_steps()
    jobs.wake("resolve", decided())
    while claims := jobs.claim(kinds=("resolve", "route", "notice")):
        for held in claims:
            assert jobs.perform(held)
    return Notice.objects.get()


def test_each_role_sees_only_what_it_may(sent, people):
    addresses = [reverse("notices:list"), reverse("notices:detail", args=[sent.pk])]
    for name, person in people.items():
        for address in addresses:
            assert client_of(person).get(address).status_code == (200 if name in MAY_VIEW else 403), name
    for address in addresses:
        assert Client().get(address).status_code == 302


@pytest.mark.parametrize("action", ["acknowledge", "refuse"])
def test_each_role_does_only_what_it_may(sent, people, action):
    address = reverse(f"notices:{action}", args=[sent.pk])
    for name in set(people) - MAY_MANAGE:
        assert client_of(people[name]).post(address, {"reason": "No"}).status_code == 403, name
    assert client_of(people["ana"]).get(address).status_code == 405
    assert Notice.objects.get().state == NoticeState.SENT


def test_a_post_without_a_token_is_refused(sent, people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["ana"])
    assert client.post(reverse("notices:acknowledge", args=[sent.pk])).status_code == 403


def test_the_list_says_what_comes_next_and_filters(sent, people):
    client, address = client_of(people["ana"]), reverse("notices:list")
    page = client.get(address).content.decode()
    assert HOST.replace(".", "[.]") in page
    assert HOST not in page
    assert "Look again" in page
    assert "/gallery/1" not in page, "the list shows hosts, not addresses of content"
    assert f"Notice {sent.pk}" in client.get(address, {"state": "sent", "country": "fr"}).content.decode()
    other = client.get(address, {"state": "removed"}).content.decode()
    assert "No notice fits these filters" in other
    assert client.get(address, {"page": "²"}).status_code == 200


def test_an_empty_list_says_what_will_appear(people):
    assert "No notice yet" in client_of(people["ana"]).get(reverse("notices:list")).content.decode()


def test_the_page_tells_the_whole_history_without_links_to_content(sent, people):
    page = client_of(people["ana"]).get(reverse("notices:detail", args=[sent.pk])).content.decode()
    for text in ("abuse@host.example", "RFC 2142", "Reachable", "Found", "Example Hosting", "250 2.0.0 queued"):
        assert text in page, text
    assert f"http://{HOST}" not in page
    assert "<script" not in page
    assert "style=" not in page


def test_an_answer_is_noted_once(sent, people):
    client, address = client_of(people["ana"]), reverse("notices:acknowledge", args=[sent.pk])
    assert client.post(address).status_code == 302
    assert Notice.objects.get().state == NoticeState.ACKNOWLEDGED
    assert client.post(address).status_code == 409
    assert [event.actor for event in audit.events(actions=["notice:acknowledged"])] == [people["ana"].actor]


def test_a_refusal_needs_its_reason(sent, people):
    client, address = client_of(people["ana"]), reverse("notices:refuse", args=[sent.pk])
    answer = client.post(address, {"reason": ""})
    assert answer.status_code == 422
    assert "reason is missing" in answer.content.decode()
    assert client.post(address, {"reason": "Says it is lawful there"}).status_code == 302
    assert Notice.objects.get().state == NoticeState.REFUSED


def test_an_unknown_notice_is_not_found(people):
    client = client_of(people["ana"])
    assert client.get(reverse("notices:detail", args=[404])).status_code == 404
    assert client.post(reverse("notices:acknowledge", args=[404])).status_code == 404
    assert client.post(reverse("notices:refuse", args=[404]), {"reason": "No"}).status_code == 404


def test_nobody_can_note_a_removal_by_hand(sent, people):
    client = client_of(people["sacha"])
    for word in ("remove", "removed"):
        assert client.post(f"/staff/notices/{sent.pk}/{word}").status_code == 404
