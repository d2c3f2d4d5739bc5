"""Open data and the page of declared figures in a real browser: every width, light and dark, checked with axe."""

from collections.abc import Callable

import pytest
from browser.capture import judged
from node.conftest import clock, people  # noqa: F401
from playwright.sync_api import Page

from rempart.node.observatory import declaring

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_the_list_of_data_sets_fits_and_is_accessible(live_server, new_page: Callable[..., Page]) -> None:
    page = new_page(bypass_csp=True)
    page.goto(f"{live_server.url}/open-data/")
    page.locator("main details > summary").first.click()
    assert judged(page, "open-data") == []
    assert not page.context.cookies()


def test_declared_figures_fit_and_are_accessible(clock, live_server, enter: Callable[..., Page]) -> None:  # noqa: F811
    declaring.declare("victims_identified", 2025, 128, "Police annual report 2025, p. 12")
    declaring.declare("victims_identified", 2025, 131, "Police annual report 2025, corrected edition")
    declaring.declare("convictions", 2025, 3, "Ministry of Justice, table 4")
    declaring.declare("prosecutions", 2025, None, "Asked for, not counted yet")
    page = enter("stan")
    page.goto(f"{live_server.url}/staff/figures/declare/")
    assert judged(page, "figures-declared") == []
    page.get_by_role("button", name="Enter").click()
    assert page.url.endswith("/staff/figures/declare/enter") or page.locator(":invalid").count()
