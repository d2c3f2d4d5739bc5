"""A made-up list that grows, shrinks and is passed on."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow
from rempart.node.lists import mirror, publishing, sharing
from rempart.node.lists.importing import import_rows
from rempart.node.lists.models import HashList
from rempart.node.lists.withdrawing import Withdrawn, withdraw_rows


def md5(number: int) -> str:
    return hashlib.md5(f"made up {number}".encode()).hexdigest()


def rows(numbers: Iterable[int]) -> list[HashRow]:
    return [HashRow(line, {FingerprintType.MD5: md5(number)}) for line, number in enumerate(numbers, start=2)]


@dataclass(frozen=True)
class MadeUpList:
    name: str = "Example"

    @property
    def row(self) -> HashList:
        return HashList.objects.get(name=self.name)

    def add(self, *numbers: int) -> None:
        import_rows(self.name, "national", rows(numbers), source="hashes.csv")

    def withdraw(self, *numbers: int) -> Withdrawn:
        return withdraw_rows(self.name, rows(numbers), reason="A stock photo")

    def share(self) -> None:
        sharing.set_terms(self.name, may_share=True)

    def publish(self) -> None:
        publishing.publish(self.row.pk)

    def export(self, folder: Path) -> mirror.Exported:
        return mirror.export(self.name, folder)


@pytest.fixture
def example(db, clock) -> MadeUpList:
    """Three entries, not shared with anybody."""
    made = MadeUpList()
    made.add(1, 2, 3)
    return made


@pytest.fixture
def small_files(monkeypatch) -> Callable[..., None]:
    """A new snapshot after so many files or rows of changes, and so many files kept."""

    def limit(since: int = 3, kept: int = 5, rows: int = 6) -> None:
        monkeypatch.setattr(publishing, "MAX_SINCE_SNAPSHOT", since)
        monkeypatch.setattr(publishing, "MAX_KEPT", kept)
        monkeypatch.setattr(publishing, "FEW_ROWS", rows)

    return limit


@pytest.fixture
def heard(db, clock, monkeypatch):
    """Four members of four countries, of which this node is none; none has said anything."""
    from node.lists.heard import Heard

    return Heard(monkeypatch)


@pytest.fixture
def alliance(heard):
    """The list `alliance`, empty."""
    from rempart.node.lists import policies

    policies.ensure_shipped()
    return heard
