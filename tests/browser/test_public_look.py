"""Every public page at every width, in both themes and languages: readable, reachable, inside the window."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.capture import picture
from browser.public_pages import visits

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def violations(page) -> list[str]:
    """What axe finds wrong, each with the element."""
    results = Axe().run(page).response
    return [
        f"{found['id']}: {found['help']} {json.dumps([node['html'][:160] for node in found['nodes'][:3]])}"
        for found in results["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(new_page, live_server, scheme):
    page = new_page(scheme=scheme, bypass_csp=True)
    found = {}
    for name, visit in visits(page, live_server.url):
        visit()
        if wrong := violations(page):
            found[name] = wrong
    assert not found


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_scrolls_sideways_at_320(new_page, live_server, language, direction):
    page = new_page(width=320, height=640)
    wide = {}
    for name, visit in visits(page, live_server.url, language):
        visit()
        page.evaluate("direction => { document.documentElement.dir = direction }", direction)
        beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if beyond > 0:
            wide[name] = beyond
    assert not wide


def test_text_twice_as_large_fits_a_small_window(new_page, live_server):
    page = new_page(width=640, height=640)
    wide = {}
    for name, visit in visits(page, live_server.url, "fr"):
        visit()
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        beyond = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if beyond > 0:
            wide[name] = beyond
    assert not wide


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1024, 1600])
def test_pictures_of_every_page(new_page, live_server, screenshots, width, scheme):
    for language, direction in (("en", "ltr"), ("fr", "ltr"), ("en", "rtl")):
        page = new_page(width=width, scheme=scheme)
        for name, visit in visits(page, live_server.url, language):
            visit()
            page.evaluate("direction => { document.documentElement.dir = direction }", direction)
            target = screenshots / f"public-{name}-{width}-{scheme}-{language}-{direction}.png"
            picture(page, target)
            assert target.stat().st_size > 5000
