"""Taking back everything that was said of a content, with one action."""

from django.db import transaction

from rempart.core.errors import Conflict, InputError
from rempart.core.permissions import Permission
from rempart.exchange.signals import Reason
from rempart.node.audit import services as audit
from rempart.node.exchange import outgoing, showing
from rempart.node.people import Person, require_permission

REASONS = (Reason.MISTAKE, Reason.LAWFUL, Reason.OTHER)


@transaction.atomic
def recall(person: Person, content_id: int, reason: Reason, why: str) -> int:
    """Withdraw every fingerprint of the content, ahead of all that waits; returns how many.

    `why` stays in this node's record, `reason` goes out. Raises NotPermitted, InputError without a `why`, Conflict
    where nothing stands.
    """
    require_permission(person, Permission.SIGNALS_RECALL)
    if not why.strip():
        raise InputError("the reason is missing.", where="why", advice="Say why, in a sentence.")
    if reason not in REASONS:
        raise InputError("this is no reason for a recall.", where="reason", advice="Choose one of those offered.")
    number = outgoing.number_of(content_id)
    if number is None or not showing.stands(showing.of_content(content_id)):
        raise Conflict("nothing that this node said of it stands.", advice="It was recalled, or never signed.")
    dropped, count = outgoing.waiting(number), outgoing.withdraw(number, reason)
    data: dict[str, audit.Value] = {"signals": count, "unsaid": dropped, "reason": str(reason)}
    audit.record("signal:recalled", f"content:{content_id}", actor=person.actor, data=data, reason=why.strip())
    return count
