"""C2SP signed notes: a text that anybody can read, and who stands for it.

A note is the text, an empty line and one or more lines `— NAME BASE64`, where the base64 holds the key's number (4
bytes of SHA-256 over name, type and public key) and the signature. Lines of unknown keys are passed over. Source:
c2sp.org/signed-note; the type of cosignatures is c2sp.org/tlog-cosignature's.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from rempart.core.errors import InputError, IntegrityError

MAX_SIGNATURES = 100
_KEY_SIZE, _SIGNATURE_SIZE, _NUMBER_SIZE = 32, 64, 4
_NAME = re.compile(r"[!-*,-~]{1,200}", re.ASCII)
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})")
_VKEY = re.compile(r"([!-*,-~]{1,200})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})", re.ASCII)

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, bytes], bool]
"""`verify(public, signature, data)` checks an Ed25519 signature."""


class KeyType(IntEnum):
    """What a key signs: the text itself, or the time and a checkpoint's text."""

    ED25519 = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True)
class Key:
    """Whose signature is believed: a name, and the raw public key of 32 bytes."""

    name: str
    public: bytes
    type: KeyType = KeyType.ED25519

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError("a key's name has letters and signs, but no space and no plus.", where="signed note")
        if len(self.public) != _KEY_SIZE:
            raise InputError(f"a public key has {_KEY_SIZE} bytes, not {len(self.public)}.", where="signed note")

    def __hash__(self) -> int:
        return hash(self.public)

    @property
    def number(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        return _number(self.name, self.type, self.public)

    @property
    def vkey(self) -> str:
        """The key as text, `NAME+NUMBER+BASE64`, to be given to who shall verify."""
        return f"{self.name}+{self.number.hex()}+{_encoded(bytes([self.type]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of a note; `blob` is what follows the key's number."""

    name: str
    number: bytes
    blob: bytes

    def is_by(self, key: Key) -> bool:
        return (self.name, self.number) == (key.name, key.number)

    @property
    def line(self) -> str:
        return f"— {self.name} {_encoded(self.number + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """`text` ends with a newline."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(each.line for each in self.signatures)}"

    def by(self, key: Key) -> Signature | None:
        """The first signature that names this key; nothing is verified."""
        return next((each for each in self.signatures if each.is_by(key)), None)


def read_vkey(text: str) -> Key:
    """The key behind `Key.vkey`; raises InputError when it is none or its parts contradict one another."""
    found = _VKEY.fullmatch(text.strip())
    raw = _bytes_of(found[3]) if found else None
    if found is None or raw is None or len(raw) != 1 + _KEY_SIZE or raw[0] not in {*KeyType}:
        raise InputError("this is no verifier key.", where="key", advice="It looks like NAME+12345678+BASE64.")
    key = Key(found[1], raw[1:], KeyType(raw[0]))
    if key.number.hex() != found[2]:
        raise InputError("the verifier key's parts contradict one another.", where="key", advice="Copy all of it.")
    return key


def sign_note(text: str, key: Key, sign: Sign) -> str:
    """`text`, which ends with a newline and has no empty line, followed by its signature."""
    check_text(text)
    return str(Note(text, (Signature(key.name, key.number, sign(text.encode())),)))


def check_text(text: str) -> None:
    """Raises InputError for a text that could be read two ways."""
    if not text.endswith("\n") or "\n\n" in f"\n{text}" or any(ord(letter) < 32 and letter != "\n" for letter in text):
        raise InputError("a note's text is whole lines without an empty one.", where="signed note")


def read_note(note: str) -> Note:
    """The parts of a note; nothing is verified. IntegrityError when it is no note, or not in its one spelling."""
    text, gap, block = note.rpartition("\n\n")
    lines = block.split("\n")
    if not gap or lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise _no_note()
    try:
        check_text(f"{text}\n")
    except InputError:
        raise _no_note() from None
    return Note(f"{text}\n", tuple(_signature(line) for line in lines))


def open_note(note: str, keys: list[Key], verify: Verify) -> tuple[str, Key]:
    """The text of a note that one of `keys` signed, and which of them did first.

    IntegrityError when it is no note, was altered, or was signed by none of them.
    """
    opened = read_note(note)
    found: Key | None = None
    for each in opened.signatures:
        for key in keys:
            if not each.is_by(key):
                continue
            if len(each.blob) != _SIGNATURE_SIZE or not verify(key.public, each.blob, opened.text.encode()):
                raise IntegrityError("the note was altered: its signature does not verify.", where="signed note")
            found = found or key
    if found is None:
        raise IntegrityError(
            f"the note is signed by {opened.signatures[0].name!r}, a key that is not trusted here.",
            where="signed note",
            advice="If it is a former key of this node, name its public key.",
        )
    return opened.text, found


@lru_cache(4096)
def _number(name: str, type: KeyType, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([type]) + public).digest()[:_NUMBER_SIZE]


def _signature(line: str) -> Signature:
    found = _SIGNATURE.fullmatch(line)
    raw = _bytes_of(found[2]) if found else None
    if found is None or raw is None or not _NAME.fullmatch(found[1]):
        raise _no_note()
    if len(raw) <= _NUMBER_SIZE:
        raise IntegrityError("the note's signature has another size.", where="signed note")
    return Signature(found[1], raw[:_NUMBER_SIZE], raw[_NUMBER_SIZE:])


def _bytes_of(text: str) -> bytes | None:
    """None for what is no base64 in its one spelling: it lets the last letter vary without changing the bytes."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return raw if _encoded(raw) == text else None


def _encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _no_note() -> IntegrityError:
    return IntegrityError("this is not a signed note.", where="signed note")
