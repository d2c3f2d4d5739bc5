"""Permanent redaction of a passage: the bytes that held it are replaced, and who did it and why stays on record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.core.redaction import Ground
from rempart.node.audit import services as audit
from rempart.node.casework import redaction as casework
from rempart.node.intake import erasure as reports
from rempart.node.intake import redaction as intake
from rempart.node.people import Person, require_permission
from rempart.node.retention import storage
from rempart.node.retention.models import Redaction
from rempart.node.runtime import clock

Kind = Redaction.Kind


@dataclass(frozen=True, slots=True)
class TextFacts:
    """A text that can be redacted, without what it says."""

    kind: Kind
    id: int
    at: datetime


def texts(person: Person, reference: str) -> list[TextFacts]:
    """What the reporter of a report wrote, then the notes on what it points to.

    Raises NotFound, NotPermitted (also where a case of it is restricted).
    """
    require_permission(person, Permission.TEXT_REDACT)
    (report,) = reports.named([reports.by_reference(reference)])
    casework.require_open(person, report.content_ids)
    return [
        *(TextFacts(Kind.STATEMENT, one.id, one.at) for one in intake.statements_of(report.id)),
        *(TextFacts(Kind.MESSAGE, one.id, one.at) for one in intake.messages_of(report.id)),
        *(TextFacts(Kind.CASE_NOTE, one.id, one.at) for one in casework.case_notes_of(report.content_ids)),
        *(TextFacts(Kind.NOTE, one.id, one.at) for one in casework.notes_of(report.content_ids)),
    ]


@transaction.atomic
def read(person: Person, kind: Kind, text_id: int, reason: str) -> str:
    """The text, for choosing the passage; that what a reporter wrote was read is an event with its reason.

    Raises NotPermitted (also where a case it is about is restricted), InputError without a reason, NotFound.
    """
    require_permission(person, Permission.TEXT_REDACT)
    if not reason.strip():
        raise InputError("reading the text needs a reason.", where="reason", advice="Write why, then read.")
    about, text = _opened(person, kind, text_id)
    if kind in _BY_REPORTERS:
        audit.record("message:read", f"report:{about}", actor=person.actor, reason=reason.strip())
    return text


@transaction.atomic
def redact(person: Person, kind: Kind, text_id: int, passage: str, ground: Ground, reason: str) -> None:
    """Replace every occurrence of a passage by a neutral mark, for good.

    Raises as `read` does, and InputError where the text does not hold the passage.
    """
    require_permission(person, Permission.TEXT_REDACT)
    if not reason.strip():
        raise InputError("the reason is missing.", where="reason", advice="Say why, without naming anybody.")
    _opened(person, kind, text_id)
    storage.overwrite_freed_pages()
    _REDACT[kind](text_id, passage)
    Redaction.objects.create(
        kind=kind, text_id=text_id, person_id=person.pk, at=clock().now(), ground=ground, reason=reason.strip()
    )
    # The reason may name people: it stays with the redaction and out of the chain.
    audit.record("text:redacted", f"{kind}:{text_id}", actor=person.actor, data={"ground": str(ground)})
    transaction.on_commit(storage.truncate_log, robust=True)


def _opened(person: Person, kind: Kind, text_id: int) -> tuple[int, str]:
    """The number of the report or content it is about, and the text."""
    about, text = _READ[kind](text_id)
    contents = reports.named([about])[0].content_ids if kind in _BY_REPORTERS else (about,)
    casework.require_open(person, contents)
    return about, text


_BY_REPORTERS = frozenset({Kind.MESSAGE, Kind.STATEMENT})
_READ: Mapping[Kind, Callable[[int], tuple[int, str]]] = MappingProxyType(
    {
        Kind.MESSAGE: intake.message,
        Kind.STATEMENT: intake.statement,
        Kind.NOTE: casework.note,
        Kind.CASE_NOTE: casework.case_note,
    }
)
_REDACT: Mapping[Kind, Callable[[int, str], object]] = MappingProxyType(
    {
        Kind.MESSAGE: intake.redact_message,
        Kind.STATEMENT: intake.redact_statement,
        Kind.NOTE: casework.redact_note,
        Kind.CASE_NOTE: casework.redact_case_note,
    }
)


def kind_of(word: str) -> Kind:
    """Raises NotFound."""
    if word not in Kind.values:
        raise NotFound("there is no such kind of text.", where="text")
    return Kind(word)
