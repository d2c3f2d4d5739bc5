"""Permanent redaction: the passage is nowhere any more, the rest is as it was, who and why is told."""

import json

import pytest
from django.db import connection, transaction
from node.retention.conftest import add_message

from rempart.core.errors import InputError, NotFound, NotPermitted
from rempart.core.redaction import MARK, Ground
from rempart.core.vocabulary import ItemKind, Role, Source
from rempart.node import runtime
from rempart.node.audit import services as audit
from rempart.node.casework import access, notes
from rempart.node.casework import services as casework
from rempart.node.casework.models import Assessment, Content, Note
from rempart.node.intake import reports
from rempart.node.intake import services as intake
from rempart.node.intake.models import Message, Original, Report, ReportItem
from rempart.node.retention import redaction, running, storage
from rempart.node.retention.models import Redaction
from rempart.node.retention.redaction import Kind
from rempart.node.staff.models import StaffMember

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
NAME = "Example Person"
STORY = f"It was sent by {NAME}.\r\nPlease tell {NAME} nothing."


@pytest.fixture
def report(clock) -> Report:
    """As the public form makes it, with a story and a comment."""
    typed = json.dumps({"form": "public", "answers": {"story": [STORY], "comment": ["a comment"]}}).encode()
    item = reports.NewItem(ItemKind.TEXT, STORY, {"comment": "a comment"})
    with transaction.atomic():
        return reports.create_report(reports.NewReport(Source.PUBLIC, (item,), "form", typed))


@pytest.fixture
def message(report) -> Message:
    return add_message(report, STORY)


@pytest.fixture
def note(people, report) -> Assessment:
    content = Content.objects.create(kind="url", key=b"k" * 32, first_seen_at=report.received_at)
    ReportItem.objects.filter(report=report).update(content=content)
    return Assessment.objects.create(
        content=content,
        at=report.received_at,
        country="FR",
        legality="not_illegal",
        basis="own",
        second_look="none",
        note=STORY,
    )


@pytest.fixture
def case_note(note, people) -> Note:
    notes.add(people["ana"], note.content_id, STORY)
    return Note.objects.get()


@pytest.fixture
def redact(people):
    def do(kind: Kind, text_id: int, passage: str = NAME, person: str = "sacha", reason: str = "Uninvolved.") -> None:
        redaction.redact(people[person], kind, text_id, passage, Ground.UNINVOLVED_PERSON, reason)

    return do


AFTER = f"It was sent by {MARK}.\nPlease tell {MARK} nothing."


def test_a_message_is_sealed_anew_without_it(redact, message, report, people, told):
    before = bytes(message.sealed)
    redact(Kind.MESSAGE, message.pk)
    assert [text for _, text in intake.read_messages(report.pk)] == [AFTER]
    message.refresh_from_db()
    assert bytes(message.sealed) != before
    assert told("text:") == [("text:redacted", f"message:{message.pk}", {"ground": "uninvolved_person"})]
    assert Redaction.objects.get().person == people["sacha"]
    assert all(NAME not in str(fact) for fact in audit.events())


def test_what_was_written_first_goes_from_the_item_and_from_the_exact_bytes(redact, report):
    item = ReportItem.objects.get(report=report)
    redact(Kind.STATEMENT, item.pk)
    (opened,) = intake.items(report.pk)
    assert (opened.value, opened.details) == (AFTER, {"comment": "a comment"})
    typed = json.loads(intake.original(report.pk, "form"))
    assert typed == {"form": "public", "answers": {"story": [AFTER], "comment": ["a comment"]}}


def test_a_comment_beside_an_address_can_be_redacted_and_the_address_not(redact, clock):
    item = reports.NewItem(ItemKind.URL, "https://host.example/page", {"comment": f"from {NAME}"})
    with transaction.atomic():
        report = reports.create_report(reports.NewReport(Source.VICTIM_SELF, (item,), "form", b"{}"))
    number = ReportItem.objects.get(report=report).pk
    redact(Kind.STATEMENT, number)
    (opened,) = intake.items(report.pk)
    assert (opened.value, opened.details) == ("https://host.example/page", {"comment": f"from {MARK}"})
    with pytest.raises(InputError, match="does not hold"):
        redact(Kind.STATEMENT, number, "host.example")


def test_a_note_shows_the_mark_wherever_it_is_shown(redact, note):
    redact(Kind.NOTE, note.pk)
    (opinion,) = casework.case_facts(note.content_id).assessments
    assert opinion.note == AFTER
    assert not Assessment.objects.filter(note__contains=NAME).exists()


def test_a_note_on_a_case_is_sealed_anew_without_it(redact, case_note, people, told):
    before = bytes(case_note.sealed)
    redact(Kind.CASE_NOTE, case_note.pk)
    assert [one.text for one in notes.of(people["ana"], case_note.content_id)] == [AFTER]
    case_note.refresh_from_db()
    assert bytes(case_note.sealed) != before
    assert told("text:") == [("text:redacted", f"case_note:{case_note.pk}", {"ground": "uninvolved_person"})]
    assert all(NAME not in str(fact) for fact in audit.events())


