"""A list feed: the snapshot once, then the files of changes that are new; nothing of it unchecked.

Each file is compared with the digest that the feed's head announces. Of a signed list its entries too are compared, as
a whole and after every change, with the digest that was signed: what was served is the list that other nodes and
auditors compute, or it is refused.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from rempart.adapters.list_fetch import Fetcher, File, Stamp
from rempart.adapters.list_reading import Changes, Source, lines_of, named, outside
from rempart.adapters.list_state import Difference, ListState, blocks
from rempart.adapters.list_trust import Head, HeadReader, ListTrust
from rempart.core.errors import IntegrityError, NotFound, OutsideFailure
from rempart.exchange.digest import ListDigest, Row
from rempart.formats.list_feed import FeedHead, FeedRow, read_rows
from rempart.formats.rows import RejectedRow
from rempart.formats.signed_list import SignedHead
from rempart.signals.lists import ListEntry

_TOGETHER = 5000
_Last = dict[int, ListEntry | None]
_News = tuple[Difference, ListState, Head, ListDigest, Stamp | None]
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class SignedFacts:
    """What a reader knows of a signed list: `signed_by` is empty where no signature was asked for.

    `signed_at` is in seconds since 1970.
    """

    feed: str
    sequence: int
    sha256: str
    signed_by: str
    signed_at: int


class FeedSource(Source):
    """A list feed: the snapshot once, then the files of changes that are new."""

    def __init__(self, fetcher: Fetcher, name: str | None, trust: ListTrust) -> None:
        super().__init__(fetcher.label, name)
        self._fetcher = fetcher
        self._heads = HeadReader(fetcher, trust)
        self._stamp: Stamp | None = None
        self._sequence: int | None = None
        self._digest = ListDigest()
        self._least: SignedFacts | None = None
        self.facts: SignedFacts | None = None

    @property
    def name(self) -> str:
        if self._name is None:
            with named(self.label):
                return self._head()[0].feed.name
        return self._name

    def close(self) -> None:
        self._fetcher.close()

    def resume(self, facts: SignedFacts) -> None:
        """What an earlier reader of this place had: a signed list that is older, or another, is refused."""
        self._least = facts

    def entries(self) -> Iterator[ListEntry]:
        with named(self.label):
            head, stamp, last, file = self._twice(self._whole)
            kept, digest = [], ListDigest()
            with file:
                for block in blocks(self._summed(self._standing(head.feed, file, last), head, digest)):
                    yield from block.entries
                    block.entries.clear()
                    kept.append(block)
            if not _is_announced(head, digest):
                raise _other_entries()
            self._stand(head, ListState.of(kept), digest, stamp)

    def poll(self) -> Changes | None:
        with named(self.label):
            news = self._twice(self._news)
        if news is None:
            return None
        difference, state, head, digest, stamp = news
        self._stand(head, state, digest, stamp)
        return self._told(difference)

    def _stand(self, head: Head, state: ListState, digest: ListDigest, stamp: Stamp | None) -> None:
        """What is held from now on."""
        self._state, self._stamp, self._sequence, self._digest = state, stamp, head.feed.sequence, digest
        if head.signed is not None:
            signer = head.signer.name if head.signer else ""
            self.facts = SignedFacts(head.feed.name, head.feed.sequence, head.signed.sha256, signer, head.signed.at)

    def _whole(self) -> tuple[Head, Stamp | None, _Last, File]:
        self._rejected = []
        head, stamp = self._head()
        last = self._last_changes(head.feed, head.feed.snapshot.sequence)
        return head, stamp, last, self._verified(head.feed.snapshot.path, head.feed.snapshot.sha256)

    def _news(self) -> _News | None:
        found = self._heads.read(self._stamp)
        if found is None:
            return None
        self._rejected = []
        head, stamp = self._checked(found[0]), found[1]
        if self._sequence is not None and head.feed.changes_after(self._sequence) is not None:
            digest = self._digest.copy()
            last = self._last_changes(head.feed, self._sequence, digest if head.signed else None)
            if _is_announced(head, digest):
                return *self._state.after(last), head, digest, stamp
        digest = ListDigest()
        last = self._last_changes(head.feed, head.feed.snapshot.sequence)
        with self._verified(head.feed.snapshot.path, head.feed.snapshot.sha256) as file:
            standing = self._standing(head.feed, file, last)
            difference, state = self._state.against(self._summed(standing, head, digest))
        if not _is_announced(head, digest):
            raise _other_entries()
        return difference, state, head, digest, stamp

    def _twice(self, read: Callable[[], _Read]) -> _Read:
        """A file pruned after the head was read: a newer one names what replaced it."""
        try:
            return read()
        except NotFound:
            pass
        try:
            return read()
        except NotFound as error:
            raise OutsideFailure(error.what, advice="It is tried again.") from None

    def _head(self) -> tuple[Head, Stamp | None]:
        found = self._heads.read(None)
        if found is None:
            raise OutsideFailure("It sent no list.")
        return self._checked(found[0]), found[1]

    def _checked(self, head: Head) -> Head:
        """The head, unless it goes back behind what was read here before, or is another list's."""
        feed = head.feed
        if self._sequence is not None and feed.sequence < self._sequence:
            raise IntegrityError(
                f"The list goes back from sequence {self._sequence} to {feed.sequence}.",
                advice="Ask its publisher why; a source opened anew accepts it.",
            )
        if head.signed is not None and (known := self.facts or self._least) is not None:
            _check_signed(head.signed, known)
        if self._name is None:
            self._name = feed.name
        return head

    def _summed(self, entries: Iterator[ListEntry], head: Head, digest: ListDigest) -> Iterator[ListEntry]:
        """The entries as they pass, added to the digest where there is one to compare it with."""
        if head.signed is None:
            yield from entries
            return
        while together := list(islice(entries, _TOGETHER)):
            digest.change([(each.kind, each.value, each.category, each.confirmations) for each in together])
            yield from together

    def _standing(self, head: FeedHead, file: File, last: _Last) -> Iterator[ListEntry]:
        """The snapshot's entries but those that changed after it, then those as they are now."""
        for row in self._rows(file, -1, head.snapshot.sequence):
            if not row.is_removal and row.entry not in last:
                yield self._entry(head, row)
        yield from (entry for entry in last.values() if entry is not None)

    def _last_changes(self, head: FeedHead, sequence: int, digest: ListDigest | None = None) -> _Last:
        """What each entry that changed after `sequence` is now; None for one that is gone. `digest` follows."""
        last: _Last = {}
        rows: dict[bool, list[Row]] = {True: [], False: []}
        for each in head.changes_after(sequence) or ():
            with self._verified(each.path, each.sha256) as file:
                for row in self._rows(file, each.first, each.last):
                    if row.sequence > sequence:
                        last[row.entry] = None if row.is_removal else self._entry(head, row)
                        rows[row.is_removal].append((row.kind or "", row.value, row.category, row.confirmations))
        if digest is not None:
            digest.change(rows[False], rows[True])
        return last

    def _entry(self, head: FeedHead, row: FeedRow) -> ListEntry:
        if row.kind is None:
            raise IntegrityError("A row adds an entry without a fingerprint.")
        return ListEntry(
            row.entry, self.name, row.category, row.kind, row.value, source=head.source, confirmations=row.confirmations
        )

    def _rows(self, file: File, first: int, last: int) -> Iterator[FeedRow]:
        for row in read_rows(lines_of(file)):
            if isinstance(row, RejectedRow):
                self._reject(row)
            elif first < row.sequence <= last:
                yield row
            else:
                self._reject(RejectedRow(row.line, "The sequence is not one of this file's."))

    def _verified(self, name: str, digest: str) -> File:
        """The file, once its bytes are those that the head announced."""
        file = self._fetcher.file(name)
        try:
            with outside(self.label):
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != digest:
                raise IntegrityError(
                    f"The file {name} is not the one that the list announces.", advice="It is tried again."
                )
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file


def _check_signed(signed: SignedHead, known: SignedFacts) -> None:
    """Raises IntegrityError where what was signed contradicts what was signed, and read here, before."""
    if signed.feed.name != known.feed:
        raise IntegrityError(
            "Another list is signed here than before.", advice="Check the address; a folder of its own accepts it."
        )
    if signed.feed.sequence < known.sequence:
        raise IntegrityError(
            f"The signed list goes back from sequence {known.sequence} to {signed.feed.sequence}.",
            advice="Somebody serves an old one, or its publisher lost data: ask them.",
        )
    if signed.feed.sequence == known.sequence and signed.sha256 != known.sha256:
        raise IntegrityError(
            "Two different lists are signed with one sequence.", advice="Keep both and ask the publisher."
        )


def _is_announced(head: Head, digest: ListDigest) -> bool:
    signed = head.signed
    return signed is None or (signed.sha256, signed.entries) == (digest.sha256, digest.entries)


def _other_entries() -> IntegrityError:
    return IntegrityError("The entries are not those whose digest was signed.", advice="It is tried again.")
