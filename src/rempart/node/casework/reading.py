"""What a reporter added later, read by a person who says why."""

from datetime import datetime

from django.db import transaction

from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.casework import access
from rempart.node.intake import services as intake
from rempart.node.people import Person, require_permission


def read_messages(person: Person, content_id: int, report_id: int, reason: str) -> list[tuple[datetime, str]]:
    """Times and texts, oldest first; who reads and why is recorded before anything is opened.

    Raises NotPermitted (also where the case is restricted), InputError without a reason, NotFound if the report does
    not point to the content.
    """
    require_permission(person, Permission.MESSAGE_READ)
    access.require(person, content_id)
    if not reason.strip():
        raise InputError("reading a reporter's message needs a reason.", where="reason", advice="Write why, then read.")
    if report_id not in intake.report_ids_with_content(content_id):
        raise NotFound("this report does not point to this content.", where="report")
    with transaction.atomic():
        audit.record("message:read", f"report:{report_id}", actor=person.actor, reason=reason.strip())
    return intake.read_messages(report_id)
