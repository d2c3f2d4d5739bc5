"""A login ends by itself, by its owner, by an administrator, and with the account; then nothing opens any more."""

import pytest
from django.test import Client
from node.staff.conftest import told

from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.staff import logins, services
from rempart.node.staff.models import Login


def is_in(client: Client) -> bool:
    return client.get("/staff/account/").status_code == 200


def test_without_a_request_it_ends_after_half_an_hour(log_in, clock, hours):
    client = log_in("ana")
    for _ in range(3):
        hours.pass_(minutes=29)
        assert is_in(client)
    hours.pass_(minutes=30)
    assert client.get("/staff/queue/")["Location"] == "/staff/login?next=/staff/queue/"
    assert not is_in(client)


def test_after_ten_hours_it_ends_however_busy(log_in, clock, hours):
    client = log_in("ana")
    for _ in range(23):
        hours.pass_(minutes=26)
        assert is_in(client)
    hours.pass_(minutes=2)
    assert not is_in(client)


def test_logging_out_ends_it_for_who_copied_the_cookie_too(log_in, clock):
    client, thief = log_in("ana"), Client()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    assert is_in(thief)
    client.post("/staff/logout")
    assert not is_in(thief)


def test_a_session_without_the_row_of_a_login_is_none(people, clock):
    client = Client()
    client.force_login(people["ana"])
    session = client.session
    del session[logins.KEY]
    session.save()
    assert not is_in(client)


def test_a_session_that_names_anothers_login_is_none(people, clock):
    client = Client()
    client.force_login(people["ana"])
    session = client.session
    session[logins.KEY] = logins.start(people["ben"], "totp", "x").pk
    session.save()
    assert not is_in(client)


def test_the_owner_sees_and_ends_their_logins(log_in, clock, people):
    here, there, bens = log_in("ana"), log_in("ana"), log_in("ben")
    page = here.get("/staff/account/").content.decode()
    assert page.count('/end"') == 2
    assert "this one" in page
    other = Login.objects.filter(person=people["ana"]).order_by("-pk").first()
    assert here.post(f"/staff/account/logins/{other.pk}/end")["Location"] == "/staff/account/"
    assert (is_in(here), is_in(there)) == (True, False)
    here.post(f"/staff/account/logins/{Login.objects.get(person=people['ben']).pk}/end")
    assert is_in(bens)
    assert told()[-1] == ("staff:login_ended", people["ana"].actor)


def test_an_administrator_sees_and_ends_them(log_in, clock, people):
    anas, adam = log_in("ana"), log_in("adam")
    number = people["ana"].pk
    page = adam.get(f"/staff/people/{number}/").content.decode()
    login = Login.objects.get(person=people["ana"])
    assert f"/staff/people/{number}/logins/{login.pk}/end" in page
    adam.post(f"/staff/people/{number}/logins/{login.pk}/end")
    assert not is_in(anas)
    assert told()[-1] == ("staff:login_ended", people["adam"].actor)


def test_closing_the_account_ends_them(log_in, clock):
    client = log_in("ana")
    services.close_account("ana", "Left")
    assert client.get("/staff/queue/").status_code == 302
    assert not Login.objects.filter(ended_at=None).exists()


def test_a_new_password_ends_all_but_this_one(log_in, clock, people):
    here, there = log_in("ana"), log_in("ana")
    chosen = "another long pass phrase"
    response = here.post("/staff/account/password", {"password": chosen, "again": chosen})
    assert response["Location"] == "/staff/account/"
    assert (is_in(here), is_in(there)) == (True, False)
    people["ana"].refresh_from_db()
    assert people["ana"].check_password(chosen)


def test_roles_count_at_once_in_open_logins(log_in, clock, people):
    client = log_in("ana")
    assert client.get("/staff/queue/").status_code == 200
    services.change_roles("ana", ["statistician"], "Moved")
    assert client.get("/staff/queue/").status_code == 403
    people["ana"].refresh_from_db()
    assert people["ana"].may(Permission.FIGURES_INTERNAL)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_of_a_browser_only_known_words_are_kept(rf, said, kept):
    assert logins.browser_of(rf.get("/", headers={"User-Agent": said})) == kept


def test_old_rows_are_forgotten(log_in, clock, hours):
    log_in("ana")
    hours.pass_(days=30)
    logins.forget_old()
    assert Login.objects.count() == 1
    hours.pass_(days=1)
    logins.forget_old()
    assert not Login.objects.exists()
    assert not [one for one in audit.events() if one.action == "staff:login_ended"]
