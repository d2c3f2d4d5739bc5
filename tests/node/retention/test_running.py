"""What is due goes, whole; what a hold covers stays; the chain and every figure stay as they were."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from node.retention.conftest import (
    ALL,
    NOTHING,
    add_message,
    blobs,
    close,
    days,
    holdings,
    rules,
)

from rempart.core.errors import IntegrityError
from rempart.core.retention import DataKind
from rempart.core.vocabulary import Source
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import holds as police
from rempart.node.casework.models import Content, Exposure
from rempart.node.intake import erasure, reports
from rempart.node.intake import services as intake
from rempart.node.intake.models import Report, ReportItem
from rempart.node.jobs import services as jobs
from rempart.node.jobs.models import Job
from rempart.node.retention import holds, running, storage
from rempart.node.retention.models import Remnant, Survey

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def line(kind: DataKind, rule: str = "") -> running.Line | None:
    return next((one for one in running.survey() if one.kind is kind and rule in one.rule), None)


class TestByAge:
    def test_parts_go_first_then_the_report(self, closed, clock, told, vault_is_clean):
        report = closed()
        assert not running.run()
        assert holdings(report) == ALL
        clock.advance(days=40)
        assert running.run() == {(DataKind.REPORT_FILES, "report_files-rule"): 1}
        assert holdings(report) == {**ALL, "files": 0}
        clock.advance(days=20)
        running.run()
        assert holdings(report) == {**ALL, "files": 0, "messages": 0}
        clock.advance(days=40)
        assert running.run() == {(DataKind.REPORT, "report-rule"): 1}
        assert holdings(report) == NOTHING
        assert not running.run()
        assert [name for name, _, _ in told("report:", f"report:{report}") if "erased" in name] == [
            "report:part_erased",
            "report:part_erased",
            "report:erased",
        ]
        vault_is_clean()

    def test_a_report_that_goes_takes_all_along_as_one_event(self, closed, clock, told, vault_is_clean):
        report = closed()
        clock.advance(days=100)
        running.run()
        assert told("report:erased") == [
            (
                "report:erased",
                f"report:{report}",
                {"rule": "report-rule", "files": 1, "originals": 1, "messages": 1},
            )
        ]
        assert not told("report:part_erased")
        vault_is_clean()

    def test_what_was_sealed_opens_no_more_with_what_is_left(self, closed, clock):
        report = closed()
        row = Report.objects.get(pk=report)
        before = bytes(ReportItem.objects.filter(report=report).order_by("position")[0].sealed)
        context = reports.context(row, "item/0")
        assert b"host.example" in runtime.vault().open(reports.key_of(row), before, context)
        clock.advance(days=100)
        running.run()
        row.refresh_from_db()
        with pytest.raises(IntegrityError):
            runtime.vault().open(reports.key_of(row), before, context)

    def test_the_bytes_are_in_no_file_of_the_database_any_more(self, closed, clock, home):
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL keeps old rows until it vacuums them")
        report = closed()
        row = Report.objects.get(pk=report)
        key, sealed = bytes(row.wrapped_key), bytes(ReportItem.objects.filter(report=report)[0].sealed)
        storage.truncate_log()
        stored = home.path / "test.sqlite3"
        assert key in stored.read_bytes()
        clock.advance(days=100)
        running.run()
        for path in home.path.glob("test.sqlite3*"):
            assert key not in path.read_bytes()
            assert sealed not in path.read_bytes()

    def test_an_open_or_reopened_report_stays(self, closed, submit, work, clock):
        waiting = submit(("url", "https://host.example/open"))
        work()
        reopened = closed()
        Report.objects.filter(pk=reopened).update(state="reopened")
        clock.advance(days=1000)
        assert not running.run()
        assert holdings(reopened) == ALL
        assert holdings(waiting)["items"] == 1

    def test_time_runs_from_the_last_closing_and_from_the_last_message(self, closed, clock):
        first, second = closed(1), closed(2)
        clock.advance(days=50)
        close(first)
        add_message(Report.objects.get(pk=second), "something new")
        clock.advance(days=59)
        running.run()
        assert holdings(first)["messages"] == 1
        assert holdings(second)["messages"] == 2
        clock.advance(days=41)
        running.run()
        assert (holdings(first), holdings(second)) == (NOTHING, NOTHING)

    def test_a_report_without_its_closing_event_is_kept(self, closed, clock):
        report = closed()
        other = Report.objects.create(
            reference="R26-UNTOLD22", source="public", state="closed", received_at=clock.now(), wrapped_key=b""
        )
        clock.advance(days=1000)
        running.run()
        other.refresh_from_db()
        assert (holdings(report), other.closed_reason) == (NOTHING, "")

    def test_rules_divide_by_source_and_outcome(self, closed, clock, settings):
        settings.RETENTION_RULES = rules(
            {"kind": "report", "name": "innocent", "days": 30, "outcomes": ["not_illegal"]},
            {"kind": "report", "name": "police", "days": 60, "outcomes": ["illegal"], "sources": ["police"]},
        )
        innocent = closed(1, legality="not_illegal")
        by_police, illegal = closed(2, source=Source.POLICE), closed(3)
        undecided = closed(4, legality="")
        mixed = closed(5, legality="not_illegal")
        Content.objects.filter(pk=intake.content_ids_of(mixed)[0]).update(legality="baseline")
        clock.advance(days=60)
        assert dict(running.run()) == {(DataKind.REPORT, "innocent"): 1, (DataKind.REPORT, "police"): 1}
        assert holdings(innocent) == holdings(by_police) == NOTHING
        assert holdings(illegal) == holdings(undecided) == holdings(mixed) == ALL

    def test_what_an_erased_report_pointed_to_stays_known(self, closed, clock):
        report = closed()
        contents = intake.content_ids_of(report)
        received = intake.first_received(contents[0])
        times = list(Content.objects.order_by("pk").values_list("times_reported", flat=True))
        clock.advance(days=100)
        running.run()
        assert intake.content_ids_of(report) == contents
        assert intake.first_received(contents[0]) == received
        assert list(Content.objects.order_by("pk").values_list("times_reported", flat=True)) == times
        assert intake.items(report) == []
        assert all(intake.items_with_content(content) == [] for content in contents)
        assert all(intake.files_with_content(content) == [] for content in contents)
        assert intake.read_messages(report) == []
        assert intake.original(report, "form") is None

    def test_steps_asked_for_again_find_nothing_to_do(self, closed, clock, work):
        report = closed()
        clock.advance(days=100)
        running.run()
        with transaction.atomic():
            jobs.wake("triage", report)
        work()
        assert not Job.objects.filter(state="failed").exists()
        assert holdings(report) == NOTHING

    def test_the_receipt_of_an_erased_report_opens_nothing(self, closed, clock):
        report = closed()
        Report.objects.filter(pk=report).update(receipt_digest=b"d" * 32)
        clock.advance(days=100)
        running.run()
        assert Report.objects.get(pk=report).receipt_digest is None


class TestExposures:
    def test_they_go_by_their_own_age_and_are_told_together(self, closed, clock, people, told):
        closed()
        content = Content.objects.first()
        for _ in range(3):
            Exposure.objects.create(person=people["ana"], content=content, at=clock.now(), how="grey-sharp")
        clock.advance(days=399)
        running.run()
        assert Exposure.objects.count() == 3
        Exposure.objects.create(person=people["ana"], content=content, at=clock.now(), how="grey-sharp")
        clock.advance(days=1)
        assert running.run() == {(DataKind.EXPOSURES, "exposures-rule"): 3}
        assert Exposure.objects.count() == 1
        assert told("exposure:erased") == [
            ("exposure:erased", "exposure:all", {"rule": "exposures-rule", "exposures": 3})
        ]

    def test_a_hold_on_the_content_keeps_them(self, closed, clock, people):
        closed()
        content = Content.objects.first()
        Exposure.objects.create(person=people["ana"], content=content, at=clock.now(), how="grey-sharp")
        police.place(people["luis"], content.pk, clock.now() + days(10), "Request 7")
        clock.advance(days=500)
        running.run()
        assert Exposure.objects.count() == 1


class TestHolds:
    def test_a_police_hold_keeps_every_report_that_points_to_its_content(self, closed, clock, people):
        report, other = closed(1), closed(2)
        police.place(people["luis"], intake.content_ids_of(report)[0], clock.now() + days(10), "Request 7")
        clock.advance(days=200)
        running.run()
        assert (holdings(report), holdings(other)) == (ALL, NOTHING)
        held = line(DataKind.REPORT)
        assert (held.due, held.held, held.next_at) == (0, 1, None)

    @pytest.mark.parametrize("on_content", [True, False])
    def test_a_preservation_hold_keeps_it_until_a_month_after_its_release(self, closed, clock, people, on_content):
        report = closed()
        named = (
            {"content_id": intake.content_ids_of(report)[0]}
            if on_content
            else {"reference": Report.objects.get(pk=report).reference}
        )
        hold = holds.place(people["luis"], clock.now() + days(10), "Letter 3", **named)
        clock.advance(days=200)
        running.run()
        assert holdings(report) == ALL
        holds.release(people["luis"], hold)
        clock.advance(days=29)
        running.run()
        assert holdings(report) == ALL
        assert line(DataKind.REPORT).next_at == clock.now() + days(1)
        clock.advance(days=1)
        running.run()
        assert holdings(report) == NOTHING

    def test_a_later_version_does_not_shorten_what_a_hold_kept(self, closed, clock, people, settings):
        held, free = closed(1), closed(2)
        hold = holds.place(
            people["luis"], clock.now() + days(1), "Letter 3", reference=Report.objects.get(pk=held).reference
        )
        clock.advance(days=1)
        holds.release(people["luis"], hold)
        settings.RETENTION_RULES = type(settings.RETENTION_RULES)(
            (
                *settings.RETENTION_RULES.versions,
                *rules(
                    {"kind": "report", "days": 35, "shortens": "The law changed."}, since=clock.now().date()
                ).versions,
            )
        )
        clock.advance(days=50)
        running.run()
        assert (holdings(held), holdings(free)) == (ALL, NOTHING)
        clock.advance(days=49)
        running.run()
        assert holdings(held) == NOTHING

    def test_a_hold_placed_between_the_look_and_the_erasure_is_seen(self, closed, clock, people, monkeypatch):
        """The run judges again under the lock that a hold's row needs."""
        report = closed()
        content = intake.content_ids_of(report)[0]
        clock.advance(days=100)
        original = erasure.still_closed

        def held_meanwhile(report_id):
            police.place(people["luis"], content, clock.now() + days(10), "Request 7")
            return original(report_id)

        monkeypatch.setattr(running.intake, "still_closed", held_meanwhile)
        assert not running.run()
        assert holdings(report) == ALL


