"""The register in a real browser: for staff, and for everyone."""

from dataclasses import replace
from datetime import date

import pytest
from browser.capture import judged
from core.register.made_up import commitment, contact
from django.db import transaction
from node.conftest import clock, people  # noqa: F401
from node.exchange.conftest import log_folder  # noqa: F401
from playwright.sync_api import Page

from rempart.core.register.part import ContactRole, Evidence, Part, Status
from rempart.core.register.targets import Goal, Target
from rempart.node.register import editing, stated

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
PROOF = Evidence(date(2026, 2, 1), "The yearly report of the ministry, page 12.", "https://ministry.example/report")
PART = Part(
    "FR",
    "en",
    "",
    (contact(), contact(ContactRole.AUTHORITY, name="Made-up ministry", phone="+33 1 99 00 00 00")),
    (
        commitment(1, status=Status.KEPT, evidence=(PROOF,)),
        commitment(2, title="A law on grooming", target=Target.OFFENDERS, goal=Goal.LEGAL_FRAMEWORK),
        commitment(3, title="Lessons in all schools", target=Target.AWARENESS, status=Status.NOT_KEPT, baseline=""),
    ),
)


@pytest.fixture
def filled(log_folder, people, settings) -> None:  # noqa: F811
    actor = people["stan"].actor
    for part, key in ((PART, "2014-progress"), (replace(PART, language="fr"), "")):
        editing.edit(part, actor=actor, what="commitments")
        editing.submit("FR", key, actor=actor)
        editing.publish("FR", actor=actor)
    with transaction.atomic():
        stated.keep(replace(PART, country="DE"), "declared", "hotline.de.example/log")
    editing.edit(replace(PART, language="en"), actor=actor, what="contacts")


def test_every_staff_page(enter, filled) -> None:
    page, wrong = enter("stan"), []
    for name, path in (
        ("list", ""),
        ("member", "fr/"),
        ("member-declared", "de/"),
        ("member-empty", "jp/"),
        ("commitment", "fr/commitments/1"),
        ("contact", "fr/contacts/0"),
        ("revision", "fr/revisions/1"),
        ("rounds", "rounds"),
    ):
        assert page.goto(f"/staff/register/{path}").status == 200
        wrong += judged(page, f"staff-register-{name}", closely=name == "member")
        keys = page.locator("[accesskey]").evaluate_all("all => all.map(one => one.accessKey)")
        assert len(set(keys)) == len(keys)
    assert wrong == [], "\n".join(wrong)


def test_every_public_page(new_page, live_server, filled) -> None:
    page, wrong = new_page(bypass_csp=True), []
    for name, path in (("list", ""), ("member", "fr/"), ("version", "fr/1/"), ("empty", "jp/"), ("invited", "ru/")):
        assert page.goto(f"{live_server.url}/en/members/{path}").status == 200
        wrong += judged(page, f"public-members-{name}", closely=name == "list")
    assert wrong == [], "\n".join(wrong)


def test_a_commitment_by_keys_alone(enter, log_folder) -> None:  # noqa: F811
    page: Page = enter("stan", script=False)
    page.goto("/staff/register/")
    page.locator("a[accesskey=o]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/register/fr/")
    page.locator("a[accesskey=c]").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/commitments/new")
    page.locator("select[name=target]").focus()
    page.keyboard.type("Make less")
    page.locator("input[name=title]").focus()
    page.keyboard.type("Tell hosts again")
    page.locator("textarea[name=planned]").focus()
    page.keyboard.type("Every day")
    page.locator("button[accesskey=y]").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Tell hosts again")
    assert [each.title for each in stated.working_part("FR").commitments] == ["Tell hosts again"]
