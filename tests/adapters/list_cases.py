"""A publisher of made-up lists, and what a reader of them must hold."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from rempart.adapters.list_sources import Changes, Source
from rempart.core.vocabulary import FingerprintType as F
from rempart.formats.list_feed import ChangeFile, FeedHead, FeedRow, Snapshot, write_head, write_rows

KEY = "example-chat-1a2b3c4d:made-up-secret"
Content = dict[int, tuple[str, int]]


def md5(number: int) -> bytes:
    return hashlib.md5(f"made up {number}".encode()).digest()


def as_rows(sequence: int, content: Content) -> list[FeedRow]:
    return [
        FeedRow(0, sequence, False, entry, category, F.MD5, md5(number))
        for entry, (category, number) in sorted(content.items())
    ]


@dataclass
class Publisher:
    """A list and the files of its feed, as a node keeps them."""

    files: dict[str, bytes] = field(default_factory=dict)
    sequence: int = 0
    content: Content = field(default_factory=dict)
    snapshot: Snapshot = field(default_factory=lambda: Snapshot("snapshot-0.csv", 0, 0, ""))
    changes: list[ChangeFile] = field(default_factory=list)
    name: str = "Example"

    def begin(self, content: Content) -> None:
        self.content = dict(content)
        self.sequence += 1
        self.snap()

    def snap(self, *, forget_changes: bool = True) -> None:
        path = f"snapshot-{self.sequence}.csv"
        digest = self._write(path, as_rows(self.sequence, self.content))
        self.snapshot = Snapshot(path, self.sequence, len(self.content), digest)
        if forget_changes:
            self.changes = []
        self.publish()

    def change(self, wanted: Content) -> None:
        last, rows = self.sequence, []
        self.sequence += 1
        rows += [FeedRow(0, self.sequence, True, entry) for entry in sorted(self.content.keys() - wanted.keys())]
        moved = {entry: value for entry, value in wanted.items() if self.content.get(entry) != value}
        rows += as_rows(self.sequence, moved)
        self.content = dict(wanted)
        path = f"changes-{last}-{self.sequence}.csv"
        self.changes.append(ChangeFile(path, last, self.sequence, self._write(path, rows)))
        self.publish()

    def publish(self) -> None:
        head = FeedHead(self.name, "made up", self.sequence, self.snapshot, tuple(self.changes))
        self.files["list.json"] = write_head(head)

    def _write(self, path: str, rows: list[FeedRow]) -> str:
        self.files[path] = b"".join(write_rows(rows))
        return hashlib.sha256(self.files[path]).hexdigest()

    def into(self, folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        for name, data in self.files.items():
            (folder / f"{name}.new").write_bytes(data)
            os.replace(folder / f"{name}.new", folder / name)
        return folder


class Held:
    """What somebody who follows a source holds."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.entries = {entry.entry_id: entry for entry in source.entries()}

    def follow(self) -> Changes | None:
        changes = self.source.poll()
        if changes is not None:
            for name, entry_id in changes.removed:
                assert name == self.source.name
                del self.entries[entry_id]
            for entry in changes.added:
                assert entry.entry_id not in self.entries
                self.entries[entry.entry_id] = entry
        return changes

    @property
    def content(self) -> dict[int, tuple[str, bytes]]:
        return {entry_id: (entry.category, entry.value) for entry_id, entry in self.entries.items()}


def expected(content: Content) -> dict[int, tuple[str, bytes]]:
    return {entry: (category, md5(number)) for entry, (category, number) in content.items()}
