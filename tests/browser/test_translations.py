"""Reading a translation in a browser: by keyboard, without a barrier; visitors read what was corrected."""

from collections.abc import Iterator

import pytest
from browser.capture import barriers, judged, picture
from node.conftest import people  # noqa: F401
from node.languages import made_up

from rempart.node.languages import reviewing

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture(autouse=True)
def _german(tmp_path, settings, monkeypatch) -> Iterator[None]:
    made_up.install(tmp_path / "locale", settings, monkeypatch)
    yield
    monkeypatch.undo()
    made_up.forget()


def test_a_sentence_is_read_corrected_and_undone(enter, live_server):
    page = enter("stan")
    page.goto(f"{live_server.url}/staff/translations/")
    wrong = judged(page, "translations")
    page.click("text=German")
    wrong += judged(page, "translations-de")
    page.keyboard.press("n")
    page.wait_for_selector("textarea[name=text]")
    wrong += judged(page, "translations-sentence")
    first = page.url
    page.fill("textarea[name=text]", "Das konnte nicht gelesen werden")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.wait_for_url(lambda address: address != first)
    assert page.locator("text=Kept. Visitors read it so within seconds.").count() == 1
    page.goto(first)
    assert page.locator("text=Corrected").count()
    wrong += judged(page, "translations-corrected")
    page.keyboard.press("u")
    page.wait_for_selector("text=Undone.")
    assert page.input_value("textarea[name=text]").startswith(made_up.OPEN)
    assert wrong == [], "\n".join(wrong)


def test_visitors_read_a_correction_when_it_is_committed(enter, new_page, live_server, people):  # noqa: F811
    visitor = new_page(width=1024, bypass_csp=True)
    visitor.goto(f"{live_server.url}/de/")
    assert visitor.locator(".machine-made").count() == 1
    assert barriers(visitor) == []
    picture(visitor, "machine-made-1024")
    visitor.set_viewport_size({"width": 320, "height": 800})
    picture(visitor, "machine-made-320")
    entry = next(one for one in reviewing.entries("de") if one.sentence.english == ("Report it",))
    reviewing.say(people["stan"], "de", entry.sentence.key, ["Jetzt melden"], 0)
    visitor.reload()
    assert visitor.locator(".report").inner_text() == "Jetzt melden"
    visitor.click(".machine-made a")
    visitor.wait_for_url("**/en/")
    assert visitor.locator(".machine-made").count() == 0


def test_help_lines_are_added_without_a_barrier(enter, live_server):
    page = enter("stan")
    page.goto(f"{live_server.url}/staff/help-lines/")
    wrong = judged(page, "staff-help-lines")
    page.click("text=France")
    wrong += judged(page, "staff-help-lines-fr")
    page.keyboard.press("l")
    page.click("text=Switzerland")
    page.fill("input[name=number]", "147")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_selector(".error-summary")
    wrong += judged(page, "staff-help-lines-errors")
    page.fill("input[name=source]", "Example ordinance, Article 1")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_selector("text=The number is shown from now on.")
    page.goto(f"{live_server.url}/en/help/ch/")
    assert page.locator(".line-number").inner_text() == "147"
    wrong += judged(page, "help-ch")
    assert wrong == [], "\n".join(wrong)
