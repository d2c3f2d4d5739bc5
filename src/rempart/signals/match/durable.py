"""An index file that is kept up to date: a journal beside it, and a lock so that one holder writes.

A change is in the journal before anyone sees it. Folding writes all changes so far into the file, whose head tells the
last one's number, and then drops them from the journal: killed in between, the journal's older records are skipped.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from rempart.core.errors import Conflict
from rempart.signals.match.journal import Journal, Lock, Record
from rempart.signals.match.levels import Background

# The journal is folded into the file when it has so many bytes, and a quarter of the file's.
JOURNAL_BYTES = 16 << 20


def journal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")


class DurableFile:
    """One index's file, while it is open with a journal."""

    def __init__(self, path: Path) -> None:
        """Takes the lock. Raises Conflict when another holder has the file, and OutsideFailure."""
        self.path = path
        self._lock = Lock(path.with_name(f"{path.name}.lock"))
        self._journal: Journal | None = None
        self._writing: AbstractContextManager[bool | None] = nullcontext()
        self._folding = threading.Lock()
        self._folds = Background(self._fold_if_large, "rempart-fold")

    def begin(
        self, sequence: int, write: Callable[[Path], int], writing: AbstractContextManager[bool | None]
    ) -> list[Record]:
        """The records after change `sequence`, the file's own.

        `write` makes the file anew and returns the number of the last change in it; `writing` excludes changes.
        Raises IntegrityError, Conflict, OutsideFailure.
        """
        self._write, self._writing = write, writing
        place = journal_of(self.path)
        if not place.exists():
            self._journal = Journal.create(place, sequence)
            return []
        self._journal, records = Journal.open(place)
        if not self._journal.number - len(records) <= sequence <= self._journal.number:
            raise Conflict(
                "The journal does not continue the file.",
                where=str(place),
                advice="Take both from one backup, or delete the journal to do without its changes.",
            )
        return [record for record in records if record[0] > sequence]

    def append(self, payload: bytes) -> None:
        """Durable when it returns. Called while changes are excluded. Raises OutsideFailure, Conflict after `close`."""
        if self._journal is None:
            raise Conflict("This index was closed.", where=str(self.path), advice="Open it again.")
        self._journal.append(payload)
        if self._is_large(self._journal):
            self._folds.wake()

    def fold(self) -> None:
        """Raises OutsideFailure; the journal is whole then."""
        with self._folding:
            number = self._write(self.path)
            with self._writing:
                if self._journal is not None:
                    self._journal.forget(number)

    def close(self) -> None:
        """Waits for a fold in hand; nothing is written afterwards."""
        self._folds.close()
        with self._writing:
            if self._journal is not None:
                self._journal.close()
            self._journal = None
        self._lock.release()

    def _is_large(self, journal: Journal) -> bool:
        return journal.size > max(JOURNAL_BYTES, self.path.stat().st_size // 4)

    def _fold_if_large(self) -> bool:
        if self._journal is not None and self._is_large(self._journal):
            self.fold()
        return False
