"""One member's year as columns of events, drawn all at once; the same seed draws the same year."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from rempart.core.figures.folding import SETTLING
from rempart.core.vocabulary import Availability, Basis, ItemKind, Legality
from rempart.demo.year.proportions import (
    SHARES_OF_BASES,
    SHARES_OF_KINDS,
    SHARES_OF_RESULTS,
    SHARES_OF_SOURCES,
    Profile,
)
from rempart.formats.figure_events import FACTS

HOUR = 3600
DAY = 24 * HOUR
_TOLD_ABROAD = 0.45
_WITHOUT_COUNTRY = 0.04
_MOVED = 0.05
_DECIDED_AGAIN = 0.03
_REFERRED_ABROAD = 0.7
_TO_POLICE = 0.25
_TO_NON_MEMBERS = 0.1
_GONE_AGAIN = 0.85


@dataclass(frozen=True, slots=True)
class Drawn:
    """A member's events in order of time: seconds since the year's beginning, names, numbers of subjects, and facts.

    `facts` has a column for each counted fact; what an event does not have is None.
    """

    seconds: np.ndarray
    actions: np.ndarray
    numbers: np.ndarray
    facts: dict[str, np.ndarray]


@dataclass(slots=True)
class _Pile:
    """Events of one action at a time, put in order at the end."""

    parts: list[tuple[str, np.ndarray, np.ndarray, dict[str, np.ndarray]]] = field(default_factory=list)

    def put(self, action: str, seconds: np.ndarray, numbers: np.ndarray, **facts: np.ndarray) -> None:
        self.parts.append((action, seconds, numbers, facts))

    def in_order(self, before: int) -> Drawn:
        """What happens before that second; of two at the same, the one put first."""
        seconds = np.concatenate([part[1] for part in self.parts]).astype(np.int64)
        order = np.argsort(seconds, kind="stable")
        order = order[seconds[order] < before]
        names = dict.fromkeys(name for names in FACTS.values() for name in names)
        facts = {name: np.concatenate([_column(part, name) for part in self.parts])[order] for name in names}
        actions = np.concatenate([np.full(len(part[1]), part[0], object) for part in self.parts])
        numbers = np.concatenate([part[2] for part in self.parts])
        return Drawn(seconds[order], actions[order], numbers[order], facts)


def _column(part: tuple[str, np.ndarray, np.ndarray, dict[str, np.ndarray]], name: str) -> np.ndarray:
    found = part[3].get(name)
    return np.full(len(part[1]), None, object) if found is None else found.astype(object)


def beginning(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def counted_to(year: int) -> datetime:
    """When December is final: the year's reports are followed until then."""
    return beginning(year + 1) + SETTLING


def draw(profile: Profile, year: int, seed: int) -> Drawn:
    """Reports of the year, doubling from its beginning to its end, and what follows on them until it is counted."""
    rng = np.random.default_rng([seed, profile.place, year])
    pile = _Pile()
    received = _reports(rng, pile, profile, round((beginning(year + 1) - beginning(year)) / timedelta(seconds=1)))
    known_at = received[rng.random(len(received)) < profile.is_new]
    contents = _decisions(rng, pile, profile, known_at)
    _journeys(rng, pile, profile, contents)
    return pile.in_order(round((counted_to(year) - beginning(year)) / timedelta(seconds=1)))


@dataclass(frozen=True, slots=True)
class _Contents:
    """Contents that were decided: when they were reported and decided (seconds), what was found, of what kind."""

    numbers: np.ndarray
    reported: np.ndarray
    decided: np.ndarray
    results: np.ndarray
    kinds: np.ndarray

    def of(self, chosen: np.ndarray) -> "_Contents":
        columns = (self.numbers, self.reported, self.decided, self.results, self.kinds)
        return _Contents(*(column[chosen] for column in columns))


def _reports(rng: np.random.Generator, pile: _Pile, profile: Profile, length: int) -> np.ndarray:
    seconds = np.sort((np.log2(1 + rng.random(profile.reports)) * length).astype(np.int64))
    sources = _drawn(rng, SHARES_OF_SOURCES, profile.sources, len(seconds))
    pile.put("report:received", seconds, np.arange(1, len(seconds) + 1), source=sources)
    return seconds


def _decisions(rng: np.random.Generator, pile: _Pile, profile: Profile, reported: np.ndarray) -> _Contents:
    size = len(reported)
    bases = _drawn(rng, SHARES_OF_BASES, profile.bases, size)
    by_person = bases == Basis.ANALYST
    hours = np.where(
        by_person, profile.hours_to_decide * rng.lognormal(sigma=0.9, size=size), rng.uniform(0.01, 0.1, size)
    )
    contents = _Contents(
        np.arange(1, size + 1),
        reported,
        reported + (hours * HOUR).astype(np.int64) + 1,
        _drawn(rng, SHARES_OF_RESULTS, profile.results, size),
        _drawn(rng, SHARES_OF_KINDS, profile.kinds, size),
    )
    seen = by_person | (rng.random(size) < 0.02)
    _decide(pile, contents, contents.decided, bases, seen)
    again = rng.random(size) < _DECIDED_AGAIN
    changed = contents.of(again)
    later = changed.decided + (rng.uniform(1, 60, len(changed.numbers)) * DAY).astype(np.int64)
    results = _drawn(rng, SHARES_OF_RESULTS, profile.results, len(changed.numbers))
    second = _Contents(changed.numbers, changed.reported, changed.decided, results, changed.kinds)
    _decide(pile, second, later, np.full(len(later), Basis.ANALYST.value, object), np.full(len(later), True))
    return contents


