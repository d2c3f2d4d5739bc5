"""What staff wrote about a case goes by its own rule, at the latest with the last report, and never while held."""

import pytest
from django.db import connection
from node.retention.conftest import NOTHING, close, days, holdings, rules

from rempart.core.errors import Conflict, IntegrityError
from rempart.core.retention import DataKind, LegalBasis
from rempart.node.audit import services as audit
from rempart.node.casework import holds as police
from rempart.node.casework import notes, services, timeline
from rempart.node.casework.models import Assessment, Content, Note
from rempart.node.intake.models import Report
from rempart.node.retention import holds, requests, running, storage
from rempart.node.retention.requests import Named, Subject

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
URL = ("url", "https://host.example/noted")
TEXT = "A made-up note"


@pytest.fixture
def come(submit, work):
    """Let a report on the one address come in and be closed, or stay open; returns its number."""

    def in_(*, is_closed: bool = True) -> int:
        report = submit(URL)
        work()
        if is_closed:
            close(report)
        return report

    return in_


@pytest.fixture
def case(come, people) -> int:
    """A case of one closed report with a note, and a note of an assessment."""
    come()
    content = Content.objects.get()
    notes.add(people["ana"], content.pk, TEXT)
    assess(content.pk)
    return content.pk


def assess(content: int) -> Assessment:
    return Assessment.objects.create(
        content_id=content,
        at=running.clock().now(),
        country="FR",
        legality="not_illegal",
        basis="own",
        second_look="none",
        note=TEXT,
    )


def left() -> tuple[int, int]:
    """Notes on cases, and of assessments."""
    return Note.objects.count(), Assessment.objects.exclude(note="").count()


@pytest.fixture
def by_rule(settings):
    def set_(*given: dict) -> None:
        settings.RETENTION_RULES = rules(*(given or ({"kind": "case_notes", "days": 50},)))

    return set_


class TestByRule:
    def test_they_go_so_long_after_the_last_report_was_closed(self, case, come, by_rule, clock, told):
        by_rule()
        clock.advance(days=20)
        come()
        clock.advance(days=49)
        assert not running.run()
        assert left() == (1, 1)
        clock.advance(days=1)
        assert running.run() == {(DataKind.CASE_NOTES, "case_notes-rule"): 1}
        assert left() == (0, 0)
        assert told("case:notes_erased") == [
            ("case:notes_erased", f"case:{case}", {"rule": "case_notes-rule", "notes": 2})
        ]
        assert not running.run()
        audit.verify()

    def test_time_begins_anew_with_a_later_note(self, case, by_rule, clock, people):
        by_rule()
        clock.advance(days=30)
        notes.add(people["ana"], case, "one more")
        clock.advance(days=49)
        assert not running.run()
        clock.advance(days=1)
        running.run()
        assert left() == (0, 0)

    def test_a_case_with_an_open_report_keeps_them(self, case, come, by_rule, clock):
        by_rule()
        come(is_closed=False)
        clock.advance(days=500)
        assert not running.run()
        assert left() == (1, 1)

    def test_the_assessment_itself_stays_and_the_time_line_tells(self, case, by_rule, clock, people):
        by_rule()
        clock.advance(days=50)
        running.run()
        (opinion,) = services.case_facts(case).assessments
        assert (opinion.legality, opinion.note) == ("not_illegal", "")
        said = [str(moment.what) for moment in timeline.of(people["ana"], case, [], unbiased=False)]
        assert "Notes erased by a rule or a request" in said
        assert "Note written" in said

    def test_rules_divide_by_what_the_case_came_to(self, case, by_rule, clock):
        by_rule(
            {"kind": "case_notes", "name": "illegal", "days": 40, "outcomes": ["illegal"]},
            {"kind": "case_notes", "name": "others", "days": 60, "outcomes": ["not_illegal", "undetermined"]},
        )
        Content.objects.update(legality="baseline")
        clock.advance(days=39)
        assert [(one.rule, one.waiting) for one in running.survey()] == [("illegal", 1)]
        Content.objects.update(legality="not_illegal")
        assert [(one.rule, one.waiting) for one in running.survey()] == [("others", 1)]

    def test_a_dry_run_counts_cases_and_what_is_due_is_what_goes(self, case, by_rule, clock, submit, work, people):
        by_rule()
        for number in range(4):
            report = submit(("url", f"https://host.example/{number}"))
            work()
            close(report)
            notes.add(people["ana"], Content.objects.latest("pk").pk, TEXT)
            clock.advance(days=10)
        clock.advance(days=25)
        (line,) = running.survey()
        assert (line.kind, line.due, line.held, line.waiting) == (DataKind.CASE_NOTES, 3, 0, 2)
        assert running.run().total() == 3
        assert left() == (2, 0)

    def test_pages_of_many_cases_are_all_seen(self, by_rule, clock, submit, work, people, monkeypatch):
        by_rule()
        monkeypatch.setattr(running, "BATCH", 2)
        for number in range(5):
            report = submit(("url", f"https://host.example/{number}"))
            work()
            close(report)
        for content in Content.objects.all():
            (assess(content.pk) if content.pk % 2 else notes.add(people["ana"], content.pk, TEXT))
        clock.advance(days=50)
        assert running.run().total() == 5
        assert left() == (0, 0)

    def test_a_note_on_a_case_of_which_all_is_erased_goes_by_the_rule(self, case, by_rule, clock, people):
        by_rule({"kind": "report", "days": 30}, {"kind": "case_notes", "days": 50})
        clock.advance(days=30)
        running.run()
        assert left() == (0, 0)
        notes.add(people["ana"], case, "afterwards")
        clock.advance(days=50)
        assert running.run() == {(DataKind.CASE_NOTES, "case_notes-rule"): 1}
        assert left() == (0, 0)


