"""Events as a file that can be checked elsewhere; every export is an event itself."""

import hashlib
from collections.abc import Mapping
from typing import IO

from django.db import transaction

from rempart.formats.audit_export import ExportedEvent, ExportNote, Format, event_line, header, write_export_note
from rempart.formats.signed_note import Key, sign_note
from rempart.node import runtime
from rempart.node.audit import chain
from rempart.node.audit import services as audit
from rempart.node.audit.checking import ORIGIN
from rempart.node.audit.models import Event
from rempart.node.audit.rows import head


def export(file: IO[bytes], search: audit.Search, asked: Mapping[str, str], format: Format, *, actor: str) -> str:
    """Write the events that fit into `file`, oldest first, and return the signed note about it.

    The event of the export is committed before this returns; its facts are the format, how many events left, and
    which fields restricted them, never what was looked for.
    """
    seq, digest = head()
    sha256, count = hashlib.sha256(), 0

    def write(data: bytes) -> None:
        sha256.update(data)
        file.write(data)

    write(header(format))
    for event in search.rows().filter(seq__lte=seq).order_by("seq").iterator(chunk_size=2000):
        write(event_line(_exported(event), format))
        count += 1
    with transaction.atomic():
        facts = {"format": format, "events": count, "through": seq, "filters": sorted(asked)}
        audit.record("audit:exported", "audit:chain", actor=actor, data=facts)
    note = ExportNote(ORIGIN, format, count, sha256.hexdigest(), seq, digest, runtime.clock().now(), asked)
    return sign_note(write_export_note(note), Key(ORIGIN, runtime.signer().public_key), runtime.signer().sign)


def _exported(event: Event) -> ExportedEvent:
    return ExportedEvent(
        event.seq,
        chain.stamp(event.at),
        event.actor,
        event.action,
        event.subject,
        event.data,
        event.reason,
        bytes(event.previous),
        bytes(event.digest),
    )
