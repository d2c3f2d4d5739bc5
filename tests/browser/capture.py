"""A page judged at every width and in both themes: pictures of it, and what is wrong with it."""

import os
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error, Page

NAMED = os.environ.get("REMPART_SCREENSHOTS")
"""Where pictures are kept; without it none is taken."""
WIDTHS = (360, 1024, 1600)
SCHEMES = ("light", "dark")
AXE = """only => axe.run({
  resultTypes: ["violations"], preload: false, iframes: false,
  ...(only.length ? {runOnly: only} : {rules: {"target-size": {enabled: true}}}),
})"""
MOVED = """() => new Promise(tell => {
  const moved = one => one.hadRecentInput ? 0 : one.value;
  new PerformanceObserver(list => tell(list.getEntries().reduce((sum, one) => sum + moved(one), 0)))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => tell(0), 20);
})"""


def picture(page: Page, name: str) -> None:
    """The whole page into a file. A browser short of time fails to capture now and then: it tries three times."""
    if not NAMED:
        return
    Path(NAMED).mkdir(parents=True, exist_ok=True)
    for attempt in range(3):
        try:
            page.screenshot(path=Path(NAMED) / f"{name}.png", full_page=True)
        except Error as error:
            if "Unable to capture screenshot" not in str(error) or attempt == 2:
                raise
        else:
            return


def barriers(page: Page, *only: str) -> list[str]:
    """What axe finds wrong by all its rules or `only` some, each with the first elements.

    The page's context has to let scripts in (`bypass_csp`).
    """
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    return [
        f"{one['id']}: {one['help']} {[node['html'][:160] for node in one['nodes'][:3]]}"
        for one in page.evaluate(AXE, list(only))["violations"]
    ]


def beyond(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def turned(page: Page, direction: str) -> None:
    page.evaluate("direction => { document.documentElement.dir = direction }", direction)


def moved(page: Page) -> float:
    """By how much the page moved while it was built (Cumulative Layout Shift)."""
    return page.evaluate(MOVED)


def judged(page: Page, name: str, *, closely: bool = False) -> list[str]:
    """What is wrong with the page that is open: it moved while it was built, is wider than the window, has a barrier.

    `closely`: also pictures from right to left, with forced colours, with more contrast and on paper.
    """
    wrong = [f"{name} moved by {by:.3f} while it was built"] if (by := moved(page)) > 0.005 else []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 1000})
        for direction in ("rtl", "ltr"):
            turned(page, direction)
            if (wide := beyond(page)) > 0:
                wrong.append(f"{name} ({direction}) is {wide} px wider than a window of {width}")
        for scheme in SCHEMES if NAMED else ():
            page.emulate_media(color_scheme=scheme)
            picture(page, f"{name}-{width}-{scheme}")
    # A theme is colours: in the dark one they alone are looked at again, at the other end of the widths.
    for width, scheme, only in ((1600, "dark", ["color-contrast"]), (360, "light", [])):
        page.set_viewport_size({"width": width, "height": 1000})
        page.emulate_media(color_scheme=scheme)
        wrong += [f"{name} at {width} in {scheme}: {one}" for one in barriers(page, *only)]
    page.set_viewport_size({"width": 1024, "height": 1000})
    if closely:
        _otherwise(page, name)
    return wrong


def _otherwise(page: Page, name: str) -> None:
    turned(page, "rtl")
    picture(page, f"{name}-1024-rtl")
    turned(page, "ltr")
    for mark, medium in (
        ("forced", {"forced_colors": "active"}),
        ("contrast", {"forced_colors": "none", "contrast": "more"}),
        ("print", {"contrast": "no-preference", "media": "print"}),
    ):
        page.emulate_media(**medium)
        picture(page, f"{name}-1024-{mark}")
    page.emulate_media(media="screen")
