"""What others add to this node's checkpoints, how they learn of a new one, and what they have seen."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.conf import settings

from rempart.adapters.peer_http import all_at_once
from rempart.adapters.signing import Signer, verify
from rempart.core.errors import IntegrityError, OutsideFailure, RempartError
from rempart.exchange.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint
from rempart.exchange.heads import MAX_FILE_BYTES, split_notes
from rempart.exchange.roster_entries import Member, Witness
from rempart.exchange.witness import SIZE_TYPE, read_answer, write_request
from rempart.formats.signed_note import Key, Note, Signature
from rempart.node.exchange import asking, members, witnessing

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds for which a witness that did not answer in time is left alone, twice as long each time: it would hold back
every batch."""
_SHOWN = ("witnessed", "heads")
Prove = Callable[[int], list[bytes]]


@dataclass(slots=True)
class _Memory:
    """What this process knows of witnesses, by verifier key: when each is asked again, how long it was left alone
    last, and the size it knows.
    """

    pauses: dict[str, float] = field(default_factory=dict)
    lengths: dict[str, float] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def pause(self, vkey: str) -> None:
        length = self.lengths[vkey] = min(2 * self.lengths.get(vkey, FIRST_PAUSE / 2), LONGEST_PAUSE)
        self.pauses[vkey] = time.monotonic() + length

    def forget(self) -> None:
        self.pauses.clear()
        self.lengths.clear()
        self.sizes.clear()


memory = _Memory()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """`behind`: the witness knows more of this log than there is, or something else."""

    line: Signature | None = None
    behind: bool = False


def cosignatures(note: Note, published: int, proof: Prove) -> list[Signature]:
    """What the witnesses answer to a new checkpoint; see `exchange.writer.Gather`.

    All are asked at once, for three seconds. IntegrityError, and nothing is published, when one can show that the log
    signed more than there is: then this is an old copy of it.
    """
    point, own = parse_checkpoint(note.text), Signer(settings.HOME.keys.witness).public_key
    asked = [each for each in members.witnesses() if memory.pauses.get(each.key.vkey, 0.0) <= time.monotonic()]
    mine, apart = [each for each in asked if each.key.public == own], [each for each in asked if each.key.public != own]
    lock = threading.Lock()

    def prove(old: int) -> list[bytes]:
        with lock:  # the files of the log are read by one thread at a time
            return proof(old)

    found = [line for _ in mine if (line := _own_line(note, point, prove)) is not None]
    outcomes = all_at_once(lambda each: _ask_soon(each, note, point, published, prove), apart, asking.PATIENCE)
    for witness, outcome in zip(apart, outcomes, strict=True):
        if outcome is None:
            memory.pause(witness.key.vkey)
            continue
        memory.lengths.pop(witness.key.vkey, None)
        if outcome.line is not None:
            found.append(outcome.line)
        elif outcome.behind:
            _stop_if_shown(witness, point, prove)
    return found


def _own_line(note: Note, point: Checkpoint, prove: Prove) -> Signature | None:
    key, _ = members.own_witness()
    old = 0
    for _ in range(2):
        if old > point.size:
            return None
        decision = witnessing.add_checkpoint(write_request(old, prove(old), str(note)))
        if decision.status == 200:
            return read_answer(decision.body.encode(), note.text, key, verify)
        if decision.content_type != SIZE_TYPE:
            return None
        old = int(decision.body)
    return None


def _ask_soon(witness: Witness, note: Note, point: Checkpoint, published: int, prove: Prove) -> _Outcome:
    """Who refuses the connection at once holds nobody back, and may be there again at the next batch."""
    began = time.monotonic()
    try:
        return _ask(witness, note, point, published, prove)
    except OutsideFailure:
        if time.monotonic() - began > asking.PATIENCE / 2:
            raise
        return _Outcome()


def _ask(witness: Witness, note: Note, point: Checkpoint, published: int, prove: Prove) -> _Outcome:
    """Ask a witness, a second time with the size that it names. Raises OutsideFailure where it does not answer."""
    vkey, http = witness.key.vkey, asking.briefly()
    old = min(memory.sizes.get(vkey, published), point.size)
    for _ in range(2):
        said = http.post(f"{witness.url}/add-checkpoint", write_request(old, prove(old), str(note)))
        if said.status == 200:
            memory.sizes[vkey] = point.size
            return _Outcome(read_answer(said.body, note.text, witness.key, verify))
        if said.status != 409:
            return _Outcome()
        known = _size_in(said.body) if said.content_type == SIZE_TYPE else None
        if known is None or known > point.size:
            return _Outcome(behind=True)
        memory.sizes[vkey] = old = known
    return _Outcome()


def _size_in(body: bytes) -> int | None:
    text = body.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) < 20 else None


def _stop_if_shown(witness: Witness, point: Checkpoint, prove: Prove) -> None:
    """A witness's word alone stops nobody; what this log's own key signed does."""
    member = members.find(witness.member) if witness.member else None
    for known in _shown_by([member] if member else []):
        ahead = known.size > point.size or (known.size == point.size and known.root != point.root)
        if ahead:
            raise IntegrityError(
                "this log signed more than its folder holds: it was put back to an earlier state.",
                where="log",
                advice="Nothing was published. Fetch the missing files from a mirror or member (`rempart log resume`).",
            )


def is_lacking(note: Note | None) -> bool:
    """Whether a published checkpoint has too few cosignatures that count: it is offered to the witnesses again."""
    quorum = members.quorum()
    if note is None or not quorum.groups:
        return False
    key = Key(settings.ORIGIN, Signer(settings.HOME.keys.log).public_key)
    return not quorum.is_met(open_checkpoint(str(note), key, quorum.witnesses, verify).witnessed, members.moment())


def tell_peers(about: str = "") -> None:
    """Hint at a new checkpoint of this node's log, or with "proofs" at those; nobody is waited for long."""
    active = [member for member in members.others() if member.is_active]
    body = f"{settings.ORIGIN} {about or 'checkpoint'}\n".encode()
    all_at_once(lambda member: asking.briefly().post(f"{member.machine_url}/exchange/hint", body), active, 0.5)


def seen_elsewhere() -> list[str]:
    """The last checkpoint of this node's log that each member and witness which can be reached has seen, as notes."""
    return list(_notes_of([member for member in members.others() if member.is_active]))


def known_elsewhere() -> list[Checkpoint]:
    """The same, of what this log's own key signed."""
    return list(_shown_by([member for member in members.others() if member.is_active]))


def _shown_by(some: list[Member]) -> Iterator[Checkpoint]:
    key = Key(settings.ORIGIN, Signer(settings.HOME.keys.log).public_key)
    for note in _notes_of(some):
        try:
            yield open_checkpoint(note, key, [], verify).checkpoint
        except IntegrityError:
            continue


def _notes_of(some: list[Member]) -> Iterator[str]:
    """What members show of this node's log."""
    asked = [(member, name) for member in some for name in _SHOWN]
    for text in all_at_once(lambda one: asking.file_of(*one, MAX_FILE_BYTES), asked, 2 * asking.PATIENCE):
        try:
            yield from (note for note in split_notes(text or "") if note.startswith(f"{settings.ORIGIN}\n"))
        except RempartError:
            continue