class TestSurvey:
    def test_it_counts_by_kind_and_rule_and_changes_nothing(self, closed, clock, people):
        closed(1)
        clock.advance(days=50)
        closed(2)
        events = audit.head()
        found = {one.kind: (one.due, one.held, one.waiting, one.next_at) for one in running.survey()}
        now = clock.now()
        assert found == {
            DataKind.REPORT: (0, 0, 2, now + days(50)),
            DataKind.REPORT_FILES: (1, 0, 1, now + days(40)),
            DataKind.REPORT_MESSAGES: (0, 0, 2, now + days(10)),
        }
        assert audit.head() == events

    def test_what_it_says_is_due_is_what_goes(self, closed, clock):
        for number in range(4):
            closed(number)
            clock.advance(days=25)
        told = {(one.kind, one.rule): one.due for one in running.survey() if one.due}
        assert told
        assert dict(running.run()) == told
        assert not any(one.due for one in running.survey())

    def test_many_cost_no_more_questions_than_few(self, closed, clock, django_assert_max_num_queries):
        for number in range(4):
            closed(number)
        with django_assert_max_num_queries(18):
            running.survey()


class TestBroken:
    """A transaction that fails leaves everything, one that commits leaves nothing; a file never goes before its row."""

    def test_a_failure_inside_leaves_everything(self, closed, clock, monkeypatch, vault_is_clean):
        report = closed()
        clock.advance(days=100)
        events = audit.head()

        def fail(*args, **kwargs):
            raise RuntimeError("the disk is full")

        monkeypatch.setattr(running.storage, "leave", fail)
        with pytest.raises(RuntimeError):
            running.run()
        assert holdings(report) == ALL
        assert audit.head() == events
        vault_is_clean()

    def test_files_a_killed_run_left_are_deleted_by_the_next(self, closed, clock, monkeypatch, vault_is_clean):
        report = closed()
        before = blobs()
        clock.advance(days=100)
        with monkeypatch.context() as dying:
            dying.setattr(storage, "sweep", lambda: 0)
            running.run()
        assert holdings(report) == NOTHING
        assert blobs() == before
        assert Remnant.objects.count() == 1
        running.run()
        vault_is_clean()

    def test_a_limit_divides_the_work(self, closed, clock):
        for number in range(3):
            closed(number)
        clock.advance(days=100)
        counts = [running.run(limit=2).total() for _ in range(3)]
        assert counts == [2, 1, 0]


class TestFigures:
    def test_audit_and_every_public_figure_are_the_same_bytes_before_and_after(self, closed, clock):
        for number in range(8):
            closed(number, legality="national" if number % 2 else "not_illegal")
        clock.advance(days=100)
        before, head = published(), audit.verify().events
        assert running.run().total() == 8
        assert published() == before
        assert audit.verify().events == head + 8

    def test_the_worker_does_it_daily_and_keeps_its_look(self, closed, clock, drain):
        report = closed()
        clock.advance(days=100)
        drain()
        assert holdings(report) == NOTHING
        due_at = Job.objects.get(kind="retain").due_at
        assert due_at == clock.now() + timedelta(days=1)
        assert Survey.objects.get().at == clock.now()
        assert running.kept_survey() == (clock.now(), [])


def published() -> dict[str, bytes]:
    """Every page and file of figures."""
    paths = (
        "/en/figures/",
        "/en/figures/2026/",
        "/en/figures/2026-03/",
        "/open-data/figures.json",
        "/open-data/figures.csv",
    )
    client = Client()
    answers = {path: client.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    return {path: answer.getvalue() for path, answer in answers.items()}
