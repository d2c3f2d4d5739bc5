"""What other authorities need to know. What concerns content goes out at once; what concerns a person waits for a
person's recorded decision, and its file names the report, never what identifies somebody in it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.core.permissions import Permission
from rempart.core.reports import REFERRAL_MOVES, check_move
from rempart.core.routing import Route
from rempart.core.vocabulary import ReferralState, RouteKind
from rempart.node.audit import services as audit
from rempart.node.intake import services as intake
from rempart.node.jobs import services as jobs
from rempart.node.people import Person, require_permission
from rempart.node.referrals.models import Referral
from rempart.node.runtime import clock

CONTENT_LEGAL_BASIS = "Facts about content only, between competent authorities; no personal data."
PAGE = 50
_TARGETS = {
    RouteKind.MEMBER: Referral.Target.MEMBER,
    RouteKind.NON_MEMBER: Referral.Target.NON_MEMBER,
    RouteKind.POLICE: Referral.Target.POLICE,
}
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class ReferralView:
    id: int
    reference: str
    content_id: int | None
    report_id: int | None
    target: str
    country: str
    channel: str
    about_person: bool
    state: ReferralState
    why: str
    legal_basis: str
    decided_by: str
    decision_reason: str
    created_at: datetime
    decided_at: datetime | None
    exported_at: datetime | None


def propose_content(content_id: int, route: Route) -> int:
    """Refer facts about a content along `route`, in the caller's transaction; no person decides, since none is
    concerned. The same content and destination are one referral.
    """
    country = _destination(route)
    row, created = Referral.objects.get_or_create(
        key=f"content:{content_id}:{_TARGETS[route.kind]}:{country}:{route.target}"[:80],
        defaults={
            **_common(route),
            "content_id": content_id,
            "about_person": False,
            "state": ReferralState.QUEUED,
            "legal_basis": CONTENT_LEGAL_BASIS,
        },
    )
    if created:
        _record("proposed", row)
        _queued(row)
    return row.pk


def propose_person(report_id: int, route: Route) -> int:
    """Propose to refer a report about a person along `route`, in the caller's transaction. It waits in `proposed`
    for `decide`; a report is proposed once.
    """
    row, created = Referral.objects.get_or_create(
        key=f"person:{report_id}",
        defaults={
            **_common(route),
            "report_id": report_id,
            "about_person": True,
            "state": ReferralState.PROPOSED,
        },
    )
    if created:
        _record("proposed", row)
    return row.pk


@transaction.atomic
def decide(person: Person, referral_id: int, forward: bool, reason: str, legal_basis: str) -> None:
    """Record a person's decision to forward a proposed referral or to withdraw it.

    Raises NotPermitted without the permission, InputError without a reason (and, to forward, a legal basis), Conflict
    when it was decided already.
    """
    require_permission(person, Permission.REFERRAL_DECIDE)
    row = _locked(referral_id)
    if not reason.strip():
        raise InputError("the decision has no reason.", where="reason", advice="Say why, in a sentence.")
    if forward and not legal_basis.strip():
        raise InputError("the legal basis is missing.", where="legal_basis", advice="Name the law that allows it.")
    if row.state != ReferralState.PROPOSED:
        raise Conflict("this referral was decided already.", where="referral", advice="Open it to see by whom.")
    row.decided_by_id = person.pk
    row.decided_at = clock().now()
    row.decision_reason = reason.strip()
    row.legal_basis = legal_basis.strip()[:300]
    if forward:
        _move(row, ReferralState.QUEUED)
        _queued(row, actor=person.actor)
    else:
        _move(row, ReferralState.WITHDRAWN)
        _record("withdrawn", row, actor=person.actor)
        _tell_reports(row)


@transaction.atomic
def withdraw(person: Person, referral_id: int, reason: str) -> None:
    """Take a referral back while it has not left. Raises NotPermitted, InputError, or Conflict once it is exported."""
    require_permission(person, Permission.REFERRAL_DECIDE)
    if not reason.strip():
        raise InputError("the decision has no reason.", where="reason", advice="Say why, in a sentence.")
    row = _locked(referral_id)
    if row.state not in (ReferralState.PROPOSED, ReferralState.QUEUED):
        raise Conflict(
            "this referral has left the house.", where="referral", advice="Tell the authority that received it."
        )
    row.decided_by_id, row.decided_at, row.decision_reason = person.pk, clock().now(), reason.strip()
    _move(row, ReferralState.WITHDRAWN)
    _record("withdrawn", row, actor=person.actor)
    _tell_reports(row)


def withdraw_for_content(content_id: int, reason: str) -> int:
    """Take back what has not left about a content whose decision was reversed; returns how many."""
    rows = Referral.objects.select_for_update().filter(content=content_id, state=ReferralState.QUEUED)
    for row in rows:
        _move(row, ReferralState.WITHDRAWN)
        _record("withdrawn", row, reason=reason)
    return len(rows)


def outcomes(content_id: int) -> list[ReferralState]:
    """States of the referrals about a content and about the reports that point to it, oldest first."""
    reports = intake.report_ids_with_content(content_id)
    rows = Referral.objects.filter(content=content_id) | Referral.objects.filter(report__in=reports)
    return [ReferralState(state) for state in rows.order_by("pk").values_list("state", flat=True)]


def ids_of(content_id: int, report_ids: Sequence[int]) -> list[int]:
    """Numbers of the referrals about a content and about these reports, oldest first."""
    rows = Referral.objects.filter(content=content_id) | Referral.objects.filter(report__in=report_ids)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def get(referral_id: int) -> ReferralView:
    """Raises NotFound."""
    row = Referral.objects.select_related("decided_by").filter(pk=referral_id).first()
    if row is None:
        raise NotFound("there is no such referral.", where="referral")
    return _view(row)


def to_decide() -> list[ReferralView]:
    """What waits for a person's decision, oldest first."""
    rows = Referral.objects.select_related("decided_by").filter(state=ReferralState.PROPOSED).order_by("pk")
    return [_view(row) for row in rows[:200]]


