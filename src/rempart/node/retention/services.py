"""What pages of other apps tell of retention."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rempart.core.permissions import Permission
from rempart.node.people import Person
from rempart.node.phrases import Text
from rempart.node.retention import wording
from rempart.node.retention.models import ErasureRequest, PreservationHold
from rempart.node.runtime import clock


@dataclass(frozen=True, slots=True)
class Kept:
    """A preservation hold that stands: on the report called `reference`, or on the case itself where that is empty."""

    id: int
    reference: str
    owner: str
    deadline: datetime
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to erase reports of the case."""

    id: int
    state: Text
    is_open: bool
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class OfCase:
    """What keeps a case and what would erase of it; empty where the person may not know of it."""

    holds: list[Kept]
    requests: list[Asked]


def of_case(person: Person, content_id: int) -> OfCase:
    """Holds by deadline, requests newest first. That the case is open to the person is the caller's to know."""
    holds = _holds(content_id) if person.may(Permission.PRESERVATION_HOLD) else []
    return OfCase(holds, _requests(content_id) if person.may(Permission.ERASURE_REQUEST) else [])


def _holds(content_id: int) -> list[Kept]:
    now = clock().now()
    covering = Q(content=content_id) | Q(report__items__content=content_id)
    rows = PreservationHold.objects.filter(covering, released_at__isnull=True).select_related("owner", "report")
    return [
        Kept(row.pk, row.report.reference if row.report else "", str(row.owner), row.deadline, row.deadline <= now)
        for row in rows.order_by("deadline", "pk").distinct()
    ]


def _requests(content_id: int) -> list[Asked]:
    rows = ErasureRequest.objects.filter(reports__items__content=content_id).order_by("-pk").distinct()
    is_open = ErasureRequest.State.REQUESTED
    return [Asked(row.pk, wording.STATES[row.state], row.state == is_open, row.requested_at) for row in rows]
