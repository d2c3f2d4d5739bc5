"""One-time links with which a person sets their password and second factor."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import QuerySet

from rempart.core.errors import NotFound
from rempart.node.audit import services as audit
from rempart.node.staff import moment
from rempart.node.staff.models import Enrolment, StaffMember


@dataclass(frozen=True, slots=True)
class Invitation:
    """`path` is the link without the node's address; it is known only here and now."""

    person: StaffMember
    path: str = field(repr=False)
    expires_at: datetime


def issue(person: StaffMember) -> Invitation:
    """A new link inside the caller's transaction; earlier ones of this person open nothing any more."""
    Enrolment.objects.filter(person=person, used_at=None).delete()
    token = secrets.token_urlsafe(32)
    expires_at = moment.now() + settings.ENROLMENT_TIME
    Enrolment.objects.create(person=person, digest=_digest(token), expires_at=expires_at)
    return Invitation(person, f"/staff/enrol/{token}", expires_at)


def find(token: str) -> StaffMember:
    """Whom the link is for; NotFound when it was used, replaced, is too old or never was one."""
    row = _open_links(token).select_related("person").first()
    if row is None:
        raise _nothing()
    return row.person


@transaction.atomic
def use(token: str, password: str) -> StaffMember:
    """Set the password and use the link up; NotFound as above, Django's ValidationError for a weak password."""
    person = find(token)
    validate_password(password, person)
    # Compare-and-swap: of two that use a link at once, one is refused.
    if not _open_links(token).update(used_at=moment.now()):
        raise _nothing()
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record("staff:enrolled", person.actor, actor=person.actor)
    return person


def forget_old() -> None:
    """Delete links that open nothing any more."""
    Enrolment.objects.filter(expires_at__lte=moment.now()).delete()


def _open_links(token: str) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(
        digest=_digest(token), used_at=None, expires_at__gt=moment.now(), person__is_active=True
    )


def _digest(token: str) -> bytes:
    # 256 random bits: nobody can guess them, so a plain digest protects them at rest.
    return hashlib.sha256(token.encode()).digest()


def _nothing() -> NotFound:
    return NotFound(
        "this link opens nothing: it was used, replaced or is too old.",
        advice="Ask an administrator for a new one.",
    )
