"""Guessing is slowed; the person whose name is guessed at still comes in where they have been before."""

import secrets
from datetime import timedelta

import pytest
from django.test import Client
from node.conftest import PASSWORD, next_code
from node.staff.conftest import told

from rempart.core.accounts import KNOWN_AT_ONCE, STRANGERS_AT_ONCE
from rempart.node.audit import services as audit
from rempart.node.staff import attempts
from rempart.node.staff.models import Allowance, Attempts, StaffMember


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


class TestAtManyNames:
    """Passwords tried at one name each: no name's own door ever closes."""

    def test_strangers_get_so_many_and_then_few(self, people, clock, hours):
        tried = sum(takes(Client(), f"name{number}") for number in range(70))
        assert tried == STRANGERS_AT_ONCE
        hours.pass_(minutes=30)
        assert sum(takes(Client(), f"other{number}") for number in range(70)) == 30

    def test_however_many_hours_they_go_on(self, db, hours, rf):
        """What would refute it: more over a day than the rate allows, at whatever spread of names and times."""
        strange, done = attempts.shared(rf.post("/staff/login")), 0
        for _hour in range(24):
            done += sum(attempts.begin_password(secrets.token_bytes(32), strange) for _ in range(80))
            hours.pass_(hours=1)
        assert 24 * STRANGERS_AT_ONCE <= done <= STRANGERS_AT_ONCE + 24 * 60

    def test_the_right_password_of_a_stranger_waits_too(self, people, clock, hours):
        use_up()
        assert not password_of(Client())
        hours.pass_(minutes=2)
        assert password_of(Client())

    def test_who_was_here_before_comes_in_all_the_same(self, people, clock, log_in):
        own = log_in("ana")
        own.post("/staff/logout")
        use_up()
        log_in("ana", own)
        assert own.get("/staff/queue/").status_code == 200

    def test_who_has_a_link_comes_in_all_the_same(self, people, clock, invited):
        use_up()
        assert Client().post(invited, {"password": PASSWORD, "again": PASSWORD})["Location"] == "/staff/set-up"

    def test_a_cookie_of_one_s_own_opens_no_endless_row(self, people, clock, log_in):
        """Somebody with an account guesses at colleagues, from one browser of theirs and from more."""
        tried = 0
        for _ in range(3):
            browser = log_in("ben")
            browser.post("/staff/logout")
            tried += sum(takes(browser, f"name{number}") for number in range(30))
        assert tried == KNOWN_AT_ONCE
        assert takes(Client(), "yet another")

    def test_a_closed_account_s_browser_is_strange(self, people, clock, log_in):
        browser = log_in("ben")
        StaffMember.objects.filter(username="ben").update(is_active=False)
        use_up()
        assert not takes(browser, "another")

    @pytest.mark.parametrize("value", ["", "x", "1:2:3", "WzEsICJ4Il0:1tXyz:forged"])
    def test_a_forged_cookie_is_strange(self, people, clock, value):
        use_up()
        forger = Client()
        forger.cookies[attempts.COOKIE] = value
        assert not takes(forger, "another")

    def test_right_passwords_take_nothing(self, people, clock, hours):
        for _ in range(STRANGERS_AT_ONCE + 5):
            assert password_of(Client())

    def test_guesses_at_one_name_leave_the_others_alone(self, people, clock):
        guess(Client(), 300, "ben")
        assert password_of(Client(), "ana")

    def test_it_is_told_once_an_hour(self, people, clock, hours):
        use_up()
        hours.pass_(minutes=5)
        use_up()
        assert [one.data for one in used_up()] == [{"strangers": True}]
        hours.pass_(minutes=60)
        use_up()
        assert len(used_up()) == 2

    def test_nothing_about_who_asks_is_kept(self, people, clock):
        Client(HTTP_X_FORWARDED_FOR="192.0.2.77").post("/staff/login", {"username": "x", "password": "y"})
        rows = [*Allowance.objects.values(), *Attempts.objects.values()]
        assert rows
        assert "192.0.2.77" not in str(rows)

    def test_whole_allowances_are_forgotten(self, people, clock, hours):
        use_up()
        attempts.forget_old()
        assert Allowance.objects.exists()
        hours.pass_(hours=2)
        attempts.forget_old()
        assert not Allowance.objects.exists()
        assert takes(Client(), "another")

    def test_many_at_once_take_no_more_than_there_is(self, db):
        few = attempts.Shared(b"d" * 32, 3, timedelta(minutes=1), True)
        assert [attempts.begin_password(bytes([number]) * 32, few) for number in range(6)] == [True] * 3 + [False] * 3


def takes(client: Client, name: str) -> bool:
    """Whether an attempt is made at all: it fails, and is recorded as failed."""
    before = audit.head()[0]
    client.post("/staff/login", {"username": name, "password": "wrong"})
    return any(one.action == "staff:login_failed" for one in audit.events(after=before))


def use_up() -> None:
    for number in range(STRANGERS_AT_ONCE + 1):
        Client().post("/staff/login", {"username": f"made-up-{number}", "password": "wrong"})


def used_up() -> list[audit.Fact]:
    return list(audit.events(actions=["staff:attempts_used_up"]))
