"""The table of scenarios: what befalls the alliance, and what all make of the log it concerns at their next poll.

In every one of them the invariants of `world.Watch` are checked at each step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from exchange.simulation import moves as do
from exchange.simulation.histories import signal
from exchange.simulation.moves import Move
from exchange.simulation.world import World

from rempart.exchange.following import Refusal
from rempart.exchange.signals import Action

DAY = 86_400


@dataclass(frozen=True)
class Scenario:
    """Moves, each with the seconds that pass after it; then `others` is what all others say of member 0's log.

    `proven`: whether all of them hold a proof of two histories.
    """

    moves: list[tuple[Move, float]]
    others: set[Refusal | None] = field(default_factory=lambda: {None})
    proven: bool = False
    stopped: bool = False
    checks: list[Callable[[World], None]] = field(default_factory=list)
    colluding: bool = False


def hears(number: int, of: int, *about: int) -> Callable[[World], None]:
    """That one member holds these words of another, and lists them."""

    def check(world: World) -> None:
        listed = set(world.members[number].disk.standing[world.members[of].origin].listed())
        assert {(signal(each).kind, signal(each).value) for each in about} <= listed

    return check


def hears_not(number: int, of: int, *about: int) -> Callable[[World], None]:
    def check(world: World) -> None:
        standing = world.members[number].disk.standing.get(world.members[of].origin)
        listed = set(standing.listed()) if standing else set()
        assert not {(signal(each).kind, signal(each).value) for each in about} & listed

    return check


def nobody_else_is_refused(world: World) -> None:
    for member in world.members[1:]:
        others = {refusal for origin, refusal in member.refusals.items() if origin != world.members[0].origin}
        assert others == {None}, f"{member.origin} refuses honest logs: {others}"


def all_agree(world: World) -> None:
    """Everybody has heard the same of everybody."""
    for of in world.members:
        heard = {
            tuple(sorted(member.disk.standing[of.origin].words.items()))
            for member in world.members
            if member is not of and of.origin in member.disk.standing
        }
        assert len(heard) == 1
        assert all(of.origin in member.disk.standing for member in world.members if member is not of)


def counts_one_government(*about: int) -> Callable[[World], None]:
    """What only the thief says is said by one jurisdiction, in whatever member's eyes."""

    def check(world: World) -> None:
        for member in world.members:
            for each in about:
                subject = (signal(each).kind, signal(each).value)
                speakers = [origin for origin, heard in member.disk.standing.items() if subject in heard.words]
                assert len(speakers) <= 1

    return check


CALM = [(do.all_say(), 2.0), (do.says(0, 1, 2, 3), 24.0)]

