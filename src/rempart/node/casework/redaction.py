"""What staff wrote, for permanent redaction: notes on cases, which are sealed, and notes of assessments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rempart.core.errors import NotFound
from rempart.core.redaction import redacted
from rempart.node.casework import access, notes
from rempart.node.casework.models import Assessment, Note
from rempart.node.people import Person


@dataclass(frozen=True, slots=True)
class TextFacts:
    """A note without its text."""

    id: int
    content_id: int
    at: datetime


def require_open(person: Person, content_ids: Iterable[int]) -> None:
    """Raise Restricted unless the person may know of all these contents."""
    if access.hidden_from(person, content_ids):
        raise access.Restricted


def notes_of(content_ids: Iterable[int]) -> list[TextFacts]:
    """Notes of assessments, oldest first."""
    rows = Assessment.objects.filter(content__in=list(content_ids)).exclude(note="").order_by("pk")
    return [TextFacts(*row) for row in rows.values_list("pk", "content_id", "at")]


def case_notes_of(content_ids: Iterable[int]) -> list[TextFacts]:
    """Notes on cases, oldest first."""
    rows = Note.objects.filter(content__in=list(content_ids)).order_by("pk")
    return [TextFacts(*row) for row in rows.values_list("pk", "content_id", "at")]


def note(assessment_id: int) -> tuple[int, str]:
    """The content's number and what was noted. Raises NotFound."""
    row = _assessment(assessment_id)
    return row.content_id, row.note


def case_note(note_id: int) -> tuple[int, str]:
    """As `note`."""
    row = _note(note_id)
    return row.content_id, notes.opened(row)


def redact_note(assessment_id: int, passage: str) -> None:
    """Replace a passage for good in the caller's transaction. Raises NotFound, or InputError if it does not hold it."""
    row = _assessment(assessment_id)
    row.note = redacted(row.note, passage)
    row.save(update_fields=["note"])


def redact_case_note(note_id: int, passage: str) -> None:
    """As `redact_note`; the note is sealed anew."""
    row = _note(note_id)
    notes.seal_anew(row, redacted(notes.opened(row), passage))


def _assessment(assessment_id: int) -> Assessment:
    row = Assessment.objects.select_for_update().filter(pk=assessment_id).exclude(note="").first()
    if row is None:
        raise NotFound("there is no such note.", where="note")
    return row


def _note(note_id: int) -> Note:
    row = Note.objects.select_for_update().filter(pk=note_id).first()
    if row is None:
        raise NotFound("there is no such note.", where="note")
    return row
