"""Signed checkpoints, kept apart: found out is also who computed the whole chain anew, and the first event is named."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from rempart.adapters.note_file import notes_in
from rempart.adapters.signing import Signer
from rempart.core.errors import IntegrityError, OutsideFailure
from rempart.formats.audit_checkpoint import read_checkpoint
from rempart.node import runtime
from rempart.node.audit import chain, checkpoints, verification
from rempart.node.audit import services as audit
from rempart.node.audit.models import Event
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.jobs.worker import Worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def broken_at(where: str, **options: object) -> IntegrityError:
    with pytest.raises(IntegrityError) as broken:
        audit.verify(**options)
    assert broken.value.where == where
    return broken.value


def test_a_whole_chain_agrees_with_its_checkpoints(signed):
    assert audit.verify() == audit.Verified(events=30, recomputed=30, checkpoints=2, covered=25)
    assert audit.verify(since_checkpoint=True) == audit.Verified(30, 5, 2, 25)


def test_before_the_first_checkpoint_the_chain_stands_alone(tell):
    tell(3)
    assert audit.verify(since_checkpoint=True) == audit.Verified(3, 3, 0, 0)


def test_a_checkpoint_says_what_the_chain_was(signed, clock):
    [first, second] = checkpoints.read().points
    assert (first.seq, first.since, second.since) == (10, 0, 10)
    assert first.digest == audit.digest_of(10)
    assert second.trail == tuple(audit.digest_of(number)[:8] for number in range(11, 26))
    assert clock.now() - second.at == timedelta(seconds=5)


class TestRewritten:
    """Everything after the change was computed anew, the head too: only the checkpoints can tell."""

    @pytest.mark.parametrize("number", [1, 4, 10, 11, 17, 25])
    def test_an_edit(self, signed, attacker, number):
        attacker.edit(number)
        attacker.recompute()
        broken_at(f"event {number}")

    @pytest.mark.parametrize("number", [1, 10, 11, 24])
    def test_a_deletion(self, signed, attacker, number):
        attacker.delete(number)
        attacker.recompute()
        broken_at(f"event {number}")

    @pytest.mark.parametrize("number", [1, 10, 11, 25])
    def test_an_insertion(self, signed, attacker, number):
        attacker.insert(number)
        attacker.recompute()
        broken_at(f"event {number}")

    @pytest.mark.parametrize("number", [1, 10, 24])
    def test_another_order(self, signed, attacker, number):
        attacker.swap(number)
        attacker.recompute()
        broken_at(f"event {number}")

    @pytest.mark.parametrize("left", [0, 9, 10, 24])
    def test_a_tail_cut_off(self, signed, attacker, left):
        attacker.cut(left)
        attacker.recompute()
        broken_at(f"event {left + 1}")

    def test_a_tail_cut_off_and_grown_again(self, signed, attacker, tell):
        attacker.cut(20)
        attacker.recompute()
        tell(30)
        broken_at("event 21")

    def test_nothing_is_signed_on_top_of_it(self, signed, attacker, tell):
        attacker.edit(25)
        attacker.recompute()
        tell(1)
        before = checkpoints.own_file().whole()
        with pytest.raises(IntegrityError, match="rewritten"):
            checkpoints.write()
        assert checkpoints.own_file().whole() == before

    def test_a_cut_is_seen_by_the_fast_way_too(self, signed, attacker):
        attacker.cut(20)
        attacker.recompute()
        broken_at("event 21", since_checkpoint=True)

    def test_an_edit_before_the_last_checkpoint_shows_in_its_digest(self, signed, attacker):
        attacker.edit(4)
        attacker.recompute()
        broken_at("event 25", since_checkpoint=True)


def test_without_the_digests_an_edit_is_named_as_before(signed, attacker):
    attacker.edit(17)
    broken_at("event 17")


def test_what_follows_on_the_last_checkpoint_is_recomputed_by_the_fast_way(signed, attacker):
    attacker.edit(27)
    broken_at("event 27", since_checkpoint=True)


def test_an_edited_event_is_never_signed(tell, attacker):
    tell(5)
    attacker.edit(3)
    with pytest.raises(IntegrityError) as refused:
        checkpoints.write()
    assert refused.value.where == "event 3"
    assert checkpoints.latest() is None


def test_a_head_moved_back_is_never_signed(signed):
    from rempart.node.audit.models import Head

    Head.objects.update(seq=20, digest=audit.digest_of(20))
    with pytest.raises(IntegrityError, match="stands for 25"):
        checkpoints.write()


def test_where_many_events_share_a_mark_the_first_possible_one_is_named(tell, attacker, monkeypatch):
    monkeypatch.setattr(checkpoints, "stride_of", lambda events: 7)
    tell(30)
    checkpoints.write()
    attacker.edit(12)
    attacker.recompute()
    assert "8 to 14" in broken_at("event 8").what


def test_the_same_head_is_signed_once(signed):
    assert checkpoints.write() is not None
    assert checkpoints.write() is None
    assert len(checkpoints.read().points) == 3


class TestTheFile:
    """Who can also write to the folder of the checkpoints."""

    def notes(self) -> list[str]:
        return notes_in(checkpoints.own_file().whole())

    def put(self, *notes: str) -> None:
        checkpoints.own_file().path.write_text("".join(f"{note}\n" for note in notes))

    def test_a_changed_note_is_found(self, signed):
        first, second = self.notes()
        self.put(first, second.replace("\n25\n", "\n24\n"))
        broken_at("checkpoint 2")

    def test_a_note_taken_out_is_found(self, signed):
        self.put(self.notes()[1])
        broken_at("checkpoint 1")

    def test_notes_in_another_order_are_found(self, signed):
        self.put(*reversed(self.notes()))
        broken_at("checkpoint 1")

    def test_a_note_signed_by_another_is_found(self, signed, monkeypatch, tell):
        monkeypatch.setattr(runtime, "signer", lambda: Signer(bytes(32)))
        checkpoints.write()
        monkeypatch.undo()
        assert "not trusted" in broken_at("checkpoint 3").what

    def test_a_former_key_is_believed_when_it_is_named(self, signed, monkeypatch, tell):
        former = runtime.signer().public_key
        replaced = Signer(bytes(32))
        monkeypatch.setattr(runtime, "signer", lambda: replaced)
        checkpoints.write()
        broken_at("checkpoint 1")
        assert audit.verify(former_keys=[former]).checkpoints == 3

    def test_cut_off_with_the_chain_it_is_found_by_the_copy(self, copied, signed, attacker):
        first, _ = self.notes()
        self.put(first)
        attacker.cut(20)
        attacker.recompute()
        broken_at("event 21")

    def test_cut_off_alone_it_is_found_by_the_copy(self, copied, signed):
        first, _ = self.notes()
        self.put(first)
        assert "cut off" in broken_at(str(checkpoints.own_file().path)).what

    def test_removed_it_is_found_by_the_copy(self, copied, signed):
        checkpoints.own_file().path.unlink()
        broken_at(str(checkpoints.own_file().path))

    def test_a_changed_copy_is_found(self, copied, signed):
        copied.path.write_text(copied.path.read_text().replace("\n10\n", "\n11\n"))
        broken_at(str(checkpoints.own_file().path))

    def test_a_copy_that_lags_behind_is_none_of_that(self, copied, signed):
        first, _ = self.notes()
        copied.path.write_text(f"{first}\n")
        assert audit.verify().checkpoints == 2

    def test_the_copy_catches_up(self, copied, signed, tell):
        copied.path.unlink()
        checkpoints.write()
        assert copied.whole() == checkpoints.own_file().whole()

    def test_a_copy_out_of_reach_fails_after_the_own_note_was_written(self, settings, tell, tmp_path):
        settings.CHECKPOINT_COPY = str(tmp_path / "not mounted")
        tell(1)
        with pytest.raises(OutsideFailure):
            checkpoints.write()
        assert checkpoints.latest().seq == 1


def test_progress_is_told_to_the_end(signed, monkeypatch):
    monkeypatch.setattr(verification, "_REPORT_EVERY", 10)
    told: list[tuple[int, int]] = []
    audit.verify(on_progress=lambda done, total: told.append((done, total)))
    assert told == [(10, 30), (20, 30), (30, 30), (30, 30)]


def test_a_worker_signs_at_its_cadence(tell, drain, clock, settings):
    tell(3)
    drain()
    assert checkpoints.latest().seq == audit.head()[0]
    due = Job.objects.get(kind="checkpoint").due_at
    assert due - clock.now() == timedelta(minutes=settings.CHECKPOINT_MINUTES)
    tell(2)
    drain()
    assert checkpoints.latest().seq < audit.head()[0]
    clock.advance(minutes=settings.CHECKPOINT_MINUTES)
    drain()
    assert checkpoints.latest().seq == audit.head()[0]


def test_a_worker_gives_up_signing_a_changed_chain(signed, attacker, drain, clock):
    attacker.edit(28)
    for _ in range(4):
        drain()
        clock.advance(hours=2)
    assert ("checkpoint", "all", "IntegrityError") in jobs.failed()
    assert checkpoints.latest().seq == 25


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_worker_signs_when_it_stops(tell, monkeypatch):
    worker = Worker(idle_seconds=0.01)
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    monkeypatch.setattr("rempart.node.jobs.worker.load_steps", lambda: None)
    tell(4)
    worker.stop()
    worker.run()
    assert checkpoints.latest().seq == 4


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_workers_at_once_sign_one_line_of_checkpoints(tell):
    tell(5)
    ready, made = threading.Barrier(4), []

    def write() -> None:
        ready.wait()
        try:
            made.append(checkpoints.write())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(point is None for point in made) == [False, True, True, True]
    assert audit.verify().checkpoints == 1


def test_a_checkpoint_reads_as_text(signed):
    """What an auditor reads without any program of ours."""
    note = notes_in(checkpoints.own_file().whole())[0]
    origin, count, *_ = note.splitlines()
    assert (origin, count) == ("rempart.audit", "10")
    assert read_checkpoint(note.split("\n\n")[0] + "\n").digest == bytes(Event.objects.get(seq=10).digest)
    assert chain.START.digest == bytes(32)
