"""The step that looks at all other members' logs, verifies what is new and keeps their last words.

What was verified of a log and what it says are one transaction, which commits only if nobody else advanced the log
meanwhile. A look takes limited time: a long way is gone on with at the next.
"""

import logging
import secrets
import time
from datetime import datetime, timedelta
from itertools import count

from django.conf import settings
from django.db import transaction

from rempart.adapters.peer_http import Said, all_at_once
from rempart.adapters.signing import verify
from rempart.core.errors import OutsideFailure, RempartError
from rempart.exchange.checkpoints import MAX_CHECKPOINT_BYTES, Cosigned
from rempart.exchange.following import Followed, Refusal, Refused, advance, open_served
from rempart.exchange.quorum import Quorum
from rempart.exchange.roster_entries import Member
from rempart.exchange.tiles import CHECKPOINT
from rempart.exchange.tree import Frontier
from rempart.node.exchange import asking, comparing, cosigning, members, opinions, peers, proofs, words
from rempart.node.exchange.models import Peer
from rempart.node.jobs import services as jobs
from rempart.node.runtime import clock

log = logging.getLogger("rempart.exchange")

STEP = "peers"
LONGEST_LOOK = 20.0
"""Seconds after which a look at one log leaves the rest for the next."""
_COMPARED_EVERY = 6
"""In one of so many rounds a member's proofs and heads are read too."""
_rounds = count()
_opened: dict[str, tuple[bytes, Quorum, Cosigned]] = {}
"""The last checkpoint of each log that was opened, so that one that did not change costs no signatures."""


@jobs.step(STEP)
def look_around(subject: str) -> jobs.Effects:
    """Look at every log that is due; whatever one of them does, the others are looked at."""
    more = look_at(peers.due([member for member in members.others() if member.is_active]))

    def effects() -> datetime:
        return clock().now() + timedelta(seconds=0 if more else settings.FOLLOW_SECONDS)

    return effects


def ask_for_repeating_steps() -> None:
    """Due at once whenever a worker starts."""
    jobs.wake(STEP, "all")


def look_at(due: list[Member]) -> bool:
    """Look at these logs; whether one of them has more than a look took. Proofs that were found are told at once."""
    known = sum(proofs.counts().values())
    turn = next(_rounds)
    quorum, began, more = members.quorum(), clock().now(), False
    served = all_at_once(_checkpoint, due, 2 * asking.PATIENCE)
    for at, (member, said) in enumerate(zip(due, served, strict=True)):
        peer = peers.of(member)
        if peers.is_hinted(peer) or (turn + at) % _COMPARED_EVERY == 0:
            comparing.read_proofs(member)
        more = _look(member, peer, said, quorum, began) or more
    if due and turn % _COMPARED_EVERY == 0:
        comparing.compare_heads(secrets.choice(due))
    if sum(proofs.counts().values()) > known:
        cosigning.tell_peers("proofs")
    return more


def _checkpoint(member: Member) -> Said:
    return asking.briefly().get(f"{member.log_url}/{CHECKPOINT}", MAX_CHECKPOINT_BYTES)


def _look(member: Member, peer: Peer, said: Said | None, quorum: Quorum, began: datetime) -> bool:
    try:
        if proofs.against(member.origin):
            raise Refused(Refusal.SPLIT_VIEW, "the log is proven to have two histories.")
        if said is None or said.status != 200:
            raise Refused(Refusal.UNREACHABLE, "the log did not answer.")
        cosigned = _open(member, said.body, quorum)
        return _follow(member, peer, cosigned, quorum, began)
    except Refused as error:
        if error.evidence is not None:
            proofs.keep(error.evidence)
        peers.refused(peer, error.refusal, began)
    except OutsideFailure:
        peers.refused(peer, Refusal.UNREACHABLE, began)
    except RempartError as error:
        log.warning("a look at %s failed: %s", member.origin, type(error).__name__)
        peers.refused(peer, Refusal.ALTERED, began)
    return False


def _open(member: Member, body: bytes, quorum: Quorum) -> Cosigned:
    seen = _opened.get(member.origin)
    if seen is not None and seen[0] == body and seen[1] == quorum:
        return seen[2]
    cosigned = open_served(body.decode(errors="replace"), member.log, quorum, verify)
    _opened[member.origin] = (body, quorum, cosigned)
    return cosigned


def _follow(member: Member, peer: Peer, cosigned: Cosigned, quorum: Quorum, began: datetime) -> bool:
    """Advance by one checkpoint; whether something of it is left. Raises Refused."""
    reader = asking.log_of(member)
    followed = Followed(Frontier.from_bytes(bytes(peer.frontier)), peer.note)
    try:
        found = advance(followed, cosigned, quorum, members.moment(), reader)
    except Refused as error:
        if error.refusal is Refusal.NO_QUORUM:
            comparing.compare_with_others(member, cosigned, reader)
        raise
    note, size, start = str(found.note), followed.frontier.size, time.monotonic()
    for stretch in found.stretches:
        with transaction.atomic():
            if not peers.move(peer, size, stretch.frontier, note):
                return False
            words.keep(member.origin, stretch.signals)
            opinions.note_listed([(each.kind, each.value) for _, each in stretch.signals if each.action.lists])
            if stretch.signals and jobs.is_known("fold"):
                jobs.wake("fold", "all")
        size = stretch.frontier.size
        if time.monotonic() - start > LONGEST_LOOK and size < found.checkpoint.size:
            return True
    peers.believed(peer, note, size, began)
    return False


def forget_opened() -> None:
    """For tests: every checkpoint is verified anew."""
    _opened.clear()
