"""The pages on signals and the page on the log in a real browser."""

from types import SimpleNamespace

import pytest
from browser.busy_exchange import add_exchange, exchange_visits
from browser.capture import judged
from django.urls import reverse
from node.casework.conftest import listed, submit, upload, work  # noqa: F401
from node.conftest import clock, people  # noqa: F401
from node.exchange.conftest import file, log_folder  # noqa: F401
from playwright.sync_api import Page

from rempart.node.exchange.models import Outgoing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def made(file, clock, people) -> SimpleNamespace:  # noqa: F811
    found = SimpleNamespace()
    add_exchange(found, file(4), file(5), file(6), clock)
    return found


def test_every_page(enter, made):
    windows: dict[str, Page] = {}
    wrong = []
    for who, name, go in exchange_visits(made, lambda view, *args, query="": f"{reverse(view, args=args)}{query}"):
        page = windows.get(who) or windows.setdefault(who, enter(who))
        assert page.goto(go).status == 200
        wrong += judged(page, f"staff-{name}", closely=name == "signal")
        keys = page.locator("[accesskey]").evaluate_all("all => all.map(one => one.accessKey)")
        assert len(set(keys)) == len(keys)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_log_explains_itself(new_page, live_server, made, language):
    page = new_page(bypass_csp=True)
    page.goto(f"{live_server.url}/{language}/log/")
    assert judged(page, f"public-log-{language}", closely=language == "en") == []


def test_a_recall_by_keys_alone(enter, made):
    page = enter("lin", script=False)
    page.goto(reverse("exchange:content", args=[made.said]))
    page.locator("a[accesskey=r]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/recall")
    page.locator("input[name=reason]").first.focus()
    page.keyboard.press("Space")
    page.locator("textarea[name=why]").focus()
    page.keyboard.type("The wrong file")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=withdrawn ahead of all other signals")
    assert Outgoing.objects.filter(state="waiting", action=3).count() == 4
