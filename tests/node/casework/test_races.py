"""Real threads on a real database: who loses a race changes nothing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connections, transaction

from rempart.core import priority
from rempart.core.assessment import Decision
from rempart.core.errors import Conflict
from rempart.core.vocabulary import Legality, Offence, Role
from rempart.node.audit import services as audit
from rempart.node.casework import assessing, queue, undoing
from rempart.node.casework.content import Target, content_for
from rempart.node.casework.models import Assessment, Case, Content
from rempart.node.jobs.models import Job
from rempart.node.staff.models import StaffMember

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
SCORE = priority.Score(10, (priority.Reason("made_up", 10, "made up"),))


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Results (or errors) of calls that start together, each in its own thread with its own connection."""
    ready = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        ready.wait()
        try:
            results[place] = call()
        except Conflict as refused:
            results[place] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def staff(clock) -> list[StaffMember]:
    return [
        StaffMember.objects.create(username=f"person{number}", roles=[Role.ANALYST], password="!")
        for number in range(6)
    ]


def put(*names: str) -> list[int]:
    with transaction.atomic():
        found = [content_for(Target("text", name)) for name in names]
        for content_id in found:
            queue.enter(content_id, SCORE)
    return found


def test_one_of_many_gets_the_case(staff):
    [content_id] = put("one")
    results = at_once(*(lambda who=who: queue.claim(who, content_id) for who in staff))
    won = [result for result in results if not isinstance(result, Conflict)]
    assert len(won) == 1
    assert Case.objects.get().claimed_by == staff[results.index(won[0])]
    assert len(list(audit.events(actions=["case:claimed"]))) == 1
    audit.verify()


def test_many_get_as_many_different_cases(staff):
    put("one", "two", "three", "four")
    results = at_once(*(lambda who=who: queue.next_case(who) for who in staff))
    taken = [result.content_id for result in results if result is not None]
    assert len(taken) == len(set(taken)) == 4


def test_one_decision_of_two_sent_at_once_counts(staff):
    [content_id] = put("one")
    queue.claim(staff[0], content_id)
    harmless = Decision(Legality.NOT_ILLEGAL)
    results = at_once(*(lambda: assessing.assess(staff[0], content_id, harmless) for _ in range(4)))
    assert sum(not isinstance(result, Conflict) for result in results) == 1
    assert Assessment.objects.count() == 1
    assert len(list(audit.events(actions=["content:decided"]))) == 1


@pytest.fixture
def decided(staff, settings, clock) -> int:
    """A decision that its author can undo for a minute more."""
    settings.UNDO_SECONDS = 60
    [content_id] = put("one")
    queue.claim(staff[0], content_id)
    assessing.assess(staff[0], content_id, Decision(Legality.NATIONAL, offences=frozenset({Offence.TRADE})))
    return content_id


def act_on(content_id: int) -> Callable[[], object]:
    """What the worker does in its transaction, with the time to undo over."""
    effects = undoing.act_on_decision(str(content_id))

    def run() -> object:
        with transaction.atomic():
            return effects()

    return run


@pytest.mark.parametrize("times", range(3))
def test_a_decision_is_undone_or_acted_on_never_both(staff, decided, clock, monkeypatch, times):
    # Whoever looks at the clock sees the last moment: both sides believe that it is theirs.
    until = Case.objects.get().undo_until
    moments = {"undo": until - timedelta(microseconds=1), "act": until}
    local = threading.local()
    monkeypatch.setattr(undoing, "clock", lambda: SimpleNamespace(now=lambda: moments[local.side]))

    def as_side(side: str, call: Callable[[], object]) -> Callable[[], object]:
        def run() -> object:
            local.side = side
            return call()

        return run

    results = at_once(
        as_side("undo", lambda: undoing.undo(staff[0], decided)),
        as_side("act", act_on(decided)),
        as_side("act", act_on(decided)),
    )
    case, content = Case.objects.get(), Content.objects.get()
    undone = list(audit.events(actions=["content:decision_undone"]))
    final = list(audit.events(actions=["content:decided"]))
    asked = Job.objects.filter(kind__in=["resolve", "route"])
    assert len(undone) + len(final) == 1
    assert isinstance(results[0], Conflict) is bool(final)
    assert (case.state == "decided") is bool(content.legality) is bool(final) is asked.exists()
    assert case.undo_until is None
    audit.verify()


def test_a_decision_is_undone_once(staff, decided):
    results = at_once(*(lambda: undoing.undo(staff[0], decided) for _ in range(4)))
    assert sum(not isinstance(result, Conflict) for result in results) == 1
    assert len(list(audit.events(actions=["content:decision_undone"]))) == 1


def test_a_lease_that_ends_is_one_persons_next(staff, clock):
    """The step that hands back and colleagues that take over at the same moment: one holder, nobody loses theirs."""
    [content_id] = put("one")
    queue.claim(staff[0], content_id)
    clock.advance(minutes=31)
    effects = queue.end_lease(str(content_id))

    def hand_back() -> object:
        with transaction.atomic():
            return effects()

    results = at_once(hand_back, *(lambda who=who: queue.claim(who, content_id) for who in staff[1:]))
    winners = [who for who, result in zip(staff[1:], results[1:], strict=True) if not isinstance(result, Conflict)]
    holder = Case.objects.get().claimed_by
    assert len(winners) <= 1
    assert holder in (*winners, None) if winners else holder is None
    if winners:
        assert holder == winners[0], "the step took a fresh claim away"
    audit.verify()
