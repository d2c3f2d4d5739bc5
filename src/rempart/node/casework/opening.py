"""Who opened which case's page: an event, once an hour for each person and case, before anything of it is shown."""

from datetime import timedelta

from django.db import transaction

from rempart.node.audit import services as audit
from rempart.node.people import Person
from rempart.node.runtime import clock

AGAIN_AFTER = timedelta(hours=1)


def record(person: Person, content_id: int) -> None:
    """Say that the person sees this case now, unless the record said so within the hour.

    Looked at twice: without the chain's lock, as almost every time nothing is left to say; and under it, so that pages
    loaded at once make one event.
    """
    if _is_told(person, content_id):
        return
    with transaction.atomic():
        audit.lock()
        if not _is_told(person, content_id):
            audit.record("case:opened", f"case:{content_id}", actor=person.actor)


def _is_told(person: Person, content_id: int) -> bool:
    return audit.is_told("case:opened", f"case:{content_id}", person.actor, clock().now() - AGAIN_AFTER)
