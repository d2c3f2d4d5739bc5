"""The public pages in every language of the node: in the window, nothing cut off, the right language and direction."""

from collections.abc import Callable, Iterator

import pytest
from browser.capture import barriers, beyond, picture
from django.conf import settings
from playwright.sync_api import Page

from rempart.node import tongues

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
LANGUAGES = [code for code, _name in settings.LANGUAGES]
CUT = """() => [...document.querySelectorAll("main .button, .bar-top .button, .choice, .door, .nav-link, .language")]
  .filter(one => one.offsetParent && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
  .map(one => one.textContent.trim().slice(0, 40))"""
OUTSIDE = """() => [...document.querySelectorAll("main .button, .bar-top .button, .choice, .door, .languages summary")]
  .filter(one => one.offsetParent)
  .map(one => [one.textContent.trim().slice(0, 40), one.getBoundingClientRect()])
  .filter(([, box]) => box.left < -1 || box.right > document.documentElement.clientWidth + 1)
  .map(([text]) => text)"""
WIDTHS = (320, 1024)


def visits(page: Page, root: str, language: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """The pages with the longest words: home, three steps of the form, advice, help lines."""

    def go_on(selector: str) -> None:
        page.check(selector)
        page.click("main button.primary")
        page.wait_for_load_state()

    for name, path in (("home", ""), ("advice", "advice/"), ("advice-parent", "advice/parent/")):
        yield name, lambda path=path: page.goto(f"{root}/{language}/{path}")
    for name, path in (("awareness", "awareness/picture/"), ("help", "help/"), ("help-of", "help/fr/")):
        yield name, lambda path=path: page.goto(f"{root}/{language}/{path}")
    yield "report-1", lambda: page.goto(f"{root}/{language}/report/")
    yield "report-2", lambda: go_on("input[value=account]")
    yield "young-1", lambda: page.goto(f"{root}/{language}/young/")


def wrong_on(page: Page, name: str, language: str) -> list[str]:
    wrong = []
    said = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    if said != [language, tongues.direction(language)]:
        wrong.append(f"{name} says {said}")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if (by := beyond(page)) > 0:
            wrong.append(f"{name} is {by} px wider than {width}")
        wrong += [f"{name} at {width}: cut off: {text}" for text in page.evaluate(CUT)]
        wrong += [f"{name} at {width}: outside: {text}" for text in page.evaluate(OUTSIDE)]
        picture(page, f"language-{language}-{name}-{width}")
    return wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits(new_page, live_server, language):
    page = new_page(script=True)
    wrong = []
    for name, visit in visits(page, live_server.url, language):
        visit()
        wrong += wrong_on(page, name, language)
    assert wrong == [], "\n".join(wrong)


def test_hebrew_runs_from_right_to_left(new_page, live_server, settings):
    """Whether or not its translation is there: the pages are ready for it."""
    settings.LANGUAGES = [*[pair for pair in settings.LANGUAGES if pair[0] != "he"], ("he", "Hebrew")]
    page = new_page(bypass_csp=True)
    wrong = []
    for name, visit in visits(page, live_server.url, "he"):
        visit()
        wrong += wrong_on(page, f"rtl-{name}", "he")
    page.goto(f"{live_server.url}/he/")
    brand, leave = (page.locator(one).bounding_box() for one in (".brand", ".exit"))
    assert brand["x"] > leave["x"], "the name of the site stands at the right, the way out at the left"
    wrong += barriers(page)
    assert wrong == [], "\n".join(wrong)


def every_language(settings) -> None:
    settings.LANGUAGES = sorted(
        ((code, tongues.english_name(code)) for code in tongues.OFFICIAL),
        key=lambda pair: tongues.in_order(pair[0]),
    )


@pytest.mark.parametrize("width", [320, 1024])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_menu_of_all_languages(new_page, live_server, settings, width, scheme):
    """Forty-two languages, without script, by keyboard, within the window."""
    every_language(settings)
    page = new_page(width=width, height=800, scheme=scheme, script=False)
    page.goto(f"{live_server.url}/en/")
    page.locator(".languages summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".language").count() == len(tongues.OFFICIAL)
    assert page.locator(".language[aria-current]").inner_text() == "English"
    picture(page, f"menu-{width}-{scheme}")
    boxes = [page.locator(".language").nth(place).bounding_box() for place in (0, 20, 41)]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] >= 44 for box in boxes)
    page.keyboard.press("Tab")
    focused = page.locator(".language:focus")
    assert focused.count() == 1
    address = focused.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


def test_the_menu_has_no_barrier(new_page, live_server, settings):
    every_language(settings)
    page = new_page(bypass_csp=True, width=360)
    page.goto(f"{live_server.url}/en/")
    page.click(".languages summary")
    assert barriers(page) == []
    assert beyond(page) <= 0
