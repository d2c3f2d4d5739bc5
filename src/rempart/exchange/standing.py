"""What a member stands for: its last word on each fingerprint, in the order of its log.

The order is that of the log and of nothing else: times inside signals are what the member says of its work, and a
correction or withdrawal speaks for itself, whatever came before it.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rempart.core.errors import Conflict
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.signals import Signal

Subject = tuple[FingerprintType, bytes]


class Spoken(NamedTuple):
    """A signal and its place in the member's log."""

    place: int
    signal: Signal


def last_words(spoken: Iterable[tuple[int, Signal]]) -> dict[Subject, Spoken]:
    """The last of several signals on each fingerprint. Raises Conflict when they are not in the log's order."""
    found: dict[Subject, Spoken] = {}
    before = -1
    for index, signal in spoken:
        if index <= before:
            raise Conflict("signals are applied in the order of their log.", where="log")
        before = index
        found[signal.kind, signal.value] = Spoken(index, signal)
    return found


class Standing:
    """All last words of one member, for whoever keeps them in memory."""

    def __init__(self) -> None:
        self.words: dict[Subject, Spoken] = {}
        self._next = 0

    def hear(self, spoken: Iterable[tuple[int, Signal]]) -> None:
        """Apply signals that follow those heard before; Conflict when one is older than what was heard."""
        new = last_words(spoken)
        if new and min(each.place for each in new.values()) < self._next:
            raise Conflict("the signals were heard before.", where="log")
        self.words |= new
        self._next = max((each.place + 1 for each in new.values()), default=self._next)

    def listed(self) -> Iterator[Subject]:
        """What the member says belongs on a list."""
        return (subject for subject, word in self.words.items() if word.signal.action.lists)
