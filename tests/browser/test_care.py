"""Care in a real browser: blurred again by itself, stopped gently, chosen by oneself; each without script."""

import pytest
from browser.busy_node import PICTURE, content_of, follow
from browser.capture import judged
from node.casework.conftest import listed, submit, upload, work  # noqa: F401
from node.conftest import clock, people  # noqa: F401
from playwright.sync_api import Page

from rempart.core.exposure import Preferences, Rules
from rempart.node.casework import preferences
from rempart.node.casework.models import BudgetDecision, Exposure

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
STYLE = "getComputedStyle(document.querySelector('img.shown'))"


@pytest.fixture
def image(submit, work, upload, people) -> int:  # noqa: F811
    submit(files=[upload(PICTURE)])
    work()
    return content_of(PICTURE)


def end_animations(page: Page, count: int) -> None:
    """Let the first of what runs by itself come to its end."""
    page.evaluate(f"document.getAnimations().slice(0, {count}).forEach(one => one.finish())")


@pytest.mark.parametrize("seconds", [5, 60])
def test_it_blurs_again_by_itself_after_the_persons_own_time_then_is_gone(
    enter,
    image,
    people,  # noqa: F811
    seconds,
):
    preferences.choose(people["ana"], Preferences(seconds=seconds))
    page = enter("ana", script=True)
    page.goto(f"/staff/cases/{image}/")
    follow(page, "text=Take this case")
    for more in ("text=Show small, grey and blurred", "text=Show more", "text=Show more"):
        follow(page, more)
    page.locator("img.shown").evaluate("image => image.decode()")
    delays = page.evaluate("document.getAnimations().map(one => one.effect.getTiming().delay)")
    assert delays == [seconds * 1000, (seconds + 5) * 1000]
    assert "blur" not in page.evaluate(f"{STYLE}.filter")
    end_animations(page, 1)
    assert "blur(24px)" in page.evaluate(f"{STYLE}.filter")
    assert page.evaluate(f"{STYLE}.visibility") == "visible"
    end_animations(page, 2)
    assert page.evaluate(f"{STYLE}.visibility") == "hidden"
    assert [one.how for one in Exposure.objects.order_by("pk")][-1] == "grey-sharp"


def test_the_stop_and_going_on_without_script(enter, image, settings):
    settings.EXPOSURE_RULES = Rules(images_per_day=1, go_on_percent=100)
    page = enter("ana", script=False)
    page.goto(f"/staff/cases/{image}/")
    follow(page, "text=Take this case")
    follow(page, "text=Show small, grey and blurred")
    page.check("input[name=legality][value=national]")
    follow(page, "text=Show more")
    assert page.get_by_text("You have reached your limit for today").count() == 1
    assert page.locator("img.shown").count() == 0
    assert page.is_checked("input[name=legality][value=national]")
    page.fill("input[name=go_on_reason]", "one case is urgent")
    follow(page, "text=Go on with a little more today")
    assert page.is_checked("input[name=legality][value=national]")
    assert BudgetDecision.objects.get().reason == "one case is urgent"
    follow(page, "text=Show small, grey and blurred")
    assert page.locator("img.shown").count() == 1


def test_the_pages_of_the_stop_have_no_barrier(enter, image, settings):
    settings.EXPOSURE_RULES = Rules(images_per_day=1)
    sacha = enter("sacha")
    sacha.goto(f"/staff/cases/{image}/")
    follow(sacha, "text=Take this case")
    follow(sacha, "text=Show small, grey and blurred")
    follow(sacha, "text=Show more")
    wrong = judged(sacha, "care-stop")
    sacha.goto(f"/staff/cases/{image}/")
    sacha.click("text=Restrict it")
    assert wrong + judged(sacha, "care-restrict") == []
