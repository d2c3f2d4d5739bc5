"""What this node declares to everyone: asked for in any process, signed by one that holds the log's key."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from rempart.core.errors import LimitExceeded
from rempart.exchange.declarations import (
    MAX_DECLARATION_BYTES,
    Declaration,
    next_number,
    read_declaration,
    sign_declaration,
)
from rempart.formats.signed_json import canonical_json
from rempart.node.audit import services as audit
from rempart.node.exchange import declared, own_log
from rempart.node.exchange.models import DeclarationDue, Declared
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock

STEP = "declare"
MAX_BODY_BYTES = MAX_DECLARATION_BYTES * 3 // 4 - 4096
"""What is left of a declaration for its body, which the envelope carries in base64."""


@transaction.atomic
def declare(kind: str, body: Mapping[str, Any]) -> None:
    """Ask that `body`, a JSON object, replaces what this node declares under `kind`; a worker signs it.

    The last one asked for counts. InputError for what is no JSON, LimitExceeded for more than others take.
    """
    now = clock().now()
    Declaration(kind, settings.ORIGIN, settings.COUNTRY, 1, _second(now), body)
    data = canonical_json(body)
    if len(data) > MAX_BODY_BYTES:
        raise LimitExceeded(f"the body of a declaration has at most {MAX_BODY_BYTES} bytes.", where=kind)
    DeclarationDue.objects.update_or_create(kind=kind, defaults={"body": data, "asked_at": now})
    jobs.wake(STEP, "all")


@jobs.step(STEP)
def sign(subject: str) -> jobs.Effects:
    """Sign what waits; nothing while the log comes from a backup and was not compared yet."""

    def effects() -> datetime | None:
        if own_log.is_restored():
            return clock().now() + timedelta(seconds=settings.SIGNAL_SECONDS)
        audit.lock()
        for due in DeclarationDue.objects.order_by("pk"):
            _sign(due.kind, json.loads(bytes(due.body)))
            due.delete()
        public = own_log.key().public.hex()
        for row in Declared.objects.filter(origin=settings.ORIGIN).exclude(key=public):
            _sign(row.kind, read_declaration(bytes(row.data)).body)
        return None

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts: with another key everything is declared again."""
    jobs.wake(STEP, "all")


def _sign(kind: str, body: Mapping[str, Any]) -> None:
    """Saying the same again by the same key and in the same name changes nothing."""
    key, now = own_log.key(), clock().now()
    row = Declared.objects.filter(origin=settings.ORIGIN, kind=kind).first()
    said = read_declaration(bytes(row.data)) if row and row.key == key.public.hex() else None
    if said is not None and said.country == settings.COUNTRY and canonical_json(said.body) == canonical_json(body):
        return
    number = next_number(row.number if row else 0, now)
    declaration = Declaration(kind, settings.ORIGIN, settings.COUNTRY, number, _second(now), body)
    declared.keep(declaration, key.public, sign_declaration(declaration, key, own_log.signer().sign))


def _second(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
