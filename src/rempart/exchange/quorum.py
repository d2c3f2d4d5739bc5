"""Which witnesses make a checkpoint believed.

Of n witnesses, k = 1 + floor(2n/3) must have cosigned: any two such sets share more than a third of all, so a split
view needs more than n/3 of them to sign both. Witnesses come in groups by jurisdiction; one group counts at most once,
so no jurisdiction makes a quorum of its own servers. A cosignature counts for 24 hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rempart.formats.signed_note import Key

FRESH_SECONDS = 24 * 3600
SKEW_SECONDS = 300
"""How far ahead a witness's clock may be."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """`groups` tells each witness's jurisdiction; `needed` groups must have cosigned."""

    groups: Mapping[Key, str]
    needed: int

    @classmethod
    def of(cls, groups: Mapping[Key, str]) -> "Quorum":
        return cls(groups, needed(len(set(groups.values()))))

    @property
    def witnesses(self) -> list[Key]:
        return list(self.groups)

    def counted(self, witnessed: Mapping[Key, int], now: int) -> set[str]:
        """The groups whose cosignature counts at `now`, in seconds since 1970."""
        return {self.groups[key] for key, at in witnessed.items() if is_fresh(at, now) and key in self.groups}

    def is_met(self, witnessed: Mapping[Key, int], now: int) -> bool:
        return len(self.counted(witnessed, now)) >= self.needed

    def stale(self, witnessed: Mapping[Key, int], now: int) -> set[str]:
        """The groups that have not cosigned in time."""
        return set(self.groups.values()) - self.counted(witnessed, now)


def needed(groups: int) -> int:
    """1 + floor(2n/3); 7 of 10, 6 of 8. Without witnesses none: a single node trusts itself."""
    return 1 + 2 * groups // 3 if groups else 0


def is_fresh(at: int, now: int) -> bool:
    return now - FRESH_SECONDS <= at <= now + SKEW_SECONDS
