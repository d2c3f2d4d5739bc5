"""Who may do what: one table, asked by every view and every command."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from rempart.core.errors import NotPermitted
from rempart.core.vocabulary import Role


class Permission(StrEnum):
    QUEUE_VIEW = "queue_view"
    CASE_CLAIM = "case_claim"
    CASE_ASSESS = "case_assess"
    CASE_SECOND_LOOK = "case_second_look"
    CASE_ARBITRATE = "case_arbitrate"
    IMAGE_VIEW = "image_view"
    FILE_UNSEAL = "file_unseal"
    MESSAGE_READ = "message_read"
    HOLD_PLACE = "hold_place"
    HOLD_RELEASE = "hold_release"
    CASE_RESTRICT = "case_restrict"
    CASE_BREAK_GLASS = "case_break_glass"
    EVIDENCE_REQUEST = "evidence_request"
    EVIDENCE_APPROVE = "evidence_approve"
    NOTICE_VIEW = "notice_view"
    NOTICE_MANAGE = "notice_manage"
    REFERRAL_VIEW = "referral_view"
    REFERRAL_DECIDE = "referral_decide"
    LISTS_VIEW = "lists_view"
    LISTS_MANAGE = "lists_manage"
    SIGNALS_VIEW = "signals_view"
    SIGNALS_RECALL = "signals_recall"
    EXCHANGE_VIEW = "exchange_view"
    AUDIT_VIEW = "audit_view"
    AUDIT_EXPORT = "audit_export"
    FIGURES_INTERNAL = "figures_internal"
    STAFF_MANAGE = "staff_manage"
    PLATFORM_MANAGE = "platform_manage"
    RETENTION_VIEW = "retention_view"
    PRESERVATION_HOLD = "preservation_hold"
    ERASURE_REQUEST = "erasure_request"
    ERASURE_APPROVE = "erasure_approve"
    TEXT_REDACT = "text_redact"
    CARE_TEAM = "care_team"
    REGISTER_VIEW = "register_view"
    REGISTER_EDIT = "register_edit"
    PLANNING_USE = "planning_use"
    REPORTS_MAKE = "reports_make"
    TRANSLATIONS_CONFIRM = "translations_confirm"


_P = Permission

CONTENT: frozenset[Permission] = frozenset(
    {
        _P.QUEUE_VIEW,
        _P.CASE_CLAIM,
        _P.CASE_ASSESS,
        _P.CASE_SECOND_LOOK,
        _P.CASE_ARBITRATE,
        _P.IMAGE_VIEW,
        _P.FILE_UNSEAL,
        _P.MESSAGE_READ,
        _P.HOLD_PLACE,
        _P.HOLD_RELEASE,
        _P.CASE_RESTRICT,
        _P.CASE_BREAK_GLASS,
        _P.EVIDENCE_REQUEST,
        _P.EVIDENCE_APPROVE,
        _P.NOTICE_VIEW,
        _P.NOTICE_MANAGE,
        _P.REFERRAL_VIEW,
        _P.REFERRAL_DECIDE,
        _P.LISTS_VIEW,
        _P.LISTS_MANAGE,
        _P.SIGNALS_VIEW,
        _P.SIGNALS_RECALL,
        _P.PRESERVATION_HOLD,
        _P.ERASURE_REQUEST,
        _P.ERASURE_APPROVE,
        _P.TEXT_REDACT,
    }
)
"""What shows reports, addresses, fingerprints or material: never for an administrator or auditor."""

_ANALYST = frozenset(
    {
        _P.QUEUE_VIEW,
        _P.CASE_CLAIM,
        _P.CASE_ASSESS,
        _P.IMAGE_VIEW,
        _P.MESSAGE_READ,
        _P.HOLD_PLACE,
        _P.HOLD_RELEASE,
        _P.NOTICE_VIEW,
        _P.NOTICE_MANAGE,
        _P.REFERRAL_VIEW,
        _P.LISTS_VIEW,
    }
)

_ERASURE = frozenset({_P.RETENTION_VIEW, _P.PRESERVATION_HOLD, _P.ERASURE_REQUEST, _P.ERASURE_APPROVE})

_STEERING = frozenset({_P.FIGURES_INTERNAL, _P.REGISTER_VIEW, _P.PLANNING_USE})

_SIGNALS = frozenset({_P.SIGNALS_VIEW, _P.SIGNALS_RECALL, _P.EXCHANGE_VIEW})

TABLE: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ANALYST: _ANALYST,
        Role.SENIOR_ANALYST: _ANALYST
        | _ERASURE
        | {_P.TEXT_REDACT}
        | {_P.CASE_SECOND_LOOK, _P.CASE_ARBITRATE, _P.FILE_UNSEAL, _P.REFERRAL_DECIDE, _P.TRANSLATIONS_CONFIRM}
        | _STEERING
        | {_P.CASE_RESTRICT, _P.CASE_BREAK_GLASS, _P.EVIDENCE_REQUEST, _P.EVIDENCE_APPROVE, _P.CARE_TEAM}
        | _SIGNALS,
        Role.LE_LIAISON: frozenset(
            {
                _P.QUEUE_VIEW,
                _P.FILE_UNSEAL,
                _P.MESSAGE_READ,
                _P.HOLD_PLACE,
                _P.HOLD_RELEASE,
                _P.CASE_BREAK_GLASS,
                _P.EVIDENCE_REQUEST,
                _P.EVIDENCE_APPROVE,
                _P.NOTICE_VIEW,
                _P.REFERRAL_VIEW,
                _P.REFERRAL_DECIDE,
            }
        )
        | _ERASURE,
        Role.VICTIM_SPECIALIST: frozenset(
            {
                _P.QUEUE_VIEW,
                _P.IMAGE_VIEW,
                _P.MESSAGE_READ,
                _P.REFERRAL_VIEW,
                _P.REFERRAL_DECIDE,
                _P.RETENTION_VIEW,
                _P.ERASURE_REQUEST,
                _P.TEXT_REDACT,
                _P.TRANSLATIONS_CONFIRM,
            }
        ),
        Role.LIST_MANAGER: frozenset({_P.LISTS_VIEW, _P.LISTS_MANAGE}) | _SIGNALS,
        Role.STATISTICIAN: _STEERING | {_P.REGISTER_EDIT, _P.REPORTS_MAKE, _P.TRANSLATIONS_CONFIRM},
        Role.AUDITOR: frozenset(
            {_P.AUDIT_VIEW, _P.AUDIT_EXPORT, _P.FIGURES_INTERNAL, _P.REGISTER_VIEW, _P.RETENTION_VIEW, _P.EXCHANGE_VIEW}
        ),
        Role.ADMINISTRATOR: frozenset(
            {_P.STAFF_MANAGE, _P.PLATFORM_MANAGE, _P.RETENTION_VIEW, _P.EXCHANGE_VIEW}
            | {_P.REGISTER_VIEW, _P.PLANNING_USE, _P.TRANSLATIONS_CONFIRM}
        ),
    }
)


def may(roles: Iterable[Role], permission: Permission) -> bool:
    """Whether any of the roles carries the permission."""
    return any(permission in TABLE[role] for role in roles)


def require(roles: Iterable[Role], permission: Permission) -> None:
    """Raise NotPermitted unless one of the roles carries the permission."""
    if may(roles, permission):
        return
    holders = ", ".join(role.value for role in Role if permission in TABLE[role])
    raise NotPermitted(
        f"your role does not include '{permission}'.", advice=f"Ask a colleague who has one of these roles: {holders}."
    )


def may_release_hold(actor_id: int | str, owner_id: int | str, roles: Iterable[Role]) -> bool:
    """Only the owner of a police hold releases it, and only while a role of theirs still allows it."""
    return actor_id == owner_id and may(roles, Permission.HOLD_RELEASE)


def may_release_preservation(actor_id: int, owner_id: int, roles: Iterable[Role], *, is_overdue: bool) -> bool:
    """Its owner releases a preservation hold; once its day is past, anybody may who could place one."""
    return (actor_id == owner_id or is_overdue) and may(roles, Permission.PRESERVATION_HOLD)
