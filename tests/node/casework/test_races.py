"""Real threads on a real database: who loses a race changes nothing."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections, transaction

from rempart.core import priority
from rempart.core.assessment import Decision
from rempart.core.errors import Conflict
from rempart.core.vocabulary import Legality, Role
from rempart.node.audit import services as audit
from rempart.node.casework import assessing, queue
from rempart.node.casework.content import Target, content_for
from rempart.node.casework.models import Assessment, Case
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
