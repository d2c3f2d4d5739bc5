"""Somebody who reports by the public form, page by page, and looks up the receipt later."""

from collections.abc import Mapping

from rempart.core.errors import NotFound
from rempart.demo.browser import Browser, Page

MAX_PAGES = 8


def report(browser: Browser, flow: str, answers: Mapping[str, str], language: str = "en") -> str:
    """Fill the form `flow` (report, me or young) with `answers` by question and send it; returns the receipt number.

    Each page is given the answers it asks for; an answer that no page asked for raises NotFound.
    """
    page = browser.open(f"/{language}/{flow}/")
    left = dict(answers)
    for _ in range(MAX_PAGES):
        if page.find(value="send"):
            return _send(browser, page, left)
        asked = page.names(page.button(value="next"))
        given = {name: left.pop(name) for name in list(left) if name in asked}
        page = browser.press(page, given, value="next")
        if page.status != 200:
            raise _refused(page)
    raise NotFound("the form did not come to its end.", where=flow)


def look_up(browser: Browser, receipt: str) -> str:
    """How far a report is, in the words of the page."""
    page = _opened(browser, receipt)
    stages = page.document.xpath("//ol[contains(@class,'stages')]/li[@aria-current]//h2/text()")
    if len(stages) != 1:
        raise _refused(page)
    return str(stages[0])


def add_message(browser: Browser, receipt: str, text: str) -> None:
    """Add a message to a report."""
    page = browser.press(_opened(browser, receipt), {"text": text}, value="message")
    if page.status != 200:
        raise _refused(page)


def _opened(browser: Browser, receipt: str) -> Page:
    return browser.press(browser.open("/en/receipt/"), {"code": receipt}, action="/receipt/")


def _send(browser: Browser, page: Page, left: Mapping[str, str]) -> str:
    if left:
        raise NotFound(f"no page asked for {', '.join(left)}.", where=page.title)
    sent = browser.press(page, {}, value="send")
    codes = set(sent.document.xpath("//main//input[@name='code']/@value"))
    if sent.status != 200 or len(codes) != 1:
        raise _refused(sent)
    return str(codes.pop())


def _refused(page: Page) -> NotFound:
    return NotFound(f"'{page.title}' did not lead on (status {page.status}): {page.errors}", where="public form")
