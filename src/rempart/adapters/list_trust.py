"""Whose list feeds count, and what a feed's head says once it does.

A signed list (`list.note`) is read with the keys of those who may publish it, or by a deliberate choice without. Where
keys are given nothing unsigned counts beside it unless that was chosen too: who can take a signature away could
otherwise publish anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rempart.adapters.list_fetch import Fetcher, Stamp
from rempart.adapters.signing import verify
from rempart.core.errors import InputError, IntegrityError, NotFound, OutsideFailure, Rejected, RempartError
from rempart.formats.list_feed import HEAD_NAME, FeedHead, read_head
from rempart.formats.signed_list import KEY_SUFFIX, NOTE_NAME, SignedHead, open_list, read_list
from rempart.formats.signed_note import Key, KeyType, read_vkey

MAX_TRUST_BYTES = 1 << 20
_CHOICE = "Name whose lists count with --list-trust FILE, or accept lists whoever made them with --unsigned-ok."


@dataclass(frozen=True, slots=True)
class ListTrust:
    """Keys that may sign a list, and whether a list counts that none of them had to sign."""

    keys: tuple[Key, ...] = ()
    unsigned_ok: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The files that may say what the list is, in the order in which they are looked for."""
        if self.keys and not self.unsigned_ok:
            return (NOTE_NAME,)
        return (NOTE_NAME, HEAD_NAME) if self.unsigned_ok else (HEAD_NAME, NOTE_NAME)


UNTRUSTING = ListTrust()
"""Plain feeds are read as they are, signed ones are refused until somebody says whose signature counts."""


@dataclass(frozen=True, slots=True)
class Head:
    """A feed's head; `signed` and `signer` where a key that counts signed it, `signed` alone by choice."""

    feed: FeedHead
    signed: SignedHead | None = None
    signer: Key | None = None


def read_trust(file: Path | None, *, unsigned_ok: bool = False) -> ListTrust:
    """The verifier keys of the file, one a line; empty lines and those that begin with # are passed over.

    A log's key stands for the lists of its node too. Raises InputError.
    """
    if file is None:
        return ListTrust(unsigned_ok=unsigned_ok)
    try:
        with file.open("rb") as opened:
            text = opened.read(MAX_TRUST_BYTES + 1).decode("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The keys cannot be read ({type(error).__name__}).", where=file.name) from None
    keys = tuple(_keys(file.name, text.splitlines()))
    if not keys:
        raise InputError("The file names no key.", where=file.name, advice="Put a node's verifier key on a line of it.")
    return ListTrust(keys, unsigned_ok)


def _keys(name: str, lines: Iterable[str]) -> Iterable[Key]:
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            key = read_vkey(text)
        except InputError as error:
            error.where = f"{name}, line {number}"
            raise
        if key.type is not KeyType.ED25519:
            raise InputError("This key signs no lists.", where=f"{name}, line {number}", advice="Take the log's key.")
        yield key if key.name.endswith(KEY_SUFFIX) else Key(key.name + KEY_SUFFIX, key.public)


class HeadReader:
    """Reads a feed's head from the file that has it; which one that is stays the same as long as the reader lives."""

    def __init__(self, fetcher: Fetcher, trust: ListTrust) -> None:
        self._fetcher, self._trust = fetcher, trust
        self._names = trust.names

    @property
    def file(self) -> str:
        """Which file has it, as far as that is known."""
        return self._names[0]

    def read(self, known: Stamp | None) -> tuple[Head, Stamp | None] | None:
        """The head and what to ask with next time; None when it is as it was at `known`."""
        for name in self._names:
            try:
                found = self._fetcher.head(name, known)
            except NotFound:
                continue
            head = self._understood(name, found[0]) if found else None
            self._names = (name,)
            return (head, found[1]) if head and found else None
        raise self._absent()

    def _understood(self, name: str, data: bytes) -> Head:
        if name == HEAD_NAME:
            return Head(read_head(data))
        try:
            note = data.decode()
        except UnicodeDecodeError:
            raise IntegrityError("The note is not text.", where=name) from None
        if self._trust.keys:
            signed, signer = open_list(note, list(self._trust.keys), verify)
            return Head(signed.feed, signed, signer)
        if not self._trust.unsigned_ok:
            raise InputError("The list is signed, and nobody said whose signature counts.", where=name, advice=_CHOICE)
        signed = read_list(note)
        return Head(signed.feed, signed)

    def _absent(self) -> RempartError:
        if self._trust.names == (NOTE_NAME,) and self._is_there(HEAD_NAME):
            return Rejected("The list is not signed.", advice=f"Ask for a signed one. {_CHOICE}")
        return self._fetcher.missing(self._names[0])

    def _is_there(self, name: str) -> bool:
        try:
            return self._fetcher.head(name, None) is not None
        except (NotFound, OutsideFailure):
            return False
