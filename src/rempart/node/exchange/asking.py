"""How this node asks other members: addresses from the roster, credentials from the data folder."""

from django.conf import settings

from rempart.adapters.credentials import Credentials
from rempart.adapters.peer_http import PeerHttp, PeerLog
from rempart.exchange.roster_entries import Member
from rempart.node import runtime

PATIENCE = 3.0
"""Seconds that a witness, or a short file, may take."""
FILES_PATIENCE = 10.0
"""Seconds that one of a log's larger files may take."""


def briefly() -> PeerHttp:
    return PeerHttp(runtime.asker(), PATIENCE)


def credentials() -> Credentials:
    return Credentials(settings.HOME.credentials)


def log_of(member: Member) -> PeerLog:
    """A member's log, with its openings."""
    http = PeerHttp(runtime.asker(), FILES_PATIENCE)
    return PeerLog(http, member.log_url, member.machine_url, credentials().of(member.origin))


def file_of(member: Member, name: str, limit: int) -> str:
    """A short public file of a member, as text; empty where there is none. Raises OutsideFailure."""
    said = briefly().get(f"{member.log_url}/{name}", limit)
    return said.body.decode(errors="replace") if said.status == 200 else ""
