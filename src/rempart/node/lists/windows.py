"""What of a client's lists changed in a window of time, in pages: for readers who know no sequences.

A change counts from its *stamp* on: a whole second, two to three seconds after the change was committed. Whoever asks
for a window that ends now has therefore missed nothing that is committed later. Stamps lead to ranges of sequences, so
an empty window costs two look-ups a list, whatever the list's size, and a page costs its entries. A list that was
granted later counts from then on, all of it: what was withdrawn before goes along, for those who had it earlier.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.node.lists.models import HashList, ListEntry, ListGrant, ListStamp
from rempart.node.runtime import clock

LATEST = timedelta(seconds=1)
"""How far a window may reach beyond now; stamps lie further ahead."""
_AHEAD = timedelta(seconds=2)
_ROWS_A_PAGE = 5000
_WITHDRAWN, _STANDING = 0, 1
_FIELDS = ("withdrawn_sequence", "sequence")
_POSITION = re.compile(r"([0-9]{1,19})\.([01])\.([0-9]{1,19})\.([0-9]{1,19})", re.ASCII)
_MOST = 2**63 - 1

Row = tuple[int, int, int | None, str, bytes, str, bool, datetime]


@dataclass(frozen=True, slots=True)
class WindowEntry:
    """An entry's state in the window; `value` as in the database, `at` its last change there."""

    id: int
    kind: FingerprintType
    value: bytes = field(repr=False)
    category: str
    is_video: bool
    is_withdrawn: bool
    at: datetime


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A row of the window: pages follow this order."""

    list_id: int
    phase: int
    sequence: int
    entry: int

    def to_text(self) -> str:
        return f"{self.list_id}.{self.phase}.{self.sequence}.{self.entry}"

    @classmethod
    def from_text(cls, text: str) -> "Position":
        """Raises InputError."""
        found = _POSITION.fullmatch(text)
        numbers = [int(number) for number in found.groups()] if found else []
        if not numbers or max(numbers) > _MOST:
            raise InputError("The place to go on from is none.", where="after", advice="Begin the window again.")
        return cls(*numbers)


@dataclass(frozen=True, slots=True)
class WindowPage:
    """Withdrawals come before entries that stand, list by list; `next` is the last row of the page, None at the end."""

    entries: list[WindowEntry]
    next: Position | None


@dataclass(frozen=True, slots=True)
class _Part:
    """The rows of one list that are withdrawn, or that stand, by the sequence of that."""

    list_id: int
    phase: int
    low: int
    high: int
    counts_from: datetime

    def rows(self, after: Position | None, most: int) -> Iterator[tuple[Position, Row]]:
        """Up to `most`. Two conditions of one index each, where a single one would be searched twice or sorted."""
        name = _FIELDS[self.phase]
        begun = after if after and (after.list_id, after.phase) == (self.list_id, self.phase) else None
        last = begun.sequence if begun else self.low
        wanted = [Q(**{f"{name}__gt": last, f"{name}__lte": self.high})]
        if begun:
            wanted.insert(0, Q(**{name: begun.sequence, "pk__gt": begun.entry}))
        found = 0
        for condition in wanted:
            for row in self._query().filter(condition)[: most - found]:
                found += 1
                yield Position(self.list_id, self.phase, row[0], row[1]), row

    def entry(self, row: Row, kinds: frozenset[FingerprintType]) -> WindowEntry | None:
        """None for a row of no use to the client: another kind, lawful, or never on the list at all."""
        _, pk, sequence, kind, value, category, is_video, at = row
        if sequence is None or kind not in kinds or category == "not_illegal":
            return None
        is_withdrawn, moment = self.phase == _WITHDRAWN, max(at, self.counts_from)
        return WindowEntry(pk, FingerprintType(kind), bytes(value), category, is_video, is_withdrawn, moment)

    def _query(self) -> QuerySet[Any, Any]:
        name = _FIELDS[self.phase]
        stamp = ListStamp.objects.filter(hash_list=self.list_id, sequence__gte=OuterRef(name)).order_by("sequence")
        rows = ListEntry.objects.filter(hash_list=self.list_id)
        if self.phase == _STANDING:
            rows = rows.filter(withdrawn_sequence__isnull=True)
        marked = rows.annotate(place=F(name), stamped=Subquery(stamp.values("at")[:1])).order_by(name, "pk")
        return marked.values_list("place", "pk", "sequence", "kind", "value", "category", "is_video", "stamped")


@dataclass(frozen=True, slots=True)
class Window:
    """What changed after `since` up to and including `until`, for one client."""

    platform_id: int
    since: datetime
    until: datetime
    kinds: frozenset[FingerprintType]
    with_withdrawn: bool = True

    def page(self, size: int, after: Position | None = None) -> WindowPage:
        """Up to `size` entries; fewer, with a page to follow, where most rows are of no use to the client."""
        entries: list[WindowEntry] = []
        last, looked = after, 0
        for part in self._parts(after):
            while True:
                # One row more than fits tells that another page follows.
                most, found = size - len(entries) + 1, 0
                for place, row in part.rows(last, most):
                    if len(entries) == size or looked == _ROWS_A_PAGE:
                        return WindowPage(entries, last)
                    last, looked, found = place, looked + 1, found + 1
                    if (entry := part.entry(row, self.kinds)) is not None:
                        entries.append(entry)
                if found < most:
                    break
        return WindowPage(entries, None)

    def _parts(self, after: Position | None) -> Iterator[_Part]:
        grants = ListGrant.objects.filter(platform=self.platform_id, hash_list__may_share=True).order_by("hash_list")
        phases = (_WITHDRAWN, _STANDING) if self.with_withdrawn else (_STANDING,)
        for list_id, granted_at in grants.values_list("hash_list", "granted_at"):
            counts_from = _counts_from(granted_at)
            low, high = self._sequences(list_id, counts_from)
            for phase in phases:
                if low < high and (after is None or (list_id, phase) >= (after.list_id, after.phase)):
                    yield _Part(list_id, phase, low, high, counts_from)

    def _sequences(self, list_id: int, counts_from: datetime) -> tuple[int, int]:
        """The window as sequences: after the first, up to the second."""
        if self.until < counts_from:
            return 0, 0
        return _sequence_at(list_id, self.since) if self.since >= counts_from else 0, _sequence_at(list_id, self.until)


def stamp_granted(platform_id: int) -> None:
    """Stamp what changed on this client's lists since somebody last asked, or the worker published."""
    granted = HashList.objects.filter(may_share=True, grants__platform=platform_id).annotate(
        seen=Max("stamps__sequence")
    )
    for list_id, sequence, seen in granted.values_list("pk", "sequence", "seen"):
        if sequence > (seen or 0):
            stamp(list_id)


@transaction.atomic
def stamp(list_id: int) -> None:
    """From now on, and a little, the committed changes of the list count."""
    held = HashList.objects.select_for_update().get(pk=list_id)
    last = ListStamp.objects.filter(hash_list=held).order_by("-sequence").first()
    if held.sequence > (last.sequence if last else 0):
        moment = _counts_from(clock().now())
        ListStamp.objects.create(hash_list=held, sequence=held.sequence, at=max(moment, last.at) if last else moment)


def _sequence_at(list_id: int, moment: datetime) -> int:
    stamps = ListStamp.objects.filter(hash_list=list_id, at__lte=moment).order_by("-at", "-sequence")
    return stamps.values_list("sequence", flat=True).first() or 0


def _counts_from(moment: datetime) -> datetime:
    """The next whole second and what stamps lie ahead."""
    whole = moment.replace(microsecond=0)
    return whole + _AHEAD + (timedelta(seconds=1) if moment > whole else timedelta(0))
