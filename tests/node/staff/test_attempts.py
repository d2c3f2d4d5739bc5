"""Guessing is slowed; the person whose name is guessed at still comes in where they have been before."""

import pytest
from django.test import Client
from node.conftest import PASSWORD, next_code
from node.staff.conftest import told

from rempart.node.audit import services as audit
from rempart.node.staff import attempts
from rempart.node.staff.models import Attempts


def guess(client: Client, times: int, name: str = "ana") -> None:
    for _ in range(times):
        client.post("/staff/login", {"username": name, "password": "wrong"})


def password_of(client: Client, name: str = "ana") -> bool:
    """Whether the right password is taken."""
    response = client.post("/staff/login", {"username": name, "password": PASSWORD})
    return response.status_code == 302


def test_after_five_wrong_ones_the_right_one_waits(people, clock, hours):
    guess(Client(), 4)
    assert password_of(Client())
    guess(Client(), 5)
    assert not password_of(Client())
    hours.pass_(minutes=14)
    assert not password_of(Client())
    hours.pass_(minutes=1)
    assert password_of(Client())


def test_the_pause_is_told_once_and_in_the_page_not_at_all(people, clock):
    client = Client()
    guess(client, 4)
    before = client.post("/staff/login", {"username": "ana", "password": "wrong"}).content
    after = client.post("/staff/login", {"username": "ana", "password": "wrong"}).content
    assert [line for line in before.splitlines() if b"csrf" not in line] == [
        line for line in after.splitlines() if b"csrf" not in line
    ]
    guess(client, 5)
    assert told() == [("staff:login_failed", "public")] * 5 + [("staff:attempts_paused", "system")]


def test_unknown_names_pause_like_known_ones(people, clock):
    guess(Client(), 9, "nobody")
    assert [name for name, _ in told()].count("staff:attempts_paused") == 1


def test_a_stranger_does_not_lock_the_person_out(people, clock, log_in):
    own = log_in("ana")
    own.post("/staff/logout")
    guess(Client(), 20)
    assert not password_of(Client())
    log_in("ana", own)
    assert own.get("/staff/queue/").status_code == 200


def test_a_known_browser_has_its_own_pause(people, clock, log_in):
    own = log_in("ana")
    own.post("/staff/logout")
    guess(own, 5)
    assert not password_of(own)
    assert password_of(Client())


def test_a_browser_is_known_for_its_person_only(people, clock, log_in):
    bens = log_in("ben")
    bens.post("/staff/logout")
    guess(Client(), 5)
    assert not password_of(bens, "ana")
    assert password_of(bens, "ben")


@pytest.mark.parametrize("value", ["", "x", "1:2:3", "WzEsICJ4Il0:1tXyz:forged"])
def test_a_forged_cookie_makes_no_browser_known(people, clock, value):
    guess(Client(), 5)
    forger = Client()
    forger.cookies[attempts.COOKIE] = value
    assert not password_of(forger)


def test_names_are_counted_without_regard_to_case_and_space(people, clock):
    for name in ("ana", "ANA", " ana", "Ana ", "aNa"):
        guess(Client(), 1, name)
    assert not password_of(Client())


def test_codes_are_slowed_too(people, clock, hours):
    client = Client()
    assert password_of(client)
    for _ in range(5):
        client.post("/staff/login/factor", {"code": "000000"})
    assert b"was not accepted" in client.post("/staff/login/factor", {"code": next_code("ana")}).content
    # Coming back with the password anew opens no second row of guesses.
    fresh = Client()
    assert password_of(fresh)
    assert b"was not accepted" in fresh.post("/staff/login/factor", {"code": next_code("ana")}).content
    hours.pass_(minutes=15)
    assert password_of(fresh)
    assert fresh.post("/staff/login/factor", {"code": next_code("ana")}).status_code == 302
    assert [one.subject for one in audit.events(actions=["staff:attempts_paused"])] == [people["ana"].actor]


def test_a_success_starts_the_count_anew(people, clock, log_in):
    for _ in range(3):
        guess(Client(), 4)
        log_in("ana").post("/staff/logout")


def test_attempts_that_come_at_once_are_all_counted(db):
    door = attempts.own_door("test", 1)
    assert [attempts.begin(door) for _ in range(7)] == [True] * 5 + [False] * 2


def test_old_counts_are_forgotten(people, clock, hours):
    guess(Client(), 3, "nobody")
    hours.pass_(minutes=15)
    attempts.forget_old()
    assert not Attempts.objects.exists()
