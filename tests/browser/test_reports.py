"""Reports in a real browser: the HTML edition, the page where they are made, what is declared, the public page."""

from collections.abc import Callable
from pathlib import Path

import pytest
from browser.capture import judged
from node.conftest import clock, drain, people  # noqa: F401
from node.reports.conftest import counted  # noqa: F401
from node.reports.made_up import document, everybody, published
from playwright.sync_api import Page

from rempart.node.reports import editions, making
from rempart.node.reports.making import Kind, Order
from rempart.node.reports.models import Edition

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
NewPage = Callable[..., Page]


@pytest.mark.parametrize(
    ("member", "kind", "language"), [("FR", "yearly", "en"), ("", "yearly", "fr"), ("FR", "dsa", "en")]
)
def test_the_edition_fits_and_is_accessible(new_page: NewPage, tmp_path: Path, member: str, kind: str, language: str):
    documents = (document("FR", {2025: 12, 2026: 12}),) if member else everybody()[:12]
    made = making.make(Order(Kind(kind), member, 2026, language), published(*documents), {}, forms=("html",))
    (tmp_path / "report.html").write_bytes(made.files["html"])
    page = new_page(bypass_csp=True)
    page.goto((tmp_path / "report.html").as_uri())
    assert judged(page, f"report-{kind}-{member or 'alliance'}-{language}", closely=bool(member)) == []
    assert page.evaluate("document.documentElement.lang") == language


def test_a_report_is_made_published_and_read(counted, drain, people, live_server, enter, new_page) -> None:  # noqa: F811
    page = enter("stan")
    page.goto("/staff/reports/")
    page.get_by_label("Year").fill("2026")
    page.get_by_role("button", name="Make it").click()
    page.get_by_text("being made", exact=True).wait_for()
    drain()
    page.get_by_text("made, not published").wait_for()  # the list is fetched anew by itself
    editions.ask(people["stan"], Order(Kind.YEARLY, "NL", 2026, "en"))
    drain()
    page.reload()
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("Published.", exact=True).wait_for()
    assert judged(page, "staff-reports") == []
    name = Edition.objects.exclude(published_at=None).get().name
    visitor = new_page(base_url=live_server.url)
    visitor.goto("/en/reports/")
    visitor.get_by_role("link", name="HTML").click()
    visitor.wait_for_url(f"**/open-data/reports/{name}.html")
    assert visitor.get_by_role("heading", name="Yearly report 2026").is_visible()
    petrol = "getComputedStyle(document.querySelector('h1')).color"
    assert visitor.evaluate(petrol) == "rgb(10, 76, 89)", "the styles inside the file are allowed to count"
    assert not visitor.context.cookies()


def test_the_public_page_fits_and_is_accessible(counted, drain, people, live_server, new_page) -> None:  # noqa: F811
    for order in (
        Order(Kind.YEARLY, "FR", 2026, "en"),
        Order(Kind.YEARLY, "", 2026, "fr"),
        Order(Kind.DSA, "FR", 2026, "en"),
    ):
        editions.ask(people["stan"], order)
    drain()
    for edition in Edition.objects.all():
        editions.publish(people["stan"], edition.pk)
    page = new_page(bypass_csp=True)
    page.goto(f"{live_server.url}/en/reports/")
    assert page.locator(".report-list > li").count() == 3
    assert judged(page, "public-reports") == []


def test_what_is_declared_is_entered_and_shown_again(counted, people, live_server, enter) -> None:  # noqa: F811
    page = enter("stan")
    page.goto("/staff/reports/declared/eprivacy/2026")
    page.get_by_label("Perpetrators convicted").fill("41")
    page.get_by_label("Who declared it").fill("Ministry of Justice (made up)")
    page.get_by_role("button", name="Keep this").click()
    page.get_by_text("Kept, with your name and the time.").wait_for()
    assert page.get_by_label("Perpetrators convicted").input_value() == "41"
    assert judged(page, "staff-declared") == []
