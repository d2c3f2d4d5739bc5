"""Lists shared between processes: one writes them to a folder, any number map and follow it (see `generations`)."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from rempart.core.errors import Conflict, NotFound
from rempart.signals import generations
from rempart.signals.catalogue import Catalogue, Key, ListEntry
from rempart.signals.generations import Change, Folder
from rempart.signals.lists import Recogniser
from rempart.signals.match.journal import Record, Tail
from rempart.signals.match.levels import Background, Level

# The journal becomes part of a new generation when it holds so many entries' changes, and this share of all entries:
# before readers, who keep changes in memory of their own, would merge them into what they share.
_CHANGES = 4096
_SHARE = 32


class ListWriter:
    """The one process (and object) that changes the lists of a folder. Threads may share it.

    What `publish` or `apply` returned for is on the disk, and every reader sees it at its next `refresh`.
    """

    def __init__(self, folder: Path) -> None:
        """Goes on where the last writer stopped, or begins with no lists.

        Raises Conflict when another writes there, IntegrityError and OutsideFailure.
        """
        self._folder = Folder(folder)
        self._changing = threading.RLock()
        self._compacting = threading.Lock()
        self._background = Background(self._compact_if_large, "rempart-lists")
        try:
            self._open()
        except BaseException:
            self._folder.release()
            raise

    @property
    def recogniser(self) -> Recogniser:
        """The lists as they are now."""
        return self._recogniser

    def counts(self) -> dict[str, int]:
        """Standing entries by list."""
        return self._recogniser.counts()

    def publish(self, entries: Iterable[ListEntry], *, keep: frozenset[str] = frozenset()) -> None:
        """These entries in place of all there are, but for the lists to `keep`, which stay as they are.

        Raises Conflict if two share list and id, and OutsideFailure.
        """
        fresh = Level(Catalogue.build(entries))
        with self._compacting, self._changing:
            self._check_open()
            kept = [level.part.only(keep, level) for level in self._recogniser.snapshot] if keep else []
            self._switch(self._write(Catalogue.merged((fresh, *kept))), self._journal.number)

    def apply(self, added: Iterable[ListEntry], removed: Iterable[Key]) -> None:
        """Removes, then adds; durable when it returns, and seen whole or not at all.

        Raises Conflict, NotFound, OutsideFailure; then nothing changed.
        """
        change = Change(list(added), list(dict.fromkeys(removed)))
        with self._changing:
            self._check_open()
            payload = generations.encoded(change)
            self._recogniser.change(*change, commit=lambda: self._journal.append(payload))
            self._changes += len(change.added) + len(change.removed)
            if self._is_large():
                self._background.wake()

    def compact(self) -> None:
        """Makes all changes so far part of a new generation; `apply` goes on meanwhile. Raises OutsideFailure."""
        with self._compacting:
            with self._changing:
                self._check_open()
                snapshot, sequence = self._recogniser.snapshot, self._journal.number
            written = self._write(Catalogue.merged(snapshot))
            with self._changing:
                self._switch(written, sequence)

    def close(self) -> None:
        """Waits for a compaction in hand and lets another write."""
        self._background.close()
        with self._compacting, self._changing:
            if not self._is_closed:
                self._give_up()

    def _open(self) -> None:
        path = self._folder.path
        try:
            number = generations.current(path)
        except NotFound:
            number = self._folder.write(Catalogue.build([]))
            self._folder.switch(number, 0).close()
        self._folder.tidy({number})
        self._recogniser = Recogniser(generations.open_generation(path, number, verify=True))
        self._number, (self._journal, records) = number, self._folder.open_journal(number)
        self._is_closed = False
        try:
            self._follow(records)
        except BaseException:
            self._journal.close()
            raise

    def _write(self, catalogue: Catalogue) -> tuple[int, Catalogue]:
        """The number of a generation nobody reads yet, and what it holds, read back and verified."""
        number = self._folder.write(catalogue)
        return number, generations.open_generation(self._folder.path, number, verify=True)

    def _switch(self, written: tuple[int, Catalogue], sequence: int) -> None:
        """Makes a generation, and the changes that came after `sequence`, what everyone sees."""
        number, catalogue = written
        records = self._journal.after(sequence)
        try:
            journal = self._folder.switch(number, sequence, [payload for _, payload in records])
        except BaseException:
            # Which generation a reader would find is unknown, so nothing may be acknowledged in either's journal.
            self._give_up()
            raise
        self._journal.close()
        self._journal = journal
        before, self._recogniser = self._recogniser, Recogniser(catalogue)
        self._follow(records)
        before.close()
        self._folder.tidy({self._number, number})
        self._number = number

    def _follow(self, records: list[Record]) -> None:
        changes = generations.changes(records)
        self._recogniser.follow(changes)
        self._changes = sum(len(change.added) + len(change.removed) for change in changes)

    def _give_up(self) -> None:
        self._is_closed = True
        self._recogniser.close()
        self._journal.close()
        self._folder.release()

    def _is_large(self) -> bool:
        return self._changes > max(_CHANGES, len(self._recogniser) // _SHARE)

    def _compact_if_large(self) -> bool:
        if self._is_large():
            self.compact()
        return False

    def _check_open(self) -> None:
        if self._is_closed:
            raise Conflict("This writer was closed.", where=str(self._folder.path), advice="Make another.")


class ListReader:
    """Follows a folder's lists; `recogniser` is what they were at the last `refresh`.

    One thread refreshes; others look up meanwhile, and each look-up sees one state of the lists.
    """

    def __init__(self, folder: Path, *, verify: bool = False) -> None:
        """`verify` computes the checksums of every generation once more than its writer did.

        Raises NotFound while nothing is published, IntegrityError and OutsideFailure.
        """
        self._folder, self._verify = folder, verify
        self._seen = _identity(folder)
        self._recogniser, self._tail = self._load()

    @property
    def recogniser(self) -> Recogniser:
        return self._recogniser

    def refresh(self) -> bool:
        """Takes in what was written since; whether anything was. Microseconds when nothing was.

        Raises IntegrityError and OutsideFailure; `recogniser` is then what it was.
        """
        seen = _identity(self._folder)
        if seen == self._seen:
            return self._tail.has_more() and _catch_up(self._recogniser, self._tail)
        before = self._recogniser, self._tail
        self._recogniser, self._tail = self._load()
        self._seen = seen
        for each in before:
            each.close()
        return True

    def close(self) -> None:
        self._tail.close()
        self._recogniser.close()

    def _load(self) -> tuple[Recogniser, Tail]:
        catalogue, tail = generations.load(self._folder, verify=self._verify, prefault=True)
        recogniser = Recogniser(catalogue)
        try:
            _catch_up(recogniser, tail)
        except BaseException:
            tail.close()
            raise
        return recogniser, tail


def _catch_up(recogniser: Recogniser, tail: Tail) -> bool:
    records = tail.read()
    recogniser.follow(generations.changes(records))
    return bool(records)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Of the file that names the current generation, which is only ever replaced."""
    try:
        found = os.stat(folder / "CURRENT")
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns
