"""Newer versions of the roster, from whichever member has them; what they are worth is found out here."""

import logging
import secrets
from collections.abc import Callable, Sequence

from django.conf import settings

from rempart.adapters.guarded_http import GuardedHttp, Target
from rempart.core.errors import OutsideFailure, RempartError
from rempart.exchange.roster import MAX_ROSTER_BYTES, Roster, follow, read_roster
from rempart.exchange.roster_entries import Member

log = logging.getLogger("rempart.roster")

MAX_VERSIONS = 50
"""How many versions are taken at one visit; a node that was away for longer goes on at the next."""
ASKED_AT_ONCE = 3
Get = Callable[[str], bytes | None]
"""The file at an address; None where there is none. Raises OutsideFailure and others of our errors."""


def getting(http: GuardedHttp) -> Get:
    """What gets a file of at most the size of a roster; a redirect leads nowhere."""

    def get(url: str) -> bytes | None:
        with http.exchange("GET", Target.parse(url), headers={"Accept-Encoding": "identity"}) as answer:
            if answer.status == 404:
                return None
            if answer.status != 200:
                raise OutsideFailure(f"the member answered with status {answer.status}.", where="roster")
            return answer.read(MAX_ROSTER_BYTES)

    return get


def newer(current: Roster, get: Get) -> list[bytes]:
    """The longest chain that follows `current`, of those that some active members give; each is verified."""
    chains = [_chain(current, member, get) for member in _some(current.facts.active)]
    return max(chains, key=len, default=[])


def _some(members: Sequence[Member]) -> list[Member]:
    """A few others, by chance, so that none of them can keep a version from this node for long."""
    others = [member for member in members if member.origin != settings.ORIGIN]
    return secrets.SystemRandom().sample(others, min(ASKED_AT_ONCE, len(others)))


def _chain(current: Roster, member: Member, get: Get) -> list[bytes]:
    """What one member gives, up to the first version that is not sound."""
    chain: list[bytes] = []
    try:
        while len(chain) < MAX_VERSIONS:
            data = get(f"{member.log_url}/roster/{current.facts.version + 1}.json")
            if data is None:
                break
            [current] = follow(current, [read_roster(data)])
            chain.append(data)
    except RempartError as error:
        log.warning("no roster from %s: %s", member.origin, type(error).__name__)
    return chain
