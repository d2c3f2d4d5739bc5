"""Plans at a node: asked on a page, made run by run by the worker, read, deleted; first answers from figures."""

import json

import pytest
from django.utils.translation import override

from rempart.core.projection import Band
from rempart.core.vocabulary import Source
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.planning import services
from rempart.node.planning.forms import GROUPS, PlanForm
from rempart.node.planning.known import Origin, assumed, known, situation_of
from rempart.node.planning.models import Plan
from rempart.node.planning.wording import QUESTIONS, said, shown
from rempart.planning.planning import combined, follow
from rempart.planning.situation import Situation

pytestmark = pytest.mark.django_db
SMALL = {"reports_per_day": 12.0, "analysts": 2, "months": 3}


def answers_of(**changed: float) -> dict[str, str]:
    values = {name: one.value for name, one in assumed().items()} | SMALL | changed
    return {name: f"{shown(name, value):g}" for name, value in values.items()} | {"list_gain": "10"}


@pytest.fixture
def asked(as_):
    """A plan that was asked on the page; returns its number."""

    def ask(**changed: float) -> int:
        answer = as_("stan").post("/staff/planning/", answers_of(**changed))
        assert answer.status_code == 302, answer.content.decode()
        return int(answer["Location"].rstrip("/").rpartition("/")[2])

    return ask


def test_the_form_asks_for_every_value_once() -> None:
    names = [name for _title, group in GROUPS for name in group]
    assert sorted(names) == sorted([*QUESTIONS, "list_gain"])
    assert set(QUESTIONS) == set(assumed())
    assert set(PlanForm(assumed()).fields) == set(names)


def test_a_plan_is_made_between_other_steps_and_read(as_, asked, clock) -> None:
    number = asked()
    page = as_("stan").get(f"/staff/planning/{number}/").content.decode()
    assert "0 of 40 runs are made" in page
    assert "data-poll=" in page
    assert jobs.run_due(1) == 1
    assert services.answer(number).done == 1
    assert "1 of 40 runs are made" in as_("stan").get("/staff/planning/").content.decode()
    while not services.answer(number).is_done:
        jobs.run_due(1)
    found = services.answer(number)
    row = Plan.objects.get()
    whole = [follow(found.situation, row.seed, run, row.list_gain) for run in range(40)]
    assert found.made == combined(found.situation, whole, row.list_gain)
    page = as_("stan").get(f"/staff/planning/{number}/").content.decode()
    assert "data-poll=" not in page
    assert "<svg" in page
    assert page.count("<tr>") == 1 + 3 + 1 + 3 + 1 + len(QUESTIONS)
    assert [event.action for event in audit.events(actions=["plan:asked"])] == ["plan:asked"]


def test_a_run_that_two_workers_made_counts_once(asked) -> None:
    number = asked()
    first, second = services.run(str(number)), services.run(str(number))
    assert first() is not None
    assert second() is None
    assert services.answer(number).done == 1


def test_what_is_out_of_reason_is_said_beside_its_question(as_) -> None:
    for wrong in ({"analysts": 0}, {"reports_per_day": -1}, {"months": 500}):
        answer = as_("stan").post(
            "/staff/planning/", answers_of() | {name: str(value) for name, value in wrong.items()}
        )
        assert answer.status_code == 422
        assert f'href="#id_{next(iter(wrong))}"' in answer.content.decode()
    too_many = as_("stan").post("/staff/planning/", answers_of(reports_per_day=3_000, months=36, doubt=0.9))
    assert too_many.status_code == 422
    assert "more than one plan can follow" in too_many.content.decode()
    assert not Plan.objects.exists()


def test_deleting_a_plan_stops_it(as_, asked) -> None:
    number = asked()
    as_("stan").post(f"/staff/planning/{number}/delete")
    assert as_("stan").get(f"/staff/planning/{number}/").status_code == 404
    assert services.run(str(number)) is jobs.nothing
    assert [event.action for event in audit.events(actions=["plan:asked", "plan:deleted"])][-1] == "plan:deleted"


def test_only_so_many_plans_are_kept(people, clock) -> None:
    for _each in range(services.KEPT + 3):
        last = services.ask(people["stan"], Situation(**SMALL), {}, 0.1)
    assert Plan.objects.count() == services.KEPT
    assert services.answers()[0].id == last


def test_without_figures_everything_is_assumed(clock) -> None:
    found = known(clock.now())
    assert {one.origin for one in found.values()} == {Origin.ASSUMED}
    assert situation_of({name: one.value for name, one in found.items()}) == Situation(reports_per_day=30, analysts=3)


def test_final_months_give_the_first_answers(clock) -> None:
    """Eight months in which reports double every two: what is read there is what went in."""
    number = 0
    for month in range(8):
        for _each in range(round(10 * 2 ** (month / 2))):
            number += 1
            _record("report:received", f"report:{number}", {"source": Source.PUBLIC, "items": 1, "kinds": ["url"]})
            decided = {"legality": "national" if number % 4 else "not_illegal", "viewed": True, "kind": "url"}
            _record("content:decided", f"content:{number}", decided | {"basis": "analyst"})
        clock.advance(days=30.5)
    runtime.clock.cache_clear()
    found = known(clock.now())
    assert {name for name, one in found.items() if one.origin is Origin.FIGURES} >= {"reports_per_day", "illegal"}
    assert found["doubling_months"].origin is Origin.FIGURES
    assert found["doubling_months"].value == pytest.approx(2, rel=0.1)
    assert found["illegal"].value == pytest.approx(0.75, abs=0.02)
    assert found["reports_per_day"].value == pytest.approx((57 + 80 + 113) / 3 / 30.4, rel=0.3)


def _record(action: str, subject: str, data: dict[str, object]) -> None:
    from django.db import transaction

    with transaction.atomic():
        audit.record(action, subject, data=json.loads(json.dumps(data)))


def test_numbers_are_written_as_the_reader_does_and_no_less_than_nothing() -> None:
    band = Band(-0.3, 40_054.0, 52_204.0)
    assert said(band) == "40,100 (0 to 52,200)"
    with override("fr"):
        assert said(band) == "40\u202f100 (0 à 52\u202f200)"
