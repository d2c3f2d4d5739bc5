"""Security keys: registered and used in this place alone, for this challenge alone, by this person alone."""

import html
import json
import re
from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from node.conftest import PASSWORD, next_code
from node.staff.conftest import told
from node.staff.software_key import SoftwareKey

from rempart.demo.authenticator import code_now
from rempart.node.staff import factors
from rempart.node.staff.models import Login


def options(response) -> str:
    return html.unescape(re.search(r'data-options="([^"]+)"', response.content.decode())[1])


@pytest.fixture
def key() -> SoftwareKey:
    return SoftwareKey()


@pytest.fixture
def owner(log_in, clock, key) -> Client:
    """Ana, who has registered the key beside her app."""
    client = log_in("ana")
    register(client, key)
    return client


def register(client: Client, key: SoftwareKey, name: str = "blue key"):
    answer = key.create(options(client.get("/staff/account/key")))
    return client.post("/staff/account/key", {"name": name, "credential": answer})


def challenged(name: str = "ana") -> tuple[Client, str]:
    client = Client()
    client.post("/staff/login", {"username": name, "password": PASSWORD})
    return client, options(client.get("/staff/login/factor"))


def test_registered_and_used(owner, key, people):
    page = owner.get("/staff/account/").content.decode()
    assert "Security key blue key" in page
    client, challenge = challenged()
    response = client.post("/staff/login/factor", {"credential": key.get(challenge)})
    assert response["Location"] == "/staff/"
    assert client.get("/staff/queue/").status_code == 200
    assert Login.objects.latest("pk").factor == "webauthn"
    assert ("staff:factor_added", people["ana"].actor) in told()


def test_it_may_be_the_first_factor(invited, key):
    client = Client()
    client.post(invited, {"password": PASSWORD, "again": PASSWORD})
    assert register(client, key)["Location"] == "/staff/account/recovery-codes"
    assert client.get("/staff/queue/").status_code == 200
    again, challenge = challenged("nina")
    assert again.post("/staff/login/factor", {"credential": key.get(challenge)}).status_code == 302


def test_an_answer_counts_once(owner, key):
    client, challenge = challenged()
    answer = key.get(challenge)
    assert client.post("/staff/login/factor", {"credential": answer}).status_code == 302
    again, _ = challenged()
    assert b"was not accepted" in again.post("/staff/login/factor", {"credential": answer}).content


def test_an_answer_to_anothers_challenge_does_not_count(owner, key):
    _, foreign = challenged()
    client, _ = challenged()
    assert b"was not accepted" in client.post("/staff/login/factor", {"credential": key.get(foreign)}).content


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://testserver.elsewhere.example"},
        {"origin": "http://testserver"},
        {"host": "elsewhere.example"},
        {"credential_id": b"\1" * 32},
    ],
)
def test_a_copied_page_gets_nothing(owner, key, other):
    client, challenge = challenged()
    answer = replace(key, **other).get(challenge)
    assert b"was not accepted" in client.post("/staff/login/factor", {"credential": answer}).content


def test_another_key_with_the_same_name_does_not_count(owner, key):
    client, challenge = challenged()
    forged = SoftwareKey(credential_id=key.credential_id)
    assert b"was not accepted" in client.post("/staff/login/factor", {"credential": forged.get(challenge)}).content


def test_anothers_key_does_not_count(owner, key, log_in):
    bens = SoftwareKey()
    register(log_in("ben"), bens)
    client, challenge = challenged("ana")
    assert b"was not accepted" in client.post("/staff/login/factor", {"credential": bens.get(challenge)}).content


NONSENSE = ["", "x", "null", "[]", "7", '"x"', "{}", '{"id": 1}', '{"response": {}}', "{" * 5000, "[" * 100_000]


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_is_a_wrong_answer(owner, answer):
    client, _ = challenged()
    assert b"was not accepted" in client.post("/staff/login/factor", {"credential": answer}).content


@pytest.mark.parametrize("answer", NONSENSE)
def test_nonsense_registers_nothing(log_in, clock, answer):
    client = log_in("ana")
    client.get("/staff/account/key")
    assert client.post("/staff/account/key", {"name": "x", "credential": answer}).status_code == 422
    assert Authenticator.objects.filter(type="webauthn").count() == 0


@pytest.mark.parametrize("part", ["clientDataJSON", "attestationObject", "rawId", "type"])
@pytest.mark.parametrize("value", [None, 7, "!!", "AAAA", [], {}])
def test_a_damaged_registration_registers_nothing(log_in, clock, key, part, value):
    client = log_in("ana")
    answer = json.loads(key.create(options(client.get("/staff/account/key"))))
    place = answer["response"] if part in answer["response"] else answer
    place[part] = value
    response = client.post("/staff/account/key", {"name": "x", "credential": json.dumps(answer)})
    assert response.status_code in (422, 302)
    if response.status_code == 302:
        assert part == "type" or part == "rawId"
    else:
        assert Authenticator.objects.filter(type="webauthn").count() == 0


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", [None, 7, "!!", "AAAA", [], {}])
def test_a_damaged_answer_opens_nothing(owner, key, part, value):
    client, challenge = challenged()
    answer = json.loads(key.get(challenge))
    answer["response"][part] = value
    page = client.post("/staff/login/factor", {"credential": json.dumps(answer)})
    assert b"was not accepted" in page.content


def test_it_answers_before_a_sensitive_step(owner, key, hours):
    hours.pass_(minutes=10)
    challenge = options(owner.get("/staff/confirm?next=/staff/account/app"))
    response = owner.post("/staff/confirm", {"next": "/staff/account/app", "confirm_credential": key.get(challenge)})
    assert response["Location"] == "/staff/account/app"


class TestRemoving:
    def test_one_of_two(self, owner, people):
        number = next(one.id for one in factors.of(people["ana"]) if one.kind == factors.KEY)
        owner.post(f"/staff/account/factors/{number}/remove")
        assert [one.kind for one in factors.of(people["ana"])] == [factors.APP]
        assert told()[-1] == ("staff:factor_removed", people["ana"].actor)

    def test_the_last_one_stays(self, log_in, clock, people):
        client = log_in("ana")
        (only,) = factors.of(people["ana"])
        page = client.post(f"/staff/account/factors/{only.id}/remove", follow=True)
        assert b"the last second factor" in page.content
        assert factors.of(people["ana"]) == [only]

    def test_anothers_stays(self, owner, people):
        (bens,) = factors.of(people["ben"])
        owner.post(f"/staff/account/factors/{bens.id}/remove")
        assert factors.of(people["ben"]) == [bens]


def test_a_second_app_replaces_the_first(log_in, clock, people):
    client = log_in("ana")
    secret = re.search(r'id="secret">([A-Z2-7]+)<', client.get("/staff/account/app").content.decode())[1]
    assert client.post("/staff/account/app", {"code": code_now(secret)})["Location"] == "/staff/account/"
    fresh = Client()
    fresh.post("/staff/login", {"username": "ana", "password": PASSWORD})
    assert b"was not accepted" in fresh.post("/staff/login/factor", {"code": next_code("ana")}).content