class TestWithTheReport:
    def test_they_go_with_the_last_report_and_not_before(self, case, come, by_rule, clock, told):
        by_rule({"kind": "report", "days": 40})
        first = Report.objects.get().pk
        clock.advance(days=20)
        second = come()
        clock.advance(days=20)
        running.run()
        assert holdings(first)["items"] == 0
        assert left() == (1, 1)
        clock.advance(days=20)
        running.run()
        assert holdings(second)["items"] == 0
        assert left() == (0, 0)
        assert told("case:notes_erased") == [("case:notes_erased", f"case:{case}", {"rule": "report-rule", "notes": 2})]
        audit.verify()

    def test_on_request_too_and_its_page_says_how_many(self, case, come, people, told):
        second = come()
        number = ask(people, second)
        assert requests.notes(number) == (0, 2)
        requests.approve(people["sacha"], number, "Checked.")
        assert left() == (1, 1)
        first = ask(people, Report.objects.order_by("pk")[0].pk)
        assert requests.notes(first) == (2, 0)
        requests.approve(people["sacha"], first, "Checked.")
        assert left() == (0, 0)
        assert told("case:notes_erased") == [("case:notes_erased", f"case:{case}", {"request": first, "notes": 2})]
        assert requests.notes(first) == (0, 0)

    def test_notes_on_other_cases_stay(self, case, submit, work, people, clock):
        other = submit(("url", "https://host.example/other"))
        work()
        notes.add(people["ana"], Content.objects.latest("pk").pk, TEXT)
        clock.advance(days=1)
        requests.approve(people["sacha"], ask(people, other), "Checked.")
        assert left() == (1, 1)
        assert holdings(other) == {**NOTHING}

    def test_a_failure_inside_leaves_both(self, case, by_rule, clock, monkeypatch):
        by_rule({"kind": "report", "days": 40})
        clock.advance(days=40)
        report = Report.objects.get().pk

        def fail(*args, **kwargs):
            raise RuntimeError("the disk is full")

        monkeypatch.setattr(running.whole.referrals, "erase_files", fail)
        with pytest.raises(RuntimeError):
            running.run()
        assert left() == (1, 1)
        assert holdings(report)["items"] == 1


def ask(people, report: int) -> int:
    reference = Report.objects.get(pk=report).reference
    return requests.ask(people["vera"], Subject.SUSPECT, Named(reference=reference), LegalBasis.GDPR_17, "A letter.")


class TestHolds:
    def test_a_police_hold_on_the_case_keeps_them(self, case, by_rule, clock, people):
        by_rule()
        police.place(people["luis"], case, clock.now() + days(5), "Request 7")
        clock.advance(days=500)
        assert not running.run()
        (line,) = running.survey()
        assert (line.held, line.due) == (1, 0)
        assert left() == (1, 1)

    @pytest.mark.parametrize("on_report", [True, False])
    def test_a_preservation_hold_keeps_them_until_a_month_after_it(self, case, by_rule, clock, people, on_report):
        by_rule()
        named = {"reference": Report.objects.get().reference} if on_report else {"content_id": case}
        hold = holds.place(people["luis"], clock.now() + days(5), "Letter 3", **named)
        clock.advance(days=500)
        assert not running.run()
        holds.release(people["luis"], hold)
        clock.advance(days=29)
        assert not running.run()
        clock.advance(days=1)
        running.run()
        assert left() == (0, 0)

    def test_one_placed_between_the_look_and_the_erasure_is_seen(self, case, by_rule, clock, people, monkeypatch):
        by_rule()
        clock.advance(days=50)
        original = running.casework.lock

        def held_meanwhile(content_ids):
            police.place(people["luis"], case, clock.now() + days(10), "Request 7")
            return original(content_ids)

        monkeypatch.setattr(running.casework, "lock", held_meanwhile)
        assert not running.run()
        assert left() == (1, 1)

    def test_of_a_report_that_is_erased_nothing_is_left_to_hold(self, case, people, clock):
        report = Report.objects.get()
        requests.approve(people["sacha"], ask(people, report.pk), "Checked.")
        with pytest.raises(Conflict, match="erased already"):
            holds.place(people["luis"], clock.now() + days(5), "Letter 3", reference=report.reference)
        assert holds.place(people["luis"], clock.now() + days(5), "Letter 3", content_id=case)


def test_the_bytes_are_in_no_file_of_the_database_any_more(case, by_rule, clock, home):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps old rows until it vacuums them")
    by_rule()
    once = "An unrepeated made-up remark"
    Assessment.objects.update(note=once)
    row = Note.objects.get()
    parts = (bytes(row.wrapped_key), bytes(row.sealed), once.encode())
    storage.truncate_log()
    stored = (home.path / "test.sqlite3").read_bytes()
    assert all(part in stored for part in parts)
    clock.advance(days=50)
    running.run()
    for path in home.path.glob("test.sqlite3*"):
        found = path.read_bytes()
        assert not any(part in found for part in parts)


def test_without_its_key_a_note_of_a_backup_opens_no_more(case, by_rule, clock):
    """The row that held the only wrapped key is gone; another key opens nothing."""
    row = Note.objects.get()
    by_rule()
    clock.advance(days=50)
    running.run()
    assert not Note.objects.exists()
    row.wrapped_key = notes.vault().wrap(notes.vault().new_report_key(), f"note/{row.name}")
    with pytest.raises(IntegrityError):
        notes.opened(row)
