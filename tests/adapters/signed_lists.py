"""A publisher of made-up signed lists, as a node is one."""

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from rempart.adapters.signing import Signer
from rempart.core.vocabulary import FingerprintType as F
from rempart.exchange.digest import digest_of
from rempart.exchange.policy import ALLIANCE
from rempart.formats.hash_values import entry_id_of
from rempart.formats.list_feed import ChangeFile, FeedHead, FeedRow, Snapshot, write_rows
from rempart.formats.signed_list import NOTE_NAME, LogHead, SignedHead, lists_key, sequence_of, sign_list
from rempart.formats.signed_note import Key

ORIGIN = "hotline.example/log"
SIGNER = Signer(bytes(range(32)))
KEY = lists_key(ORIGIN, SIGNER.public_key)
LOG_KEY = Key(ORIGIN, SIGNER.public_key)
STRANGER = Signer(bytes(32))
Standing = dict[bytes, tuple[str, int]]
"""Category and confirmations by PDQ."""


def pdq(number: int) -> bytes:
    return hashlib.sha256(f"made up {number}".encode()).digest()


def trust_file(folder: Path, *keys: Key) -> Path:
    path = folder / "trust.txt"
    path.write_text("# whose lists count\n\n" + "".join(f"{key.vkey}\n" for key in keys or (KEY,)))
    return path


@dataclass
class SignedPublisher:
    """A list, its files and its note; `size` is that of the one log it follows from."""

    folder: Path
    name: str = "alliance"
    signer: Signer = SIGNER
    size: int = 8
    standing: Standing = field(default_factory=dict)
    changes: list[ChangeFile] = field(default_factory=list)
    snapshot: Snapshot | None = None
    at: int = 1_790_000_000

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.snap()

    @property
    def sequence(self) -> int:
        return sequence_of(1, 0, self.heads)

    @property
    def heads(self) -> tuple[LogHead, ...]:
        return (LogHead(ORIGIN, self.size, hashlib.sha256(bytes(self.size % 251)).digest()),)

    @property
    def head(self) -> SignedHead:
        assert self.snapshot is not None
        feed = FeedHead(self.name, "", self.sequence, self.snapshot, tuple(self.changes))
        rows = [(F.PDQ, value, *said) for value, said in sorted(self.standing.items())]
        return SignedHead(feed, ALLIANCE.document, 0, self.heads, len(rows), digest_of(rows), self.at)

    def snap(self) -> None:
        name = f"snapshot-{self.sequence}.csv"
        rows = [self._row(0, False, value, said) for value, said in sorted(self.standing.items())]
        self.snapshot = Snapshot(name, self.sequence, len(rows), self.write(name, rows))
        self.changes = []
        self.publish()

    def change(self, wanted: Standing, *, entries: int = 4) -> None:
        reach = self.changes[-1].last if self.changes else self.snapshot.sequence  # type: ignore[union-attr]
        self.size += entries
        both = self.standing.items(), wanted.items()
        rows = [self._row(self.sequence, True, *each) for each in sorted(both[0] - both[1])]
        rows += [self._row(self.sequence, False, *each) for each in sorted(both[1] - both[0])]
        self.standing = dict(wanted)
        name = f"changes-{reach}-{self.sequence}.csv"
        self.changes.append(ChangeFile(name, reach, self.sequence, self.write(name, rows)))
        self.publish()

    def grow(self, entries: int = 4) -> None:
        """The log grows and the list stays as it was."""
        self.size += entries
        self.publish()

    def publish(self, head: SignedHead | None = None) -> None:
        note = sign_list(head or self.head, lists_key(ORIGIN, self.signer.public_key), self.signer.sign)
        self.put(NOTE_NAME, note.encode())

    def lie(self, **fields: object) -> None:
        """Sign something else than what is served."""
        self.publish(replace(self.head, **fields))  # type: ignore[arg-type]

    def put(self, name: str, data: bytes) -> None:
        draft = self.folder / f"{name}.draft"
        draft.write_bytes(data)
        os.replace(draft, self.folder / name)

    def write(self, name: str, rows: list[FeedRow]) -> str:
        data = b"".join(write_rows(rows))
        self.put(name, data)
        return hashlib.sha256(data).hexdigest()

    def _row(self, sequence: int, is_removal: bool, value: bytes, said: tuple[str, int]) -> FeedRow:
        category, confirmations = said
        entry = entry_id_of(F.PDQ, value)
        return FeedRow(0, sequence, is_removal, entry, category, F.PDQ, value, confirmations)
