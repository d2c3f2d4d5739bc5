"""Random moves of an alliance in memory, with the invariants of the simulator checked at every step.

    python benchmarks/hammer_exchange.py [--moves 100000] [--members 12] [--seed 1] [--quick]

Members publish, look around, crash, come back, are cut off from one another; clocks drift; attackers rewrite, split,
roll back and freeze logs while fewer than a quorum of witnesses collude. After every move all that honest members
believe of a log must be prefixes of one history, and nobody goes back; in the end, what honest members say has reached
all honest members.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from exchange.simulation import moves as do
from exchange.simulation.histories import signal
from exchange.simulation.world import World, exhaust
from report import table

from rempart.exchange.signals import Action

LIFETIME = 1000
"""Moves until a new alliance begins: attackers are found, and then nothing much happens."""
ATTACKERS = 2
"""Members 0 and 1 attack; with up to a third of all witnesses they make no quorum for two histories."""


class Hammer:
    def __init__(self, members: int, seed: int) -> None:
        self.world = World(members, seed)
        self.chance = self.world.chance
        do.collude(range(2, 2 + (members - 1) // 3 - 1))(self.world)
        self.made: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._moves = {
            self._say: 20,
            self._publish: 30,
            self._look: 60,
            self._crash: 2,
            self._restart: 4,
            self._cut_off: 1,
            self._heal: 2,
            self._pass_time: 3,
            self._drift: 1,
            self._attack: 1,
        }

    def move(self) -> None:
        [chosen] = self.chance.choices(list(self._moves), list(self._moves.values()))
        self.made[chosen.__name__.strip("_").replace("_", " ")] += 1
        chosen()

    def finish(self) -> None:
        """All come back and hear one another out."""
        self.world.heal()
        self.world.down.clear()
        for member in self.world.members:
            member.skew = 0
        for _ in range(2):
            self.world.settle()
        honest = self.world.members[ATTACKERS:]
        for of in honest:
            heard = [member.disk.followed[of.origin].frontier.root for member in honest if member is not of]
            assert heard == [of.disk.history.root()] * len(heard), f"not all of {of.origin} was heard"

    def _any(self, first: int = 0):
        up = [member for member in self.world.members[first:] if member.number not in self.world.down]
        return self.chance.choice(up or self.world.members)

    def _say(self) -> None:
        self._any().say(signal(self.chance.randrange(50), self.chance.choice(list(Action)), int(self.world.now)))

    def _publish(self) -> None:
        exhaust(self._any().publish())

    def _look(self) -> None:
        member, other = self._any(), self._any()
        if member is not other:
            member.look(other)
            self.refused[str(member.refusals[other.origin] or "believed")] += 1

    def _crash(self) -> None:
        """In the middle of publishing: after some of the witnesses were asked."""
        member = self._any(ATTACKERS)
        process = member.publish()
        for _ in range(self.chance.randrange(len(self.world.members))):
            if next(process, None) is None:
                break
        process.close()
        self.world.crash(member.number)

    def _restart(self) -> None:
        if self.world.down:
            self.world.down.discard(self.chance.choice(sorted(self.world.down)))

    def _cut_off(self) -> None:
        numbers = range(len(self.world.members))
        do.are_separated(self.chance.sample(numbers, self.chance.randrange(1, len(numbers) // 2)))(self.world)

    def _heal(self) -> None:
        self.world.heal()

    def _pass_time(self) -> None:
        self.world.now += self.chance.choice([1, 60, 3600, 40_000])

    def _drift(self) -> None:
        self._any(ATTACKERS).skew = self.chance.randrange(-120, 120)

    def _attack(self) -> None:
        number = self.chance.randrange(ATTACKERS)
        member = self.world.members[number]
        size = member.disk.history.size
        few = self.chance.sample(range(len(self.world.members)), 3)
        kinds = [do.splits(number), do.splits(number, uneven=True), do.splits_few(number, few)]
        if size > 8 and member.disk.face is not None:
            kinds += [do.rewrites(number, self.chance.randrange(size)), do.rolls_back(number, 4), do.freezes(number)]
        member.reckless = True
        self.chance.choice(kinds)(self.world)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--moves", type=int, default=100_000)
    parser.add_argument("--members", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="2,000 moves")
    given = parser.parse_args()
    moves, start = 2 * LIFETIME if given.quick else given.moves, time.monotonic()
    refused: Counter[str] = Counter()
    advances = 0
    for turn in range(-(-moves // LIFETIME)):
        hammer = Hammer(given.members, given.seed + turn)
        for _ in range(min(LIFETIME, moves - turn * LIFETIME)):
            hammer.move()
        hammer.finish()
        refused += hammer.refused
        advances += hammer.world.watch.steps
    table(
        "The exchange under random moves: no invariant broken",
        ["looks at a log ended as", "times"],
        [[name, f"{count:,}"] for name, count in refused.most_common()],
        notes=[f"{moves:,} moves, {advances:,} advances of followers, {time.monotonic() - start:.0f} s"],
    )


if __name__ == "__main__":
    main()
