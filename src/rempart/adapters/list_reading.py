"""What every source of a list is: the whole list once, then only what changed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from rempart.adapters.list_fetch import File
from rempart.adapters.list_state import Difference, ListState
from rempart.core.errors import OutsideFailure, RempartError
from rempart.formats.csv_lines import MAX_LINE_CHARACTERS
from rempart.formats.rows import RejectedRow
from rempart.signals.lists import ListEntry

MAX_REJECTED = 1000


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


def lines_of(file: File) -> Iterator[str]:
    """A line beyond all measure comes in pieces; a byte that is no UTF-8 spoils its own line only."""
    while line := file.readline(MAX_LINE_CHARACTERS + 2):
        yield line.decode("utf-8", errors="replace")


@contextmanager
def named(label: str) -> Iterator[None]:
    """Errors say which source they are about."""
    try:
        yield
    except RempartError as error:
        if not error.where.startswith(label):
            error.where = f"{label}: {error.where}" if error.where else label
        raise


@contextmanager
def outside(label: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutsideFailure(f"It cannot be read ({type(error).__name__}).", where=label) from None
