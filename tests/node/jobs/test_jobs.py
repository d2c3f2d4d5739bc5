"""Steps as rows: claimed once, committed once, repeated after a crash."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections, transaction

from rempart.core.errors import InputError, OutsideFailure
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def steps(monkeypatch) -> dict[str, jobs.Step]:
    """The registry of steps, ours alone for this test."""
    registry: dict[str, jobs.Step] = {}
    monkeypatch.setattr(jobs, "_STEPS", registry)
    return registry


def mark(name: str) -> None:
    """An effect that can be counted: a row."""
    Job.objects.create(
        kind="effect", subject=name, due_at=jobs.clock().now(), created_at=jobs.clock().now(), state="done"
    )


def effects() -> int:
    return Job.objects.filter(kind="effect").count()


def job(kind: str = "work", subject: str = "1") -> Job:
    return Job.objects.get(kind=kind, subject=subject)


class TestAsking:
    def test_asking_twice_is_one_step(self, steps):
        jobs.enqueue("work", 1)
        jobs.enqueue("work", "1")
        assert Job.objects.count() == 1

    def test_enqueue_leaves_a_done_step_alone_and_wake_does_not(self, steps):
        done = []
        steps["work"] = lambda subject: lambda: done.append(subject)
        jobs.enqueue("work", 1)
        jobs.run_due()
        jobs.enqueue("work", 1)
        jobs.run_due()
        assert done == ["1"]
        jobs.wake("work", 1)
        jobs.run_due()
        assert done == ["1", "1"]

    def test_a_request_that_is_rolled_back_was_never_made(self, steps):
        with transaction.atomic():
            jobs.enqueue("work", 1)
            transaction.set_rollback(True)
        assert not Job.objects.exists()

    def test_two_functions_for_one_kind_are_refused(self, steps):
        jobs.step("work")(lambda subject: jobs.nothing)
        with pytest.raises(ValueError, match="work"):
            jobs.step("work")(lambda subject: jobs.nothing)


class TestOrder:
    def test_priority_then_due_then_age(self, steps, clock):
        now = clock.now()
        jobs.enqueue("work", "late", due_at=now)
        jobs.enqueue("work", "early", due_at=now - timedelta(minutes=1))
        jobs.enqueue("work", "urgent", due_at=now, priority=5)
        jobs.enqueue("work", "future", due_at=now + timedelta(minutes=1), priority=9)
        assert [held.subject for held in jobs.claim()] == ["urgent", "early", "late"]

    def test_kinds_and_limit(self, steps):
        for subject in "123":
            jobs.enqueue("work", subject)
        jobs.enqueue("other", 1)
        assert [held.kind for held in jobs.claim(kinds=["other"])] == ["other"]
        assert len(jobs.claim(2)) == 2

    def test_effects_that_give_a_time_are_due_again_then(self, steps, clock):
        runs = []
        steps["work"] = lambda subject: lambda: runs.append(clock.now()) or clock.now() + timedelta(hours=1)
        jobs.enqueue("work", 1)
        assert jobs.run_due() == 1
        assert jobs.run_due() == 0
        assert Job.objects.get().due_at == clock.now() + timedelta(hours=1)
        clock.advance(hours=1)
        assert jobs.run_due() == 1
        assert len(runs) == 2


class TestFailure:
    def test_effects_are_whole_or_absent(self, steps, clock):
        def half() -> None:
            mark("half")
            raise ZeroDivisionError

        steps["work"] = lambda subject: half
        jobs.enqueue("work", 1)
        jobs.run_due()
        assert effects() == 0
        assert (job().state, job().last_error, job().lease_token) == ("waiting", "ZeroDivisionError", "")
        assert job().due_at == clock.now() + timedelta(seconds=30)

    def test_a_failures_text_is_not_kept(self, steps, caplog):
        def fail(subject: str) -> jobs.Effects:
            raise InputError("a made-up secret")

        steps["work"] = fail
        jobs.enqueue("work", 1)
        jobs.run_due()
        assert "secret" not in caplog.text + job().last_error

    @pytest.mark.parametrize(
        ("error", "tries"),
        [(InputError("wrong"), 3), (OutsideFailure("away"), jobs.MAX_ATTEMPTS), (OSError(), jobs.MAX_ATTEMPTS)],
    )
    def test_it_is_tried_again_as_often_as_that_helps(self, steps, clock, error, tries):
        runs = []

        def fail(subject: str) -> jobs.Effects:
            runs.append(clock.now())
            raise error

        steps["work"] = fail
        jobs.enqueue("work", 1)
        for _ in range(40):
            jobs.run_due()
            clock.advance(hours=1)
        assert len(runs) == tries
        assert job().state == "failed"

    def test_one_bad_step_does_not_stop_the_others(self, steps):
        done = []

        def fail(subject: str) -> jobs.Effects:
            if subject == "bad":
                raise RuntimeError
            return lambda: done.append(subject)

        steps["work"] = fail
        for subject in ("bad", "good"):
            jobs.enqueue("work", subject)
        assert jobs.run_due() == 2
        assert done == ["good"]


class TestLease:
    def test_a_held_step_is_not_claimed_again(self, steps):
        jobs.enqueue("work", 1)
        assert len(jobs.claim()) == 1
        assert jobs.claim() == []

    def test_a_dead_workers_step_is_claimed_again_when_its_lease_ran_out(self, steps, monkeypatch):
        jobs.enqueue("work", 1)
        [dead] = jobs.claim()
        monkeypatch.setattr(time, "time", lambda real=time.time: real() + jobs.LEASE_SECONDS + 1)
        [living] = jobs.claim()
        assert living.attempts == 2
        assert living.token != dead.token

    def test_a_worker_that_lost_its_lease_commits_nothing(self, steps):
        steps["work"] = lambda subject: lambda: mark("once")
        jobs.enqueue("work", 1)
        [slow] = jobs.claim()
        Job.objects.filter(kind="work").update(lease_until=0.0)
        [fast] = jobs.claim()
        assert jobs.perform(fast)
        assert not jobs.perform(slow)
        assert effects() == 1
        assert job().state == "done"

    def test_a_late_failure_does_not_undo_anothers_success(self, steps):
        def fail(subject: str) -> jobs.Effects:
            Job.objects.filter(kind="work").update(lease_until=0.0)
            steps["work"] = lambda subject: lambda: mark("once")
            assert jobs.perform(jobs.claim()[0])
            raise OutsideFailure("away")

        steps["work"] = fail
        jobs.enqueue("work", 1)
        [slow] = jobs.claim()
        assert not jobs.perform(slow)
        assert (job().state, effects()) == ("done", 1)

    def test_a_crash_between_work_and_effects_repeats_the_step(self, steps):
        seen = []

        def step(subject: str) -> jobs.Effects:
            seen.append(subject)
            return lambda: mark("once")

        steps["work"] = step
        jobs.enqueue("work", 1)
        jobs.claim()
        step("1")
        Job.objects.update(lease_until=0.0)
        assert jobs.run_due() == 1
        assert (len(seen), effects()) == (2, 1)

    def test_handed_back_steps_are_due_at_once_and_cost_no_attempt(self, steps):
        jobs.enqueue("work", 1)
        jobs.release(jobs.claim())
        [again] = jobs.claim()
        assert again.attempts == 1

    def test_a_step_that_waited_long_in_its_batch_renews_or_stands_back(self, steps, monkeypatch):
        steps["work"] = lambda subject: lambda: mark(subject)
        for subject in "12":
            jobs.enqueue("work", subject)
        first, second = jobs.claim()
        Job.objects.filter(subject="2").update(lease_token="another", lease_until=time.time() + 1000)
        monkeypatch.setattr(time, "time", lambda real=time.time: real() + jobs.LEASE_SECONDS * 0.9)
        assert jobs.perform(first)
        assert not jobs.perform(second)
        assert effects() == 1


class TestWake:
    def test_woken_while_its_outside_work_runs_it_is_run_again(self, steps):
        runs = []

        def step(subject: str) -> jobs.Effects:
            runs.append(subject)
            if len(runs) == 1:
                jobs.wake("work", 1)
            return lambda: mark(f"run {len(runs)}")

        steps["work"] = step
        jobs.enqueue("work", 1)
        while jobs.run_due():
            pass
        assert len(runs) == 2
        assert list(Job.objects.filter(kind="effect").values_list("subject", flat=True)) == ["run 2"]

    def test_a_step_that_wakes_itself_in_its_effects_is_run_again(self, steps):
        runs = []

        def again() -> None:
            runs.append(1)
            if len(runs) < 3:
                jobs.wake("work", 1)

        steps["work"] = lambda subject: again
        jobs.enqueue("work", 1)
        while jobs.run_due():
            pass
        assert len(runs) == 3
        assert job().state == "done"

    def test_a_failed_step_gets_all_its_attempts_back(self, steps):
        jobs.enqueue("work", 1)
        Job.objects.update(state="failed", attempts=12)
        jobs.wake("work", 1)
        assert (job().state, job().attempts) == ("waiting", 0)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestWorkersAtOnce:
    def together(self, count: int, run) -> None:
        ready = threading.Barrier(count)

        def worker() -> None:
            ready.wait()
            try:
                run()
            finally:
                connections.close_all()

        threads = [threading.Thread(target=worker) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_each_step_is_claimed_by_one(self, steps):
        for subject in range(24):
            jobs.enqueue("work", subject)
        claimed: list[str] = []

        def run() -> None:
            while claims := jobs.claim(3):
                claimed.extend(held.subject for held in claims)

        self.together(4, run)
        assert len(claimed) == len(set(claimed)) == 24

    def test_two_who_both_believe_they_hold_a_step_commit_it_once(self, steps):
        steps["work"] = lambda subject: lambda: mark("once")
        jobs.enqueue("work", 1)
        [held] = jobs.claim()
        results: list[bool] = []
        self.together(4, lambda: results.append(jobs.perform(held)))
        assert sorted(results) == [False, False, False, True]
        assert effects() == 1
