"""Where lists come from: a CSV of hashes, a VICS set, or a list feed from a folder, a mirror or a node.

Every source gives the whole list once and then only what changed. A source belongs to one thread. Feeds are checked
against the digests in their `list.json`; signatures, which also tell who published a list, come with the exchange.
"""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from rempart.adapters.list_fetch import Fetcher, File, FolderFetcher, Stamp, UrlFetcher, stamp_of
from rempart.adapters.list_state import Difference, ListState, blocks
from rempart.core.categories import category_named
from rempart.core.errors import InputError, IntegrityError, LimitExceeded, NotFound, OutsideFailure, RempartError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.csv_lines import MAX_LINE_CHARACTERS
from rempart.formats.hash_csv import HashRow, read_hash_csv
from rempart.formats.hash_values import entry_id_of
from rempart.formats.list_feed import HEAD_NAME, FeedHead, FeedRow, read_head, read_rows
from rempart.formats.rows import RejectedRow
from rempart.formats.vics import VicsEntry, read_vics
from rempart.signals.lists import ListEntry

MAX_REJECTED = 1000
MAX_VICS_BYTES = 1 << 30
UNSTATED = "unstated"
"""The category of a file's entries where neither the file nor the caller states one."""

_Last = dict[int, ListEntry | None]
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Changes:
    """Apply `removed`, keys of entries (list, entry id), before `added`: an entry that changed is in both."""

    added: list[ListEntry]
    removed: list[tuple[str, int]]


