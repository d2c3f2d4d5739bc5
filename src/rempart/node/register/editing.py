"""Editing the register: drafts, submission, publication, and facts of members.

A node edits its own country's part. The secretariat edits every part, but that of a member that declares its own: the
member's word on itself goes first.
"""

from django.conf import settings
from django.db import transaction

from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted
from rempart.core.register.members import Member
from rempart.core.register.part import Part, check_succession, part_fields, read_part
from rempart.core.register.rounds import round_of
from rempart.node.audit import services as audit
from rempart.node.register import facts, stated
from rempart.node.register.declaring import declare
from rempart.node.register.models import Draft, Revision
from rempart.node.runtime import clock

Source = Revision.Source


def why_not(country: str) -> str:
    """Why this node may not edit a member's part: foreign, or declared; empty where it may."""
    if country == settings.COUNTRY:
        return ""
    if not facts.is_secretariat():
        return "foreign"
    return "declared" if Revision.objects.filter(country=country, source=Source.DECLARED).exists() else ""


@transaction.atomic
def edit(changed: Part, *, actor: str, what: str) -> None:
    """Keep a changed draft; `what` says in the event what was edited. Conflict while it is submitted."""
    facts.get(changed.country)
    require(changed.country)
    audit.lock()
    read_part(part_fields(changed))
    row = Draft.objects.filter(country=changed.country).first()
    if row is not None and row.submitted_at is not None:
        raise Conflict("the draft is submitted.", where="register", advice="Take it back before you edit it.")
    kept = {"body": part_fields(changed), "edited_by": actor, "edited_at": clock().now()}
    Draft.objects.update_or_create(country=changed.country, defaults=kept)
    audit.record("register:edited", f"member:{changed.country}", actor=actor, data={"part": what})


@transaction.atomic
def discard(country: str, *, actor: str) -> None:
    """Drop a draft that is not submitted; what is published stays as it is."""
    require(country)
    _row(country, is_submitted=False).delete()
    audit.record("register:discarded", f"member:{country}", actor=actor)


@transaction.atomic
def submit(country: str, round_key: str, *, actor: str) -> None:
    """Say that the draft is complete, as the answer to a round or, with an empty key, without one."""
    require(country)
    row = _row(country, is_submitted=False)
    if round_key and round_of(round_key) is None:
        raise InputError("there is no such reporting round.", where="round")
    check_succession(stated.part(country), read_part(row.body))
    row.body = {**row.body, "round": round_key}
    row.submitted_by, row.submitted_at = actor, clock().now()
    row.save(update_fields=["body", "submitted_by", "submitted_at"])
    audit.record("register:submitted", f"member:{country}", actor=actor, data={"round": round_key})


@transaction.atomic
def take_back(country: str, *, actor: str) -> None:
    """Make a submitted draft editable again."""
    require(country)
    row = _row(country, is_submitted=True)
    row.submitted_by, row.submitted_at = "", None
    row.save(update_fields=["submitted_by", "submitted_at"])
    audit.record("register:taken_back", f"member:{country}", actor=actor)


@transaction.atomic
def publish(country: str, *, actor: str) -> int:
    """Make the submitted draft what the member states, for good, and declare it; the revision's number."""
    require(country)
    row = _row(country, is_submitted=True)
    found = read_part(row.body)
    check_succession(stated.part(country), found)
    number = stated.keep(found, Source.OWN if country == settings.COUNTRY else Source.SECRETARIAT, actor)
    row.delete()
    declare()
    return number


@transaction.atomic
def set_facts(member: Member, *, actor: str) -> bool:
    """Set what the register says of a member, or add it; whether that changed anything.

    NotPermitted elsewhere than at the secretariat, InputError where the facts cannot stand beside the others'.
    """
    require_secretariat()
    changed = facts.keep([member], actor=actor) == 1
    if changed:
        declare()
    return changed


def require_secretariat() -> None:
    """Raise NotPermitted where this node does not keep the register for all."""
    if not facts.is_secretariat():
        raise NotPermitted("the secretariat keeps the facts of members.", advice="Ask the secretariat.")


def require(country: str) -> None:
    """Raise NotPermitted where this node may not edit the part of this country."""
    reason = why_not(country)
    if reason == "declared":
        raise NotPermitted("this member declares its own part.", advice="Ask the member to change it.")
    if reason:
        raise NotPermitted("this node edits its own country's part.", advice="Ask the member or the secretariat.")


def _row(country: str, *, is_submitted: bool) -> Draft:
    audit.lock()
    row = Draft.objects.filter(country=country).first()
    if row is None:
        raise NotFound("there is no draft.", where="register", advice="Somebody has published or discarded it.")
    if (row.submitted_at is not None) != is_submitted:
        raise Conflict(
            "the draft is submitted." if not is_submitted else "the draft is not submitted.",
            where="register",
            advice="Load the page again.",
        )
    return row
