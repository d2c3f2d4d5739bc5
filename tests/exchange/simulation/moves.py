"""What may befall the alliance: each function makes a move, which a scenario's table places in time."""

import itertools
from collections.abc import Callable, Iterable

from exchange.simulation import signing
from exchange.simulation.histories import History, opening, signal
from exchange.simulation.member import Face, Member
from exchange.simulation.world import Process, World, exhaust

from rempart.exchange.checkpoints import Checkpoint, sign_checkpoint
from rempart.exchange.signals import Action
from rempart.exchange.witness import Known

Move = Callable[[World], None]


def says(number: int, *about: int, action: Action = Action.ADD) -> Move:
    """Member `number` speaks on made-up fingerprints."""
    return lambda world: world.members[number].say(*(signal(each, action, int(world.now)) for each in about))


def all_say(count: int = 1) -> Move:
    def move(world: World) -> None:
        for member in world.members:
            member.say(*(signal(1000 * member.number + each) for each in range(count)))

    return move


def rewrites(number: int, index: int) -> Move:
    """Covert insertion: an old entry is replaced, and the log goes on as if nothing had happened."""

    def move(world: World) -> None:
        member = world.members[number]
        old = member.disk.history
        new = old.fork(index)
        new.extend([opening(world.chance, signal(666)), *old.openings[index + 1 :]])
        member.disk.history = new
        member.say(signal(667))

    return move


def splits(number: int, uneven: bool = False) -> Move:
    """Two histories from here on: members with an even number are shown one, the others another."""

    def move(world: World) -> None:
        member = world.members[number]
        one, other = member.disk.history, member.disk.history.fork(member.disk.history.size)
        one.extend([opening(world.chance, signal(701)) for _ in range(4)])
        other.extend([opening(world.chance, signal(702)) for _ in range(8 if uneven else 4)])
        shows_two(world, member, one, other, lambda viewer: viewer.number % 2 == 0)

    return move


def splits_few(number: int, few: Iterable[int], uneven: bool = False) -> Move:
    """One history for most, who witness it; another for a few."""

    def move(world: World) -> None:
        member = world.members[number]
        one, other = member.disk.history, member.disk.history.fork(member.disk.history.size)
        one.extend([opening(world.chance, signal(701)) for _ in range(4)])
        other.extend([opening(world.chance, signal(702)) for _ in range(8 if uneven else 4)])
        shows_two(world, member, one, other, lambda viewer: viewer.number not in chosen)

    chosen = set(few)
    return move


def shows_two(world: World, member: Member, one: History, other: History, sees_first: Callable[[Member], bool]) -> None:
    """The member asks each witness to cosign the history that the witness shall see (a colluding one both)."""
    faces = [_cosigned_by(world, member, one, sees_first)]
    faces.append(_cosigned_by(world, member, other, lambda each: not sees_first(each)))
    member.faces = lambda viewer: faces[0] if sees_first(viewer) else faces[1]
    member.publish = _nothing  # type: ignore[method-assign]


def _cosigned_by(world: World, member: Member, history: History, asked: Callable[[Member], bool]) -> Face:
    apart = {
        frozenset((member.number, each.number))
        for each in world.members
        if each is not member and not asked(each) and not each.colludes
    }
    before, world.apart = world.apart, world.apart | apart
    member.reckless = True
    exhaust(member.show(history))
    world.apart = before
    assert member.disk.face is not None
    return member.disk.face


def rolls_back(number: int, entries: int) -> Move:
    """The log shows an older checkpoint that it signed itself, cosigned by everybody at the time."""

    def move(world: World) -> None:
        member = world.members[number]
        old = _cosigned_by_nobody(member, member.disk.history.fork(member.disk.history.size - entries))
        member.faces = lambda viewer: old

    return move


def _cosigned_by_nobody(member: Member, history: History) -> Face:
    point = Checkpoint(member.origin, history.size, history.root())
    return Face(str(sign_checkpoint(point, member.log_key, member.sign)), history, point.size)


