"""What made-up members say, as following their logs leaves it; and a roster that names them."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from exchange.roster_people import member
from node.lists.conftest import md5

from rempart.core.vocabulary import FingerprintType
from rempart.exchange.roster_entries import RosterFacts, Status
from rempart.exchange.signals import Action, Reason, SignalBasis
from rempart.exchange.tree import Frontier
from rempart.node.exchange.models import Peer, Word
from rempart.node.lists import folding
from rempart.node.lists.models import HashList, ListEntry
from rempart.node.roster import services as roster

PEOPLE = [member(number) for number in range(4)]
ORIGINS = [each.origin for each in PEOPLE]
KIND = FingerprintType.MD5


class Heard:
    """Members by number; each signal is one entry of its member's log."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.version, self.status = 1, dict.fromkeys(range(len(PEOPLE)), Status.ACTIVE)
        monkeypatch.setattr(roster, "current", self._facts)

    def _facts(self) -> RosterFacts | None:
        if not self.version:
            return None
        people = [member(number, status=status) for number, status in self.status.items()]
        return RosterFacts.of(self.version, datetime(2027, 3, 1, tzinfo=UTC), people, [])

    def suspend(self, number: int, status: Status = Status.SUSPENDED) -> None:
        self.status[number] = status
        self.version += 1

    def lists(self, number: int, *values: int, category: str = "baseline", basis: SignalBasis | None = None) -> None:
        for value in values:
            self._say(
                number, value, Action.ADD, category=category, basis=basis or SignalBasis.OWN_ANALYSIS, verifiers=2
            )

    def withdraws(self, number: int, *values: int, reason: Reason = Reason.MISTAKE) -> None:
        for value in values:
            self._say(number, value, Action.WITHDRAW, reason=reason)

    def disputes(self, number: int, *values: int) -> None:
        for value in values:
            self._say(number, value, Action.DISPUTE, reason=Reason.LAWFUL)

    def pads(self, number: int, entries: int = 4) -> None:
        self._grow(ORIGINS[number], entries)

    def _say(self, number: int, value: int, action: Action, **said: Any) -> None:
        origin = ORIGINS[number]
        index = self._grow(origin, 1)
        moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=index)
        blank = {"category": "", "basis": "", "verifiers": 0, "reason": ""}
        Word.objects.update_or_create(
            origin=origin,
            kind=KIND,
            value=bytes.fromhex(md5(value)),
            defaults=blank | said | {"action": action, "content": value, "at": moment, "log_index": index},
        )

    def _grow(self, origin: str, entries: int) -> int:
        """The size before."""
        peer, _ = Peer.objects.get_or_create(origin=origin, defaults={"frontier": Frontier().to_bytes()})
        frontier, size = Frontier.from_bytes(bytes(peer.frontier)), peer.size
        for place in range(size, size + entries):
            frontier.append(hashlib.sha256(f"{origin} {place}".encode()).digest())
        Peer.objects.filter(pk=peer.pk).update(frontier=frontier.to_bytes(), size=frontier.size)
        return int(size)


def fold(name: str = "alliance") -> None:
    folding.fold(HashList.objects.get(name=name).pk)


def standing(name: str = "alliance") -> dict[str, tuple[str, int]]:
    rows = ListEntry.objects.filter(hash_list__name=name, withdrawn_sequence__isnull=True)
    return {bytes(row.value).hex(): (row.category, row.confirmations) for row in rows}
