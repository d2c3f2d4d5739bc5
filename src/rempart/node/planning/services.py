"""Ask for a plan, follow it run by run, read its answer."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from rempart.core.errors import NotFound
from rempart.node.audit import services as audit
from rempart.node.jobs import services as jobs
from rempart.node.people import Person
from rempart.node.planning.known import Origin, situation_of
from rempart.node.planning.models import Plan
from rempart.node.runtime import clock
from rempart.planning import planning
from rempart.planning.planning import Followed
from rempart.planning.situation import Situation

STEP = "planning:run"
LOWEST = -10
"""After everything else: nobody waits for a plan while a withdrawal waits."""
KEPT = 50


@dataclass(frozen=True, slots=True)
class Answer:
    """A plan as far as it is made; `made` is None before its first run."""

    id: int
    asked_by: int
    asked_at: datetime
    situation: Situation
    origins: Mapping[str, Origin]
    list_gain: float
    done: int
    runs: int
    made: planning.Plan | None

    @property
    def is_done(self) -> bool:
        return self.done == self.runs


@transaction.atomic
def ask(person: Person, situation: Situation, origins: Mapping[str, Origin], list_gain: float) -> int:
    """Have a plan made by the worker; returns its number. The oldest beyond KEPT go.

    Raises InputError when its fastest growth would be more than a run can follow.
    """
    situation.with_growth(-planning.MOST_DOUBT)
    row = Plan.objects.create(
        asked_by=person.pk,
        asked_at=clock().now(),
        situation=json.dumps(asdict(situation)),
        origins=json.dumps(origins),
        list_gain=list_gain,
        seed=secrets.randbits(48),
        runs=planning.runs_for(situation),
    )
    audit.record("plan:asked", f"plan:{row.pk}", actor=f"staff:{person.pk}", data={"months": situation.months})
    jobs.enqueue(STEP, row.pk, priority=LOWEST)
    kept = Plan.objects.order_by("-pk").values_list("pk", flat=True)[:KEPT]
    Plan.objects.exclude(pk__in=list(kept)).delete()
    return row.pk


@jobs.step(STEP)
def run(subject: str) -> jobs.Effects:
    """Subject: a plan's number. One run at a time, so that other steps come between; a killed run is made again."""
    row = Plan.objects.filter(pk=int(subject)).first()
    if row is None or row.done >= row.runs:
        return jobs.nothing
    found = planning.follow(_situation(row), row.seed, row.done, row.list_gain)
    text = json.dumps([*json.loads(row.followed), {key: asdict(one) for key, one in found.items()}])

    def effects() -> datetime | None:
        mine = Plan.objects.filter(pk=row.pk, done=row.done)
        return clock().now() if mine.update(done=row.done + 1, followed=text) and row.done + 1 < row.runs else None

    return effects


def answer(number: int) -> Answer:
    """Raises NotFound for a plan that is not (or no longer) kept."""
    row = Plan.objects.filter(pk=number).first()
    if row is None:
        raise NotFound("there is no such plan.", where="plan", advice="Ask again: plans are not kept for ever.")
    return _answer(row)


def answers() -> list[Answer]:
    """The newest first."""
    return [_answer(row) for row in Plan.objects.all()]


@transaction.atomic
def forget(person: Person, number: int) -> None:
    if Plan.objects.filter(pk=number).delete()[0]:
        audit.record("plan:deleted", f"plan:{number}", actor=f"staff:{person.pk}")


def _answer(row: Plan) -> Answer:
    situation = _situation(row)
    runs = [
        {key: Followed(tuple(one["waiting"]), tuple(one["oldest_days"]), one["wait_days"]) for key, one in run.items()}
        for run in json.loads(row.followed)
    ]
    made = planning.combined(situation, runs, row.list_gain) if runs else None
    origins = {name: Origin(origin) for name, origin in json.loads(row.origins).items()}
    return Answer(row.pk, row.asked_by, row.asked_at, situation, origins, row.list_gain, row.done, row.runs, made)


def _situation(row: Plan) -> Situation:
    return situation_of(json.loads(row.situation))
