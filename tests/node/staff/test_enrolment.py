"""One-time links: they set password and second factor once, within their time, and nothing else."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from node.conftest import PASSWORD, next_code
from node.staff.conftest import told

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.vocabulary import Role
from rempart.node.audit import services as audit
from rempart.node.staff import enrolment, factors, services
from rempart.node.staff.models import Enrolment, Login, StaffMember

CHOSEN = {"password": PASSWORD, "again": PASSWORD}


def app_code(page: bytes, *, later: int = 0) -> str:
    """What an app shows that read the key of the page."""
    secret = re.search(rb'id="secret">([A-Z2-7]+)<', page)[1].decode()
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))


def enrolled(path: str) -> Client:
    """A client that used the link as far as the password."""
    client = Client()
    assert client.post(path, CHOSEN)["Location"] == "/staff/set-up"
    return client


def test_from_the_link_to_the_first_page(invited):
    client = Client()
    assert b"nina" in client.get(invited).content
    client = enrolled(invited)
    assert b"Set up a second factor" in client.get("/staff/set-up").content
    page = client.get("/staff/account/app").content
    assert b"<svg" in page
    response = client.post("/staff/account/app", {"code": app_code(page)})
    assert response["Location"] == "/staff/account/recovery-codes"
    codes = re.findall(r'<code class="id">(\d{8})</code>', client.get(response["Location"]).content.decode())
    assert len(codes) == 10
    assert client.get("/staff/", follow=True).redirect_chain[-1][0] == "/staff/queue/"
    nina = StaffMember.objects.get(username="nina").actor
    assert told() == [
        ("staff:added", "system"),
        ("staff:enrolled", nina),
        ("staff:login", nina),
        ("staff:factor_added", nina),
    ]


def test_opening_the_link_uses_nothing_up(invited):
    for _ in range(3):
        assert Client().get(invited).status_code == 200
    enrolled(invited)


def test_a_used_link_opens_nothing(invited):
    enrolled(invited)
    for response in (Client().get(invited), Client().post(invited, {"password": "x" * 20, "again": "x" * 20})):
        assert response.status_code == 404
        assert b"opens nothing" in response.content
    assert StaffMember.objects.get(username="nina").check_password(PASSWORD)


def test_a_link_is_over_after_its_time(invited, hours):
    hours.pass_(hours=47, minutes=59)
    assert Client().get(invited).status_code == 200
    hours.pass_(minutes=1)
    assert Client().get(invited).status_code == 404
    assert Client().post(invited, CHOSEN).status_code == 404
    assert not StaffMember.objects.get(username="nina").has_usable_password()


def test_a_new_link_replaces_the_old_one(invited):
    again = services.enrol_anew("nina", "It was sent to the wrong address").path
    assert Client().get(invited).status_code == 404
    assert Client().get(again).status_code == 200


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "..%2f..", "é" * 10])
def test_a_made_up_link_opens_nothing(db, token):
    assert Client().get(f"/staff/enrol/{token}").status_code == 404


def test_only_a_digest_of_the_link_is_kept(invited):
    token = invited.rsplit("/", 1)[1]
    assert token.encode() not in bytes(Enrolment.objects.get().digest)
    assert all(token not in f"{one.data}{one.reason}" for one in audit.events())
    with pytest.raises(NotFound):
        enrolment.find(token[:-1])


def test_nobody_shows_the_link_by_accident(db, clock):
    invitation = services.add_person("nina", [Role.ANALYST])
    assert invitation.path not in repr(invitation)


@pytest.mark.parametrize(
    ("first", "again", "said"),
    [
        ("short", "short", "too short"),
        ("password1234", "password1234", "too common"),
        (PASSWORD, PASSWORD + "x", "The two differ"),
        ("", "", "required"),
    ],
)
def test_a_weak_password_uses_nothing_up(invited, first, again, said):
    response = Client().post(invited, {"password": first, "again": again})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert Client().get(invited).status_code == 200


def test_a_closed_account_has_no_link(invited):
    services.close_account("nina", "Never came")
    assert Client().get(invited).status_code == 404


def test_before_the_link_no_password_opens_the_account(invited):
    for password in ("", "!", PASSWORD):
        page = Client().post("/staff/login", {"username": "nina", "password": password}).content
        assert b"do not belong together" in page


class TestWithoutAFactor:
    def test_a_wrong_first_code_sets_nothing_up(self, invited):
        client = enrolled(invited)
        client.get("/staff/account/app")
        response = client.post("/staff/account/app", {"code": "000000"})
        assert response.status_code == 422
        assert not Authenticator.objects.exists()
        assert client.get("/staff/queue/")["Location"] == "/staff/set-up"

    def test_the_key_stays_the_same_until_it_is_taken(self, invited):
        client = enrolled(invited)
        pages = [client.get("/staff/account/app").content for _ in range(2)]
        assert app_code(pages[0]) == app_code(pages[1])

    def test_who_left_comes_back_to_the_set_up(self, invited):
        enrolled(invited)
        client = Client()
        response = client.post("/staff/login", {"username": "nina", "password": PASSWORD})
        assert response["Location"] == "/staff/set-up"
        assert client.get("/staff/queue/")["Location"] == "/staff/set-up"

    def test_a_password_alone_adds_nothing_to_an_account_with_a_factor(self, invited):
        """Somebody else who knew the password waits on the set-up page: the factor of the first one shuts them out."""
        stranger, nina = enrolled(invited), Client()
        nina.post("/staff/login", {"username": "nina", "password": PASSWORD})
        page = stranger.get("/staff/account/app").content
        nina.post("/staff/account/app", {"code": app_code(nina.get("/staff/account/app").content)})
        response = stranger.post("/staff/account/app", {"code": app_code(page)})
        assert response["Location"].startswith("/staff/login")
        assert Authenticator.objects.filter(type="totp").count() == 1
        assert stranger.get("/staff/account/").status_code == 302
        assert nina.get("/staff/account/").status_code == 200

    def test_nor_when_its_login_still_stands(self, people, clock):
        client = Client()
        client.force_login(people["ana"], factor="")
        for path in ("/staff/set-up", "/staff/account/app", "/staff/account/key"):
            client.force_login(people["ana"], factor="")
            assert client.get(path)["Location"] == "/staff/login", path
            assert not client.get("/staff/set-up").wsgi_request.user.is_authenticated

    def test_of_two_first_factors_at_once_one_is_taken(self, invited):
        person = StaffMember.objects.get(username="nina")
        request = enrolled(invited).get("/staff/account/app").wsgi_request
        factors.RecoveryCodes.activate(person)
        factors.TOTP.activate(person, "A" * 32)
        with pytest.raises(Conflict, match="meanwhile"):
            factors.add_app(request, person, "000000", first=True)


class TestAnew:
    def test_password_factors_logins_and_old_links_end(self, people, log_in, clock):
        client, others = log_in("ana"), log_in("ben")
        path = services.enrol_anew("ana", "Phone lost", operator="rempart for olga").path
        assert client.get("/staff/queue/").status_code == 302
        assert others.get("/staff/queue/").status_code == 200
        page = Client().post("/staff/login", {"username": "ana", "password": PASSWORD}).content
        assert b"do not belong together" in page
        assert not Authenticator.objects.filter(user=people["ana"]).exists()
        last = list(audit.events(actions=["staff:enrolment_reset", "staff:login_ended"]))
        assert {(one.action, one.actor, one.reason) for one in last} == {
            ("staff:login_ended", "system", "Phone lost"),
            ("staff:enrolment_reset", "system", "Phone lost"),
        }
        assert last[-1].data == {"operator": "rempart for olga"}
        enrolled(path)

    def test_a_half_finished_login_ends_too(self, people, clock):
        client = Client()
        client.post("/staff/login", {"username": "ana", "password": PASSWORD})
        code = next_code("ana")
        services.enrol_anew("ana", "Phone lost")
        assert client.post("/staff/login/factor", {"code": code})["Location"] == "/staff/login"
        assert not Login.objects.exists()

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_it_needs_a_reason(self, people, clock, reason):
        with pytest.raises(InputError, match="reason"):
            services.enrol_anew("ana", reason)
        assert StaffMember.objects.get(username="ana").has_usable_password()


def test_a_name_is_taken_once(people, clock):
    with pytest.raises(Conflict):
        services.add_person("ana", [Role.ANALYST])
