"""The step that asks all other members for declarations: their own, and those of others that they hold.

Everyone passes on what it holds, so that nobody is cut off by one silent member, and two declarations with one number
meet and are found.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from rempart.adapters.peer_http import PeerHttp, all_at_once
from rempart.core.errors import LimitExceeded, OutsideFailure, RempartError
from rempart.exchange.declarations import (
    MAX_DECLARATION_BYTES,
    MAX_HEADS_BYTES,
    Head,
    Refusal,
    Refused,
    read_heads,
)
from rempart.exchange.roster_entries import Member
from rempart.node import runtime
from rempart.node.exchange import asking, declared, members
from rempart.node.exchange.models import Contradiction, Declared
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock

log = logging.getLogger("rempart.exchange")

STEP = "declarations"
EVERY = timedelta(minutes=1)
"""Or as often as the members' logs are looked at, where that is seldomer."""
MOST_OF_A_LOOK = 8
"""How many documents one member is asked for at one look; what is left waits for the next."""


@jobs.step(STEP)
def hear(subject: str) -> jobs.Effects:
    """Whatever one of the members says, the others are heard."""
    active = [member for member in members.others() if member.is_active]
    for member, text in zip(active, all_at_once(_heads, active, 2 * asking.PATIENCE), strict=True):
        if text:
            _hear(member, text)

    def effects() -> datetime:
        return clock().now() + max(EVERY, timedelta(seconds=settings.FOLLOW_SECONDS))

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts."""
    jobs.wake(STEP, "all")


def _heads(member: Member) -> str:
    return asking.file_of(member, "declarations/heads", MAX_HEADS_BYTES)


def _hear(teller: Member, text: str) -> None:
    try:
        heads = read_heads(text)
    except RempartError:
        log.warning("the list of declarations of %s cannot be read", teller.origin)
        return
    for head in heads:
        if head.origin == teller.origin and _is_older(head):
            declared.note_refusal(head.origin, head.kind, Refusal.OLDER)
    wanted = [head for head in heads if _is_wanted(head)]
    # What it says of itself comes first: nobody else can crowd it out.
    wanted.sort(key=lambda head: head.origin != teller.origin)
    for head in wanted[:MOST_OF_A_LOOK]:
        _take(teller, head)


def _is_wanted(head: Head) -> bool:
    """Of a kind and an active member that count here, and newer than what is held or said otherwise."""
    member = members.find(head.origin)
    if head.kind not in declared.KINDS or member is None or not member.is_active or head.origin == settings.ORIGIN:
        return False
    held = _held(head)
    if held is None or head.number > held.number:
        return True
    is_known = Contradiction.objects.filter(origin=head.origin, kind=head.kind, number=head.number).exists()
    return head.number == held.number and head.digest != held.digest and not is_known


def _is_older(head: Head) -> bool:
    held = _held(head)
    return held is not None and head.number < held.number


def _held(head: Head) -> Declared | None:
    """What is held of it by the member's present key, without its bytes."""
    member = members.find(head.origin)
    if member is None:
        return None
    rows = Declared.objects.filter(origin=head.origin, kind=head.kind, key=member.log.public.hex())
    return rows.defer("data").first()


def _take(teller: Member, head: Head) -> None:
    """What a member says itself and does not hold good is refused; what another passes on wrongly is left out."""
    is_own = teller.origin == head.origin
    try:
        http = PeerHttp(runtime.asker(), asking.FILES_PATIENCE)
        said = http.get(f"{teller.log_url}/declarations/{head.digest}.json", MAX_DECLARATION_BYTES)
        if said.status != 200:
            return
        declared.take(said.body, head.kind, head.origin)
        refusal = None
    except OutsideFailure as error:
        if not isinstance(error.__cause__, LimitExceeded):
            return
        refusal = Refusal.TOO_LARGE
    except Refused as error:
        refusal = error.refusal
    if refusal is not None:
        log.warning("a declaration of %s from %s is refused: %s", head.origin, teller.origin, refusal)
    if is_own:
        declared.note_refusal(head.origin, head.kind, refusal)
