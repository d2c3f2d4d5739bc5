"""What is kept of the count in the database: taken up by every process, bound to the chain, never half."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from core.figures.streams import START, Story, example, streams
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rempart.node.audit import services as audit
from rempart.node.audit.models import Event
from rempart.node.audit.services import Fact
from rempart.node.jobs.models import Job
from rempart.node.observatory import counting, keeping, services
from rempart.node.observatory.models import FinalMonth, KeptState

pytestmark = pytest.mark.django_db
Write = Callable[[Story], None]
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def as_new_process() -> None:
    counting._kept.clear()


def reading(now: datetime) -> tuple[services.Publication, list[str]]:
    """What is published, and the questions that read events for it."""
    with CaptureQueriesContext(connection) as queries:
        found = services.publication(now)
    return found, [query["sql"] for query in queries if '"audit_event"."data"' in query["sql"]]


def test_a_new_process_counts_on_from_what_was_kept(write: Write, clock) -> None:
    write(example())
    assert counting.keep(clock.now())
    before = services.publication(clock.now())
    as_new_process()
    story = Story(clock.now())
    for number in range(501, 506):
        story.report(number)
    write(story)
    found, questions = reading(clock.now())
    assert found.figures("all").figure("reports_received").value.number == 25
    assert len(questions) == 1
    last = KeptState.objects.get().seq
    assert f'"seq" > {last}' in questions[0]
    assert before.figures("all").figure("reports_received").value.number == 20


def test_keeping_the_same_again_writes_nothing(write: Write, clock) -> None:
    write(example())
    assert counting.keep(clock.now())
    assert not counting.keep(clock.now())
    as_new_process()
    assert not counting.keep(clock.now())


def test_final_months_are_kept_once(write: Write, clock) -> None:
    story = example()
    story.at = datetime(2026, 3, 10, tzinfo=UTC)
    write(story.report(900))
    counting.keep(clock.now())
    kept = dict(FinalMonth.objects.values_list("month", "release"))
    assert list(kept) == ["2026-01", "2026-02"]
    as_new_process()
    assert services.publication(clock.now()).final == {"2026-01", "2026-02"}
    write(Story(clock.now()).report(901))
    counting.keep(clock.now())
    assert dict(FinalMonth.objects.values_list("month", "release")) == kept


@pytest.mark.parametrize("what", ["chain", "rules"])
def test_what_was_kept_of_another_chain_or_by_other_rules_is_counted_anew(write: Write, clock, what: str) -> None:
    story = example()
    story.at = datetime(2026, 3, 10, tzinfo=UTC)
    write(story.report(900))
    counting.keep(clock.now())
    true = services.publication(clock.now())
    as_new_process()
    FinalMonth.objects.update(release=b"of another time")
    KeptState.objects.update(**{"chain": {"digest": b"x" * 32}, "rules": {"rules": 1}}[what])
    assert services.publication(clock.now()) == true
    assert counting.keep(clock.now())
    assert not FinalMonth.objects.filter(release=b"of another time").exists()


def test_a_rewritten_past_is_noticed(write: Write, clock) -> None:
    """The digest of the last counted event stands for all before it, so a rewrite that keeps the numbers shows."""
    write(example())
    counting.keep(clock.now())
    last = KeptState.objects.get().seq
    Event.objects.filter(seq=last).update(digest=b"y" * 32)
    Event.objects.filter(seq=1).update(data='{"items":1,"kinds":["url"],"source":"police"}')
    as_new_process()
    found = services.publication(clock.now()).releases["2026-01"]
    assert found.parts["reports"] != {"public": 12, "platform": 8}


def test_a_crash_while_keeping_leaves_what_was_there(write: Write, clock, monkeypatch) -> None:
    write(example())
    counting.keep(clock.now())
    first = KeptState.objects.get().seq
    story = Story(datetime(2026, 3, 10, tzinfo=UTC))
    for number in range(501, 506):
        story.report(number)
    write(story)

    def killed(*_args: object, **_named: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(KeptState.objects, "update_or_create", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            counting.keep(clock.now())
    as_new_process()
    assert (KeptState.objects.get().seq, FinalMonth.objects.count()) == (first, 0)
    assert services.figures(clock.now()).figure("reports_received").value.number == 25


def test_a_long_count_that_is_cut_off_goes_on_from_where_it_was(write: Write, clock, monkeypatch) -> None:
    write(example())
    monkeypatch.setattr(counting, "SAVE_EVERY", 30)
    monkeypatch.setattr(counting, "SAVE_AFTER", 10**9)
    fold = counting.folding.fold

    def killed(state: counting.Folded, fact: Fact) -> None:
        if state.seq >= 70:
            raise KeyboardInterrupt
        fold(state, fact)

    with monkeypatch.context() as broken:
        broken.setattr(counting.folding, "fold", killed)
        with pytest.raises(KeyboardInterrupt):
            services.publication(clock.now())
    assert 30 <= KeptState.objects.get().seq <= 70
    as_new_process()
    found = services.publication(clock.now())
    keeping.forget()
    as_new_process()
    assert found == services.publication(clock.now())


def test_an_older_state_never_replaces_a_newer_one(write: Write, clock) -> None:
    write(example())
    earlier = clock.now()
    old = counting._folded_to(earlier)
    digest = audit.digest_of(old.seq) or b""
    as_new_process()
    write(Story(clock.now()).report(900))
    counting.keep(clock.now())
    newest = KeptState.objects.get().seq
    assert not keeping.save(old, digest)
    assert KeptState.objects.get().seq == newest


def test_an_earlier_moment_leaves_what_is_kept_alone(write: Write, clock) -> None:
    story = example()
    story.at = datetime(2026, 2, 10, tzinfo=UTC)
    write(story.report(900))
    counting.keep(clock.now())
    kept = KeptState.objects.get().seq
    assert services.publication(START + timedelta(hours=1)).figures("all").figure("reports_received").value.number == 20
    assert KeptState.objects.get().seq == kept


def test_recounting_says_the_same(write: Write, clock) -> None:
    write(example())
    before = services.publication(clock.now())
    assert counting.recount(clock.now()) == max(Event.objects.values_list("seq", flat=True))
    assert services.publication(clock.now()) == before


def test_the_step_keeps_and_comes_again(write: Write, clock, drain) -> None:
    write(example())
    clock.advance(days=90)
    drain()
    assert KeptState.objects.get().seq
    assert Job.objects.get(kind="figures").due_at > clock.now()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=streams(60), places=st.lists(st.integers(0, 60), max_size=4))
def test_any_pieces_equal_counting_anew(clock, facts: list[Fact], places: list[int]) -> None:
    """Events come in pieces; after each another process counts on and keeps it."""
    with transaction.atomic():
        for number, fact in enumerate(facts):
            if number in places:
                as_new_process()
                counting.keep(clock.now())
            clock.moment = fact.at
            audit.record(fact.action, fact.subject, actor=fact.actor, data=fact.data)
            clock.moment = fact.at + timedelta(microseconds=1)
        as_new_process()
        found = services.publication(LATER)
        keeping.forget()
        as_new_process()
        assert found == services.publication(LATER)
        transaction.set_rollback(True)
    as_new_process()
