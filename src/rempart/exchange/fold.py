"""From members' last words to a list's entries: pure, and the same at every node, in whatever order words arrive.

The rules. Of each member the last word on a fingerprint counts, and only while the roster has the member active. A
dispute, or a withdrawal because the content is lawful, vetoes until its member takes it back. Words that list count a
government (country) once, however many hotlines of it agree; what a member took over from others counts for none. An
entry has the category that most governments gave it; of equals the one that `CATEGORIES` has first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

from rempart.core.errors import InputError
from rempart.core.vocabulary import FingerprintType
from rempart.exchange.digest import ListDigest
from rempart.exchange.policy import Policy, Vetoes
from rempart.exchange.signals import CATEGORIES, SIZES, Action, Reason, Signal, SignalBasis
from rempart.formats.hash_values import EMPTY_FILE, normalise

Key = tuple[FingerprintType, bytes]
"""A fingerprint."""
_NEVER = frozenset([*map(bytes.fromhex, EMPTY_FILE.values()), *map(bytes, SIZES.values())])
_kind, _value = itemgetter(0), itemgetter(1)
_LAST_THAT_LISTS = int(Action.CORRECT)


class Word(NamedTuple):
    """A member's last word on a fingerprint; `place` is where it stands in the member's log."""

    origin: str
    place: int
    action: Action
    category: str = ""
    basis: SignalBasis | None = None
    reason: Reason | None = None

    @classmethod
    def of(cls, origin: str, place: int, signal: Signal) -> "Word":
        return cls(origin, place, signal.action, signal.category, signal.basis, signal.reason)


class Entry(NamedTuple):
    """What a list says of a fingerprint; `confirmations` counts governments."""

    kind: FingerprintType
    value: bytes
    category: str
    confirmations: int

    def __repr__(self) -> str:
        """Without the fingerprint, which no log line may hold."""
        return f"Entry({self.kind}, {self.category}, {self.confirmations})"


@dataclass(frozen=True, slots=True)
class Delta:
    """Entries by the order of their fingerprints; one that changed is in both, as it was and as it is."""

    added: tuple[Entry, ...] = ()
    removed: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


class Ruling:
    """A policy among the active members, `countries` by origin."""

    def __init__(self, policy: Policy, countries: Mapping[str, str]) -> None:
        able = {origin: country for origin, country in countries.items() if origin not in policy.excluded}
        chosen = set(policy.members) if policy.members else set(able)
        self.policy = policy
        self.governments = {origin: country for origin, country in able.items() if origin in chosen}
        """Whose words list, and for which country they count."""
        named = set(policy.vetoers) if policy.vetoes is Vetoes.NAMED else set(able)
        self.vetoers = frozenset() if policy.vetoes is Vetoes.NONE else frozenset(named & set(able))
        self._kinds, self._bases = policy.kinds, policy.bases
        self._categories = frozenset(policy.categories)

    def entry(self, key: Key, words: Iterable[Word]) -> Entry | None:
        """What the list says of the fingerprint after these last words, one of each member; None for nothing."""
        if key[0] not in self._kinds:
            return None
        governments, bases, categories = self.governments, self._bases, self._categories
        spoken: set[tuple[str, str]] = set()
        for word in words:
            origin, _, action, category, basis, _ = word
            if action <= _LAST_THAT_LISTS:
                if origin in governments and basis in bases and category in categories:
                    spoken.add((category, governments[origin]))
            elif origin in self.vetoers and is_veto(word):
                return None
        confirmations = len({country for _, country in spoken})
        if confirmations < self.policy.governments or not is_listable(key):
            return None
        return Entry(*key, _most_given(spoken), confirmations)


def _most_given(spoken: set[tuple[str, str]]) -> str:
    """The category of most governments, of equals the first."""
    given = [category for category, _ in spoken]
    return given[0] if given.count(given[0]) == len(given) else max(CATEGORIES, key=given.count)


def is_veto(word: Word) -> bool:
    return word.action is Action.DISPUTE or (word.action is Action.WITHDRAW and word.reason is Reason.LAWFUL)


def is_listable(key: Key) -> bool:
    """Whether a list may hold it: not the hash of an empty file, nor a value without content."""
    if key[0] is not FingerprintType.PHOTODNA:
        return key[1] not in _NEVER
    try:
        text = key[1].decode("ascii")
        return normalise(key[0], text) == text
    except (InputError, UnicodeDecodeError):
        return False


def difference(before: Mapping[Key, Entry], after: Mapping[Key, Entry | None]) -> Delta:
    """What changes about the fingerprints in `after`, where None stands for one that is not listed."""
    added, removed = [], []
    for key, entry in after.items():
        known = before.get(key)
        if known != entry:
            if known is not None:
                removed.append(known)
            if entry is not None:
                added.append(entry)
    return Delta(_ordered(added), _ordered(removed))


def _ordered(entries: list[Entry]) -> tuple[Entry, ...]:
    """By value, then by kind: two passes that compare plain bytes and text."""
    entries.sort(key=_value)
    entries.sort(key=_kind)
    return tuple(entries)


@dataclass(slots=True)
class Fold:
    """A list kept in memory: what was heard, what follows, and the digest of that."""

    ruling: Ruling
    words: dict[Key, dict[str, Word]] = field(default_factory=dict, repr=False)
    entries: dict[Key, Entry] = field(default_factory=dict, repr=False)
    digest: ListDigest = field(default_factory=ListDigest)
    _touched: set[Key] = field(default_factory=set, repr=False)

    def hear(self, origin: str, place: int, signal: Signal) -> None:
        """A signal from its place in a member's log; those that a later one of the member replaced change nothing."""
        key = (signal.kind, signal.value)
        said = self.words.setdefault(key, {})
        known = said.get(origin)
        if known is None or known.place < place:
            said[origin] = Word.of(origin, place, signal)
            self._touched.add(key)

    def settle(self) -> Delta:
        """Apply what was heard since the last call; the cost follows from that alone."""
        touched, self._touched = self._touched, set()
        return self._apply({key: self.ruling.entry(key, self.words[key].values()) for key in touched})

    def rule(self, ruling: Ruling) -> Delta:
        """Another policy, or other active members: every fingerprint is judged anew."""
        self.ruling = ruling
        self._touched.update(self.words)
        return self.settle()

    def _apply(self, after: Mapping[Key, Entry | None]) -> Delta:
        delta = difference(self.entries, after)
        for entry in delta.removed:
            del self.entries[entry.kind, entry.value]
        for entry in delta.added:
            self.entries[entry.kind, entry.value] = entry
        self.digest.change(delta.added, delta.removed)
        return delta
