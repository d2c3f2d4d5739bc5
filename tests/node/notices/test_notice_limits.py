"""For any sequence of host behaviours and holds: bounded sendings, and silence while police hold the content."""

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.core.deadlines import NoticePlan
from rempart.node.casework import holds
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.jobs.steps import load_steps
from rempart.node.notices.models import Attempt, Notice

KINDS = ("resolve", "route", "notice", "export")
PAGE_UP, GONE, DROPS, BROKEN = 200, 404, 0, 503
DAYS = st.lists(
    st.tuples(
        st.sampled_from([PAGE_UP, GONE, DROPS, BROKEN]),
        st.booleans(),
        st.sampled_from(["250 OK", "550 no such user", "451 later"]),
        st.integers(1, 12),
    ),
    min_size=1,
    max_size=10,
)


def work() -> None:
    for _ in range(100):
        claims = jobs.claim(kinds=KINDS)
        if not claims:
            return
        for held in claims:
            jobs.perform(held)
    raise AssertionError("steps keep asking for one another")


def set_hold(person, content: int, wanted: bool, now) -> None:
    if wanted and not holds.is_held(content):
        holds.place(person, content, now + timedelta(days=365), "Request 7")
    if not wanted and holds.is_held(content):
        holds.release(person, content)


@pytest.mark.django_db
@given(days=DAYS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_sendings_are_bounded_and_none_leaves_during_a_hold(decided, world, people, clock, days):
    load_steps()
    world.relay.taken.clear()
    with transaction.atomic():
        content = decided()
        jobs.wake("resolve", content)
        for status, held, answer, six_hours in days:
            world.web.status = status
            world.relay.refuse = {} if answer.startswith("250") else {"abuse@host.example": answer}
            set_hold(people["luis"], content, held, clock.now())
            before = len(world.relay.taken)
            for _ in range(six_hours):
                work()
                clock.advance(hours=6)
            assert not held or len(world.relay.taken) == before
            assert not Job.objects.exclude(last_error="").exists()
        notice = Notice.objects.filter(content=content).first()
        rounds = 1 + (notice.round if notice else 0)
        sent = Attempt.objects.filter(sent_at__isnull=False)
        # A round is at most `max_sends` notices and one escalation.
        assert sent.count() <= rounds * (NoticePlan().max_sends + 1)
        assert sent.exclude(purpose="escalation").count() <= rounds * NoticePlan().max_sends
        assert sent.filter(purpose="escalation").count() <= rounds
        assert len(world.relay.taken) == sent.count()
        assert len({message for _, message in world.relay.taken}) == sent.count()
        transaction.set_rollback(True)
