"""The life of a submission: as a model, under threads, and when a process dies half-way."""

import threading
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import connection, transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.intake import housekeeping, platforms, reports, services, submissions
from rempart.node.intake.cybertip import reading
from rempart.node.intake.models import Original, Platform, PlatformSubmission, Report, StoredFile
from rempart.node.intake.uploads import IncomingFile
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job


def add_platform(name: str) -> Platform:
    username, _secret = platforms.add_platform(name)
    return Platform.objects.get(username=username)


def open_one(platform: Platform, body: bytes, key: bytes) -> submissions.Opened:
    new, inputs = reading.read_submission(body)
    return submissions.open_submission(platform, new, inputs, key.ljust(32))


def upload(platform: Platform, report_id: int, data: bytes, name: str = "a") -> str:
    with IncomingFile(name) as incoming:
        incoming.write(data)
        return submissions.add_file(platform, report_id, incoming).file_id


def finish(platform: Platform, report_id: int) -> list[str]:
    return submissions.finish(platform, report_id, reading.items_from_people, reading.REPORT_PART)


class Lifecycle(RuleBasedStateMachine):
    """Random calls against a plain model of what each submission must be."""

    clock: ClassVar
    body: ClassVar[bytes]
    count: ClassVar[int] = 0
    numbers = Bundle("numbers")

    @initialize()
    def begin(self) -> None:
        Lifecycle.count += 1
        self.platform = add_platform(f"Chat {Lifecycle.count}")
        self.phases: dict[int, str] = {}
        self.files: dict[int, list[str]] = {}
        self.opened: dict[int, object] = {}
        self.changed: dict[int, object] = {}
        self.current: dict[bytes, int] = {}

    @rule(target=numbers, key=st.sampled_from([b"one", b"two", b"three"]))
    def submit(self, key):
        now = self.clock.now()
        opened = open_one(self.platform, self.body, key)
        known = self.current.get(key)
        repeated = (
            known is not None
            and self.phases[known] in {"open", "finished"}
            and now - self.opened[known] < timedelta(hours=24)
        )
        assert opened.repeated == repeated
        if repeated:
            assert opened.report_id == known
        else:
            assert opened.report_id not in self.phases
            self.phases[opened.report_id] = "open"
            self.files[opened.report_id] = []
            self.opened[opened.report_id] = self.changed[opened.report_id] = now
            self.current[key] = opened.report_id
        return opened.report_id

    def attempt(self, number, act):
        """Run a call that only an open submission allows, and check the refusal of any other."""
        refusals = {
            "finished": submissions.AlreadyFinished,
            "retracted": submissions.AlreadyRetracted,
            "expired": submissions.NoSuchReport,
        }
        if self.phases[number] == "open":
            self.changed[number] = self.clock.now()
            return act()
        with pytest.raises(refusals[self.phases[number]]):
            act()
        return None

    @rule(number=numbers, data=st.binary(min_size=1, max_size=3))
    def add_file(self, number, data):
        added = self.attempt(number, lambda: upload(self.platform, number, data))
        if added and added not in self.files[number]:
            self.files[number].append(added)

    @rule(number=numbers)
    def finish(self, number):
        numbers = self.attempt(number, lambda: finish(self.platform, number))
        if numbers is not None:
            assert numbers == self.files[number]
            self.phases[number] = "finished"

    @rule(number=numbers)
    def retract(self, number):
        was = self.phases[number]
        self.attempt(number, lambda: submissions.retract(self.platform, number))
        if was == "open":
            self.phases[number] = "retracted"

    @rule(hours=st.sampled_from([0.5, 1, 12, 24]))
    def time_passes(self, hours):
        self.clock.advance(hours=hours)

    @rule()
    def expire(self):
        with transaction.atomic():
            while submissions.expire():
                pass
        now = self.clock.now()
        for number, phase in self.phases.items():
            old = now - self.opened[number] >= timedelta(hours=24) and now - self.changed[number] >= timedelta(hours=1)
            if phase == "open" and old:
                self.phases[number] = "expired"

    @invariant()
    def the_rows_agree(self):
        rows = dict(PlatformSubmission.objects.filter(platform=self.platform).values_list("pk", "phase"))
        assert rows == self.phases
        for number, phase in self.phases.items():
            held = list(StoredFile.objects.filter(report=number).order_by("pk").values_list("file_id", flat=True))
            assert held == ([] if phase in {"retracted", "expired"} else self.files[number])
            events = [fact.action for fact in audit.events(subject=f"report:{number}")]
            expected = {"open": [], "finished": ["report:received"]}
            assert events == expected.get(phase, [f"report:{phase}"])


