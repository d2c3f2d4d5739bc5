"""What people note about a case, for those who work on it. Each note is sealed under a key of its own."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rempart.core.errors import InputError
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.casework import access
from rempart.node.casework.models import Note
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock, vault

MOST_CHARACTERS = 4000
SHOWN = 20


@dataclass(frozen=True, slots=True)
class NoteFacts:
    author_id: int
    author: str
    at: datetime
    text: str


def add(person: Person, content_id: int, text: str) -> None:
    """Raises NotPermitted, Restricted, and InputError for an empty or overlong note.

    The caller knows that the content exists.
    """
    require_permission(person, Permission.CASE_CLAIM)
    access.require(person, content_id)
    plain = text.strip()
    if not plain or len(plain) > MOST_CHARACTERS:
        raise InputError(
            "this note cannot be kept.", where="note", advice=f"Write between 1 and {MOST_CHARACTERS} characters."
        )
    name, key = secrets.token_hex(16), vault().new_report_key()
    sealed = vault().seal(key, plain.encode(), _context(name, content_id))
    with transaction.atomic():
        Note.objects.create(
            content_id=content_id,
            author_id=person.pk,
            at=clock().now(),
            name=name,
            wrapped_key=vault().wrap(key, f"note/{name}"),
            sealed=sealed,
        )
        audit.record("case:noted", f"case:{content_id}", actor=person.actor)


def of(person: Person, content_id: int) -> list[NoteFacts]:
    """The newest notes, newest first. Raises NotPermitted and Restricted."""
    require_permission(person, Permission.CASE_CLAIM)
    access.require(person, content_id)
    rows = Note.objects.filter(content=content_id).select_related("author").order_by("-pk")[:SHOWN]
    return [NoteFacts(row.author_id, str(row.author), row.at, opened(row)) for row in rows]


def opened(row: Note) -> str:
    """The text; IntegrityError when altered. Who may read it is the caller's to know."""
    return vault().open(_key(row), bytes(row.sealed), _context(row.name, row.content_id)).decode()


def seal_anew(row: Note, text: str) -> None:
    """Replace the text, in the caller's transaction."""
    row.sealed = vault().seal(_key(row), text.encode(), _context(row.name, row.content_id))
    row.save(update_fields=["sealed"])


def _key(row: Note) -> bytes:
    return vault().unwrap(bytes(row.wrapped_key), f"note/{row.name}")


def _context(name: str, content_id: int) -> bytes:
    return f"note/{name}/content/{content_id}".encode()
