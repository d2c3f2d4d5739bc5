"""Logging in and out: both factors, in order, each code once; what was typed wrongly is recorded nowhere."""

import threading

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.db import connection
from django.test import Client
from node.conftest import APP_SECRET, PASSWORD, next_code
from node.staff.conftest import told

from rempart.node.audit import services as audit
from rempart.node.staff import factors
from rempart.node.staff.models import Login, StaffMember


def half_way(name: str) -> Client:
    """A client that has shown the password."""
    client = Client()
    response = client.post("/staff/login", {"username": name, "password": PASSWORD})
    assert response["Location"] == "/staff/login/factor"
    return client


def test_in_and_out(people, clock):
    client = half_way("ana")
    response = client.post("/staff/login/factor", {"code": next_code("ana")}, follow=True)
    assert response.redirect_chain[-1][0] == "/staff/queue/"
    client.post("/staff/logout")
    assert client.get("/staff/queue/").status_code == 302
    ana = people["ana"].actor
    assert told() == [("staff:login", ana), ("staff:logout", ana)]
    assert [one.data for one in audit.events(actions=["staff:login"])] == [{"factor": "totp"}]


def test_a_password_alone_opens_nothing(people, clock):
    client = half_way("ana")
    for path in ("/staff/", "/staff/queue/", "/staff/account/", "/staff/set-up", "/staff/account/app"):
        assert client.get(path)["Location"].startswith("/staff/login"), path
        assert not client.get(path).wsgi_request.user.is_authenticated


def test_the_session_has_another_key_after_each_step(people, clock):
    client = Client()
    client.get("/staff/login")
    keys = [client.session.session_key]
    client.post("/staff/login", {"username": "ana", "password": PASSWORD})
    keys.append(client.session.session_key)
    client.post("/staff/login/factor", {"code": next_code("ana")})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


@pytest.mark.parametrize("name", ["ana", "nobody", ""])
def test_a_wrong_name_or_password_has_one_answer_and_is_not_recorded(people, clock, name):
    response = Client().post("/staff/login", {"username": name, "password": "typed by mistake"})
    assert response.status_code == 200
    assert b"do not belong together" in response.content
    assert told() == [("staff:login_failed", "public")]
    assert all("typed by mistake" not in f"{one.data}{one.reason}" for one in audit.events())


def test_a_wrong_password_and_a_wrong_name_look_the_same(people, clock):
    def page(name: str) -> str:
        text = Client().post("/staff/login", {"username": name, "password": "wrong"}).content.decode()
        return text.replace(name, "").split("<form", 1)[0]

    assert page("ana") == page("zoe")


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example/", "/en/", "javascript:x"])
def test_login_leads_nowhere_else(people, clock, place):
    client = Client()
    client.post("/staff/login", {"username": "ana", "password": PASSWORD, "next": place})
    assert client.post("/staff/login/factor", {"code": next_code("ana")})["Location"] == "/staff/"


def test_login_leads_to_the_page_that_was_asked_for(people, clock):
    client = Client()
    asked = client.get("/staff/notices/")["Location"]
    assert b'name="next" value="/staff/notices/"' in client.get(asked).content
    client.post("/staff/login", {"username": "ana", "password": PASSWORD, "next": "/staff/notices/"})
    assert client.post("/staff/login/factor", {"code": next_code("ana")})["Location"] == "/staff/notices/"


def test_a_closed_account_does_not_come_in(people, clock):
    StaffMember.objects.filter(username="ana").update(is_active=False)
    assert b"do not belong together" in Client().post("/staff/login", {"username": "ana", "password": PASSWORD}).content


def test_an_account_closed_between_the_steps_does_not_come_in(people, clock):
    client = half_way("ana")
    StaffMember.objects.filter(username="ana").update(is_active=False)
    assert client.post("/staff/login/factor", {"code": next_code("ana")})["Location"] == "/staff/login"


def test_a_password_changed_between_the_steps_leads_no_further(people, clock):
    client = half_way("ana")
    people["ana"].set_password("another long password")
    people["ana"].save()
    assert client.post("/staff/login/factor", {"code": next_code("ana")})["Location"] == "/staff/login"


def test_the_second_step_waits_ten_minutes(people, clock, hours):
    client = half_way("ana")
    hours.pass_(minutes=9)
    assert client.get("/staff/login/factor").status_code == 200
    hours.pass_(minutes=1)
    assert client.get("/staff/login/factor")["Location"] == "/staff/login"
    assert client.post("/staff/login/factor", {"code": next_code("ana")})["Location"] == "/staff/login"


