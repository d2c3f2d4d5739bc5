"""What authorities declare for transparency reports, entered by staff: append-only, the last word on a field counts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from rempart.core.errors import InputError
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.people import Person, require_permission
from rempart.node.reports import legal_templates
from rempart.node.reports.legal import Declared
from rempart.node.reports.legal_templates import Field
from rempart.node.reports.models import Statement
from rempart.node.runtime import clock

MOST = 10**12
_MOST_ROWS, _MOST_NAME, _MOST_TEXT = 500, 200, 20_000


def declared(kind: str, year: int) -> dict[str, Declared]:
    """The last statement on each field of a report that holds anything, by the field's key."""
    rows = Statement.objects.filter(kind=kind, year=year).order_by("pk")
    last = {row.field: Declared(row.content, row.declared_by, row.at) for row in rows}
    return {key: each for key, each in last.items() if each.content}


def history(kind: str, year: int) -> list[tuple[str, str, str, datetime]]:
    """Every statement, the newest first: field, who declared, who entered it, when."""
    rows = Statement.objects.filter(kind=kind, year=year).select_related("person").order_by("-pk")
    return [(row.field, row.declared_by, str(row.person), row.at) for row in rows]


@transaction.atomic
def state(person: Person, kind: str, year: int, given: Mapping[str, Mapping[str, Any]], declared_by: str) -> int:
    """Keep what changed among the fields given; returns how many did. `{}` takes a field back.

    Raises InputError for a field that the template does not have, content that does not fit it, or nobody named.
    """
    require_permission(person, Permission.REPORTS_MAKE)
    template = legal_templates.find(kind, year, legal_templates.own_folder())
    audit.lock()  # the last word is compared with, then written: by one at a time
    before = declared(kind, year)
    changed = {
        key: dict(content)
        for key, content in given.items()
        if dict(content) != dict(before[key].content if key in before else {})
    }
    for key, content in changed.items():
        _check(template.field(key), key, content)
    if any(changed.values()) and not declared_by.strip():
        raise InputError("nobody is named as having declared it.", where="by", advice="Name the authority.")
    now = clock().now()
    Statement.objects.bulk_create(
        Statement(
            kind=kind,
            year=year,
            field=key,
            content=content,
            declared_by=declared_by.strip()[:_MOST_NAME] if content else "",
            person_id=person.pk,
            at=now,
        )
        for key, content in changed.items()
    )
    if changed:
        facts: dict[str, audit.Value] = {"kind": kind, "year": year, "fields": sorted(changed)}
        audit.record("transparency:stated", f"transparency:{kind}-{year}", actor=person.actor, data=facts)
    return len(changed)


def _check(field: Field | None, key: str, content: Mapping[str, Any]) -> None:
    if field is None:
        raise InputError("the template has no such field.", where=key, advice="Open the page again.")
    fits = {"number": _is_number, "table": _is_table, "text": _is_text}[field.shape]
    if content and not fits(field, content):
        raise InputError(
            "this does not fit the field.", where=key, advice="Whole numbers from 0, or words where asked."
        )


def _is_number(field: Field, content: Mapping[str, Any]) -> bool:
    return set(content) == {"number"} and _is_count(content["number"])


def _is_table(field: Field, content: Mapping[str, Any]) -> bool:
    rows = content.get("rows")
    if set(content) != {"rows"} or not isinstance(rows, dict) or not 0 < len(rows) <= _MOST_ROWS:
        return False
    names = all(isinstance(name, str) and 0 < len(name) <= _MOST_NAME and name != "*" for name in rows)
    return names and all(map(_is_count, rows.values())) and (not field.parts or set(rows) <= set(field.parts))


def _is_text(field: Field, content: Mapping[str, Any]) -> bool:
    text = content.get("text")
    return set(content) == {"text"} and isinstance(text, str) and 0 < len(text.strip()) <= _MOST_TEXT


def _is_count(number: object) -> bool:
    return type(number) is int and 0 <= number <= MOST
