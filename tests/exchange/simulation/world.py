"""An alliance in memory: its members, the network between them, and what must hold after every step.

Time is simulated. What takes time is a generator that yields how long; a crash ends its member's generators where they
stand, so that only what the member keeps (its `Disk`) is left. All chance comes from one seed.
"""

import heapq
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from exchange.simulation import signing
from exchange.simulation.member import Member

from rempart.exchange.checkpoints import Cosigned
from rempart.exchange.following import open_served
from rempart.exchange.quorum import Quorum
from rempart.formats.signed_note import Key, Note

Process = Generator[float, None, None]
START = 1_700_000_000
CADENCE = 10.0


@dataclass
class Watch:
    """The invariants: what members believe of a log are prefixes of one history, and nobody goes back.

    `allowed` names the logs for which a scenario has a quorum of witnesses collude.
    """

    chains: dict[str, list[bytes]] = field(default_factory=dict)
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)
    broken_by: set[str] = field(default_factory=set)
    allowed: set[str] = field(default_factory=set)
    steps: int = 0

    def believed(self, follower: str, origin: str, start: int, leaves: list[bytes], end: int) -> None:
        """A follower believes entries of a log from `start` to before `end`; `leaves` are all those it was served."""
        self.steps += 1
        before = self.sizes.get((follower, origin), 0)
        assert start == before <= end, f"{follower} went back in {origin}"
        self.sizes[follower, origin] = end
        chain = self.chains.setdefault(origin, [])
        known = min(len(chain), end)
        if chain[start:known] != leaves[start:known]:
            self.broken_by.add(origin)
            assert origin in self.allowed, f"{follower} and another believe different histories of {origin}"
        chain.extend(leaves[len(chain) : end])


class World:
    """`members` by their number; each is a jurisdiction of its own, with a log and a witness."""

    def __init__(self, members: int = 48, seed: int = 1) -> None:
        self.now = float(START)
        self.chance = random.Random(seed)
        self.watch = Watch()
        self.members = [Member(self, number) for number in range(members)]
        self.by_origin = {member.origin: member for member in self.members}
        self.roster: dict[str, Key] = {member.origin: member.log_key for member in self.members}
        self.quorum = Quorum.of({member.witness_key: member.country for member in self.members})
        self.suspended: set[str] = set()
        self.apart: set[frozenset[int]] = set()
        self.down: set[int] = set()
        self.slow: dict[int, float] = {}
        self._epochs = [0] * members
        self._waiting: list[tuple[float, int, int, int, Process]] = []
        self._count = 0
        self._texts: dict[int, tuple[str, Note]] = {}
        self._opened: dict[tuple[str, Key], Cosigned] = {}

    def open(self, note: str, log: Key) -> Cosigned:
        """All hold one roster, so each note is verified once for everybody."""
        if (note, log) not in self._opened:
            self._opened[note, log] = open_served(note, log, self.quorum, signing.verify)
        return self._opened[note, log]

    def text(self, note: Note) -> str:
        """Its text, made once for everybody."""
        if id(note) not in self._texts:
            self._texts[id(note)] = (str(note), note)
        return self._texts[id(note)][0]

    def reaches(self, one: Member, other: Member) -> bool:
        pair = frozenset((one.number, other.number))
        return not self.down & pair and pair not in self.apart

    def delay(self, asked: Member | None = None) -> float:
        """Seconds for a question and its answer, by a witness where one is named."""
        return 0.02 + self.chance.expovariate(1 / 0.08) + (self.slow.get(asked.number, 0.0) if asked else 0.0)

    def separate(self, some: list[int], from_: list[int]) -> None:
        self.apart |= {frozenset((one, other)) for one in some for other in from_ if one != other}

    def heal(self) -> None:
        self.apart.clear()

    def crash(self, number: int) -> None:
        """All that the member does ends at once; it is down until `restart`."""
        self._epochs[number] += 1
        self.members[number].careful = False
        self.down.add(number)

    def restart(self, number: int) -> None:
        self.down.discard(number)
        self.live(self.members[number])

    def begin(self) -> None:
        for member in self.members:
            self.live(member)

    def live(self, member: Member) -> None:
        """A member publishes and looks around at its cadence, not in step with others."""
        self.start(member, self._regularly(lambda: member.publish()))
        self.start(member, self._regularly(lambda: member.look_around()))

    def start(self, member: Member, process: Process, after: float = 0.0) -> None:
        self._count += 1
        epoch = self._epochs[member.number]
        heapq.heappush(self._waiting, (self.now + after, self._count, member.number, epoch, process))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while self._waiting and self._waiting[0][0] <= until:
            at, _, number, epoch, process = heapq.heappop(self._waiting)
            self.now = max(self.now, at)
            if epoch != self._epochs[number]:
                continue
            for pause in process:
                self.start(self.members[number], process, pause)
                break
        self.now = until

    def skip(self, seconds: float) -> None:
        """Time passes in which nobody does anything."""
        self.now += seconds
        self._waiting = [(at + seconds, *rest) for at, *rest in self._waiting]

    def settle(self) -> None:
        """Everybody publishes what is left and looks around, one after another, without haste."""
        for step in ("publish", "look_around"):
            for member in self.members:
                if member.number not in self.down:
                    exhaust(getattr(member, step)())

    def _regularly(self, act: Callable[[], Process]) -> Process:
        yield self.chance.uniform(0, CADENCE)
        while True:
            yield from act()
            yield CADENCE


def exhaust(process: Process) -> None:
    for _ in process:
        pass
