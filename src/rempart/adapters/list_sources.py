"""Where lists come from: a CSV of hashes, a VICS set, or a list feed from a folder, a mirror or a node.

Every source gives the whole list once and then only what changed. A source belongs to one thread.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rempart.adapters.list_feeds import FeedSource
from rempart.adapters.list_fetch import File, FolderFetcher, Stamp, UrlFetcher, stamp_of
from rempart.adapters.list_reading import Changes, Source, lines_of, named, outside
from rempart.adapters.list_state import ListState, blocks
from rempart.adapters.list_trust import UNTRUSTING, ListTrust
from rempart.core.categories import category_named
from rempart.core.errors import InputError, LimitExceeded
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_csv import HashRow, read_hash_csv
from rempart.formats.hash_values import entry_id_of
from rempart.formats.list_feed import HEAD_NAME
from rempart.formats.rows import RejectedRow
from rempart.formats.signed_list import NOTE_NAME
from rempart.formats.vics import VicsEntry, read_vics
from rempart.signals.lists import ListEntry

__all__ = ["UNSTATED", "Changes", "FeedSource", "FileSource", "Source", "open_source"]

MAX_VICS_BYTES = 1 << 30
UNSTATED = "unstated"
"""The category of a file's entries where neither the file nor the caller states one."""


def open_source(
    spec: str | Path,
    *,
    key: str | None = None,
    name: str | None = None,
    category: str | None = None,
    trust: ListTrust = UNTRUSTING,
) -> Source:
    """The list at `spec`: a CSV of hashes, a VICS JSON file, a mirror's folder or URL, or the URL of a node's list.

    `key`: "username:secret" for a node. `name` calls the list otherwise than its file or feed does. `category` counts
    for entries of a file that state none (UNSTATED unless given). `trust` says whose feeds count, and concerns no file
    of this machine. Reads nothing yet. Raises InputError.
    """
    if isinstance(spec, str) and spec.lower().startswith(("http://", "https://")):
        return FeedSource(UrlFetcher(spec, key), name, trust)
    path = Path(spec)
    if path.is_dir() or path.name in (HEAD_NAME, NOTE_NAME):
        return FeedSource(FolderFetcher(path if path.is_dir() else path.parent), name, trust)
    if not path.is_file():
        raise InputError("There is no such file or folder.", where=path.name, advice="Check the list's path.")
    return FileSource(path, name, UNSTATED if category is None else category_named(category))


class FileSource(Source):
    """A CSV of hashes or a VICS JSON file. Replace it as a whole (write beside it, then rename).

    Of lines that repeat a fingerprint the first counts.
    """

    def __init__(self, path: Path, name: str | None, category: str) -> None:
        super().__init__(path.name, name)
        self._path = path
        self._category = category
        self._stamp: Stamp | None = None

    @property
    def name(self) -> str:
        return self._name or self._path.stem

    def entries(self) -> Iterator[ListEntry]:
        kept = []
        with self._opened() as (file, stamp):
            for block in blocks(self._read(file)):
                yield from block.entries
                block.entries.clear()
                kept.append(block)
        self._state, self._stamp = ListState.of(kept), stamp

    def poll(self) -> Changes | None:
        with outside(self.label):
            stamp = stamp_of(self._path)
        if stamp is not None and stamp == self._stamp:
            return None
        with self._opened() as (file, stamp):
            difference, state = self._state.against(self._read(file))
        self._state, self._stamp = state, stamp
        return self._told(difference)

    @contextmanager
    def _opened(self) -> Iterator[tuple[File, Stamp | None]]:
        self._rejected = []
        with named(self.label), outside(self.label):
            # The stamp is taken before the content: what changes while it is read shows at the next poll.
            stamp = stamp_of(self._path)
            with self._path.open("rb") as file:
                yield file, stamp

    def _read(self, file: File) -> Iterator[ListEntry]:
        for row in self._rows(file):
            if isinstance(row, RejectedRow):
                self._reject(row)
                continue
            try:
                category = category_named(row.category) if row.category else self._category
            except InputError as error:
                self._reject(RejectedRow(row.line, error.what))
                continue
            for kind, text in row.hashes.items():
                value = text.encode("ascii") if kind is FingerprintType.PHOTODNA else bytes.fromhex(text)
                yield ListEntry(entry_id_of(kind, value), self.name, category, kind, value, source=self.label)

    def _rows(self, file: File) -> Iterator[HashRow | VicsEntry | RejectedRow]:
        start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        file.seek(0)
        if not start.startswith((b"{", b"[")):
            return read_hash_csv(lines_of(file))
        if os.fstat(file.fileno()).st_size > MAX_VICS_BYTES:
            raise LimitExceeded("The file is larger than 1 GiB.", advice="Split the set.")
        return read_vics(file.read())
