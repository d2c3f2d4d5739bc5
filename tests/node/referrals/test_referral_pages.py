"""Staff pages of referrals: who may see and decide, and what they show."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from outside_world import FRANCE, GERMANY

from rempart.core.vocabulary import ItemKind, ReferralState, Source
from rempart.node.jobs import services as jobs
from rempart.node.jobs.steps import load_steps
from rempart.node.referrals.models import Referral

MAY_VIEW = {"ana", "ben", "sacha", "luis", "vera"}
MAY_DECIDE = {"sacha", "luis", "vera"}
SUSPECT = "a.person@mail.example"
REPORT = json.dumps({"suspects": [{"emails": [SUSPECT], "ip_events": [{"ip": FRANCE}]}]}).encode()


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def work(*kinds: str) -> None:
    load_steps()
    while claims := jobs.claim(kinds=kinds):
        for held in claims:
            assert jobs.perform(held)


@pytest.fixture
def proposed(decided, world, clock) -> Referral:
    content = decided(None, kind=ItemKind.FILE, source=Source.PLATFORM, original=("report.json", REPORT))
    jobs.wake("resolve", content)
    work("resolve", "route")
    return Referral.objects.get()


@pytest.fixture
def queued(decided, world, clock) -> Referral:
    world.at(GERMANY)
    jobs.wake("resolve", decided())
    work("resolve", "route")
    return Referral.objects.get()


def test_each_role_sees_only_what_it_may(proposed, people):
    for address in (reverse("referrals:list"), reverse("referrals:detail", args=[proposed.pk])):
        for name, person in people.items():
            assert client_of(person).get(address).status_code == (200 if name in MAY_VIEW else 403), name
        assert Client().get(address).status_code == 302


@pytest.mark.parametrize("action", ["decide", "withdraw"])
def test_each_role_decides_only_where_it_may(proposed, people, action):
    address = reverse(f"referrals:{action}", args=[proposed.pk])
    for name in set(people) - MAY_DECIDE:
        answer = client_of(people[name]).post(address, {"decision": "forward", "reason": "a", "legal_basis": "b"})
        assert answer.status_code == 403, name
    assert Referral.objects.get().state == ReferralState.PROPOSED


def test_what_waits_for_a_decision_comes_first(proposed, people):
    page = client_of(people["luis"]).get(reverse("referrals:list")).content.decode()
    assert page.index(proposed.reference) < page.index("All others")
    assert "No referral yet" in page


def test_empty_pages_say_what_will_appear(people):
    page = client_of(people["luis"]).get(reverse("referrals:list")).content.decode()
    assert "Nothing waits for a decision" in page


def test_the_page_names_the_report_and_nobody(proposed, people):
    page = client_of(people["luis"]).get(reverse("referrals:detail", args=[proposed.pk])).content.decode()
    assert proposed.report.reference in page
    assert SUSPECT not in page
    assert FRANCE not in page
    assert "<script" not in page
    assert 'name="legal_basis"' in page
    analyst = client_of(people["ana"]).get(reverse("referrals:detail", args=[proposed.pk])).content.decode()
    assert 'name="legal_basis"' not in analyst


def test_a_decision_without_reason_or_basis_is_shown_again_with_what_was_written(proposed, people):
    client, address = client_of(people["luis"]), reverse("referrals:decide", args=[proposed.pk])
    answer = client.post(address, {"decision": "forward", "reason": "Identified <account>", "legal_basis": ""})
    assert answer.status_code == 422
    assert "Identified &lt;account&gt;" in answer.content.decode()
    assert Referral.objects.get().state == ReferralState.PROPOSED


@pytest.mark.parametrize(
    ("choice", "state"), [("forward", ReferralState.QUEUED), ("withdraw", ReferralState.WITHDRAWN)]
)
def test_a_decision_is_taken_once(proposed, people, choice, state):
    client, address = client_of(people["luis"]), reverse("referrals:decide", args=[proposed.pk])
    decision = {"decision": choice, "reason": "Identified account", "legal_basis": "Code, art. 1"}
    assert client.post(address, decision).status_code == 302
    row = Referral.objects.get()
    assert (row.state, row.decided_by) == (state, people["luis"])
    assert client.post(address, decision).status_code == 409


def test_an_unclear_decision_decides_nothing(proposed, people):
    client, address = client_of(people["luis"]), reverse("referrals:decide", args=[proposed.pk])
    for choice in ({}, {"decision": "perhaps"}):
        assert client.post(address, {"reason": "x", "legal_basis": "y", **choice}).status_code == 422
    assert Referral.objects.get().state == ReferralState.PROPOSED


def test_what_is_queued_can_be_withdrawn_and_what_is_out_cannot(queued, people):
    client, address = client_of(people["sacha"]), reverse("referrals:withdraw", args=[queued.pk])
    assert "Take it back" in client.get(reverse("referrals:detail", args=[queued.pk])).content.decode()
    work("export")
    assert client.post(address, {"reason": "Too late"}).status_code == 409
    Referral.objects.update(state=ReferralState.QUEUED)
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Mistake"}).status_code == 302
    listed = client.get(reverse("referrals:list"), {"state": "withdrawn", "country": "de"}).content.decode()
    assert queued.reference in listed
    assert "No referral fits" in client.get(reverse("referrals:list"), {"country": "JP"}).content.decode()


def test_an_unknown_referral_is_not_found(people):
    client = client_of(people["luis"])
    assert client.get(reverse("referrals:detail", args=[404])).status_code == 404
    for action in ("decide", "withdraw"):
        assert client.post(reverse(f"referrals:{action}", args=[404]), {"reason": "x"}).status_code == 404
