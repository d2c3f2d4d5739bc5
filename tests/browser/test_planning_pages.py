"""Plans in a real browser: the question by keyboard, the answer while it is made and when it stands."""

import pytest
from browser.capture import judged
from node.conftest import clock, people  # noqa: F401

from rempart.node.jobs import services as jobs
from rempart.node.planning import services
from rempart.node.planning.known import Origin
from rempart.planning.situation import LIMITS, Situation

GIVEN = dict.fromkeys(LIMITS, Origin.GIVEN)

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


def test_a_plan_from_the_question_to_the_answer(enter, people, clock) -> None:  # noqa: F811
    page = enter("stan")
    page.goto("/staff/planning/")
    wrong = judged(page, "planning-start", closely=True)
    page.fill("#id_analysts", "0")
    page.click("text=Make the plan")
    wrong += judged(page, "planning-wrong")
    page.fill("#id_analysts", "4")
    page.fill("#id_reports_per_day", "120")
    page.fill("#id_months", "18")
    page.keyboard.press("Enter")
    page.wait_for_url("**/planning/*/")
    assert page.get_by_text("0 of").is_visible()
    number = services.answers()[0].id
    for _each in range(3):
        jobs.run_due(1)
    page.reload()
    wrong += judged(page, "planning-half")
    while not services.answer(number).is_done:
        jobs.run_due(8)
    page.reload()
    page.click("summary")
    wrong += judged(page, "planning-done", closely=True)
    page.goto("/staff/planning/")
    wrong += judged(page, "planning-list")
    assert wrong == []


def test_the_page_needs_no_script(enter, people, clock) -> None:  # noqa: F811
    number = services.ask(people["stan"], Situation(reports_per_day=5, analysts=1, months=2), GIVEN, 0.1)
    jobs.run_due(1)
    page = enter("stan", script=False, width=360)
    page.goto(f"/staff/planning/{number}/")
    assert page.get_by_text("With one analyst nobody can take a second look").is_visible()
    assert page.get_by_role("img", name="Reports that wait").is_visible()
