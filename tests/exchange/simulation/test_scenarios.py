"""48 members, each attacked or unlucky in its way: everybody refuses or finds it at the next poll."""

import pytest
from exchange.simulation.scenarios import SCENARIOS, Scenario
from exchange.simulation.world import World


def play(scenario: Scenario, members: int = 48) -> World:
    world = World(members)
    world.watch.allowed = {world.members[0].origin} if scenario.colluding else set()
    world.begin()
    for move, seconds in scenario.moves:
        move(world)
        world.run(seconds)
    return world


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_befalls_the_alliance_is_refused_or_found(name: str) -> None:
    scenario = SCENARIOS[name]
    world = play(scenario)
    victim = world.members[0]
    others = [member for member in world.members[1:] if not member.colludes]
    assert {member.refusals[victim.origin] for member in others} == scenario.others
    assert victim.disk.stopped is scenario.stopped
    assert all((victim.origin in member.disk.proofs) is scenario.proven for member in others)
    for check in scenario.checks:
        check(world)


def test_the_same_seed_plays_the_same() -> None:
    one, other = (play(SCENARIOS["crashes at any moment"], members=12) for _ in range(2))
    assert one.watch.sizes == other.watch.sizes
    assert one.watch.chains == other.watch.chains
