"""Following another member's log: what must hold before a word of it is believed.

A checkpoint counts when its log signed it, enough witnesses cosigned it in time, and it goes on from what was believed
before. A signal counts when its opening leads to a commitment, that to a leaf, and the leaves to the checkpoint's root.
A valid consistency proof would not do: it says nothing about the entries that were served with it.

A follower keeps `Followed`: at most 63 hashes and one note. What is new is taken in stretches of up to 65,536 entries,
so that an outage of days costs time, not memory. A long way is anchored first: the log's hashes over whole stretches,
with what is kept before them and the entries after them, must lead to the signed root. From then on that root leaves
each stretch one content only, so that each is verified, believed and can be kept by itself: nothing is read twice, and
who is interrupted goes on from the last stretch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from rempart.core.errors import IntegrityError, OutsideFailure, RempartError
from rempart.exchange.checkpoints import Checkpoint, Cosigned, open_checkpoint, parse_checkpoint
from rempart.exchange.evidence import Evidence, only, split_view
from rempart.exchange.openings import Stretch, read_openings
from rempart.exchange.quorum import Quorum
from rempart.exchange.reading import LogReader
from rempart.exchange.store import Reader
from rempart.exchange.tree import Frontier
from rempart.formats.signed_note import Key, Note, Verify, read_note

STRETCH_LEVEL = 16
STRETCH = 1 << STRETCH_LEVEL


class Refusal(StrEnum):
    """Why a look at a log was not believed."""

    ROLLBACK = "rollback"
    SPLIT_VIEW = "split_view"
    STALE = "stale"
    UNSIGNED = "unsigned"
    NO_QUORUM = "no_quorum"
    ALTERED = "altered"
    UNREACHABLE = "unreachable"
    SUSPENDED = "suspended"


class Refused(RempartError):
    """A log, or what came in its name, is not believed; what was believed before stays.

    `evidence` proves, to anyone, a split view.
    """

    def __init__(self, refusal: Refusal, what: str, evidence: Evidence | None = None) -> None:
        super().__init__(what, where="log")
        self.refusal = refusal
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Followed:
    """What is kept of a log: the frontier of its verified entries, and the last note that was believed.

    The note may be ahead of the frontier, while a long way is being caught up.
    """

    frontier: Frontier = field(default_factory=Frontier)
    note: str = ""

    @property
    def checkpoint(self) -> Checkpoint | None:
        text, _, _ = self.note.partition("\n\n")
        return parse_checkpoint(f"{text}\n") if text else None


@dataclass(frozen=True, slots=True)
class Advance:
    """A checkpoint that is believed, with the `note` to keep, and the way to it; `stretches` can be taken once.

    Taking them reads the log and may raise Refused; what was taken before that stays believed.
    """

    checkpoint: Checkpoint
    note: Note
    stretches: Iterator[Stretch]


def open_served(note: str, log: Key, quorum: Quorum, verify: Verify) -> Cosigned:
    """What a log, or anyone in its name, served; its note without the signatures of strangers.

    Refused as unsigned unless the log signed it, and every known witness that seems to have.
    """
    try:
        found = open_checkpoint(note, log, quorum.witnesses, verify)
    except IntegrityError as error:
        raise Refused(Refusal.UNSIGNED, error.what) from error
    return Cosigned(found.checkpoint, only(found.note, [log, *found.witnessed]), found.witnessed)


def advance(followed: Followed, cosigned: Cosigned, quorum: Quorum, now: int, reader: Reader) -> Advance:
    """What to believe after a look at a log; raises Refused. `now` in seconds since 1970.

    `reader` has the log's public files and its bundles. It is asked for nothing before the checkpoint counts, but to
    prove two histories where there is no quorum for the second.
    """
    point, before = cosigned.checkpoint, followed.checkpoint
    if before is not None:
        _goes_on(followed, before, cosigned)
    counted = quorum.counted(cosigned.witnessed, now)
    if len(counted) < quorum.needed:
        ever = {quorum.groups[key] for key in cosigned.witnessed if key in quorum.groups}
        if len(ever) >= quorum.needed:
            raise Refused(Refusal.STALE, "the cosignatures of the checkpoint are older than they may be.")
        _prove(followed, cosigned, reader)
        raise Refused(Refusal.NO_QUORUM, f"{len(counted)} of the {quorum.needed} groups needed cosigned in time.")
    return Advance(point, cosigned.note, _way(followed, cosigned, reader))


def _goes_on(followed: Followed, before: Checkpoint, cosigned: Cosigned) -> None:
    point = cosigned.checkpoint
    if point.origin != before.origin:
        raise Refused(Refusal.ALTERED, "the checkpoint is another log's.")
    if point.size < before.size:
        raise Refused(Refusal.ROLLBACK, "the log has fewer entries than it had.")
    if point.size == before.size and point.root != before.root:
        raise _two_histories(split_view(read_note(followed.note), cosigned.note))


def _way(followed: Followed, cosigned: Cosigned, reader: Reader) -> Iterator[Stretch]:
    """By way of the checkpoint that was believed before, if that is not reached yet: it must lie on the way."""
    frontier, before = followed.frontier, followed.checkpoint
    for target in [before, cosigned.checkpoint]:
        if target is None or target.size == frontier.size:
            continue
        try:
            for stretch in _stretches(frontier, target, reader):
                yield stretch
                frontier = stretch.frontier
        except IntegrityError as error:
            _prove(followed, cosigned, reader)
            raise Refused(Refusal.ALTERED, error.what) from error
        except OutsideFailure as error:
            raise Refused(Refusal.UNREACHABLE, error.what) from error


def _stretches(frontier: Frontier, target: Checkpoint, reader: Reader) -> Iterator[Stretch]:
    start, end = frontier.size, target.size
    first, last = start >> STRETCH_LEVEL, end >> STRETCH_LEVEL
    claims: list[bytes] = []
    if end - start > STRETCH:
        log = LogReader(reader, end)
        claims = [log.node(STRETCH_LEVEL, index) for index in range(first, last)]
    whole, part = _parted(frontier)
    after = whole.copy() if claims else frontier.copy()
    for claim in claims:
        after.append_node(STRETCH_LEVEL, claim)
    rest = read_openings(reader, after.size, end, end)
    after.extend(rest.leaves)
    if after.root != target.root:
        raise IntegrityError("the log's files do not lead to the root it signed.", where="log")
    for claim in claims:
        openings = read_openings(reader, whole.size + part.size, whole.size + STRETCH, end)
        part.extend(openings.leaves)
        if part.hashes != [claim]:
            raise IntegrityError("a stretch of the log's files does not lead to the root it signed.", where="log")
        whole.append_node(STRETCH_LEVEL, claim)
        part = Frontier()
        yield openings.stretch(whole.copy())
    yield rest.stretch(after)


def _parted(frontier: Frontier) -> tuple[Frontier, Frontier]:
    """The whole stretches of a log, and what it has of the next one."""
    stretches = frontier.size >> STRETCH_LEVEL
    count = stretches.bit_count()
    whole = Frontier(stretches << STRETCH_LEVEL, frontier.hashes[:count])
    return whole, Frontier(frontier.size % STRETCH, frontier.hashes[count:])


def contradiction(one: Note, other: Note, reader: Reader) -> Evidence | None:
    """Proof that two notes of one log, whose signatures were verified, are of two histories; None when there is none.

    For two sizes `reader` has the tiles of the larger tree, as whoever served that note shows them.
    """
    first, second = (parse_checkpoint(note.text) for note in (one, other))
    size = max(first.size, second.size)
    try:
        return split_view(one, other, LogReader(reader, size).node if min(first.size, second.size) else None)
    except (IntegrityError, OutsideFailure):
        return None


def _prove(followed: Followed, cosigned: Cosigned, reader: Reader) -> None:
    """Raises Refused if what the log signed before and what it signs now are two histories by its own tiles."""
    evidence = contradiction(read_note(followed.note), cosigned.note, reader) if followed.note else None
    if evidence is not None:
        raise _two_histories(evidence)


def _two_histories(evidence: Evidence | None) -> Refused:
    return Refused(Refusal.SPLIT_VIEW, "the log signed two histories.", evidence)
