"""Whatever is done to the chain behind its back is found, and the place is named."""

import threading

import pytest
from django.db import DatabaseError, connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import IntegrityError
from rempart.node.audit import services as audit
from rempart.node.audit.models import Event, Head

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def chain(clock) -> int:
    """Ten events."""
    with transaction.atomic():
        for number in range(10):
            audit.record("content:decided", f"content:{number}", actor="staff:1", data={"legality": "national"})
    return 10


def assert_broken_at(number: int) -> None:
    with pytest.raises(IntegrityError) as broken:
        audit.verify()
    assert broken.value.where == f"event {number}"


def test_an_empty_chain_is_whole():
    assert audit.verify().events == 0


def test_numbers_follow_on_one_another(chain):
    assert audit.verify().events == 10
    assert [fact.seq for fact in audit.events()] == list(range(1, 11))
    assert audit.head()[0] == 10


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "staff:2"},
        {"action": "content:settled"},
        {"subject": "content:99"},
        {"data": '{"legality":"not_illegal"}'},
        {"data": '{"legality": "national"}'},
        {"reason": "added later"},
        {"previous": bytes(32)},
        {"digest": bytes(32)},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("number", [1, 4, 10])
def test_an_edited_event_is_found(chain, change, number):
    if number == 1 and "previous" in change:
        change = {"previous": bytes(31) + b"\x01"}
    assert Event.objects.filter(seq=number).update(**change)
    assert_broken_at(number)


def test_an_edited_time_is_found(chain, clock):
    Event.objects.filter(seq=4).update(at=clock.advance(microseconds=1))
    assert_broken_at(4)


@pytest.mark.parametrize("number", [1, 4])
def test_a_deleted_event_is_found(chain, number):
    Event.objects.filter(seq=number).delete()
    assert_broken_at(number)


@pytest.mark.parametrize("left", [0, 4, 9])
def test_a_tail_cut_off_is_found(chain, left):
    Event.objects.filter(seq__gt=left).delete()
    assert_broken_at(left + 1)


def test_reordered_events_are_found(chain):
    fourth, fifth = Event.objects.get(seq=4), Event.objects.get(seq=5)
    fourth.seq, fifth.seq = 5, 4
    fourth.save()
    fifth.save()
    assert_broken_at(4)


def test_an_inserted_event_is_found(chain):
    for event in Event.objects.filter(seq__gte=4).order_by("-seq"):
        Event.objects.filter(seq=event.seq).update(seq=event.seq + 1)
    added = Event.objects.get(seq=3)
    added.seq = 4
    added.save(force_insert=True)
    Head.objects.update(seq=11)
    assert_broken_at(4)


def test_an_event_appended_without_the_head_is_overwritten_by_nobody(chain):
    last = Event.objects.get(seq=10)
    last.seq = 11
    last.save(force_insert=True)
    assert audit.verify().events == 10
    with pytest.raises(DatabaseError, match=r"(?i)unique"), transaction.atomic():
        audit.record("content:decided", "content:1")


def test_a_head_moved_back_is_found_by_the_next_event(chain):
    head = Event.objects.get(seq=9)
    Head.objects.update(seq=9, digest=head.digest)
    with pytest.raises(DatabaseError, match=r"(?i)unique"), transaction.atomic():
        audit.record("content:decided", "content:1")


# PostgreSQL stores neither NUL nor lone surrogates, and no caller has them.
TEXT = st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])


@settings(max_examples=25, deadline=None)
@given(
    actor=st.text(TEXT, max_size=20),
    subject=st.text(TEXT, max_size=20),
    reason=st.text(TEXT, max_size=50),
    data=st.dictionaries(
        st.text(TEXT, max_size=5),
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(TEXT, max_size=9),
        max_size=3,
    ),
)
def test_what_is_recorded_is_read_and_verified(actor, subject, reason, data):
    with transaction.atomic():
        seq = audit.record("content:decided", subject, actor=actor, data=data, reason=reason)
        [fact] = audit.events(after=seq - 1)
        assert (fact.actor, fact.subject, fact.reason, fact.data) == (actor, subject, reason, data)
        assert audit.verify().events == seq
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_outside_a_transaction_nothing_is_recorded():
    with pytest.raises(RuntimeError):
        audit.record("content:decided", "content:1")
    assert audit.head()[0] == 0


def test_what_is_rolled_back_was_never_recorded(chain):
    with transaction.atomic():
        audit.record("content:decided", "content:1")
        transaction.set_rollback(True)
    assert audit.verify().events == 10


def test_readers_choose_by_action_subject_and_number(chain):
    with transaction.atomic():
        audit.record("hold:placed", "content:3", actor="staff:2")
    assert [fact.seq for fact in audit.events(actions=["hold:placed"])] == [11]
    assert [fact.seq for fact in audit.events(subject="content:3")] == [4, 11]
    assert [fact.seq for fact in audit.events(after=9)] == [10, 11]
    assert [fact.seq for fact in audit.latest(2, audit.Search())] == [11, 10]
    assert [fact.seq for fact in audit.latest(5, audit.Search(action="hold:"))] == [11]
    assert [fact.seq for fact in audit.latest(1, audit.Search(actor="staff:1"))] == [10]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_writers_at_once_make_one_chain():
    ready = threading.Barrier(4)

    def write() -> None:
        ready.wait()
        try:
            for number in range(5):
                with transaction.atomic():
                    audit.record("content:decided", f"content:{number}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.verify().events == 20
