"""Who stands behind a log, as the roster says."""

from rempart.node.roster import services as roster


def country_of(origin: str) -> str:
    """ISO 3166-1 alpha-2; the origin itself where the roster does not know it."""
    facts = roster.current()
    member = facts.member(origin) if facts else None
    return member.country if member else origin
