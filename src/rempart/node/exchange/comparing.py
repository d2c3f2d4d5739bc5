"""Comparing what different members are shown of a log: two histories are two even if each comes with its witnesses."""

import secrets

from rempart.adapters.peer_http import PeerLog, all_at_once
from rempart.adapters.signing import verify
from rempart.core.errors import IntegrityError, OutsideFailure
from rempart.exchange.checkpoints import Cosigned, open_checkpoint, parse_checkpoint
from rempart.exchange.evidence import split_view
from rempart.exchange.following import Refusal, Refused, contradiction
from rempart.exchange.heads import read_heads
from rempart.exchange.roster_entries import Member
from rempart.formats.signed_note import Note, read_note
from rempart.node.exchange import asking, members, proofs
from rempart.node.exchange.models import Peer, Witnessed

ASKED = 4
"""How many members are asked what they were shown of a log whose checkpoint lacks its quorum."""
MOST_BYTES = 1 << 21
_SHOWN = ("heads", "witnessed")


def read_proofs(member: Member) -> None:
    """Keep what another member proves; nothing where it cannot be reached."""
    try:
        proofs.keep_all(asking.file_of(member, "proofs", MOST_BYTES))
    except OutsideFailure:
        return


def compare_heads(member: Member) -> None:
    """What another believes and cosigned must be what this node believes and cosigned."""
    shown = all_at_once(lambda name: asking.file_of(member, name, MOST_BYTES), _SHOWN, 2 * asking.PATIENCE)
    for text in shown:
        for origin, note in _notes(text).items():
            _compare(origin, note)


def compare_with_others(member: Member, cosigned: Cosigned, reader: PeerLog) -> None:
    """Raises Refused, with the proof, if what others were shown of a log is not what this node is shown."""
    others = [each for each in members.others() if each.is_active and each.origin != member.origin]
    some = secrets.SystemRandom().sample(others, min(ASKED, len(others)))
    asked = [(each, name) for each in some for name in _SHOWN]
    texts = all_at_once(lambda one: asking.file_of(*one, MOST_BYTES), asked, 2 * asking.PATIENCE)
    mine = Witnessed.objects.filter(origin=member.origin).values_list("note", flat=True)
    notes = {*mine, *(_notes(text).get(member.origin, "") for text in texts)} - {""}
    for note in notes:
        other = _signed(note, member)
        found = contradiction(cosigned.note, other, reader) if other is not None else None
        if found is not None:
            raise Refused(Refusal.SPLIT_VIEW, "the log signed two histories.", found)


def _compare(origin: str, note: str) -> None:
    member = members.find(origin)
    if member is None or proofs.against(origin):
        return
    mine = [
        *Peer.objects.filter(origin=origin).exclude(note="").values_list("note", flat=True),
        *Witnessed.objects.filter(origin=origin).exclude(note="").values_list("note", flat=True),
    ]
    point = parse_checkpoint(read_note(note).text)
    for text in mine:
        own = read_note(text)
        known = parse_checkpoint(own.text)
        if known.size != point.size or known.root == point.root:
            continue
        other = _signed(note, member)
        found = split_view(own, other) if other is not None else None
        if found is not None:
            proofs.keep(found)


def _notes(text: str | None) -> dict[str, str]:
    try:
        return read_heads(text or "")
    except IntegrityError:
        return {}


def _signed(note: str, member: Member) -> Note | None:
    try:
        return open_checkpoint(note, member.log, [], verify).note
    except IntegrityError:
        return None
