"""A report from the first page to the receipt: by keyboard alone, without script."""

import re

import pytest
from playwright.sync_api import expect

from rempart.node.intake.models import Message, Report

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def tab_to(page, selector: str, limit: int = 60) -> None:
    """Press Tab until the element has the focus, as someone without a mouse does."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_the_whole_way_by_keyboard_without_script(new_page, live_server):
    page = new_page(script=False)
    page.goto(f"{live_server.url}/en/")
    page.keyboard.press("Tab")
    expect(page.locator(".exit")).to_be_focused()
    tab_to(page, "main a.button.primary")
    page.keyboard.press("Enter")
    tab_to(page, "input[value=addresses]")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Where is it?")
    tab_to(page, "textarea[name=addresses]")
    page.keyboard.type("https://pictures.example/a\nhttps://pictures.example/b")
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    tab_to(page, "input[name=danger]")
    tab_to(page, "textarea[name=comment]")
    page.keyboard.type("Second picture on the page")
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("About you")
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Check and send")
    assert "https://pictures.example/b" in page.inner_text("main")
    tab_to(page, "main .actions button.primary")
    page.keyboard.press("Enter")
    code = page.inner_text(".receipt-code")
    assert re.fullmatch(r"[0-9A-Z]{4}(\s+[0-9A-Z]{4}){3}", code)
    assert Report.objects.get().items.count() == 2
    look_up_and_add_a_message(page, live_server.url, code)
    assert page.context.cookies() == []


def look_up_and_add_a_message(page, root: str, code: str) -> None:
    page.goto(f"{root}/en/receipt/")
    tab_to(page, "input[name=code]")
    page.keyboard.type(" ".join(code.lower().split()))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Where it stands")
    tab_to(page, "textarea[name=text]")
    page.keyboard.type("It is on a third address too")
    tab_to(page, "main button.primary")
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]")).to_contain_text("added")
    assert Message.objects.count() == 1


def test_enter_in_a_text_field_goes_on_and_does_not_change_the_language(new_page, live_server):
    page = new_page(script=False)
    page.goto(f"{live_server.url}/en/report/")
    page.check("input[value=account]")
    page.click("main button.primary")
    page.fill("input[name=service]", "Example Chat")
    page.press("input[name=service]", "Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("input[name=service]")).to_have_value("Example Chat")


def test_an_error_keeps_what_was_typed_and_leads_to_its_question(new_page, live_server):
    page = new_page(script=False)
    page.goto(f"{live_server.url}/en/report/")
    page.check("input[value=addresses]")
    page.click("main button.primary")
    typed = "https://pictures.example/a\n  two words\nhttps://pictures.example/é?x=1&y=<2>"
    page.fill("textarea", typed)
    page.click("main button.primary")
    expect(page.locator("textarea")).to_have_value(typed)
    expect(page.locator(".field-error")).to_contain_text("Line 2")
    page.click(".error-summary a")
    expect(page.locator("textarea")).to_be_in_viewport()


def test_many_lines_travel_unseen_through_the_pages(new_page, live_server):
    page = new_page(script=False)
    page.goto(f"{live_server.url}/fr/report/")
    page.check("input[value=written]")
    page.click("main button.primary")
    story = 'Première ligne\n\n  deuxième "ligne" & <fin>\n'
    page.fill("textarea[name=story]", story)
    for _ in range(2):
        page.click("main button.primary")
    for _ in range(2):
        page.click("main button[value=back]")
    expect(page.locator("textarea[name=story]")).to_have_value(story)


def test_the_language_changes_in_the_middle_without_a_loss(new_page, live_server):
    page = new_page(script=False)
    page.goto(f"{live_server.url}/en/report/")
    page.check("input[value=addresses]")
    page.click("main button.primary")
    page.fill("textarea", "https://pictures.example/a")
    page.click(".languages summary")
    page.click("button[lang=fr]")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("textarea")).to_have_value("https://pictures.example/a")


def test_going_back_and_sending_again_makes_no_second_report(new_page, live_server):
    page = new_page(script=False)
    page.goto(f"{live_server.url}/en/young/")
    page.check("input[value=asked]")
    page.click("main button.primary")
    page.fill("textarea[name=story]", "They want to meet")
    page.click("main button.primary")
    page.click("main button.primary")
    code = page.inner_text(".receipt-code")
    page.reload()
    assert page.inner_text(".receipt-code") == code
    assert Report.objects.count() == 1


def test_the_receipt_is_saved_under_a_neutral_name(new_page, live_server):
    page = new_page(script=False)
    page.goto(f"{live_server.url}/en/young/")
    page.check("input[value=asked]")
    page.click("main button.primary")
    page.fill("textarea[name=story]", "They want to meet")
    page.click("main button.primary")
    page.click("main button.primary")
    code = " ".join(page.inner_text(".receipt-code").split())
    with page.expect_download() as waiting:
        page.click(".actions form:first-child button")
    assert waiting.value.suggested_filename == "receipt.txt"
    assert code in waiting.value.path().read_text()
    page.emulate_media(media="print")
    printed = page.inner_text("body")
    assert code in " ".join(printed.split())
    assert "report" not in printed.lower()
