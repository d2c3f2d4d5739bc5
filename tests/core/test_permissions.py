import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import NotPermitted
from rempart.core.permissions import CONTENT, TABLE, Permission, may, may_release_hold, require
from rempart.core.vocabulary import Role

roles = st.sets(st.sampled_from(Role))


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(Role)
    assert frozenset().union(*TABLE.values()) == set(Permission)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.STATISTICIAN])
def test_these_roles_see_no_content(role: Role) -> None:
    assert not TABLE[role] & CONTENT


def test_everything_outside_content_is_named_here() -> None:
    assert set(Permission) - CONTENT == {
        Permission.AUDIT_VIEW,
        Permission.AUDIT_EXPORT,
        Permission.FIGURES_INTERNAL,
        Permission.REGISTER_VIEW,
        Permission.REGISTER_EDIT,
        Permission.PLANNING_USE,
        Permission.REPORTS_MAKE,
        Permission.TRANSLATIONS_CONFIRM,
        Permission.STAFF_MANAGE,
        Permission.PLATFORM_MANAGE,
        Permission.RETENTION_VIEW,
        Permission.CARE_TEAM,
        Permission.EXCHANGE_VIEW,
    }


@pytest.mark.parametrize(
    ("permission", "holders"),
    [
        (Permission.CASE_SECOND_LOOK, {Role.SENIOR_ANALYST}),
        (Permission.CASE_ARBITRATE, {Role.SENIOR_ANALYST}),
        (Permission.CASE_ASSESS, {Role.ANALYST, Role.SENIOR_ANALYST}),
        (Permission.IMAGE_VIEW, {Role.ANALYST, Role.SENIOR_ANALYST, Role.VICTIM_SPECIALIST}),
        (Permission.FILE_UNSEAL, {Role.SENIOR_ANALYST, Role.LE_LIAISON}),
        (Permission.LISTS_MANAGE, {Role.LIST_MANAGER}),
        (Permission.STAFF_MANAGE, {Role.ADMINISTRATOR}),
        (Permission.CARE_TEAM, {Role.SENIOR_ANALYST}),
        (Permission.CASE_RESTRICT, {Role.SENIOR_ANALYST}),
        (Permission.CASE_BREAK_GLASS, {Role.SENIOR_ANALYST, Role.LE_LIAISON}),
        (Permission.EVIDENCE_REQUEST, {Role.SENIOR_ANALYST, Role.LE_LIAISON}),
        (Permission.EVIDENCE_APPROVE, {Role.SENIOR_ANALYST, Role.LE_LIAISON}),
        (Permission.AUDIT_EXPORT, {Role.AUDITOR}),
        (Permission.ERASURE_APPROVE, {Role.SENIOR_ANALYST, Role.LE_LIAISON}),
        (Permission.PRESERVATION_HOLD, {Role.SENIOR_ANALYST, Role.LE_LIAISON}),
        (Permission.TEXT_REDACT, {Role.SENIOR_ANALYST, Role.VICTIM_SPECIALIST}),
        (Permission.REFERRAL_DECIDE, {Role.SENIOR_ANALYST, Role.LE_LIAISON, Role.VICTIM_SPECIALIST}),
    ],
)
def test_who_holds_what(permission: Permission, holders: set[Role]) -> None:
    assert {role for role in Role if may([role], permission)} == holders


@given(roles, st.sampled_from(Permission))
def test_roles_add_up_and_nothing_else_does(held: set[Role], permission: Permission) -> None:
    allowed = may(held, permission)
    assert allowed == any(permission in TABLE[role] for role in held)
    if allowed:
        require(held, permission)
    else:
        with pytest.raises(NotPermitted, match=permission.value):
            require(held, permission)


@given(roles, st.integers(), st.integers())
def test_only_the_owner_with_the_role_releases_a_hold(held: set[Role], actor: int, owner: int) -> None:
    assert may_release_hold(owner, owner, held) == may(held, Permission.HOLD_RELEASE)
    assert actor == owner or not may_release_hold(actor, owner, held)


def test_whoever_places_a_hold_can_release_it() -> None:
    for role in Role:
        assert may([role], Permission.HOLD_PLACE) == may([role], Permission.HOLD_RELEASE)