def _decide(pile: _Pile, contents: _Contents, at: np.ndarray, bases: np.ndarray, seen: np.ndarray) -> None:
    facts = {"legality": contents.results, "basis": bases, "kind": contents.kinds, "viewed": seen}
    pile.put("content:decided", at, contents.numbers, **facts)


def _journeys(rng: np.random.Generator, pile: _Pile, profile: Profile, contents: _Contents) -> None:
    """Where illegal content lies, who is told, and until it is gone."""
    illegal = np.isin(contents.results, [str(each) for each in Legality if each.is_illegal])
    found = contents.of(illegal & np.isin(contents.kinds, [ItemKind.URL.value, ItemKind.FILE.value]))
    size = len(found.numbers)
    countries = rng.choice(np.array(profile.hosts, object), size, p=profile.hosting)
    countries[rng.random(size) < _WITHOUT_COUNTRY] = None
    looked = found.decided + rng.integers(30, 600, size)
    pile.put("hosting:observed", looked, found.numbers, country=countries)
    moved = rng.random(size) < _MOVED
    later = looked[moved] + (rng.uniform(1, 30, moved.sum()) * DAY).astype(np.int64)
    elsewhere = rng.choice(np.array(profile.hosts, object), moved.sum(), p=profile.hosting)
    pile.put("hosting:observed", later, found.numbers[moved], country=elsewhere)
    is_own = countries == profile.country
    told = is_own | (rng.random(size) < _TOLD_ABROAD)
    _notices(rng, pile, profile, found.reported[told], looked[told])
    _referrals(rng, pile, ~is_own, looked)


def _referrals(rng: np.random.Generator, pile: _Pile, is_abroad: np.ndarray, looked: np.ndarray) -> None:
    size, numbered = len(looked), 0
    for target, chosen in {
        "member": is_abroad & (rng.random(size) < _REFERRED_ABROAD),
        "police": rng.random(size) < _TO_POLICE,
        "non_member": is_abroad & (rng.random(size) < _TO_NON_MEMBERS),
    }.items():
        at = looked[chosen] + rng.integers(60, 4 * HOUR, chosen.sum())
        numbers = np.arange(numbered + 1, numbered + len(at) + 1)
        pile.put("referral:exported", at, numbers, target=np.full(len(at), target, object))
        numbered += len(at)


def _notices(rng: np.random.Generator, pile: _Pile, profile: Profile, reported: np.ndarray, looked: np.ndarray) -> None:
    size = len(looked)
    numbers = np.arange(1, size + 1)
    sent = looked + (rng.exponential(0.5, size) * HOUR).astype(np.int64) + 1
    taken = (profile.hours_to_remove * rng.lognormal(sigma=profile.spread_of_removal, size=size) * HOUR).astype(
        np.int64
    ) + 2
    removed = rng.random(size) >= profile.never_removed
    pile.put("notice:sent", sent, numbers, hours_since_report=_hours(sent - reported))
    pile.put("notice:checked", sent + 1, numbers, availability=_all(size, Availability.REACHABLE))
    slow = ~removed | (taken > DAY)
    pile.put(
        "notice:sent", sent[slow] + DAY, numbers[slow], hours_since_report=_hours(sent[slow] + DAY - reported[slow])
    )
    at, gone = (sent + taken)[removed], numbers[removed]
    pile.put("notice:checked", at - 1, gone, availability=_all(len(gone), Availability.GONE))
    since = {"hours_since_report": _hours(at - reported[removed]), "hours_since_notice": _hours(taken[removed])}
    pile.put("notice:removed", at, gone, **since)
    _returns(rng, pile, profile, at, gone, sent[removed], reported[removed])


def _returns(
    rng: np.random.Generator,
    pile: _Pile,
    profile: Profile,
    gone_at: np.ndarray,
    numbers: np.ndarray,
    sent: np.ndarray,
    reported: np.ndarray,
) -> None:
    back = rng.random(len(numbers)) < profile.reappears
    at = gone_at[back] + (rng.exponential(10, back.sum()) * DAY).astype(np.int64) + 1
    pile.put("notice:reappeared", at, numbers[back])
    again = rng.random(len(at)) < _GONE_AGAIN
    end = at[again] + (rng.exponential(3, again.sum()) * DAY).astype(np.int64) + 1
    since = {
        "hours_since_report": _hours(end - reported[back][again]),
        "hours_since_notice": _hours(end - sent[back][again]),
    }
    pile.put("notice:removed", end, numbers[back][again], **since)


def _drawn(rng: np.random.Generator, values: Iterable[str], shares: np.ndarray, size: int) -> np.ndarray:
    return rng.choice(np.array([str(value) for value in values], object), size, p=shares)


def _all(size: int, value: Availability) -> np.ndarray:
    return np.full(size, str(value), object)


def _hours(seconds: np.ndarray) -> np.ndarray:
    return np.round(seconds / HOUR, 2)