def test_the_life_of_a_submission(db, clock, make_xml, settings):
    Lifecycle.clock, Lifecycle.body = clock, make_xml()
    run_state_machine_as_test(
        Lifecycle, settings=hypothesis_settings(max_examples=25, stateful_step_count=15, deadline=None)
    )


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_simultaneous_repeats_are_one_report(make_xml):
    platform = add_platform("Example Chat")
    gate = threading.Barrier(8)
    answers: list[submissions.Opened] = []

    def send() -> None:
        gate.wait()
        answers.append(open_one(platform, make_xml(), b"same"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len({opened.report_id for opened in answers}) == 1
    assert [opened.repeated for opened in answers].count(False) == 1
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_two_simultaneous_ends_one_wins(make_xml):
    platform = add_platform("Example Chat")
    for attempt in range(5):
        number = open_one(platform, make_xml(), b"%d" % attempt).report_id
        upload(platform, number, b"x")
        gate, outcomes = threading.Barrier(2), []

        def end(act, gate=gate, outcomes=outcomes, number=number) -> None:
            gate.wait()
            try:
                act(platform, number)
                outcomes.append("done")
            except submissions.Refused as refused:
                outcomes.append(type(refused).__name__)
            connection.close()

        threads = [threading.Thread(target=end, args=(act,)) for act in (finish, submissions.retract)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        phase = PlatformSubmission.objects.get(pk=number).phase
        loser = {"finished": "AlreadyFinished", "retracted": "AlreadyRetracted"}[phase]
        assert sorted(outcomes) == sorted(["done", loser])
        assert StoredFile.objects.filter(report=number).exists() == (phase == "finished")


class Died(BaseException):
    """Stands for the end of the process: nothing catches it."""


def blobs(home) -> set[str]:
    return {path.name for path in home.vault.rglob("*") if path.is_file() and not path.name.startswith(".")}


@pytest.fixture
def opened(clock, db, make_xml):
    platform = add_platform("Example Chat")
    return platform, open_one(platform, make_xml(), b"key").report_id


def test_dying_before_the_blob_is_durable_leaves_neither(opened, home, monkeypatch):
    from rempart.adapters import vault as adapter

    def die(*args):
        raise Died

    before = blobs(home)
    monkeypatch.setattr(adapter.os, "fsync", die)
    with pytest.raises(Died):
        upload(*opened, b"x")
    assert not StoredFile.objects.exists()
    assert blobs(home) == before


def test_dying_between_blob_and_row_leaves_an_orphan_that_is_swept(opened, home, monkeypatch, clock):
    def die(*args, **kwargs):
        raise Died

    before = blobs(home)
    with monkeypatch.context() as patch:
        patch.setattr(submissions, "_touch", die)
        with pytest.raises(Died):
            upload(*opened, b"x")
    assert not StoredFile.objects.exists()
    orphans = blobs(home) - before
    assert len(orphans) == 1

    kept = upload(*opened, b"y")
    housekeeping.sweep_vault("all")
    assert orphans <= blobs(home), "a young blob may belong to a running upload"
    monkeypatch.setattr(housekeeping, "ORPHAN_SECONDS", -1.0)
    again = housekeeping.sweep_vault("all")()
    assert not orphans & blobs(home)
    assert kept in blobs(home)
    assert again == clock.now() + housekeeping.SWEEP_EVERY


def test_dying_in_finish_leaves_the_submission_open(opened, monkeypatch):
    platform, number = opened
    upload(platform, number, b"x")

    def die(*args, **kwargs):
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(reports, "receive", die)
        with pytest.raises(Died):
            finish(platform, number)
    assert PlatformSubmission.objects.get().phase == "open"
    assert not list(audit.events(actions=["report:received"]))
    assert len(finish(platform, number)) == 1


def test_an_open_submission_keeps_its_files_until_it_expires(opened, clock, drain, home):
    platform, number = opened
    file_id = upload(platform, number, b"x")
    clock.advance(hours=23, minutes=45)
    upload(platform, number, b"y")
    clock.advance(minutes=30)
    drain()
    assert PlatformSubmission.objects.get().phase == "open", "changed less than an hour ago"
    assert StoredFile.objects.count() == 2
    key = bytes(Report.objects.get().wrapped_key)
    clock.advance(minutes=45)
    drain()
    assert PlatformSubmission.objects.get().phase == "expired"
    assert not StoredFile.objects.exists()
    assert not Original.objects.exists()
    assert bytes(Report.objects.get().wrapped_key) != key
    assert [fact.action for fact in audit.events(subject=f"report:{number}")] == ["report:expired"]
    assert not StoredFile.objects.filter(file_id=file_id).exists()
    with pytest.raises(submissions.NoSuchReport):
        finish(platform, number)


def test_the_repeating_steps_are_asked_for_again_after_a_failure(db, clock):
    housekeeping.ask_for_repeating_steps()
    assert jobs.run_due() == 2
    assert set(Job.objects.values_list("kind", "state")) == {
        ("expire-submissions", "waiting"),
        ("sweep-vault", "waiting"),
    }
    assert Job.objects.get(kind="expire-submissions").due_at == clock.now() + housekeeping.EXPIRE_EVERY
    Job.objects.update(state="failed")
    housekeeping.ask_for_repeating_steps()
    assert jobs.run_due() == 2


def test_more_than_a_batch_expires_without_waiting(db, clock, make_xml, monkeypatch):
    monkeypatch.setattr(housekeeping, "_BATCH", 2)
    platform = add_platform("Example Chat")
    for number in range(3):
        open_one(platform, make_xml(), b"%d" % number)
    clock.advance(hours=25)
    with transaction.atomic():
        assert housekeeping.expire_submissions("all")() == clock.now()
    with transaction.atomic():
        assert housekeeping.expire_submissions("all")() == clock.now() + housekeeping.EXPIRE_EVERY
    assert set(PlatformSubmission.objects.values_list("phase", flat=True)) == {"expired"}


def test_without_the_reports_key_no_file_opens(opened):
    platform, number = opened
    upload(platform, number, b"x")
    stored = StoredFile.objects.get()
    assert b"".join(services.file_bytes(stored.pk)) == b"x"
    reference = Report.objects.get().reference
    vault = runtime.vault()
    Report.objects.update(wrapped_key=vault.wrap(vault.new_report_key(), reference))
    from rempart.core.errors import IntegrityError

    with pytest.raises(IntegrityError):
        b"".join(services.file_bytes(stored.pk))


def test_feedback_is_kept_for_platform_reports_only(opened, clock):
    _platform, number = opened
    services.give_feedback(number, "actioned", useful=True)
    services.give_feedback(number, "closed", useful=False)
    row = Report.objects.get().feedback
    assert (row.outcome, row.useful) == ("closed", False)
    other = Report.objects.create(reference="R26-TEST", source="public", received_at=clock.now(), wrapped_key=b"k")
    services.give_feedback(other.pk, "actioned", useful=True)
    assert not hasattr(Report.objects.get(pk=other.pk), "feedback")
