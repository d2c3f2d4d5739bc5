"""Accounts in a real browser: from a one-time link to the first page, with an app and with a security key."""

import re

import pytest
from browser.busy_node import follow
from browser.capture import judged
from node.conftest import APP_SECRET, PASSWORD, clock, people  # noqa: F401
from playwright.sync_api import Page

from rempart.core.vocabulary import Role
from rempart.demo.authenticator import code_now
from rempart.node.staff import factors, link_requests, services
from rempart.node.staff.models import Login, StaffMember

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SUBMIT = "main button[type=submit]"


def looked_at(page: Page, name: str) -> None:
    assert judged(page, f"account-{name}") == []


def choose_password(page: Page, path: str) -> None:
    page.goto(path)
    page.fill("#id_password", PASSWORD)
    page.fill("#id_again", PASSWORD)
    follow(page, SUBMIT)


def test_from_the_link_to_work_without_script(new_page, live_server, people, clock):  # noqa: F811
    path = services.add_person("nina", [Role.ANALYST], "Nina New").path
    page = new_page(script=False, base_url=live_server.url)
    choose_password(page, path)
    follow(page, "text=Set up an app")
    page.fill("#id_code", code_now(page.inner_text("#secret")))
    follow(page, SUBMIT)
    assert page.locator(".codes li").count() == 10
    follow(page, "text=I have kept them")
    assert page.url.endswith("/staff/queue/")
    page.goto(path)
    assert "opens nothing" in page.inner_text("h1")
    page = new_page(base_url=live_server.url, bypass_csp=True)
    page.goto(path)
    looked_at(page, "link-over")


@pytest.fixture
def key_page(new_page, live_server) -> Page:
    """A window whose machine has a security key."""
    page = new_page(base_url=live_server.url)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": True}
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    return page


def test_a_security_key_sets_up_logs_in_and_confirms(key_page, people, clock, settings):  # noqa: F811
    path = services.add_person("nina", [Role.ADMINISTRATOR], "Nina New").path
    page = key_page
    choose_password(page, path)
    follow(page, "text=Set up a security key")
    page.fill("#id_name", "blue key")
    follow(page, SUBMIT)
    assert page.locator(".codes li").count() == 10
    nina = StaffMember.objects.get(username="nina")
    assert [one.kind for one in factors.of(nina)] == [factors.KEY]
    follow(page, "text=Log out")
    page.fill("#id_username", "nina")
    page.fill("#id_password", PASSWORD)
    follow(page, SUBMIT)
    follow(page, "text=Use a security key")
    assert page.url.endswith("/staff/people/")
    assert Login.objects.latest("pk").factor == "webauthn"
    login = Login.objects.latest("pk")
    Login.objects.filter(pk=login.pk).update(proved_at=login.opened_at - settings.LOGIN_LIMITS.recent)
    services.propose_person(people["adam"], "kim", [Role.ANALYST], "", "New analyst")
    page.reload()
    follow(page, "text=Approve and show the link")
    assert "Is it still you?" in page.inner_text("h1")
    follow(page, "text=Use a security key")
    assert re.search(r"/staff/enrol/[\w-]{43}$", page.inner_text("#link"))


def test_the_pages_are_for_everybody(new_page, live_server, people, clock):  # noqa: F811
    factors.new_recovery_codes(people["adam"])
    # Requests that wait: for somebody's account, and for one's own.
    StaffMember.objects.filter(username__in=("ben", "sacha")).update(roles=[Role.ADMINISTRATOR])
    for name in ("ana", "adam"):
        link_requests.ask(StaffMember.objects.get(username="ben"), name, "Telephone lost on the way to work")
    page = new_page(base_url=live_server.url, bypass_csp=True)
    page.goto("/staff/login")
    looked_at(page, "login")
    page.fill("#id_username", "adam")
    page.fill("#id_password", "wrong")
    follow(page, SUBMIT)
    looked_at(page, "login-wrong")
    page.fill("#id_password", PASSWORD)
    follow(page, SUBMIT)
    looked_at(page, "factor")
    page.fill("#id_code", code_now(APP_SECRET))
    follow(page, SUBMIT)
    for name, path in {
        "people": "people/",
        "person": f"people/{people['ana'].pk}/",
        "own": "account/",
        "app": "account/app",
        "key": "account/key",
        "confirm": "confirm",
    }.items():
        page.goto(f"/staff/{path}")
        assert not page.get_by_text("The key did not answer").is_visible(), "nobody has asked it yet"
        looked_at(page, name)
    page.goto("/staff/account/")
    follow(page, "text=Make new recovery codes")
    assert page.locator(".codes li").count() == 10
    looked_at(page, "codes")
    page.goto("/staff/people/")
    page.fill("#id_username", "kim")
    page.check("input[name=roles][value=analyst]")
    page.fill("#id_reason", "A colleague begins on Monday")
    follow(page, "text=Make the account and ask for its link")
    looked_at(page, "asked")
    follow(page, "text=Approve and show the link")
    looked_at(page, "link")
    page.goto(page.inner_text("#link"))
    looked_at(page, "enrol")
    choose_password(page, page.url)
    looked_at(page, "set-up")
