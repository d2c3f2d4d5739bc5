"""Police first: who places a hold, who releases it, what goes on after it."""

from datetime import timedelta

import pytest

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.vocabulary import Legality
from rempart.node.audit import services as audit
from rempart.node.casework import assessing, holds, services
from rempart.node.casework.models import Content
from rempart.node.jobs.models import Job

REASON = "asked by the police of a made-up town"


@pytest.fixture
def content_id(submit, work) -> int:
    submit(("url", "https://host.example/one"))
    work()
    return Content.objects.get().pk


def waiting(kind: str) -> bool:
    return Job.objects.filter(kind=kind, state="waiting").exists()


def test_it_stands_until_its_owner_releases_it(content_id, people, clock, told):
    placed = holds.place(people["luis"], content_id, clock.now() + timedelta(days=7), REASON)
    assert services.is_held(content_id)
    assert holds.standing(content_id) == placed
    assert (placed.owner, placed.reason) == ("Luis Liaison", REASON)
    for name in ("ana", "sacha", "adam"):
        with pytest.raises(NotPermitted):
            holds.release(people[name], content_id)
    holds.release(people["luis"], content_id)
    assert not services.is_held(content_id)
    assert holds.history(content_id)[0].released_at == clock.now()
    deadline = (clock.now() + timedelta(days=7)).isoformat()
    assert told("hold:") == [
        ("hold:placed", f"content:{content_id}", {"deadline": deadline}),
        ("hold:released", f"content:{content_id}", {}),
    ]


def test_its_reason_stays_out_of_the_chain(content_id, people, clock):
    holds.place(people["luis"], content_id, clock.now() + timedelta(days=7), REASON)
    assert not [fact for fact in audit.events() if REASON in fact.reason or REASON in str(fact.data)]


def test_one_stands_at_a_time_and_another_may_follow(content_id, people, clock):
    later = clock.now() + timedelta(days=1)
    holds.place(people["luis"], content_id, later, REASON)
    with pytest.raises(Conflict):
        holds.place(people["ana"], content_id, later, REASON)
    holds.release(people["luis"], content_id)
    holds.place(people["ana"], content_id, later, REASON)
    assert len(holds.history(content_id)) == 2


def test_what_is_refused(content_id, people, clock):
    later = clock.now() + timedelta(days=1)
    with pytest.raises(NotPermitted):
        holds.place(people["adam"], content_id, later, REASON)
    with pytest.raises(InputError):
        holds.place(people["luis"], content_id, later, " ")
    with pytest.raises(InputError):
        holds.place(people["luis"], content_id, clock.now(), REASON)
    with pytest.raises(NotFound):
        holds.place(people["luis"], 4711, later, REASON)
    with pytest.raises(NotFound):
        holds.release(people["luis"], content_id)


def test_an_owner_who_lost_the_role_does_not_release(content_id, people, clock):
    holds.place(people["luis"], content_id, clock.now() + timedelta(days=1), REASON)
    people["luis"].roles = ["statistician"]
    with pytest.raises(NotPermitted):
        holds.release(people["luis"], content_id)


def test_overdue_is_shown_and_goes_on_holding(content_id, people, clock):
    holds.place(people["luis"], content_id, clock.now() + timedelta(days=1), REASON)
    assert holds.all_standing(overdue_only=True) == []
    clock.advance(days=1)
    assert [hold.content_id for hold in holds.all_standing(overdue_only=True)] == [content_id]
    assert services.is_held(content_id)


def test_release_has_the_host_of_illegal_content_looked_up(content_id, people, clock):
    assessing.decide(content_id, Legality.NATIONAL, "analyst")
    Job.objects.filter(kind="resolve").delete()
    holds.place(people["luis"], content_id, clock.now() + timedelta(days=1), REASON)
    assert waiting("route"), "a notice that waits learns of the hold"
    holds.release(people["luis"], content_id)
    assert waiting("resolve")


def test_release_of_undecided_content_asks_for_nothing(content_id, people, clock):
    holds.place(people["luis"], content_id, clock.now() + timedelta(days=1), REASON)
    holds.release(people["luis"], content_id)
    assert not waiting("resolve")
    assert not waiting("route")