def test_texts_of_a_restricted_case_are_closed_to_others(report, message, case_note, note, people, redact):
    """The restriction is vera's to know of and to redact in, not sacha's, whose case it is not."""
    content = note.content_id
    reference = report.reference
    serge = StaffMember.objects.create_user("serge", "correct horse battery staple", [Role.SENIOR_ANALYST], "Serge")
    access.restrict(serge, content, "A colleague is concerned.", [people["vera"].pk])
    item = ReportItem.objects.get(report=report)
    for kind, number in (
        (Kind.STATEMENT, item.pk),
        (Kind.MESSAGE, message.pk),
        (Kind.CASE_NOTE, case_note.pk),
        (Kind.NOTE, note.pk),
    ):
        with pytest.raises(access.Restricted):
            redaction.read(people["sacha"], kind, number, "To redact a name")
        with pytest.raises(access.Restricted):
            redact(kind, number)
        assert NAME in redaction.read(people["vera"], kind, number, "To redact a name")
    with pytest.raises(access.Restricted):
        redaction.texts(people["sacha"], reference)
    assert len(redaction.texts(people["vera"], reference)) == 4
    assert not Redaction.objects.exists()


def test_the_bytes_are_in_no_file_of_the_database_any_more(redact, note, message, home):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps old rows until it vacuums them")
    # What other tests left in the file is not this test's.
    once = "Unrepeated Example Person"
    Assessment.objects.filter(pk=note.pk).update(note=f"It was sent by {once}.")
    sealed = bytes(Message.objects.get(pk=message.pk).sealed)
    storage.truncate_log()
    stored = home.path / "test.sqlite3"
    assert once.encode() in stored.read_bytes()
    assert sealed in stored.read_bytes()
    redact(Kind.NOTE, note.pk, once)
    redact(Kind.MESSAGE, message.pk)
    for path in home.path.glob("test.sqlite3*"):
        assert once.encode() not in path.read_bytes()
        assert sealed not in path.read_bytes()


def test_texts_are_found_by_the_reports_reference(report, message, note, case_note, people):
    item = ReportItem.objects.get(report=report)
    found = [(one.kind, one.id) for one in redaction.texts(people["sacha"], report.reference.lower())]
    assert found == [
        (Kind.STATEMENT, item.pk),
        (Kind.MESSAGE, message.pk),
        (Kind.CASE_NOTE, case_note.pk),
        (Kind.NOTE, note.pk),
    ]
    with pytest.raises(NotFound):
        redaction.texts(people["sacha"], "R26-ABCD2345")


def test_reading_what_a_reporter_wrote_needs_a_reason_and_is_told(report, message, note, case_note, people, told):
    item = ReportItem.objects.get(report=report)
    for kind, number in (
        (Kind.MESSAGE, message.pk),
        (Kind.STATEMENT, item.pk),
        (Kind.NOTE, note.pk),
        (Kind.CASE_NOTE, case_note.pk),
    ):
        with pytest.raises(InputError):
            redaction.read(people["sacha"], kind, number, " ")
        with pytest.raises(NotPermitted):
            redaction.read(people["ana"], kind, number, "I want to")
        assert "sent by" in redaction.read(people["vera"], kind, number, "To redact a name")
        with pytest.raises(NotFound):
            redaction.read(people["vera"], kind, 987654, "To redact a name")
    assert told("message:read") == [("message:read", f"report:{report.pk}", {})] * 2


@pytest.mark.parametrize("person", ["ana", "luis", "lin", "stan", "aude", "adam"])
def test_other_roles_redact_nothing(person, redact, message):
    with pytest.raises(NotPermitted):
        redact(Kind.MESSAGE, message.pk, person=person)


def test_what_is_refused_changes_nothing(redact, message, note, report, told):
    for kind, number in ((Kind.MESSAGE, message.pk), (Kind.NOTE, note.pk)):
        for passage, reason in (("Somebody Else", "Uninvolved."), (NAME, ""), ("a", "Uninvolved.")):
            with pytest.raises(InputError):
                redact(kind, number, passage, reason=reason)
        with pytest.raises(NotFound):
            redact(kind, 987654)
    assert [text for _, text in intake.read_messages(report.pk)] == [STORY]
    assert not told("text:")
    assert not Redaction.objects.exists()


def test_texts_from_elsewhere_are_not_offered(clock, people, redact):
    """Their exact bytes would keep the passage."""
    item = reports.NewItem(ItemKind.TEXT, STORY)
    with transaction.atomic():
        report = reports.create_report(reports.NewReport(Source.PUBLIC, (item,), "csv-line", STORY.encode()))
    assert redaction.texts(people["sacha"], report.reference) == []
    with pytest.raises(NotFound):
        redact(Kind.STATEMENT, ReportItem.objects.get(report=report).pk)


def test_a_text_may_be_redacted_again_and_then_be_erased(redact, message, report, clock):
    redact(Kind.MESSAGE, message.pk)
    redact(Kind.MESSAGE, message.pk, "Please tell")
    assert [text for _, text in intake.read_messages(report.pk)] == [AFTER.replace("Please tell", MARK)]
    assert Original.objects.filter(report=report).exists()
    assert running.run().total() == 0
    assert runtime.clock().now() == clock.now()
