"""The page of figures in a real browser: narrow and wide, light and dark, without script, checked with axe."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from browser.capture import judged, picture
from core.figures.streams import example
from django.db import transaction
from playwright.sync_api import Page

from rempart.node import runtime
from rempart.node.audit import services as audit

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
NewPage = Callable[..., Page]
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)


class _At:
    """A clock that stands where it is put."""

    moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[_At]:
    clock = _At()
    runtime.clock.cache_clear()
    monkeypatch.setattr(runtime, "clock_from_environment", lambda: clock)
    yield clock
    runtime.clock.cache_clear()


@pytest.fixture
def recorded(db: None, at: _At) -> None:
    """January of the example, a February of its own, a March of a few."""
    story = example()
    story.at = datetime(2026, 2, 3, 8, tzinfo=UTC)
    for number in range(100, 160):
        story.report(number, "platform" if number % 3 else "victim_self").decide(
            number, "baseline" if number % 5 else "not_illegal", "list_match" if number % 2 else "analyst"
        )
        story.host(number, ("FR", "NL", "US", "DE", "JP", "")[number % 6 if number > 103 else 4])
    for number in range(100, 148):
        story.notify(number, hours=number / 20)
    story.wait(hours=20)
    for number in range(100, 130):
        story.remove(number, 20.0, 25.0)
    story.wait(hours=40)
    for number in range(130, 142):
        story.remove(number, 60.0, 66.0)
    story.at = datetime(2026, 3, 5, 8, tzinfo=UTC)
    story.report(301).report(302)
    with transaction.atomic():
        for fact in story.facts:
            at.moment = fact.at
            audit.record(fact.action, fact.subject, data=fact.data)
    at.moment = NOW


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_fits_and_is_accessible(recorded: None, live_server, new_page: NewPage, language: str) -> None:
    """Shut as it comes, and with every table open."""
    page = new_page(bypass_csp=True)
    page.goto(f"{live_server.url}/{language}/figures/")
    wrong = judged(page, f"figures-shut-{language}", closely=language == "en")
    while page.locator("main details:not([open])").count():
        page.locator("main details:not([open]) > summary").first.click()
    assert wrong + judged(page, f"figures-open-{language}") == []
    assert not page.context.cookies()


def test_a_period_is_chosen_by_a_link(recorded: None, live_server, new_page: NewPage) -> None:
    page = new_page(script=False)
    page.goto(f"{live_server.url}/en/figures/")
    assert page.get_by_role("heading", name="At least 80 reports were received.").is_visible()
    page.get_by_role("navigation", name="Period").get_by_text("By month").click()
    page.get_by_role("link", name="January 2026").click()
    page.wait_for_url("**/en/figures/2026-01/")
    assert page.get_by_role("heading", name="20 reports were received.").is_visible()
    page.click(".languages summary")
    page.get_by_role("link", name="Français").click()
    page.wait_for_url("**/fr/figures/2026-01/")
    assert page.get_by_role("heading", name="20 signalements ont été reçus.").is_visible()


def test_a_node_without_reports(at: _At, live_server, new_page: NewPage) -> None:
    page = new_page(width=360, script=False)
    page.goto(f"{live_server.url}/en/figures/")
    assert page.get_by_text("There are no figures yet").is_visible()
    picture(page, "figures-empty")