class Source(ABC):
    """One list. Every method may raise OutsideFailure, IntegrityError or InputError, each naming the source."""

    def __init__(self, label: str, name: str | None) -> None:
        self.label = label
        self._name = name
        self._state = ListState()
        self._rejected: list[RejectedRow] = []

    @property
    @abstractmethod
    def name(self) -> str:
        """The list's name, the same as long as the source lives."""

    @property
    def rejected(self) -> list[RejectedRow]:
        """Lines of the last reading that could not be used, the first 1,000 of them; no reason holds a value."""
        return list(self._rejected)

    @abstractmethod
    def entries(self) -> Iterator[ListEntry]:
        """The whole list as it is now. `poll` tells what came after it, once this is read to its end."""

    @abstractmethod
    def poll(self) -> Changes | None:
        """What changed since the last call to this or `entries`; None, cheaply, when nothing did.

        After an error nothing is lost: the next call tells the same changes and more.
        """

    def close(self) -> None:  # noqa: B027  (a file has no connection)
        """Let go of connections."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _told(self, difference: Difference) -> Changes | None:
        if not difference.added and not difference.removed:
            return None
        return Changes(difference.added, [(self.name, entry_id) for entry_id in difference.removed])

    def _reject(self, row: RejectedRow) -> None:
        if len(self._rejected) < MAX_REJECTED:
            self._rejected.append(row)


def open_source(
    spec: str | Path, *, key: str | None = None, name: str | None = None, category: str | None = None
) -> Source:
    """The list at `spec`: a CSV of hashes, a VICS JSON file, a mirror's folder or URL, or the URL of a node's list.

    `key`: "username:secret" for a node. `name` calls the list otherwise than its file or feed does. `category` counts
    for entries of a file that state none (UNSTATED unless given). Reads nothing yet. Raises InputError.
    """
    if isinstance(spec, str) and spec.lower().startswith(("http://", "https://")):
        return FeedSource(UrlFetcher(spec, key), name)
    path = Path(spec)
    if path.is_dir() or path.name == HEAD_NAME:
        return FeedSource(FolderFetcher(path if path.is_dir() else path.parent), name)
    if not path.is_file():
        raise InputError("There is no such file or folder.", where=path.name, advice="Check the list's path.")
    return FileSource(path, name, UNSTATED if category is None else category_named(category))


class FileSource(Source):
    """A CSV of hashes or a VICS JSON file. Replace it as a whole (write beside it, then rename).

    Of lines that repeat a fingerprint the first counts.
    """

    def __init__(self, path: Path, name: str | None, category: str) -> None:
        super().__init__(path.name, name)
        self._path = path
        self._category = category
        self._stamp: Stamp | None = None

    @property
    def name(self) -> str:
        return self._name or self._path.stem

    def entries(self) -> Iterator[ListEntry]:
        kept = []
        with self._opened() as (file, stamp):
            for block in blocks(self._read(file)):
                yield from block.entries
                block.entries.clear()
                kept.append(block)
        self._state, self._stamp = ListState.of(kept), stamp

    def poll(self) -> Changes | None:
        with _outside(self.label):
            stamp = stamp_of(self._path)
        if stamp is not None and stamp == self._stamp:
            return None
        with self._opened() as (file, stamp):
            difference, state = self._state.against(self._read(file))
        self._state, self._stamp = state, stamp
        return self._told(difference)

    @contextmanager
    def _opened(self) -> Iterator[tuple[File, Stamp | None]]:
        self._rejected = []
        with _named(self.label), _outside(self.label):
            # The stamp is taken before the content: what changes while it is read shows at the next poll.
            stamp = stamp_of(self._path)
            with self._path.open("rb") as file:
                yield file, stamp

    def _read(self, file: File) -> Iterator[ListEntry]:
        for row in self._rows(file):
            if isinstance(row, RejectedRow):
                self._reject(row)
                continue
            try:
                category = category_named(row.category) if row.category else self._category
            except InputError as error:
                self._reject(RejectedRow(row.line, error.what))
                continue
            for kind, text in row.hashes.items():
                value = text.encode("ascii") if kind is FingerprintType.PHOTODNA else bytes.fromhex(text)
                yield ListEntry(entry_id_of(kind, value), self.name, category, kind, value, source=self.label)

    def _rows(self, file: File) -> Iterator[HashRow | VicsEntry | RejectedRow]:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(0)
        if not start.startswith((b"{", b"[")):
            return read_hash_csv(_lines(file))
        if os.fstat(file.fileno()).st_size > MAX_VICS_BYTES:
            raise LimitExceeded("The file is larger than 1 GiB.", advice="Split the set.")
        return read_vics(file.read())


class FeedSource(Source):
    """A list feed: the snapshot once, then the files of changes that are new."""

    def __init__(self, fetcher: Fetcher, name: str | None) -> None:
        super().__init__(fetcher.label, name)
        self._fetcher = fetcher
        self._stamp: Stamp | None = None
        self._sequence: int | None = None

    @property
    def name(self) -> str:
        if self._name is None:
            with _named(self.label):
                return self._head()[0].name
        return self._name

    def close(self) -> None:
        self._fetcher.close()

    def entries(self) -> Iterator[ListEntry]:
        with _named(self.label):
            head, stamp, last, file = self._twice(self._whole)
            kept = []
            with file:
                for block in blocks(self._standing(head, file, last)):
                    yield from block.entries
                    block.entries.clear()
                    kept.append(block)
            self._state, self._stamp, self._sequence = ListState.of(kept), stamp, head.sequence

    def poll(self) -> Changes | None:
        with _named(self.label):
            news = self._twice(self._news)
        if news is None:
            return None
        difference, self._state, self._stamp, self._sequence = news
        return self._told(difference)

    def _whole(self) -> tuple[FeedHead, Stamp | None, _Last, File]:
        self._rejected = []
        head, stamp = self._head()
        last = self._last_changes(head, head.snapshot.sequence)
        return head, stamp, last, self._verified(head.snapshot.path, head.snapshot.sha256)

    def _news(self) -> tuple[Difference, ListState, Stamp | None, int] | None:
        found = self._fetcher.head(self._stamp)
        if found is None:
            return None
        self._rejected = []
        head, stamp = self._understood(found[0]), found[1]
        if self._sequence is not None and head.changes_after(self._sequence) is not None:
            difference, state = self._state.after(self._last_changes(head, self._sequence))
        else:
            last = self._last_changes(head, head.snapshot.sequence)
            with self._verified(head.snapshot.path, head.snapshot.sha256) as file:
                difference, state = self._state.against(self._standing(head, file, last))
        return difference, state, stamp, head.sequence

    def _twice(self, read: Callable[[], _Read]) -> _Read:
        """A file pruned after `list.json` was read: a newer one names what replaced it."""
        try:
            return read()
        except NotFound:
            pass
        try:
            return read()
        except NotFound as error:
            raise OutsideFailure(error.what, advice="It is tried again.") from None

    def _head(self) -> tuple[FeedHead, Stamp | None]:
        found = self._fetcher.head(None)
        if found is None:
            raise OutsideFailure("It sent no list.")
        return self._understood(found[0]), found[1]

    def _understood(self, data: bytes) -> FeedHead:
        head = read_head(data)
        if self._sequence is not None and head.sequence < self._sequence:
            raise IntegrityError(
                f"The list goes back from sequence {self._sequence} to {head.sequence}.",
                advice="Ask its publisher why; a source opened anew accepts it.",
            )
        if self._name is None:
            self._name = head.name
        return head

    def _standing(self, head: FeedHead, file: File, last: _Last) -> Iterator[ListEntry]:
        """The snapshot's entries but those that changed after it, then those as they are now."""
        for row in self._rows(file, -1, head.snapshot.sequence):
            if not row.is_removal and row.entry not in last:
                yield self._entry(head, row)
        yield from (entry for entry in last.values() if entry is not None)

    def _last_changes(self, head: FeedHead, sequence: int) -> _Last:
        """What each entry that changed after `sequence` is now; None for one that is gone."""
        last: _Last = {}
        for each in head.changes_after(sequence) or ():
            with self._verified(each.path, each.sha256) as file:
                for row in self._rows(file, each.first, each.last):
                    if row.sequence > sequence:
                        last[row.entry] = None if row.is_removal else self._entry(head, row)
        return last

    def _entry(self, head: FeedHead, row: FeedRow) -> ListEntry:
        if row.kind is None:
            raise IntegrityError("A row adds an entry without a fingerprint.")
        return ListEntry(
            row.entry, self.name, row.category, row.kind, row.value, source=head.source, confirmations=row.confirmations
        )

    def _rows(self, file: File, first: int, last: int) -> Iterator[FeedRow]:
        for row in read_rows(_lines(file)):
            if isinstance(row, RejectedRow):
                self._reject(row)
            elif first < row.sequence <= last:
                yield row
            else:
                self._reject(RejectedRow(row.line, "The sequence is not one of this file's."))

    def _verified(self, name: str, digest: str) -> File:
        """The file, once its bytes are those that `list.json` announced."""
        file = self._fetcher.file(name)
        try:
            with _outside(self.label):
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != digest:
                raise IntegrityError(
                    f"The file {name} is not the one that {HEAD_NAME} announces.", advice="It is tried again."
                )
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file


def _lines(file: File) -> Iterator[str]:
    """A line beyond all measure comes in pieces; a byte that is no UTF-8 spoils its own line only."""
    while line := file.readline(MAX_LINE_CHARACTERS + 2):
        yield line.decode("utf-8", errors="replace")


@contextmanager
def _named(label: str) -> Iterator[None]:
    """Errors say which source they are about."""
    try:
        yield
    except RempartError as error:
        if not error.where.startswith(label):
            error.where = f"{label}: {error.where}" if error.where else label
        raise


@contextmanager
def _outside(label: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutsideFailure(f"It cannot be read ({type(error).__name__}).", where=label) from None
