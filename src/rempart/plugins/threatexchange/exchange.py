"""Rempart's list feeds as an exchange of python-threatexchange, withdrawals included.

    tx config extensions add rempart.plugins.threatexchange
    tx config collab edit rempart_list --create "Example list" --address https://node.example/api/v1/lists/7/

`--address` is the URL of a node's list or of a mirror, or a mirror's folder. The credential, where one is needed, is
"username:secret" in TX_REMPART_LIST_KEY or ~/.tx_rempart_list_key. The first fetch reads the snapshot, later ones the
changes alone; each file must have the digest that the feed's head announces. `--trust FILE` lets signed lists count.
"""

import hashlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Optional

from threatexchange.exchanges import auth, fetch_state
from threatexchange.exchanges.collab_config import CollaborationConfigWithDefaults
from threatexchange.exchanges.signal_exchange_api import SignalExchangeAPI
from threatexchange.signal_type.signal_base import SignalType

from rempart.adapters.list_fetch import Fetcher, File, FolderFetcher, UrlFetcher
from rempart.adapters.list_trust import UNTRUSTING, HeadReader, read_trust
from rempart.core.errors import IntegrityError, OutsideFailure
from rempart.core.vocabulary import FingerprintType
from rempart.formats.csv_lines import MAX_LINE_CHARACTERS
from rempart.formats.list_feed import FeedHead, FeedRow, read_rows
from rempart.formats.rows import RejectedRow
from rempart.plugins.threatexchange.payload import allow

log = logging.getLogger("rempart.plugins.threatexchange")

NAME = "rempart_list"
_SIGNAL_TYPES = {
    FingerprintType.PDQ: "pdq",
    FingerprintType.MD5: "video_md5",
    FingerprintType.SHA256: "video_sha256",
    FingerprintType.PHOTODNA: "photodna",
}
"""The package's signal types by the names they are found under; its file hashes are of videos."""
_TOGETHER = 10_000


@dataclass
class ListCheckpoint(fetch_state.FetchCheckpointBase):
    """How far a list was read. A stale one makes the package forget what it has and fetch it all again."""

    sequence: int
    must_begin_again: bool = False

    def is_stale(self) -> bool:
        return self.must_begin_again


@dataclass
class ListOpinion(fetch_state.SignalOpinion):
    """`confirmations`: how many countries or agencies confirmed the entry; 0 where that is not stated."""

    confirmations: int = 0


@dataclass
class ListMetadata(fetch_state.FetchedSignalMetadata):
    """What a signal carries: the categories of its entries by their number, and how often each is confirmed."""

    entries: dict[str, tuple[str, int]] = field(default_factory=dict)

    def get_as_opinions(self) -> Sequence[ListOpinion]:
        return [
            ListOpinion(False, _opinion_on(category), {category}, confirmations)
            for category, confirmations in self.entries.values()
        ]


# Entries of an index carry it, and an index stores only what it was allowed.
allow(ListMetadata)


@dataclass
class ListRecord:
    """An entry as it is kept between fetches; `value` as text."""

    kind: str
    value: str = field(repr=False)
    category: str
    confirmations: int


@dataclass
class _Required:
    address: str = field(metadata={"help": "the list's URL, or the folder of a mirror"})


@dataclass
class ListConfig(CollaborationConfigWithDefaults, _Required):
    """`trust` is what the command line calls `--list-trust`: with it, only lists that one of the keys signed count."""

    api: str = field(init=False, default=NAME)
    trust: Optional[str] = field(  # noqa: UP045  (the package reads no other spelling)
        default=None, metadata={"help": "a file with the verifier keys of those whose signed lists count, one a line"}
    )


@dataclass
class ListCredentials(auth.CredentialHelper):
    ENV_VARIABLE: ClassVar[str] = "TX_REMPART_LIST_KEY"
    FILE_NAME: ClassVar[str] = "~/.tx_rempart_list_key"

    key: str = field(repr=False, metadata={"help": "username:secret, as the node gave it"})

    @classmethod
    def _from_str(cls, s: str) -> "ListCredentials":
        return cls(s.strip())

    def _are_valid(self) -> bool:
        return ":" in self.key

    @classmethod
    def of_the_environment(cls) -> "ListCredentials | None":
        """None where there is none: mirrors may need no credential."""
        is_given = cls._DEFAULT or os.environ.get(cls.ENV_VARIABLE) or Path(cls.FILE_NAME).expanduser().is_file()
        return cls.get(RempartListExchange) if is_given else None


Delta = fetch_state.FetchDelta[str, ListRecord, ListCheckpoint]


class RempartListExchange(
    auth.SignalExchangeWithAuth[ListConfig, ListCredentials],
    SignalExchangeAPI[ListConfig, ListCheckpoint, ListMetadata, str, ListRecord],
):
    """One list. Its entries are the records, by number, so a withdrawal finds what it takes away."""

    def __init__(self, collab: ListConfig, key: str | None = None) -> None:
        self.collab = collab
        self._key = key

    @classmethod
    def for_collab(cls, collab: ListConfig, credentials: ListCredentials | None = None) -> "RempartListExchange":
        found = credentials or ListCredentials.of_the_environment()
        return cls(collab, found.key if found else None)

    @classmethod
    def get_name(cls) -> str:
        return NAME

    @staticmethod
    def get_config_cls() -> type[ListConfig]:
        return ListConfig

    @staticmethod
    def get_checkpoint_cls() -> type[ListCheckpoint]:
        return ListCheckpoint

    @staticmethod
    def get_record_cls() -> type[ListMetadata]:
        return ListMetadata

    @staticmethod
    def get_credential_cls() -> type[ListCredentials]:
        return ListCredentials

    def fetch_iter(
        self, supported_signal_types: Sequence[type[SignalType]], checkpoint: ListCheckpoint | None
    ) -> Iterator[Delta]:
        """What changed since the checkpoint; the whole list without one. Raises the errors of rempart.core.errors.

        Where the feed no longer reaches back to the checkpoint, a stale one is all that comes: what the package has
        goes on matching until the next fetch, which begins again.
        """
        fetcher = self._fetcher()
        try:
            head = self._head(fetcher)
            if checkpoint is None:
                yield from _whole(fetcher, head)
            elif checkpoint.sequence > head.sequence:
                raise IntegrityError(
                    f"The list goes back from sequence {checkpoint.sequence} to {head.sequence}.",
                    where=fetcher.label,
                    advice="Ask its publisher why; `tx fetch --clear` begins again.",
                )
            elif head.changes_after(checkpoint.sequence) is None:
                log.warning("%s no longer tells what changed: the next fetch begins again.", fetcher.label)
                yield Delta({}, ListCheckpoint(checkpoint.sequence, must_begin_again=True))
            else:
                yield from _changes(fetcher, head, checkpoint.sequence)
        finally:
            fetcher.close()

    @classmethod
    def naive_convert_to_signal_type(
        cls,
        signal_types: Sequence[type[SignalType]],
        collab: ListConfig,
        fetched: Mapping[str, ListRecord | None],
    ) -> dict[type[SignalType], dict[str, ListMetadata]]:
        by_name = {signal_type.get_name(): signal_type for signal_type in signal_types}
        found: dict[type[SignalType], dict[str, ListMetadata]] = {}
        for number, record in fetched.items():
            signal_type = by_name.get(_SIGNAL_TYPES.get(FingerprintType(record.kind), "")) if record else None
            if record is None or signal_type is None:
                continue
            signals = found.setdefault(signal_type, {})
            entries = signals.setdefault(record.value, ListMetadata()).entries
            entries[number] = (record.category, record.confirmations)
        return found

    def _head(self, fetcher: Fetcher) -> FeedHead:
        trust = read_trust(Path(self.collab.trust).expanduser()) if self.collab.trust else UNTRUSTING
        found = HeadReader(fetcher, trust).read(None)
        if found is None:
            raise OutsideFailure("It sent no list.", where=fetcher.label)
        return found[0].feed

    def _fetcher(self) -> Fetcher:
        address = self.collab.address
        if address.lower().startswith(("http://", "https://")):
            return UrlFetcher(address, self._key)
        return FolderFetcher(Path(address).expanduser())


def _whole(fetcher: Fetcher, head: FeedHead) -> Iterator[Delta]:
    """A fetch that is cut off within the snapshot begins again: what is missing nobody could tell later."""
    updates: dict[str, ListRecord | None] = {}
    for row in _rows(fetcher, head.snapshot.path, head.snapshot.sha256):
        updates[str(row.entry)] = _record(row)
        if len(updates) >= _TOGETHER:
            yield Delta(updates, ListCheckpoint(0, must_begin_again=True))
            updates = {}
    yield Delta(updates, ListCheckpoint(head.snapshot.sequence))
    yield from _changes(fetcher, head, head.snapshot.sequence)


def _changes(fetcher: Fetcher, head: FeedHead, sequence: int) -> Iterator[Delta]:
    for each in head.changes_after(sequence) or ():
        rows = (row for row in _rows(fetcher, each.path, each.sha256) if row.sequence > sequence)
        yield Delta({str(row.entry): _record(row) for row in rows}, ListCheckpoint(each.last))


def _rows(fetcher: Fetcher, path: str, sha256: str) -> Iterator[FeedRow]:
    with fetcher.file(path) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise IntegrityError(
                f"The file {path} is not the one that the list announces.",
                where=fetcher.label,
                advice="Fetch again.",
            )
        file.seek(0)
        for row in read_rows(_lines(file)):
            if isinstance(row, RejectedRow):
                log.warning("%s, %s, line %d: %s", fetcher.label, path, row.line, row.reason)
            else:
                yield row


def _record(row: FeedRow) -> ListRecord | None:
    """None for a withdrawal, which is what makes the package forget an entry."""
    if row.is_removal or row.kind is None:
        return None
    text = row.value.decode("ascii") if row.kind is FingerprintType.PHOTODNA else row.value.hex()
    return ListRecord(row.kind.value, text, row.category, row.confirmations)


def _lines(file: File) -> Iterator[str]:
    while line := file.readline(MAX_LINE_CHARACTERS + 2):
        yield line.decode("utf-8", errors="replace")


def _opinion_on(category: str) -> fetch_state.SignalOpinionCategory:
    is_lawful = category == "not_illegal"
    return fetch_state.SignalOpinionCategory[("NEGATIVE" if is_lawful else "POSITIVE") + "_CLASS"]
