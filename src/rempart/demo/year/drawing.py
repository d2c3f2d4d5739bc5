"""One member's year as columns of events, drawn all at once; the same seed draws the same year."""

from datetime import UTC, datetime, timedelta

import numpy as np

from rempart.core.figures.folding import SETTLING
from rempart.core.vocabulary import Basis, Legality
from rempart.demo.year.columns import DAY, HOUR, Contents, Drawn, Pile, drawn
from rempart.demo.year.journeys import put_journeys, put_signals
from rempart.demo.year.proportions import (
    SHARES_OF_BASES,
    SHARES_OF_KINDS,
    SHARES_OF_RESULTS,
    SHARES_OF_SOURCES,
    Profile,
)

_DECIDED_AGAIN = 0.03
_SECOND_LOOKS = 0.8
_HELD = 0.01


def beginning(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def counted_to(year: int) -> datetime:
    """When December is final: the year's reports are followed until then."""
    return beginning(year + 1) + SETTLING


def draw(profile: Profile, year: int, seed: int) -> Drawn:
    """Reports of the year, doubling from its beginning to its end, and what follows on them until it is counted."""
    rng = np.random.default_rng([seed, profile.place, year])
    pile = Pile()
    received = _reports(rng, pile, profile, round((beginning(year + 1) - beginning(year)) / timedelta(seconds=1)))
    known_at = received[rng.random(len(received)) < profile.is_new]
    contents = _decisions(rng, pile, profile, known_at)
    put_journeys(rng, pile, profile, contents)
    put_signals(rng, pile, contents)
    return pile.in_order(round((counted_to(year) - beginning(year)) / timedelta(seconds=1)))


def _reports(rng: np.random.Generator, pile: Pile, profile: Profile, length: int) -> np.ndarray:
    seconds = np.sort((np.log2(1 + rng.random(profile.reports)) * length).astype(np.int64))
    sources = drawn(rng, SHARES_OF_SOURCES, profile.sources, len(seconds))
    pile.put("report:received", seconds, np.arange(1, len(seconds) + 1), source=sources)
    return seconds


def _decisions(rng: np.random.Generator, pile: Pile, profile: Profile, reported: np.ndarray) -> Contents:
    size = len(reported)
    bases = drawn(rng, SHARES_OF_BASES, profile.bases, size)
    by_person = bases == Basis.ANALYST
    hours = np.where(
        by_person, profile.hours_to_decide * rng.lognormal(sigma=0.9, size=size), rng.uniform(0.01, 0.1, size)
    )
    contents = Contents(
        np.arange(1, size + 1),
        reported,
        reported + (hours * HOUR).astype(np.int64) + 1,
        drawn(rng, SHARES_OF_RESULTS, profile.results, size),
        drawn(rng, SHARES_OF_KINDS, profile.kinds, size),
    )
    seen = by_person | (rng.random(size) < 0.02)
    _decide(pile, contents, contents.decided, bases, seen)
    looked = by_person & (contents.results == Legality.BASELINE) & (rng.random(size) < _SECOND_LOOKS)
    pile.put("case:second_look", contents.decided[looked] - 1, contents.numbers[looked])
    held = rng.random(size) < _HELD
    pile.put("hold:placed", contents.decided[held] + 1, contents.numbers[held])
    again = rng.random(size) < _DECIDED_AGAIN
    changed = contents.of(again)
    later = changed.decided + (rng.uniform(1, 60, len(changed.numbers)) * DAY).astype(np.int64)
    results = drawn(rng, SHARES_OF_RESULTS, profile.results, len(changed.numbers))
    second = Contents(changed.numbers, changed.reported, changed.decided, results, changed.kinds)
    _decide(pile, second, later, np.full(len(later), Basis.ANALYST.value, object), np.full(len(later), True))
    return contents


def _decide(pile: Pile, contents: Contents, at: np.ndarray, bases: np.ndarray, seen: np.ndarray) -> None:
    facts = {"legality": contents.results, "basis": bases, "kind": contents.kinds, "viewed": seen}
    pile.put("content:decided", at, contents.numbers, **facts)
