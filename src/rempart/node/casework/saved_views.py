"""Filters of the queue that a person keeps under a name. Nobody else sees them unless they share them."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Q

from rempart.core.errors import InputError, NotFound
from rempart.core.permissions import Permission
from rempart.node.audit import services as audit
from rempart.node.casework.models import SavedView
from rempart.node.people import Person, require_permission

MOST = 20


@dataclass(frozen=True, slots=True)
class View:
    """`query` is what follows the question mark of the queue's address; `owner` is empty for one's own."""

    id: int
    name: str
    query: str
    is_shared: bool
    owner: str


@transaction.atomic
def save(person: Person, name: str, filters: dict[str, str]) -> None:
    """Keep filters under a name; the same name again replaces them. Raises NotPermitted, and InputError without a
    name or a filter, or beyond `MOST` views."""
    require_permission(person, Permission.QUEUE_VIEW)
    called, query = name.strip(), urlencode({key: value for key, value in sorted(filters.items()) if value})
    if not called or len(called) > 60 or not query or len(query) > 300:
        raise InputError(
            "this view cannot be kept.",
            where="name",
            advice="Choose a filter first, and a name of up to 60 characters.",
        )
    known = SavedView.objects.filter(person=person.pk, name=called).exists()
    if not known and SavedView.objects.filter(person=person.pk).count() >= MOST:
        raise InputError(f"you keep {MOST} views already.", where="name", advice="Remove one first.")
    row, _ = SavedView.objects.update_or_create(person_id=person.pk, name=called, defaults={"query": query})
    audit.record("view:saved", f"view:{row.pk}", actor=person.actor)


@transaction.atomic
def share(person: Person, view_id: int, shared: bool) -> None:
    """Show it to colleagues, or no longer. Raises NotFound unless it is the person's own."""
    if not SavedView.objects.filter(pk=view_id, person=person.pk).update(is_shared=shared):
        raise _unknown()
    audit.record("view:shared" if shared else "view:unshared", f"view:{view_id}", actor=person.actor)


@transaction.atomic
def remove(person: Person, view_id: int) -> None:
    """Raises NotFound unless it is the person's own."""
    if not SavedView.objects.filter(pk=view_id, person=person.pk).delete()[0]:
        raise _unknown()
    audit.record("view:removed", f"view:{view_id}", actor=person.actor)


def of(person: Person) -> list[View]:
    """One's own, then those that colleagues share, by name."""
    rows = SavedView.objects.filter(Q(person=person.pk) | Q(is_shared=True)).select_related("person").order_by("name")
    found = [
        View(row.pk, row.name, row.query, row.is_shared, "" if row.person_id == person.pk else str(row.person))
        for row in rows[: 5 * MOST]
    ]
    return sorted(found, key=lambda view: bool(view.owner))


def _unknown() -> NotFound:
    return NotFound("you keep no such view.", where="view", advice="It may be a colleague's, or removed.")
