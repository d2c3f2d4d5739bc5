"""Who stands behind a log, whom this node follows, and which witnesses count: as the roster has it."""

import time

from django.conf import settings

from rempart.adapters.signing import Signer
from rempart.exchange.quorum import Quorum
from rempart.exchange.roster_entries import Member, Witness
from rempart.formats.signed_note import Key, KeyType
from rempart.node.roster import services as roster


def country_of(origin: str) -> str:
    """ISO 3166-1 alpha-2; the origin itself where the roster does not know it."""
    member = find(origin)
    return member.country if member else str(settings.COUNTRY) if origin == settings.ORIGIN else origin


def find(origin: str) -> Member | None:
    """The entry of whose log it is, whatever its status."""
    facts = roster.current()
    return facts.member(origin) if facts else None


def others() -> list[Member]:
    """The other members, whatever their status; none without a roster."""
    facts = roster.current()
    return [member for member in facts.members if member.origin != settings.ORIGIN] if facts else []


def quorum() -> Quorum:
    """Without a roster no witness counts, and none is needed: a single node trusts itself."""
    facts = roster.current()
    return facts.quorum if facts else Quorum.of({})


def witnesses() -> list[Witness]:
    """Those that count now: outside the alliance, and of active members."""
    facts, counted = roster.current(), set(quorum().groups)
    return [witness for witness in facts.witnesses if witness.key in counted] if facts else []


def own_witness() -> tuple[Key, Signer]:
    """The key by which this node cosigns, under the name that the roster gives it, and what signs with it."""
    signer = Signer(settings.HOME.keys.witness)
    facts = roster.current()
    found = [each.key for each in facts.witnesses if each.key.public == signer.public_key] if facts else []
    host = settings.ORIGIN.partition("/")[0]
    return (found or [Key(f"{host}/witness", signer.public_key, KeyType.COSIGNATURE)])[0], signer


def moment() -> int:
    """Seconds since 1970 by the machine, whatever clock a demonstration has: cosignatures live in others' time."""
    return int(time.time())
