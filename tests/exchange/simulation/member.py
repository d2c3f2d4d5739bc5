"""A member of the simulated alliance: it keeps a log, witnesses all logs and follows all of them.

What survives a crash is in `Disk`. An attacker replaces `faces` (what its log shows to whom) or `cosigns` (what its
witness does); everybody else runs the project's own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exchange.simulation import signing
from exchange.simulation.histories import History, opening

from rempart.exchange.checkpoints import Checkpoint, Cosigned, cosign, sign_checkpoint
from rempart.exchange.evidence import Evidence, split_view, verify_evidence
from rempart.exchange.following import Followed, Refusal, Refused, advance, contradiction
from rempart.exchange.signals import Action, Signal
from rempart.exchange.standing import Standing
from rempart.exchange.witness import (
    SIZE_TYPE,
    Decision,
    Known,
    Request,
    decide,
    read_answer,
    read_request,
    write_request,
)
from rempart.formats.signed_note import KeyType, Note, Signature

if TYPE_CHECKING:
    from exchange.simulation.world import Process, World

REFRESH_SECONDS = 3600
PATIENCE = 3.0
BUCKET = 4
ASKED = 8
"""How many others are asked what they believe of a log whose checkpoint lacks its quorum."""


@dataclass
class Face:
    """What a log shows: a note, and the history whose files it serves."""

    note: str
    history: History
    size: int


@dataclass
class Disk:
    """What a member keeps."""

    history: History = field(default_factory=History)
    outbox: list[Signal] = field(default_factory=list)
    face: Face | None = None
    witnessed: dict[str, Known] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    followed: dict[str, Followed] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    proofs: dict[str, Evidence] = field(default_factory=dict)
    stopped: bool = False


class Member:
    """`refusals` tells for each log what the last look at it came to, None when it was believed."""

    def __init__(self, world: World, number: int) -> None:
        self.world, self.number = world, number
        self.country = f"C{number:02d}"
        self.origin = f"member{number:02d}.example/log"
        self.log_key, self.sign = signing.make_key(self.origin)
        self.witness_key, self.witness_sign = signing.make_key(
            f"member{number:02d}.example/witness", KeyType.COSIGNATURE
        )
        self.disk = Disk()
        self.skew = 0
        self.refusals: dict[str, Refusal | None] = {}
        self.looks = 0
        self.colludes = self.reckless = False
        self.careful = False
        self.faces: Callable[[Member], Face | None] = lambda viewer: self.disk.face
        self.cosigns: Callable[[Request, Decision], bool] = lambda request, decision: decision.accepted is not None

    @property
    def clock(self) -> int:
        return int(self.world.now) + self.skew

    def say(self, *signals: Signal) -> None:
        """Withdrawals go first."""
        self.disk.outbox = sorted([*self.disk.outbox, *signals], key=lambda each: each.action is not Action.WITHDRAW)

    # Publishing

    def publish(self) -> Process:
        """Stage what is to be said, sign it, gather cosignatures, show it."""
        if not self.careful:
            self.careful = True
            for other in self.world.members:
                if self.world.reaches(self, other):
                    self._stop_if_behind(other, self.disk.history)
        if self.disk.stopped:
            return
        if self.disk.outbox:
            waiting, self.disk.outbox = self.disk.outbox, []
            bodies = [opening(self.world.chance, each) for each in waiting]
            bodies += [opening(self.world.chance, None) for _ in range(-len(bodies) % BUCKET)]
            self.disk.history.extend(bodies)
        elif not self._needs_refreshing():
            return
        yield 0.01
        yield from self.show(self.disk.history)

    def show(self, history: History) -> Process:
        """Sign a history's head and put it in the window, with the cosignatures that come in time."""
        point = Checkpoint(self.origin, history.size, history.root())
        note = sign_checkpoint(point, self.log_key, self.sign)
        found: list[Signature] = []
        for pause, witness in self._calls():
            yield pause
            line = self._ask(witness, history, point.size, note)
            found += [line] if line else []
        if not self.disk.stopped:
            self.disk.face = Face(str(Note(note.text, note.signatures + tuple(found))), history, point.size)

    def _calls(self) -> Iterator[tuple[float, Member]]:
        """The witnesses that answer in time, in the order of their answers, with the pause before each."""
        others = [member for member in self.world.members if self.world.reaches(self, member)]
        answers = sorted((self.world.delay(member), member.number) for member in others)
        before = 0.0
        for at, number in answers:
            if at <= PATIENCE:
                yield at - before, self.world.members[number]
                before = at

    def _ask(self, witness: Member, history: History, size: int, note: Note) -> Signature | None:
        """Ask a witness, a second time with the size it names. One that can show more than the log has stops it."""
        for _ in range(2):
            old = self.disk.sizes.get(witness.origin, 0)
            if old > size:
                self.disk.sizes.pop(witness.origin)
                self._stop_if_behind(witness, history)
                return None
            decision, line = witness.witness(write_request(old, history.proof(old, size), str(note)))
            if decision.status != 409:
                self.disk.sizes[witness.origin] = size
                return read_answer(line.line.encode(), note.text, witness.witness_key, signing.verify) if line else None
            if decision.content_type != SIZE_TYPE:
                self._stop_if_behind(witness, history)
                return None
            self.disk.sizes[witness.origin] = int(decision.body)
        return None

    def _stop_if_behind(self, witness: Member, history: History) -> None:
        """A witness that cosigned what the log signed and does not have: the log is an old copy of itself."""
        shown = witness.shown().get(self.origin)
        if shown is None:
            return
        point = self.world.open(shown, self.log_key).checkpoint
        if point.size > history.size or history.root(point.size) != point.root:
            self.disk.stopped = not self.reckless

    def _needs_refreshing(self) -> bool:
        face = self.disk.face
        if face is None or face.size != self.disk.history.size:
            return True
        found = self.world.open(face.note, self.log_key)
        lately = self.world.now - REFRESH_SECONDS
        return sum(at > lately for at in found.witnessed.values()) < self.world.quorum.needed

    # Witnessing

    def witness(self, body: bytes) -> tuple[Decision, Signature | None]:
        request = read_request(body)
        origin = request.checkpoint.origin
        key = None if origin in self.world.suspended else self.world.roster.get(origin)
        decision = decide(request, key, self.disk.witnessed.get(origin), signing.verify)
        if decision.evidence is not None:
            self.convict(decision.evidence)
        if not self.cosigns(request, decision):
            return decision, None
        if decision.accepted is not None:
            self.disk.witnessed[origin] = Known(decision.accepted.size, decision.accepted.root, request.note)
        return decision, cosign(request.checkpoint.text, self.witness_key, self.witness_sign, self.clock)

    # Following

    def look_around(self) -> Process:
        """Look at every other member's log, its proofs, and the heads of one of them."""
        self.looks += 1
        others = [member for member in self.world.members if member is not self]
        self.world.chance.shuffle(others)
        for turn, other in enumerate(others):
            if turn % 12 == 0:
                yield self.world.delay()
            self.look(other)
        for other in others[:1]:
            if self.world.reaches(self, other):
                self.compare(other.heads())

    def look(self, other: Member) -> None:
        try:
            self._follow(other)
            self.refusals[other.origin] = None
        except Refused as error:
            self.refusals[other.origin] = error.refusal
            if error.evidence is not None:
                self.convict(error.evidence)

    def _follow(self, other: Member) -> None:
        origin = other.origin
        if origin in self.world.suspended:
            raise Refused(Refusal.SUSPENDED, "the member is suspended.")
        if not self.world.reaches(self, other):
            raise Refused(Refusal.UNREACHABLE, "the member does not answer.")
        for evidence in other.disk.proofs.values():
            self.convict(evidence)
        if origin in self.disk.proofs:
            raise Refused(Refusal.SPLIT_VIEW, "the log is proven to have two histories.")
        face = other.faces(self)
        if face is None:
            return
        cosigned = self.world.open(face.note, self.world.roster[origin])
        followed = self.disk.followed.get(origin, Followed())
        try:
            found = advance(followed, cosigned, self.world.quorum, self.clock, face.history)
        except Refused as error:
            if error.refusal is Refusal.NO_QUORUM:
                self._compare_with_others(cosigned, face.history)
            raise
        text = self.world.text(found.note)
        self.disk.followed[origin] = Followed(followed.frontier, text)
        for stretch in found.stretches:
            end = stretch.frontier.size
            self.world.watch.believed(self.origin, origin, stretch.start, face.history.leaves, end)
            self.disk.standing.setdefault(origin, Standing()).hear(stretch.signals)
            self.disk.followed[origin] = Followed(stretch.frontier, text)

    def heads(self) -> dict[str, str]:
        return {origin: followed.note for origin, followed in self.disk.followed.items() if followed.note}

    def shown(self) -> dict[str, str]:
        """What this member's witness cosigned last, for everybody to see."""
        return {origin: known.note for origin, known in self.disk.witnessed.items()}

    def compare(self, heads: dict[str, str]) -> None:
        """What another believes of a log and what this member believes must be one history."""
        for origin, note in heads.items():
            mine = self.disk.followed.get(origin)
            if mine and mine.note and mine.note != note and origin not in self.disk.proofs:
                key = self.world.by_origin[origin].log_key
                found = split_view(self.world.open(mine.note, key).note, self.world.open(note, key).note)
                if found is not None:
                    self.convict(found)

    def _compare_with_others(self, cosigned: Cosigned, shown: History) -> None:
        """A checkpoint that lacks its quorum is compared with what some others cosigned and believe of that log."""
        origin = cosigned.checkpoint.origin
        mine = self.disk.followed.get(origin, Followed()).checkpoint
        for other in self.world.chance.sample(self.world.members, min(ASKED, len(self.world.members))):
            if not self.world.reaches(self, other):
                continue
            for note in filter(None, (other.heads().get(origin), other.shown().get(origin))):
                theirs = self.world.open(note, self.world.roster[origin])
                if theirs.checkpoint in (cosigned.checkpoint, mine):
                    continue
                found = contradiction(cosigned.note, theirs.note, shown)
                if found is not None:
                    raise Refused(Refusal.SPLIT_VIEW, "the log signed two histories.", found)

    def convict(self, evidence: Evidence) -> None:
        """Keep a proof and show it to everybody."""
        verify_evidence(evidence, self.world.by_origin[evidence.origin].log_key, signing.verify)
        self.disk.proofs.setdefault(evidence.origin, evidence)