def test_the_second_step_alone_is_no_step(people, clock):
    assert Client().post("/staff/login/factor", {"code": next_code("ana")})["Location"] == "/staff/login"


class TestCodes:
    @pytest.mark.parametrize("code", ["000000", "", "12345", "abcdef", "٠١٢٣٤٥", "1" * 500, "-1"])
    def test_a_wrong_code(self, people, clock, code):
        client = half_way("ana")
        response = client.post("/staff/login/factor", {"code": code})
        assert response.status_code == 200
        assert b"was not accepted" in response.content
        assert client.get("/staff/queue/").status_code == 302
        assert told() == [("staff:factor_failed", people["ana"].actor)]

    def test_a_code_counts_once(self, people, clock):
        code = next_code("ana")
        assert half_way("ana").post("/staff/login/factor", {"code": code}).status_code == 302
        again = half_way("ana").post("/staff/login/factor", {"code": code})
        assert b"was not accepted" in again.content

    def test_nor_does_an_earlier_one_count_after_it(self, people, clock, monkeypatch):
        monkeypatch.setattr(totp.time, "time", lambda: 1_800_000_000.0)
        monkeypatch.setattr(factors, "yield_hotp_counters_from_time", totp.yield_hotp_counters_from_time)
        step = 1_800_000_000 // 30
        codes = [totp.format_hotp_value(totp.hotp_value(APP_SECRET, step + n)) for n in (-2, -1, 0, 1, 2)]
        assert [factors.prove_code(people["ana"], code) for code in (codes[0], codes[4])] == ["", ""]
        assert factors.prove_code(people["ana"], codes[2]) == "totp"
        assert factors.prove_code(people["ana"], codes[1]) == ""
        assert factors.prove_code(people["ana"], codes[3]) == "totp"

    def test_anothers_code_does_not_count(self, people, clock):
        Authenticator.objects.filter(user=people["ben"]).delete()
        totp.TOTP.activate(people["ben"], "A" * 32)
        code = totp.format_hotp_value(totp.hotp_value("A" * 32, 1))
        assert factors.prove_code(people["ana"], code) == ""

    def test_spaces_are_nobodys_fault(self, people, clock):
        code = next_code("ana")
        assert half_way("ana").post("/staff/login/factor", {"code": f" {code[:3]} {code[3:]} "}).status_code == 302

    def test_the_database_alone_gives_no_codes(self, people):
        stored = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert APP_SECRET not in stored


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_who_bring_one_code_at_once_one_comes_in(people):
    code, person, taken = next_code("ana"), people["ana"], []

    def bring() -> None:
        try:
            taken.append(factors.prove_code(person, code))
        finally:
            connection.close()

    threads = [threading.Thread(target=bring) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(taken) == ["", "", "", "", "", "totp"]


class TestRecoveryCodes:
    @pytest.fixture
    def codes(self, people, clock) -> list[str]:
        factors.new_recovery_codes(people["ana"])
        return factors.recovery_codes_once(people["ana"])

    def test_each_counts_once(self, codes, people):
        assert len(set(codes)) == 10
        assert half_way("ana").post("/staff/login/factor", {"code": codes[3]}).status_code == 302
        again = half_way("ana").post("/staff/login/factor", {"code": codes[3]})
        assert b"was not accepted" in again.content
        assert half_way("ana").post("/staff/login/factor", {"code": codes[4]}).status_code == 302
        assert factors.recovery_codes_left(people["ana"]) == 8
        assert [one.data for one in audit.events(actions=["staff:recovery_code_used"])] == [{"left": 9}, {"left": 8}]
        assert Login.objects.filter(factor="recovery_codes").count() == 2

    def test_they_are_shown_once(self, codes, people):
        assert factors.recovery_codes_once(people["ana"]) == []

    def test_new_ones_replace_them(self, codes, people):
        factors.new_recovery_codes(people["ana"])
        assert factors.prove_code(people["ana"], codes[0]) == ""

    def test_they_alone_are_no_second_factor(self, codes, people):
        Authenticator.objects.filter(user=people["ana"], type="totp").delete()
        assert not factors.has_one(people["ana"])

    def test_they_are_not_in_the_clear(self, codes, people):
        stored = str(list(Authenticator.objects.values_list("data", flat=True)))
        assert not any(code in stored for code in codes)


def test_cookies_are_strict(log_in, clock, settings):
    settings.SESSION_COOKIE_SECURE = True
    client = log_in("ana")
    for name in ("sessionid", "rempart_browser"):
        cookie = client.cookies[name]
        assert (cookie["samesite"], cookie["path"], cookie["httponly"]) == ("Strict", "/staff/", True), name
    assert client.cookies["rempart_browser"]["secure"]
