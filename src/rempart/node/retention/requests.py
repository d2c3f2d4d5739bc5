"""Erasure of one person's data: asked by one member of staff, approved by another, refused while a hold stands."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, QuerySet

from rempart.core.content import canonical_account
from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.permissions import Permission
from rempart.core.retention import LegalBasis
from rempart.core.vocabulary import ReportState
from rempart.node.audit import services as audit
from rempart.node.casework import erasure as casework
from rempart.node.intake import erasure as intake
from rempart.node.intake import services as reports
from rempart.node.people import Person, require_permission
from rempart.node.retention import holds, storage, whole
from rempart.node.retention.models import ErasureRequest
from rempart.node.runtime import clock

Subject = ErasureRequest.Subject
State = ErasureRequest.State


@dataclass(frozen=True, slots=True)
class Named:
    """How the person's reports were named: by exactly one of the three. None of it is kept or shown again."""

    receipt: str = ""
    reference: str = ""
    account: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class RequestView:
    id: int
    subject: str
    basis: str
    reason: str
    state: str
    requested_by_id: int
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    reports: int


@transaction.atomic
def ask(person: Person, subject: Subject, named: Named, basis: LegalBasis, reason: str) -> int:
    """Ask that the reports which hold a person's data be erased; returns the request's number.

    Raises NotPermitted, InputError (no reason, not exactly one way to name the reports), NotFound, or Conflict where
    all of them were erased already.
    """
    require_permission(person, Permission.ERASURE_REQUEST)
    _require_reason(reason)
    found = intake.named(_reports(subject, named))
    left = [one.id for one in found if not one.is_erased]
    if not left:
        raise Conflict("what this names was erased already.", where="reports", advice="Nothing is left to do.")
    row = ErasureRequest.objects.create(
        subject=subject,
        basis=basis,
        reason=reason.strip(),
        requested_by_id=person.pk,
        requested_at=clock().now(),
    )
    row.reports.set(left)
    _record("requested", row, person, reports=len(left))
    return row.pk


def _reports(subject: Subject, named: Named) -> list[int]:
    ways = [bool(named.receipt.strip()), bool(named.reference.strip()), any(part.strip() for part in named.account)]
    if sum(ways) != 1:
        raise InputError(
            "the reports are not named in one way.",
            where="reports",
            advice="Give a receipt number, a reference, or a service with the account's name.",
        )
    if (subject is Subject.REPORTER) != ways[0]:
        raise InputError(
            "only a reporter is found by a receipt number, and only by it.",
            where="reports",
            advice="Ask the reporter for it: it shows that the report is theirs.",
        )
    if named.receipt.strip():
        return [intake.by_receipt(named.receipt)]
    if named.reference.strip():
        return [intake.by_reference(named.reference)]
    content_id = casework.account_content(canonical_account(*named.account))
    found = reports.report_ids_with_content(content_id) if content_id else []
    if not found:
        raise NotFound("no report names this account.", where="account", advice="Compare its spelling with the report.")
    return found


@transaction.atomic
def approve(person: Person, request_id: int, reason: str) -> int:
    """Approve another person's request and destroy the reports' keys and files; returns how many reports.

    Raises NotPermitted (also to who asked), Conflict when decided already, while a hold stands (it says who can
    release it) or while a report is still being taken in.
    """
    row = _to_decide(person, request_id, reason)
    storage.overwrite_freed_pages()
    found = intake.named(row.reports.values_list("pk", flat=True), lock=True)
    casework.lock({content_id for one in found for content_id in one.content_ids})
    if standing := holds.obstacles(found):
        told = ". ".join(str(one) for one in standing)
        raise Conflict(f"holds keep this data. {told}.", where="hold", advice="Ask them, then approve again.")
    left = [one for one in found if not one.is_erased]
    if any(one.state is ReportState.RECEIVED for one in left):
        raise Conflict("a report is still being taken in.", where="reports", advice="Try again in some minutes.")
    for one in left:
        whole.erase(one.id, one.content_ids, {"request": row.pk}, person.actor)
    _decide(row, State.APPROVED, person, reason)
    _record("approved", row, person, reports=len(left))
    return len(left)


