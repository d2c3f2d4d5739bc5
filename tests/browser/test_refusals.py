"""The pages nobody asks for: each says what happened and what to do, and is as good a page as any other."""

import pytest
from browser.capture import judged
from node.conftest import clock, people  # noqa: F401
from playwright.sync_api import Page

from rempart.node.intake.public import receipt_views

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
FLOOD = """form => {
  for (let number = 0; number < 2500; number++) {
    const field = Object.assign(document.createElement("input"), {type: "hidden", name: `field-${number}`});
    form.append(field);
  }
}"""
FOREIGN = '<form method="post" action="{}"><button>Send</button></form>'


def answer(page: Page, selector: str) -> int:
    with page.expect_navigation() as waiting:
        page.click(selector)
    return waiting.value.status


@pytest.fixture
def visitor(new_page, live_server) -> Page:
    return new_page(base_url=live_server.url, bypass_csp=True)


def looked_up(page: Page) -> int:
    page.goto("/en/receipt/")
    page.fill("main input[type=text]", "0123 4567 89AB CDEF")
    return answer(page, "main button.primary")


def test_to_the_public(visitor, live_server, monkeypatch):
    page, wrong = visitor, []
    page.goto("/en/receipt/")
    page.locator("main form").evaluate(FLOOD)
    assert answer(page, "main button.primary") == 400
    assert "This could not be read" in page.inner_text("h1")
    wrong += judged(page, "refused-public-400")
    page.goto("about:blank")
    page.set_content(FOREIGN.format(f"{live_server.url}/en/receipt/"))
    assert answer(page, "button") == 403
    assert "This request was not accepted" in page.inner_text("h1")
    wrong += judged(page, "refused-public-403")
    with monkeypatch.context() as patched:
        patched.setattr(receipt_views.wrong_codes, "is_empty", lambda now: True)
        assert looked_up(page) == 429
        wrong += judged(page, "refused-public-429")

    def fails(code: str) -> None:
        raise RuntimeError("made up")

    monkeypatch.setattr(receipt_views.accept, "standing", fails)
    assert looked_up(page) == 500
    assert "made up" not in page.content()
    wrong += judged(page, "refused-public-500")
    assert wrong == [], "\n".join(wrong)


def test_to_staff(enter, live_server):
    page, wrong = enter("ana"), []
    page.goto("/staff/queue/")
    page.locator("form:has-text('Next item')").evaluate(FLOOD)
    assert answer(page, "text=Next item") == 400
    wrong += judged(page, "refused-staff-400")
    page.goto("/staff/queue/")
    page.locator("[name=csrfmiddlewaretoken]").evaluate_all("all => all.forEach(one => one.remove())")
    assert answer(page, "text=Next item") == 403
    assert "This request was not accepted" in page.inner_text("h1")
    assert page.get_by_role("link", name="Go to your start page").count() == 1
    wrong += judged(page, "refused-staff-403")
    assert wrong == [], "\n".join(wrong)
