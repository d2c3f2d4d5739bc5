"""A page of a client's lists, by time; that fingerprints left the node is an event."""

from django.db import transaction

from rempart.node.audit import services as audit
from rempart.node.intake.models import Platform
from rempart.node.intake.turns import turn
from rempart.node.lists import services as lists


def hand_out(platform: Platform, window: lists.Window, size: int, after: lists.Position | None) -> lists.WindowPage:
    """The page after `after`, recorded before it leaves; an empty one is none of an auditor's concern."""
    lists.stamp_granted(platform.pk)
    page = window.page(size, after)
    if page.entries:
        with turn(), transaction.atomic():
            audit.record(
                "list:read", f"platform:{platform.pk}", actor=platform.actor, data={"entries": len(page.entries)}
            )
    return page