def freezes(number: int) -> Move:
    """What the log showed at this moment is all that anyone is shown of it from now on."""

    def move(world: World) -> None:
        face = world.members[number].disk.face
        assert face is not None
        kept = Face(face.note, face.history.fork(face.size), face.size)
        world.members[number].faces = lambda viewer: kept

    return move


def is_restored(number: int, entries: int, unnoticed: bool = False) -> Move:
    """The member restores a backup that lacks the last entries, and goes on from there.

    `unnoticed`: under a process that runs on, so that it does not first ask the others what they know of its log.
    """

    def move(world: World) -> None:
        member = world.members[number]
        world.crash(number)
        member.disk.history = member.disk.history.fork(member.disk.history.size - entries)
        member.disk.face = _cosigned_by_nobody(member, member.disk.history)
        member.disk.sizes = {}
        member.say(signal(800), signal(801))
        member.careful = unnoticed
        world.restart(number)

    return move


def key_is_stolen(number: int, about: range) -> Move:
    """A thief appends in the member's name; witnesses cannot tell."""

    def move(world: World) -> None:
        member = world.members[number]
        thief = member.disk.history.fork(member.disk.history.size)
        thief.extend([opening(world.chance, signal(each)) for each in about])
        exhaust(member.show(thief))
        face = member.disk.face
        member.faces = lambda viewer: face
        member.publish = _nothing  # type: ignore[method-assign]

    return move


def key_is_replaced(number: int) -> Move:
    """The roster names a new key; the thief keeps the old one."""

    def move(world: World) -> None:
        member = world.members[number]
        world.roster[member.origin], _ = signing.make_key(member.origin, turn=1)

    return move


def collude(numbers: Iterable[int]) -> Move:
    """These witnesses cosign whatever they are asked to, as if they knew nothing."""

    def move(world: World) -> None:
        for number in numbers:
            member = world.members[number]
            member.colludes = True
            member.cosigns = lambda request, decision: True

    return move


def claim_more(numbers: Iterable[int]) -> Move:
    """These witnesses say that they know far more of each log than there is."""

    def move(world: World) -> None:
        for number in numbers:
            witnessed = world.members[number].disk.witnessed
            for origin, known in witnessed.items():
                witnessed[origin] = Known(known.size + 10_000, known.root, known.note)

    return move


def sign_wrongly(numbers: Iterable[int]) -> Move:
    """These witnesses answer with signatures that do not verify."""

    def move(world: World) -> None:
        for number in numbers:
            world.members[number].witness_sign = lambda data: bytes(64)

    return move


def are_suspended(numbers: Iterable[int]) -> Move:
    return lambda world: world.suspended.update(world.members[number].origin for number in numbers)


def are_separated(some: Iterable[int]) -> Move:
    def move(world: World) -> None:
        inside = set(some)
        world.separate(list(inside), [member.number for member in world.members if member.number not in inside])

    return move


def crash(numbers: Iterable[int]) -> Move:
    return lambda world: [world.crash(number) for number in numbers] and None


def restart(numbers: Iterable[int]) -> Move:
    return lambda world: [world.restart(number) for number in numbers] and None


def crash_and_restart_by_chance(times: int) -> Move:
    """Members die at any point of what they do, and come back."""

    def move(world: World) -> None:
        for _ in range(times):
            number = world.chance.randrange(len(world.members))
            world.run(world.chance.uniform(0, 0.3))
            world.crash(number)
            world.run(world.chance.uniform(0, 0.3))
            world.restart(number)

    return move


def clock_is_off(number: int, seconds: int) -> Move:
    def move(world: World) -> None:
        world.members[number].skew = seconds

    return move


def is_slow(numbers: Iterable[int], seconds: float) -> Move:
    return lambda world: world.slow.update(dict.fromkeys(numbers, seconds))


def heal(world: World) -> None:
    world.heal()
    world.slow.clear()


def time_passes(seconds: float) -> Move:
    """Without anybody doing anything; then the logs are cosigned afresh."""
    return lambda world: world.skip(seconds)


def one_after_another(*moves: Move) -> Move:
    return lambda world: [each(world) for each in moves] and None


def _nothing() -> Process:
    yield from itertools.repeat(0.0, 0)
