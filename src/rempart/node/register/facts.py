"""Facts of members: read by everybody, set by the secretariat alone."""

from datetime import date

from django.conf import settings

from rempart.core.errors import NotFound
from rempart.core.register import members as rules
from rempart.core.register.members import Member
from rempart.node.audit import services as audit
from rempart.node.register.models import Member as Row
from rempart.node.runtime import clock


def members() -> tuple[Member, ...]:
    """By their number; those without one, that never acceded, last and by code."""
    return tuple(sorted(map(_member, Row.objects.all()), key=_place))


def find(code: str) -> Member | None:
    row = Row.objects.filter(code=code).first()
    return _member(row) if row else None


def get(code: str) -> Member:
    """NotFound where the register does not know the country."""
    member = find(code)
    if member is None:
        raise NotFound("the register does not know this country.", where="register")
    return member


def today() -> date:
    return clock().now().date()


def is_secretariat() -> bool:
    """Whether this node keeps the register for all."""
    return bool(settings.SECRETARIAT == "1")


def keep(found: list[Member], *, actor: str) -> int:
    """In the caller's transaction: set these facts; how many were other before. Raises InputError."""
    audit.lock()
    known = {member.code: member for member in members()}
    rules.check_together({**known, **{member.code: member for member in found}}.values())
    changed = [member for member in found if known.get(member.code) != member]
    for member in changed:
        fields = rules.member_fields(member) | {"numeric": member.numeric}
        Row.objects.update_or_create(code=member.code, defaults=fields)
        dates = {name: fields[name] or "" for name in ("founded", "invited", "acceded", "left")}
        audit.record("register:facts_set", f"member:{member.code}", actor=actor, data=dates)
    return len(changed)


def _member(row: Row) -> Member:
    return Member(
        row.code,
        row.alpha3,
        row.numeric,
        row.number,
        tuple(row.languages),
        row.names,
        row.founded,
        row.invited,
        row.acceded,
        row.left,
    )


def _place(member: Member) -> tuple[int, str]:
    return member.number or 2**31, member.code
