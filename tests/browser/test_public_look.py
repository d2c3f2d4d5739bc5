"""Every public page at every width, in both themes and languages: readable, reachable, inside the window."""

import pytest
from browser.capture import beyond, judged, turned
from browser.public_pages import visits
from playwright.sync_api import Page

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


CLOSELY = {"home", "report-2", "sent"}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page(new_page, live_server, language):
    """Without a barrier, inside the window from 320 pixels on, also with the text twice as large."""
    page = new_page(bypass_csp=True)
    wrong = []
    for name, visit in visits(page, live_server.url, language):
        visit()
        wrong += judged(page, f"public-{name}-{language}", closely=name in CLOSELY)
        wrong += _too_wide(page, name)
    assert wrong == [], "\n".join(wrong)


def _too_wide(page: Page, name: str) -> list[str]:
    wrong = []
    page.set_viewport_size({"width": 320, "height": 640})
    for direction in ("rtl", "ltr"):
        turned(page, direction)
        if (wide := beyond(page)) > 0:
            wrong.append(f"{name} ({direction}) is {wide} px wider than 320")
    page.set_viewport_size({"width": 640, "height": 640})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    if (wide := beyond(page)) > 0:
        wrong.append(f"{name} with large text is {wide} px too wide")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 1024, "height": 800})
    return wrong


def test_targets_are_large_enough_for_a_thumb(new_page, live_server):
    page = new_page(width=360, height=640)
    small = {}
    for name, visit in visits(page, live_server.url):
        visit()
        sizes = page.eval_on_selector_all(
            "main .button, main button, main .choice, main select, main input[type=text], .exit, .nav-link",
            "all => all.map(one => [one.textContent.trim().slice(0, 30), one.getBoundingClientRect().height])",
        )
        if found := [size for size in sizes if 1 < size[1] < 44]:
            small[name] = found
    assert not small


@pytest.mark.parametrize("name", ["home", "report-3"])
def test_the_way_out_stays_in_reach_while_scrolling(new_page, live_server, name):
    page = new_page(width=360, height=640)
    for here, visit in visits(page, live_server.url):
        visit()
        if here == name:
            break
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    box = page.locator(".exit").bounding_box()
    assert box
    assert 0 <= box["y"] < 640
