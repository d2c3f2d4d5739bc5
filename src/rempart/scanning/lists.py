"""The lists of a scan, from wherever they come, as one recogniser; and the index folders made of them.

A list is what `rempart.adapters.list_sources` reads, a Parquet file, or an index folder built before.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from rempart.adapters.list_sources import UNSTATED, open_source
from rempart.adapters.list_state import blocks
from rempart.adapters.list_trust import UNTRUSTING, ListTrust
from rempart.core.categories import category_named
from rempart.core.errors import Conflict, InputError
from rempart.core.vocabulary import FingerprintType
from rempart.formats.hash_values import entry_id_of, fingerprint_type, normalise
from rempart.formats.list_feed import HEAD_NAME
from rempart.formats.rows import RejectedRow
from rempart.formats.signed_list import NOTE_NAME
from rempart.scanning.rows import BYTES, binary, parquet_batches
from rempart.signals.lists import ListEntry, Recogniser
from rempart.signals.match.segment import engine

OnRejected = Callable[[str, RejectedRow], None]


@dataclass(frozen=True, slots=True)
class ListSpec:
    """Where a list is, the key a node asks for, the category of entries that state none, and whose feeds count."""

    at: str
    key: str | None = field(default=None, repr=False)
    category: str | None = None
    trust: ListTrust = UNTRUSTING

    @property
    def is_index(self) -> bool:
        path = Path(self.at)
        return path.is_dir() and not any((path / name).exists() for name in (HEAD_NAME, NOTE_NAME))


class OpenLists:
    """A recogniser over all lists; `folder` is where another process opens the same."""

    def __init__(self, specs: Sequence[ListSpec], on_rejected: OnRejected) -> None:
        self._temporary: Path | None = None
        indexes = [spec for spec in specs if spec.is_index]
        others = [spec for spec in specs if not spec.is_index]
        self._folder = Path(indexes[0].at) if len(indexes) == 1 and not others else None
        if self._folder is not None:
            self.recogniser = Recogniser.open(self._folder)
            return
        if len(indexes) > 1 or (indexes and others):
            raise InputError(
                "An index folder is a list of its own.",
                where="--list",
                advice="Build one index of all the lists with `rempart index build`.",
            )
        try:
            self.recogniser = Recogniser.build(entry for spec in others for entry in entries_of(spec, on_rejected))
        except Conflict as error:
            error.advice = "Name each list once, and lists that differ by different names."
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def folder(self) -> Path:
        if self._folder is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="rempart-lists-"))
            self._folder = self._temporary / "index"
            self.recogniser.save(self._folder)
        return self._folder


def entries_of(spec: ListSpec, on_rejected: OnRejected) -> Iterator[ListEntry]:
    """A list's entries; afterwards its rejected rows are told. Raises RempartError."""
    if spec.at.lower().endswith(".parquet"):
        for block in blocks(_parquet_entries(Path(spec.at), spec.category, on_rejected)):
            yield from block.entries
        return
    if "@" in spec.at.partition("://")[2].partition("/")[0]:
        raise InputError(
            "An address does not carry the key.", where="--list", advice="Set REMPART_LIST_KEY, or name a key file."
        )
    with closing(open_source(spec.at, key=spec.key, category=spec.category, trust=spec.trust)) as source:
        yield from source.entries()
        for row in source.rejected:
            on_rejected(source.name, row)


def _parquet_entries(path: Path, category: str | None, on_rejected: OnRejected) -> Iterator[ListEntry]:
    """Columns md5, sha1, sha256, pdq, in hexadecimal or binary, and `category`; a list's name is its file's."""
    batches = parquet_batches(path)
    names: list[str] = next(batches)
    kinds = {name: kind for name in names if (kind := fingerprint_type(name)) in BYTES and kind is not None}
    if not kinds:
        raise InputError(
            "The file has no column of fingerprints.", where=path.name, advice="Name one md5, sha1, sha256 or pdq."
        )
    fallback, row = category_named(category) if category else UNSTATED, 0
    for batch in batches:
        for cells in zip(*batch.values(), strict=True):
            row += 1
            record = dict(zip(batch, cells, strict=True))
            try:
                stated = category_named(str(record["category"])) if record.get("category") else fallback
                values = [(kind, _listed(kind, record[name])) for name, kind in kinds.items() if record[name]]
                if not values:
                    raise InputError("The row has no fingerprint.")
            except InputError as error:
                on_rejected(path.name, RejectedRow(row, error.what))
                continue
            for kind, value in values:
                yield ListEntry(entry_id_of(kind, value), path.stem, stated, kind, value, source=path.name)


def _listed(kind: FingerprintType, value: object) -> bytes:
    """As in any list, neither a placeholder nor the hash of the empty file. Raises InputError."""
    return bytes.fromhex(normalise(kind, binary(kind, value).hex()))


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """Entries of all lists and by list; `size` is in bytes, `engine` what searches it here (see `segment.engine`)."""

    entries: int
    lists: dict[str, int]
    size: int
    engine: str


def build_index(specs: Sequence[ListSpec], folder: Path, on_rejected: OnRejected) -> IndexFacts:
    """A folder that `rempart match` opens at once. Raises Conflict if there is something already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict("There is something already.", where=str(folder), advice="Name a new folder.")
    with OpenLists(specs, on_rejected) as lists:
        lists.recogniser.save(folder)
        return _facts(folder, lists.recogniser)


def read_index(folder: Path, *, verify: bool) -> IndexFacts:
    """`verify` reads everything and compares it with its checksums. Raises NotFound and IntegrityError."""
    return _facts(folder, Recogniser.open(folder, verify=verify))


def _facts(folder: Path, recogniser: Recogniser) -> IndexFacts:
    size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
    return IndexFacts(len(recogniser), recogniser.counts(), size, engine())