def overview(filters: Mapping[str, str], page: int = 1) -> tuple[list[ReferralView], int]:
    """One page of what needs no decision any more, newest first, and how many there are. Filters: state, country."""
    rows = Referral.objects.select_related("decided_by").exclude(state=ReferralState.PROPOSED).order_by("-pk")
    wanted: dict[str, Any] = {"state": filters.get("state", ""), "country": filters.get("country", "").upper()}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    start = (max(page, 1) - 1) * PAGE
    return [_view(row) for row in rows[start : start + PAGE]], rows.count()


def counts() -> dict[str, int]:
    """Referrals by state."""
    return dict(Referral.objects.order_by().values_list("state").annotate(n=Count("pk")))


def exported(referral_id: int, digest: bytes) -> bool:
    """Note in the caller's transaction that the file is out; False if it was withdrawn meanwhile."""
    row = _locked(referral_id)
    if row.state != ReferralState.QUEUED:
        return False
    row.exported_at, row.document_digest = clock().now(), digest
    _move(row, ReferralState.EXPORTED)
    _record("exported", row)
    _tell_reports(row)
    return True


def _destination(route: Route) -> str:
    """Police are this country's own, whatever country the content was found in."""
    return settings.COUNTRY if route.kind is RouteKind.POLICE else (route.country or "")


def _common(route: Route) -> dict[str, Any]:
    if route.kind not in _TARGETS:
        raise InputError("this route leads to no authority.", where="referral")
    now = clock().now()
    return {
        "reference": f"F{now:%y}-" + "".join(secrets.choice(_ALPHABET) for _ in range(8)),
        "target": _TARGETS[route.kind],
        "country": _destination(route),
        "channel": f"node {route.target}" if route.kind is RouteKind.MEMBER else route.target[:120],
        "why": route.why[:300],
        "created_at": now,
    }


def _queued(row: Referral, *, actor: str = "system") -> None:
    _record("queued", row, actor=actor)
    jobs.wake("export", row.pk)
    _tell_reports(row)


def _move(row: Referral, state: ReferralState) -> None:
    check_move(REFERRAL_MOVES, ReferralState(row.state), state)
    row.state = state
    row.save()


def _record(what: str, row: Referral, *, actor: str = "system", reason: str = "") -> None:
    # A person's reason may name people: it stays with the referral and out of the chain.
    data = {"target": str(row.target), "country": row.country}
    audit.record(f"referral:{what}", f"referral:{row.pk}", actor=actor, data=data, reason=reason)


def _tell_reports(row: Referral) -> None:
    reports = [row.report_id] if row.report_id else intake.report_ids_with_content(row.content_id or 0)
    for report_id in reports:
        jobs.wake("follow", report_id)


def _locked(referral_id: int) -> Referral:
    row = Referral.objects.select_for_update().filter(pk=referral_id).first()
    if row is None:
        raise NotFound("there is no such referral.", where="referral")
    return row


def _view(row: Referral) -> ReferralView:
    return ReferralView(
        row.pk,
        row.reference,
        row.content_id,
        row.report_id,
        row.target,
        row.country,
        row.channel,
        row.about_person,
        ReferralState(row.state),
        row.why,
        row.legal_basis,
        str(row.decided_by) if row.decided_by else "",
        row.decision_reason,
        row.created_at,
        row.decided_at,
        row.exported_at,
    )
