"""What travels through a scan. Everything here can be sent to another process."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rempart.core.vocabulary import FingerprintType, Legality
from rempart.signals.match.plain import MAX_RADIUS

TURNS = (
    "rotated_90",
    "rotated_180",
    "rotated_270",
    "flipped_top_bottom",
    "flipped_left_right",
    "transposed",
    "transversed",
)
"""What turning (counterclockwise) and mirroring make of a picture, in the order of the seven PDQ after its own."""

Fingerprints = Mapping[FingerprintType, bytes]


@dataclass(frozen=True, slots=True)
class Item:
    """One input: a file (`path`), or a row of fingerprints, or (`problem`) something that cannot be used and why.

    `name` is what the output calls it; `key` is what it is known by when a scan is taken up again.
    """

    name: str
    key: str
    path: str | None = None
    fingerprints: Fingerprints = field(default_factory=dict, repr=False)
    quality: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Fingerprints that are compared together. `frame` counts from 0, `seconds` from the start of a video.

    `turn` (of TURNS) names the turned or mirrored picture the PDQ is of. An inexact PDQ is within a few bits of the
    exact one.
    """

    fingerprints: Fingerprints = field(repr=False)
    quality: int | None = None
    frame: int | None = None
    seconds: float | None = None
    turn: str | None = None
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Examined:
    """An item with all its queries; the first holds the fingerprints of the file as it is."""

    item: Item
    queries: tuple[Query, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A hit as it is written. `distance` in bits of 256, None for exact hits.

    `frames` counts the distinct frames (of a video, or of an animated image after its first) near the entry, `percent`
    is their share of those whose quality suffices, and `frame` the nearest of them.
    """

    list_name: str
    entry_id: int
    category: str
    source: str
    match: str
    kind: FingerprintType
    distance: int | None
    turn: str | None = None
    frame: int | None = None
    frames: int | None = None
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One input's line of the output: what it is, and what it matched (nothing is looked up by `rempart hash`)."""

    examined: Examined
    matches: tuple[Match, ...] = ()

    @property
    def name(self) -> str:
        return self.examined.item.name

    @property
    def key(self) -> str:
        return self.examined.item.key

    @property
    def problem(self) -> str | None:
        return self.examined.problem

    @property
    def is_hit(self) -> bool:
        """Whether an entry matched that does not say that its content is lawful."""
        return any(match.category != Legality.NOT_ILLEGAL for match in self.matches)

    @property
    def first(self) -> Query:
        return self.examined.queries[0] if self.examined.queries else Query({})

    @property
    def turned(self) -> tuple[Query, ...]:
        return tuple(query for query in self.examined.queries if query.turn is not None and query.frame is None)

    @property
    def frames(self) -> tuple[Query, ...]:
        return tuple(query for query in self.examined.queries if query.frame is not None)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is fingerprinted, and what counts as a hit.

    `radius` in bits: the one for every list, `radii` for single lists by name. `video_every`: seconds between the
    frames of a video that are fingerprinted, 0 for every frame, None for no frames.
    """

    radius: int = 31
    radii: tuple[tuple[str, int], ...] = ()
    min_quality: int = 50
    turned: bool = False
    fast: bool = False
    frames: bool = True
    video_every: float | None = None

    def radius_by_list(self, names: Iterable[str], more: int = 0) -> dict[str, int]:
        own = dict(self.radii)
        return {name: min(own.get(name, self.radius) + more, MAX_RADIUS) for name in names}


@dataclass(slots=True)
class Totals:
    """Inputs written, inputs with a hit (see `Outcome.is_hit`), inputs that could not be read whole."""

    inputs: int = 0
    hits: int = 0
    problems: int = 0

    def count(self, outcome: Outcome) -> None:
        self.inputs += 1
        self.hits += outcome.is_hit
        self.problems += outcome.problem is not None
