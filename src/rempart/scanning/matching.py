"""What a batch of inputs matches: all their fingerprints are looked up together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rempart.core.vocabulary import FingerprintType
from rempart.scanning.examine import Examiner
from rempart.scanning.records import Examined, Item, Match, Outcome, Query, Rules
from rempart.signals.fingerprint import FAST_RADIUS_MARGIN
from rempart.signals.lists import Hit, Recogniser
from rempart.signals.match.plain import MAX_RADIUS

_Hits = Sequence[Sequence[Hit]]


class Matcher:
    """Threads share one. Without a recogniser, fingerprints are taken and nothing is looked up."""

    def __init__(self, recogniser: Recogniser | None, examiner: Examiner, rules: Rules) -> None:
        self._recogniser = recogniser
        self._examiner = examiner
        self._rules = rules
        self._lists = list(recogniser.counts()) if recogniser and rules.radii else []

    def close(self) -> None:
        self._examiner.close()

    def outcomes(self, items: Sequence[Item]) -> list[Outcome]:
        """One for each item, in their order. What a fast PDQ finds is taken again exactly and must be found again."""
        examined = [self._examiner.examine(item) for item in items]
        if self._recogniser is None:
            return [Outcome(each) for each in examined]
        hits = self._looked_up(self._recogniser, examined)
        doubtful = [at for at, each in enumerate(examined) if _is_doubtful(each, hits[at])]
        exact = [self._examiner.examine(items[at], exactly=True) for at in doubtful]
        for at, each, found in zip(doubtful, exact, self._looked_up(self._recogniser, exact), strict=True):
            examined[at], hits[at] = each, found
        least = self._rules.min_quality
        return [Outcome(each, _matches(each, found, least)) for each, found in zip(examined, hits, strict=True)]

    def _looked_up(self, recogniser: Recogniser, examined: Sequence[Examined]) -> list[_Hits]:
        """For each, the hits of each of its queries."""
        found: list[list[Sequence[Hit]]] = [[() for _ in each.queries] for each in examined]
        for is_exact in (True, False):
            places = [
                (at, number)
                for at, each in enumerate(examined)
                for number, query in enumerate(each.queries)
                if query.is_exact is is_exact
            ]
            queries = [examined[at].queries[number] for at, number in places]
            hits = recogniser.lookup_many(
                [(query.fingerprints, query.quality) for query in queries],
                radius=self._radius(0 if is_exact else FAST_RADIUS_MARGIN),
                min_quality=self._rules.min_quality if is_exact else 0,
            )
            for (at, number), those in zip(places, hits, strict=True):
                found[at][number] = those
        return list(found)

    def _radius(self, more: int) -> int | Mapping[str, int]:
        if self._rules.radii:
            return self._rules.radius_by_list(self._lists, more)
        return min(self._rules.radius + more, MAX_RADIUS)


def _is_doubtful(examined: Examined, hits: _Hits) -> bool:
    return any(
        not query.is_exact and any(hit.entry.kind is FingerprintType.PDQ for hit in those)
        for query, those in zip(examined.queries, hits, strict=True)
    )


def _matches(examined: Examined, hits: _Hits, min_quality: int) -> tuple[Match, ...]:
    """Each entry once: as it is nearest to one of the turned pictures, and as it is nearest to one of the frames."""
    compared = sum(1 for query in examined.queries if query.frame is not None and (query.quality or 0) >= min_quality)
    found: dict[tuple[str, int, bool], Match] = {}
    for query, near in zip(examined.queries, hits, strict=True):
        for hit in near:
            match = _match(hit, query)
            key = (match.list_name, match.entry_id, query.frame is not None)
            found[key] = _nearer(found[key], match) if key in found else match
    matches = (_with_share(match, compared) for match in found.values())
    return tuple(sorted(matches, key=_order))


def _match(hit: Hit, query: Query) -> Match:
    entry = hit.entry
    frames = None if query.frame is None else 1
    return Match(
        entry.list_name,
        entry.entry_id,
        entry.category,
        entry.source,
        hit.match,
        entry.kind,
        hit.distance,
        query.turn,
        query.frame,
        frames,
    )


def _nearer(known: Match, other: Match) -> Match:
    best = other if (other.distance or 0) < (known.distance or 0) else known
    if known.frames is None or other.frames is None:
        return best
    return replace(best, frames=known.frames + other.frames)


def _with_share(match: Match, compared: int) -> Match:
    return match if match.frames is None else replace(match, percent=round(match.frames * 100 / compared, 1))


def _order(match: Match) -> tuple[bool, int, bool, str, int]:
    return (match.distance is not None, match.distance or 0, match.frame is not None, match.list_name, match.entry_id)
