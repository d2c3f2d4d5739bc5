"""The observatory in a real browser: narrow and wide, light and dark, with and without script, from right to left."""

from collections.abc import Callable

import pytest
from browser.capture import judged, picture, turned
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
    # What opens moves what is below it: that was asked for.
    opened = judged(page, f"observatory-{key or 'overview'}-open")
    assert wrong + [one for one in opened if " moved by " not in one] == []
    assert not page.context.cookies()


def test_charts_answer_where_scripts_run_and_break_no_policy(many: None, live_server, new_page: NewPage) -> None:
    """Under the page's own content security policy: drawn over the static picture, chosen by the legend."""
    page = new_page()
    complaints: list[str] = []
    page.on("console", lambda message: "Permissions-Policy" in message.text or complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{live_server.url}/en/observatory/volume/")
    first = page.locator(".canvas").first
    first.locator("canvas").wait_for()
    assert first.locator("svg.plot").get_attribute("role") == "img"
    choice = page.get_by_role("button", name="Content decided on")
    assert choice.get_attribute("aria-pressed") == "true"
    choice.click()
    assert choice.get_attribute("aria-pressed") == "false"
    first.hover(position={"x": 400, "y": 100})
    page.wait_for_timeout(300)
    picture(page, "observatory-volume-hover")
    assert complaints == []
    asked = page.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).origin)")
    assert set(asked) == {live_server.url}


def test_without_script_everything_is_there(many: None, live_server, new_page: NewPage) -> None:
    page = new_page(script=False, width=360)
    page.goto(f"{live_server.url}/en/observatory/volume/")
    assert page.locator("canvas").count() == 0
    assert page.locator(".panel svg.plot").count() == 2
    picture(page, "observatory-volume-360-no-script")
    page.locator("summary", has_text="The table").click()
    assert page.get_by_role("table").is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "volume.csv"
    page.set_viewport_size({"width": 1024, "height": 900})
    picture(page, "observatory-volume-1024-no-script")


def test_the_map_names_what_is_under_the_pointer(many: None, live_server, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{live_server.url}/en/observatory/membership/2012/")
    assert page.get_by_role("heading", level=1).inner_text().startswith("48 states are members")
    page.locator(".far path", has_text="Australia").hover()
    assert page.locator(".said").inner_text() == "Australia: Founding member"
    page.mouse.move(5, 5)
    assert page.locator(".said").inner_text() == ""


def test_forced_colours_keep_the_static_picture(many: None, live_server, new_page: NewPage) -> None:
    page = new_page(forced_colors="active")
    page.goto(f"{live_server.url}/en/observatory/volume/")
    page.wait_for_timeout(300)
    assert page.locator("canvas").count() == 0


def test_from_right_to_left_charts_keep_their_time_and_pages_turn(many: None, live_server, new_page: NewPage) -> None:
    page = new_page(bypass_csp=True, script=False)
    for key in ("removal-share", "hosting", "members"):
        page.goto(f"{live_server.url}/en/observatory/{key}/")
        turned(page, "rtl")
        picture(page, f"observatory-{key}-1024-rtl")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
