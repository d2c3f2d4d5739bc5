"""The observatory in a real browser: narrow and wide, light and dark, with and without script, from right to left."""

from collections.abc import Callable

import pytest
from browser.capture import judged
from node.observatory.alliances import alliance
from playwright.sync_api import Page

from rempart.node.observatory import views
from rempart.node.observatory.alliance.catalogue import FIGURES

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
NewPage = Callable[..., Page]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty members publish; eight are silent."""
    found = alliance(40)
    monkeypatch.setattr(views, "_alliance", lambda: found)


@pytest.mark.parametrize("key", ["", *FIGURES])
def test_pages_fit_and_are_accessible(many: None, live_server, new_page: NewPage, key: str) -> None:
    page = new_page(bypass_csp=True)
    page.goto(f"{live_server.url}/en/observatory/{key and key + '/'}")
    page.wait_for_timeout(400)
    wrong = judged(page, f"observatory-{key or 'overview'}", closely=key in ("", "volume"))
    while page.locator("main details:not([open])").count():
        page.locator("main details:not([open]) > summary").first.click()
    assert wrong + judged(page, f"observatory-{key or 'overview'}-open") == []
    assert not page.context.cookies()
