"""Lists in a folder: whole generations, and a journal of the changes since the current one.

`CURRENT` names the generation; `generation-N/` holds its files, never changed once named; `journal-N` the changes
after it. A new generation is complete, journal included, before `CURRENT` is replaced, so that a process killed at any
point leaves either the old pair or the new one. The one before the current is kept for readers about to open it.
"""

import json
import os
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from rempart.core.errors import InputError, IntegrityError, NotFound
from rempart.core.vocabulary import FingerprintType
from rempart.signals.catalogue import Catalogue, Key, ListEntry
from rempart.signals.match.files import draft_of, sync_folder, unusable
from rempart.signals.match.journal import Journal, Lock, Record, Tail

_FORMAT = "rempart-lists/1"
_ATTEMPTS = 20


class Change(NamedTuple):
    """`removed` first."""

    added: list[ListEntry]
    removed: list[Key]


def encoded(change: Change) -> bytes:
    """A change as a journal's payload."""
    added = [
        (e.entry_id, e.list_name, e.category, e.kind, b64encode(e.value).decode(), e.source, e.confirmations)
        for e in change.added
    ]
    return json.dumps([change.removed, added], separators=(",", ":")).encode()


def changes(records: Iterable[Record]) -> list[Change]:
    """What `encoded` made. Raises IntegrityError."""
    try:
        return [_decoded(payload) for _, payload in records]
    except (ValueError, TypeError, InputError):
        raise IntegrityError(
            "A record of the journal is none of a list's changes.", advice="Publish the lists again."
        ) from None


def _decoded(payload: bytes) -> Change:
    removed, added = json.loads(payload)
    entries = [
        ListEntry(entry_id, name, category, FingerprintType(kind), b64decode(value), source, confirmations)
        for entry_id, name, category, kind, value, source, confirmations in added
    ]
    return Change(entries, [(name, entry_id) for name, entry_id in removed])


def net(several: Iterable[Change]) -> dict[Key, ListEntry | None]:
    """What each key touched is in the end, None where it is gone."""
    last: dict[Key, ListEntry | None] = {}
    for change in several:
        last.update(dict.fromkeys(change.removed))
        last.update((entry.key, entry) for entry in change.added)
    return last


def current(folder: Path) -> int:
    """The current generation's number. Raises NotFound while nothing is published, IntegrityError, OutsideFailure."""
    path = folder / "CURRENT"
    try:
        facts = json.loads(path.read_bytes())
        if facts["format"] != _FORMAT:
            raise KeyError
        return int(facts["generation"])
    except FileNotFoundError:
        raise NotFound(
            "No lists are published here.", where=str(folder), advice="Publish them, or check the folder."
        ) from None
    except (ValueError, KeyError, TypeError):
        raise IntegrityError(
            "The file that names the current lists was altered.", where=str(path), advice="Publish the lists again."
        ) from None
    except OSError as error:
        raise unusable(path, error) from error


def load(folder: Path, *, verify: bool, prefault: bool = False) -> tuple[Catalogue, Tail]:
    """The current generation, and its journal from the beginning. Raises NotFound, IntegrityError, OutsideFailure."""
    for _ in range(_ATTEMPTS):
        number = current(folder)
        try:
            return open_generation(folder, number, verify=verify, prefault=prefault), Tail(_journal(folder, number))
        except NotFound:
            # The writer may be two generations on by now; one that is current and absent is damage.
            if current(folder) == number:
                break
    raise IntegrityError("The current lists are not complete.", where=str(folder), advice="Publish the lists again.")


def open_generation(folder: Path, number: int, *, verify: bool, prefault: bool = False) -> Catalogue:
    """Raises NotFound, IntegrityError and OutsideFailure."""
    return Catalogue.open(_generation(folder, number), verify=verify, prefault=prefault)


class Folder:
    """The writer's hold on a folder, by a lock."""

    def __init__(self, path: Path) -> None:
        """Makes the folder where there is none. Raises Conflict when another holds it, and OutsideFailure."""
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unusable(path, error) from error
        self._lock = Lock(path / "lock")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def release(self) -> None:
        self._lock.release()

    def write(self, catalogue: Catalogue) -> int:
        """A generation nobody reads yet; its number. Raises OutsideFailure."""
        number = self._last() + 1
        draft = self.path / f".generation-{number}"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            catalogue.save(draft)
            os.rename(draft, _generation(self.path, number))
            sync_folder(self.path)
        except OSError as error:
            raise unusable(draft, error) from error
        return number

    def switch(self, number: int, sequence: int, payloads: Iterable[bytes] = ()) -> Journal:
        """Makes a written generation the current one; `payloads` are the changes since it, after change `sequence`."""
        journal = Journal.create(_journal(self.path, number), sequence, payloads)
        try:
            with draft_of(self.path / "CURRENT") as file:
                file.write(json.dumps({"format": _FORMAT, "generation": number}).encode())
        except OSError as error:
            journal.close()
            raise unusable(self.path, error) from error
        return journal

    def tidy(self, keep: set[int]) -> None:
        """Removes other generations and what a killed writer left. Whoever mapped a removed file keeps it."""
        wanted = {place(self.path, number) for number in keep for place in (_generation, _journal)}
        for path in set(self.path.iterdir()) - wanted:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name.startswith(("journal-", ".")):
                path.unlink(missing_ok=True)

    def open_journal(self, number: int) -> tuple[Journal, list[Record]]:
        """Raises IntegrityError and OutsideFailure."""
        return Journal.open(_journal(self.path, number))

    def _last(self) -> int:
        numbers = [path.name.rpartition("-")[2] for path in self.path.glob("generation-*")]
        return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _generation(folder: Path, number: int) -> Path:
    return folder / f"generation-{number}"


def _journal(folder: Path, number: int) -> Path:
    return folder / f"journal-{number}"
