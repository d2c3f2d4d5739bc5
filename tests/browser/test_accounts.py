"""Accounts in a real browser: from a one-time link to the first page, with an app and with a security key."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.busy_node import follow
from node.conftest import PASSWORD, clock, next_code, people  # noqa: F401
from playwright.sync_api import Page

from rempart.core.vocabulary import Role
from rempart.demo.authenticator import code_now
from rempart.node.staff import factors, link_requests, services
from rempart.node.staff.models import Login, StaffMember

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SUBMIT = "main button[type=submit]"


@pytest.fixture
def looked_at(screenshots) -> Callable[[Page, str], None]:
    """No barrier that axe knows, nothing wider than a narrow window, in both themes; kept as pictures."""

    def look(page: Page, name: str) -> None:
        for width, scheme in ((360, "light"), (1024, "dark"), (1600, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=screenshots / f"account-{name}-{width}-{scheme}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} px wider than a window of {width}"
            found = Axe().run(page).response["violations"]
            assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found] == [], name

    return look


def choose_password(page: Page, path: str) -> None:
    page.goto(path)
    page.fill("#id_password", PASSWORD)
    page.fill("#id_again", PASSWORD)
    follow(page, SUBMIT)


def test_from_the_link_to_work_without_script(new_page, live_server, people, clock, looked_at):  # noqa: F811
    path = services.add_person("nina", [Role.ANALYST], "Nina New").path
    page = new_page(script=True, base_url=live_server.url)
    page.goto(path)
    looked_at(page, "enrol")
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


def test_the_pages_are_for_everybody(new_page, live_server, people, clock, looked_at):  # noqa: F811
    factors.new_recovery_codes(people["adam"])
    # Requests that wait: for somebody's account, and for one's own.
    StaffMember.objects.filter(username__in=("ben", "sacha")).update(roles=[Role.ADMINISTRATOR])
    for name in ("ana", "adam"):
        link_requests.ask(StaffMember.objects.get(username="ben"), name, "Telephone lost on the way to work")
    page = new_page(base_url=live_server.url)
    page.goto("/staff/login")
    looked_at(page, "login")
    page.fill("#id_username", "adam")
    page.fill("#id_password", "wrong")
    follow(page, SUBMIT)
    looked_at(page, "login-wrong")
    page.fill("#id_password", PASSWORD)
    follow(page, SUBMIT)
    looked_at(page, "factor")
    page.fill("#id_code", next_code("adam"))
    follow(page, SUBMIT)
    for name, path in {
        "people": "people/",
        "person": f"people/{people['ana'].pk}/",
        "own": "account/",
        "app": "account/app",
        "key": "account/key",
        "codes": "account/recovery-codes",
        "confirm": "confirm",
    }.items():
        page.goto(f"/staff/{path}")
        looked_at(page, name)