SCENARIOS: dict[str, Scenario] = {
    "an ordinary minute": Scenario(
        [*CALM, (do.says(0, 2, action=Action.WITHDRAW), 30.0)],
        checks=[hears(17, 0, 1, 3), hears_not(17, 0, 2), nobody_else_is_refused, all_agree],
    ),
    "covert insertion": Scenario(
        [*CALM, (do.rewrites(0, 2), 25.0)], {Refusal.SPLIT_VIEW}, proven=True, checks=[hears_not(17, 0, 666, 667)]
    ),
    "split view, even": Scenario(
        [*CALM, (do.splits(0), 25.0)], {Refusal.SPLIT_VIEW}, proven=True, checks=[hears_not(17, 0, 701, 702)]
    ),
    "split view, of two sizes": Scenario(
        [*CALM, (do.splits(0, uneven=True), 25.0)], {Refusal.SPLIT_VIEW}, proven=True, checks=[nobody_else_is_refused]
    ),
    "split view for a few": Scenario(
        [*CALM, (do.splits_few(0, [5, 6]), 25.0)], {Refusal.SPLIT_VIEW}, proven=True, checks=[hears_not(5, 0, 702)]
    ),
    "split view for a few, of two sizes": Scenario(
        [*CALM, (do.splits_few(0, [5], uneven=True), 25.0)], {Refusal.SPLIT_VIEW}, proven=True
    ),
    "rollback": Scenario([*CALM, (do.rolls_back(0, 4), 25.0)], {Refusal.ROLLBACK}, checks=[hears(17, 0, 1, 2, 3)]),
    "freeze": Scenario(
        [*CALM, (do.freezes(0), 25.0), (do.says(0, 4), 1.0), (do.time_passes(DAY + 60), 25.0)],
        {Refusal.STALE},
        checks=[hears_not(17, 0, 4), nobody_else_is_refused],
    ),
    "fork by a restored backup: the log asks first, and stops": Scenario(
        [*CALM, (do.is_restored(0, 4), 25.0)],
        {Refusal.ROLLBACK},
        stopped=True,
        checks=[hears(17, 0, 1, 2, 3), hears_not(17, 0, 800), nobody_else_is_refused],
    ),
    "fork by a restored backup, under a running process": Scenario(
        [*CALM, (do.is_restored(0, 4, unnoticed=True), 25.0)],
        {Refusal.SPLIT_VIEW},
        proven=True,
        stopped=True,
        checks=[hears(17, 0, 1, 2, 3), hears_not(17, 0, 800), nobody_else_is_refused],
    ),
    "fork by a restored backup, much older": Scenario(
        [*CALM, (do.is_restored(0, 8, unnoticed=True), 25.0)],
        {Refusal.ROLLBACK},
        stopped=True,
        checks=[hears(17, 0, 1, 2, 3), hears_not(17, 0, 800), nobody_else_is_refused],
    ),
    "stolen key": Scenario(
        [*CALM, (do.key_is_stolen(0, range(900, 904)), 25.0)],
        checks=[hears(17, 0, 900), counts_one_government(900, 901, 902, 903)],
    ),
    "stolen key, replaced": Scenario(
        [*CALM, (do.key_is_replaced(0), 1.0), (do.key_is_stolen(0, range(900, 904)), 25.0)],
        {Refusal.UNSIGNED},
        checks=[hears_not(17, 0, 900), nobody_else_is_refused],
    ),
    "colluding minority of witnesses": Scenario(
        [(do.collude(range(32, 48)), 0.0), *CALM, (do.splits(0), 25.0)],
        {Refusal.SPLIT_VIEW},
        proven=True,
    ),
    "colluding quorum: not refused at once, but found": Scenario(
        [(do.collude(range(12, 48)), 0.0), *CALM, (do.splits(0), 25.0)],
        {Refusal.SPLIT_VIEW},
        proven=True,
        colluding=True,
    ),
    "witnesses that claim to know more": Scenario(
        [*CALM, (do.claim_more(range(40, 48)), 0.0), (do.says(0, 4), 25.0)], checks=[hears(17, 0, 4), all_agree]
    ),
    "witnesses that sign wrongly": Scenario(
        [(do.sign_wrongly(range(40, 48)), 0.0), *CALM], checks=[hears(17, 0, 1, 2, 3), all_agree]
    ),
    "slow witnesses": Scenario([(do.is_slow(range(40, 48), 20.0), 0.0), *CALM], checks=[hears(17, 0, 1), all_agree]),
    "too many slow witnesses, later answering": Scenario(
        [(do.is_slow(range(20, 48), 20.0), 0.0), *CALM, (do.heal, 60.0)], checks=[hears(17, 0, 1), all_agree]
    ),
    "outage of days": Scenario(
        [
            *CALM,
            (do.crash([47]), 5.0),
            (do.one_after_another(do.says(0, *range(10, 600)), do.all_say(6)), 25.0),
            (do.time_passes(3 * DAY), 15.0),
            (do.restart([47]), 30.0),
        ],
        checks=[hears(47, 0, *range(10, 600)), all_agree],
    ),
    "network in two parts": Scenario(
        [*CALM, (do.are_separated(range(8)), 0.0), (do.all_say(3), 30.0), (do.heal, 40.0)], checks=[all_agree]
    ),
    "network without a majority": Scenario(
        [*CALM, (do.are_separated(range(24)), 0.0), (do.all_say(3), 30.0), (do.heal, 40.0)], checks=[all_agree]
    ),
    "crashes at any moment": Scenario(
        [*CALM, (do.all_say(5), 0.0), (do.crash_and_restart_by_chance(60), 40.0)], checks=[all_agree]
    ),
    "a witness's clock is ahead": Scenario([(do.clock_is_off(9, 3000), 0.0), *CALM], checks=[hears(17, 0, 1)]),
    "suspended member": Scenario(
        [*CALM, (do.are_suspended([0]), 0.0), (do.says(0, 4), 25.0)],
        {Refusal.SUSPENDED},
        checks=[hears_not(17, 0, 4), nobody_else_is_refused],
    ),
}
