"""The roster as this node has it: who is a member, and how a newer version comes to count here."""

from collections.abc import Sequence

from django.conf import settings
from django.db import transaction

from rempart.core.errors import Conflict, InputError
from rempart.exchange.roster import Roster, check_expiry, follow, read_roster
from rempart.exchange.roster_entries import Member, RosterFacts
from rempart.node.audit import services as audit
from rempart.node.roster.models import RosterVersion
from rempart.node.runtime import clock

_kept: dict[str, Roster] = {}
"""The roster of this process, by its digest: one at most."""


def current() -> RosterFacts | None:
    """What the newest version that this node adopted says; None before the first. Expiry: `RosterFacts.is_expired`."""
    roster = current_roster()
    return roster.facts if roster else None


def current_roster() -> Roster | None:
    """With the signatures. Read once a process and version."""
    newest = RosterVersion.objects.order_by("-version").values_list("version", "digest").first()
    if newest is None:
        return None
    version, digest = newest
    if digest not in _kept:
        roster = read_roster(bytes(RosterVersion.objects.get(version=version).data))
        _kept.clear()
        _kept[digest] = roster
    return _kept[digest]


def own_member() -> Member | None:
    """This node's entry; None where the roster has none, or there is no roster."""
    facts = current()
    return facts.member(settings.ORIGIN) if facts else None


def version_bytes(version: int | None = None) -> bytes | None:
    """The file of a version, of the newest without a number; None where this node has none."""
    rows = RosterVersion.objects.order_by("-version")
    row = (rows if version is None else rows.filter(version=version)).values_list("data", flat=True).first()
    return bytes(row) if row is not None else None


@transaction.atomic
def adopt(files: Sequence[bytes], *, is_vouched_for: bool = False, operator: str = "") -> Roster:
    """Make the last of these versions this node's, after verifying each against the one before; the roster then.

    Versions that this node has are passed over if they say the same; Conflict if not, which proves that too many
    members signed twice. The first roster of a node counts because somebody vouches for it: InputError without that.
    Otherwise raises as `exchange.roster.adopt` does.
    """
    audit.lock()
    before = current_roster()
    if before is None and not is_vouched_for:
        raise InputError("this node has no roster to start from.", where="roster", advice="Run `rempart roster adopt`.")
    chain = [roster for roster in map(read_roster, files) if not _is_known(roster)]
    if not chain and before is not None:
        return before
    verified = follow(before, chain)
    check_expiry(verified[-1], clock().now())
    for roster in verified:
        _keep(roster, operator)
    return verified[-1]


def _is_known(roster: Roster) -> bool:
    known = RosterVersion.objects.filter(version=roster.facts.version).values_list("digest", flat=True).first()
    if known is not None and known != roster.digest:
        raise Conflict(
            f"another version {roster.facts.version} of the roster was adopted here before.",
            where="roster",
            advice="Compare the digests with the other members at once: somebody signed both.",
        )
    return known is not None


def _keep(roster: Roster, operator: str) -> None:
    facts = roster.facts
    RosterVersion.objects.create(
        version=facts.version, digest=roster.digest, data=roster.to_bytes(), adopted_at=clock().now()
    )
    audit.record(
        "roster:adopted",
        f"roster:{facts.version}",
        data={
            "digest": roster.digest,
            "active": len(facts.active),
            "signatures": len(roster.signatures),
            **({"operator": operator} if operator else {}),
        },
    )