@transaction.atomic
def refuse(person: Person, request_id: int, reason: str) -> None:
    """Decide that nothing is erased. Raises as `approve` does, holds apart."""
    row = _to_decide(person, request_id, reason)
    _decide(row, State.REFUSED, person, reason)
    _record("refused", row, person, reports=row.reports.count())


def _to_decide(person: Person, request_id: int, reason: str) -> ErasureRequest:
    require_permission(person, Permission.ERASURE_APPROVE)
    _require_reason(reason)
    row = ErasureRequest.objects.select_for_update().filter(pk=request_id).first()
    if row is None:
        raise NotFound("there is no such request.", where="request")
    if row.state != State.REQUESTED:
        raise Conflict("this request was decided already.", where="request", advice="Open it to see by whom.")
    if row.requested_by_id == person.pk:
        raise NotPermitted("who asked does not decide.", where="request", advice="Ask a colleague to look at it.")
    return row


def _decide(row: ErasureRequest, state: State, person: Person, reason: str) -> None:
    row.state, row.decided_by_id, row.decided_at, row.decision_reason = state, person.pk, clock().now(), reason.strip()
    row.save()


def _record(what: str, row: ErasureRequest, person: Person, *, reports: int) -> None:
    # The reasons may name people: they stay with the request and out of the chain.
    data: dict[str, audit.Value] = {"subject": str(row.subject), "basis": str(row.basis), "reports": reports}
    audit.record(f"erasure:{what}", f"erasure:{row.pk}", actor=person.actor, data=data)


def get(request_id: int) -> RequestView:
    """Raises NotFound."""
    row = _rows().filter(pk=request_id).first()
    if row is None:
        raise NotFound("there is no such request.", where="request")
    return _view(row)


def references(request_id: int) -> list[str]:
    """What staff call the reports of a request."""
    row = ErasureRequest.objects.get(pk=request_id)
    return list(row.reports.order_by("pk").values_list("reference", flat=True))


def obstacles(request_id: int) -> list[holds.Obstacle]:
    """Holds that keep a request from being approved now."""
    row = ErasureRequest.objects.get(pk=request_id)
    return holds.obstacles(intake.named(row.reports.values_list("pk", flat=True)))


def notes(request_id: int) -> tuple[int, int]:
    """How many notes on the cases go with the reports, and how many stay since other reports keep their case."""
    row = ErasureRequest.objects.get(pk=request_id)
    found = [one for one in intake.named(row.reports.values_list("pk", flat=True)) if not one.is_erased]
    contents = {content_id for one in found for content_id in one.content_ids}
    kept = intake.kept_by_others(contents, [one.id for one in found])
    counts = {case.content_id: case.notes for case in casework.noted(contents)}
    stay = sum(number for content_id, number in counts.items() if content_id in kept)
    return sum(counts.values()) - stay, stay


def waiting() -> list[RequestView]:
    """What waits for a decision, oldest first."""
    return [_view(row) for row in _rows().filter(state=State.REQUESTED).order_by("pk")[:200]]


def decided(count: int) -> list[RequestView]:
    """The last that were decided, newest first."""
    return [_view(row) for row in _rows().exclude(state=State.REQUESTED).order_by("-decided_at", "-pk")[:count]]


def _rows() -> QuerySet[ErasureRequest]:
    return ErasureRequest.objects.select_related("requested_by", "decided_by").annotate(number=Count("reports"))


def _view(row: ErasureRequest) -> RequestView:
    return RequestView(
        row.pk,
        row.subject,
        row.basis,
        row.reason,
        row.state,
        row.requested_by_id,
        str(row.requested_by),
        row.requested_at,
        str(row.decided_by) if row.decided_by else "",
        row.decided_at,
        row.decision_reason,
        row.number,  # type: ignore[attr-defined]
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise InputError("the reason is missing.", where="reason", advice="Say why, in a sentence.")
