"""A decision can be undone by its author until it is acted on.

Invariant: undoing and acting each end the wait by one compare-and-swap on `undo_until`, in the transaction of all that
follows. So a decision is acted on or undone, never both and never half.
"""

from datetime import datetime

from django.db import transaction

from rempart.core.errors import Conflict
from rempart.core.permissions import Permission
from rempart.core.vocabulary import Basis, Legality
from rempart.node.audit import services as audit
from rempart.node.casework import access, queue
from rempart.node.casework.assessing import NOT_UNDOABLE, conclude
from rempart.node.casework.content import follow_reports
from rempart.node.casework.models import Case, Content
from rempart.node.jobs import services as jobs
from rempart.node.people import Person, require_permission
from rempart.node.runtime import clock


@jobs.step("act")
def act_on_decision(subject: str) -> jobs.Effects:
    """Subject: a content's id. Makes its decision final once the time to undo it is over."""
    content_id = int(subject)

    def effects() -> datetime | None:
        case = Case.objects.filter(pk=content_id, undo_until__isnull=False).select_related("undoable_by").first()
        if case is None or case.undo_until is None:
            return None
        if case.undo_until > clock().now():
            return case.undo_until
        if _end_wait(case, {}):
            content = Content.objects.get(pk=content_id)
            actor = case.undoable_by.actor if case.undoable_by else "system"
            conclude(content, Legality(content.legality), Basis(content.basis), actor=actor)
        return None

    return effects


@transaction.atomic
def undo(person: Person, content_id: int) -> None:
    """The case is the author's again, as before the decision; the assessment stays in the history.

    Raises NotPermitted, Restricted, and Conflict when the decision is not theirs or was acted on.
    """
    require_permission(person, Permission.CASE_ASSESS)
    access.require(person, content_id)
    now = clock().now()
    case = Case.objects.filter(pk=content_id, undoable_by=person.pk, undo_until__gt=now).first()
    back = {"claimed_by": person.pk, "claimed_until": queue.until(now), "decided_at": None, "decided_with": None}
    if case is None or not _end_wait(case, {**back, "state": case.undo_to}):
        raise Conflict(
            "this decision can no longer be undone.",
            where=f"case {content_id}",
            advice="Only your own can be, and only until it is acted on. A senior analyst decides what follows now.",
        )
    Content.objects.filter(pk=content_id).update(legality="", basis="", decided_at=None)
    audit.record("content:decision_undone", f"content:{content_id}", actor=person.actor)
    queue.watch_lease(content_id, now)
    follow_reports(content_id)


def _end_wait(seen: Case, changes: dict[str, object]) -> bool:
    """Compare-and-swap on the wait as it was seen: False means the other side was faster."""
    waiting = Case.objects.filter(pk=seen.pk, undo_until=seen.undo_until, undoable_by=seen.undoable_by_id)
    return bool(waiting.update(**{**NOT_UNDOABLE, **changes}))
