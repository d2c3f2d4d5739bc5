"""From what a client sent to what it may know: fingerprints read, searched in its lists, judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from msgspec import UNSET

from rempart.core.errors import InputError, LimitExceeded, NotPermitted
from rempart.core.vocabulary import FingerprintType, Legality
from rempart.matcher.clients import Client, Right
from rempart.matcher.wire import FoundEntry, LookupItem, NumberedResult, Reason, Result, Verdict
from rempart.signals.lists import Hit, NearHit, Recogniser

MOST_HITS = 100
"""Told for one item; a fingerprint that many entries are near hits more."""
PDQ_BYTES = 32
_EXACT_FIRST = -1
_CHUNK = 20_000
"""Of a binary batch searched at once, so that the hits held meanwhile are few."""


class Query(NamedTuple):
    """The fingerprints of one file; a quality of None counts as good."""

    fingerprints: Mapping[FingerprintType, bytes]
    quality: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where and how widely one client searches."""

    client: Client
    lists: frozenset[str] | None

    @classmethod
    def of(cls, client: Client, wanted: Sequence[str] | None) -> "Scope":
        """Raises NotPermitted for a list the client is not subscribed to, whether there is one or not."""
        for number, name in enumerate(wanted or ()):
            if not client.subscribed(name):
                raise NotPermitted(
                    "You are not subscribed to this list.",
                    where=f"lists[{number}]",
                    advice="GET /v1/lists tells yours.",
                )
        if wanted is not None:
            return cls(client, frozenset(wanted))
        return cls(client, None if client.lists == "all" else frozenset(client.lists))

    def radius(self, recogniser: Recogniser) -> int | dict[str, int]:
        """One for all lists, or one for each."""
        own, otherwise = self.client.list_radius, self.client.radius
        return {name: own.get(name, otherwise) for name in recogniser.counts()} if own else otherwise


def read_items(items: Sequence[LookupItem], most: int) -> list[Query]:
    """Raises InputError, which names the item, and LimitExceeded."""
    if len(items) > most:
        raise LimitExceeded(
            f"One call takes at most {most} items.", where="items", advice="Send the rest in another call."
        )
    return [_read(item, number) for number, item in enumerate(items)]


def _read(item: LookupItem, number: int) -> Query:
    found: dict[FingerprintType, bytes] = {}
    if item.pdq is not None:
        found[FingerprintType.PDQ] = _bytes(item.pdq, number, "pdq")
    if item.md5 is not None:
        found[FingerprintType.MD5] = _bytes(item.md5, number, "md5")
    if item.sha1 is not None:
        found[FingerprintType.SHA1] = _bytes(item.sha1, number, "sha1")
    if item.sha256 is not None:
        found[FingerprintType.SHA256] = _bytes(item.sha256, number, "sha256")
    if item.photodna is not None:
        if not item.photodna.isascii():
            raise InputError("PhotoDNA is text in ASCII.", where=f"items[{number}].photodna")
        found[FingerprintType.PHOTODNA] = item.photodna.encode("ascii")
    if not found:
        raise InputError(
            "The item has no fingerprint.",
            where=f"items[{number}]",
            advice="Give at least one of pdq, md5, sha1, sha256, photodna.",
        )
    return Query(found, item.quality)


def _bytes(text: str, number: int, name: str) -> bytes:
    """`bytes.fromhex` skips white space, so a value that contains some comes out short."""
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) * 2 != len(text):
        raise InputError("The value is not hexadecimal.", where=f"items[{number}].{name}")
    return value


def find(recogniser: Recogniser, queries: Sequence[Query], scope: Scope) -> list[list[Hit]]:
    """The hits of each query, strongest first."""
    return recogniser.lookup_many(
        queries, radius=scope.radius(recogniser), min_quality=scope.client.min_quality, lists=scope.lists
    )


def result(item: LookupItem, query: Query, hits: list[Hit], client: Client) -> Result:
    told, left_out = told_entries(hits, client)
    return Result(
        id=UNSET if item.id is None else item.id,
        verdict=verdict_of(hits),
        hits=told,
        hits_left_out=left_out or UNSET,
        reason=Reason.LOW_QUALITY if is_too_flat(query, client) else UNSET,
    )


def find_codes(recogniser: Recogniser, codes: bytes, scope: Scope) -> list[NumberedResult]:
    """The answers to a binary batch, PDQ after PDQ: of those that hit something."""
    rows = np.frombuffer(codes, np.uint8).reshape(-1, PDQ_BYTES)
    radius, sees_distance = scope.radius(recogniser), scope.client.may(Right.SEE_DISTANCE)
    told: list[NumberedResult] = []
    for first in range(0, len(rows), _CHUNK):
        found = recogniser.lookup_codes(rows[first : first + _CHUNK], radius=radius, lists=scope.lists)
        told += [_numbered(first + place, hits, sees_distance) for place, hits in found.items()]
    return told


def _numbered(number: int, hits: list[NearHit], sees_distance: bool) -> NumberedResult:
    told = [
        FoundEntry(
            list=label.list_name,
            entry=str(entry_id),
            category=label.category,
            source=label.source,
            confirmations=label.confirmations,
            match="near",
            distance=distance if sees_distance else UNSET,
        )
        for distance, entry_id, label in hits[:MOST_HITS]
    ]
    strengths = [(distance, label.category == Legality.NOT_ILLEGAL) for distance, _, label in hits]
    left_out = max(0, len(hits) - MOST_HITS)
    return NumberedResult(item=number, verdict=_judged(strengths), hits=told, hits_left_out=left_out or UNSET)


def is_too_flat(query: Query, client: Client) -> bool:
    """Its PDQ was not searched: flat images are near each other whatever they show."""
    return FingerprintType.PDQ in query.fingerprints and (
        query.quality is not None and query.quality < client.min_quality
    )


def told_entries(hits: list[Hit], client: Client) -> tuple[list[FoundEntry], int]:
    """What the client may know of its hits, and how many were left out."""
    return [told_entry(hit, client) for hit in hits[:MOST_HITS]], max(0, len(hits) - MOST_HITS)


def told_entry(hit: Hit, client: Client) -> FoundEntry:
    entry = hit.entry
    return FoundEntry(
        list=entry.list_name,
        entry=str(entry.entry_id),
        category=entry.category,
        source=entry.source,
        confirmations=entry.confirmations,
        match=hit.match,
        distance=hit.distance if Right.SEE_DISTANCE in client.rights else UNSET,
    )


def verdict_of(hits: Sequence[Hit]) -> Verdict:
    """The strongest hit decides: the file itself before a similar picture, then the nearer; illegal wins a draw.

    So a picture known as not illegal is not held for a listed one that merely resembles it.
    """
    return _judged(list(map(strength, hits)))


def _judged(strengths: list[tuple[int, bool]]) -> Verdict:
    if not strengths:
        return Verdict.NO_MATCH
    _, is_not_illegal = min(strengths)
    return Verdict.NOT_ILLEGAL if is_not_illegal else Verdict.MATCH


def strength(hit: Hit) -> tuple[int, bool]:
    """The lesser counts more."""
    distance = _EXACT_FIRST if hit.match == "exact" or hit.distance is None else hit.distance
    return distance, hit.entry.category == Legality.NOT_ILLEGAL
