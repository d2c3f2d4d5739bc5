"""C2SP signed notes with one Ed25519 signature: a text that anybody can read, and who stands for it.

A note is the text, an empty line and `— NAME BASE64`, where the base64 holds the key's number (4 bytes of SHA-256 over
name, type and public key) and the signature over the text. Source: c2sp.org/signed-note.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from rempart.core.errors import InputError, IntegrityError

_ED25519 = b"\x01"
_KEY_SIZE, _SIGNATURE_SIZE, _NUMBER_SIZE = 32, 64, 4
_NAME = re.compile(r"[!-*,-~]{1,200}", re.ASCII)
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})\n")

Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes, bytes], bool]


@dataclass(frozen=True, slots=True)
class Key:
    """Whose signature is believed: a name, and the raw public key of 32 bytes."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InputError("a key's name has letters and signs, but no space and no plus.", where="signed note")
        if len(self.public) != _KEY_SIZE:
            raise InputError(f"a public key has {_KEY_SIZE} bytes, not {len(self.public)}.", where="signed note")

    @property
    def number(self) -> bytes:
        """The four bytes by which a signature line names this key."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_NUMBER_SIZE]


def sign_note(text: str, key: Key, sign: Sign) -> str:
    """`text`, which ends with a newline and has no empty line, followed by its signature."""
    if not text.endswith("\n") or "\n\n" in f"\n{text}" or any(ord(letter) < 32 and letter != "\n" for letter in text):
        raise InputError("a note's text is whole lines without an empty one.", where="signed note")
    blob = key.number + sign(text.encode())
    return f"{text}\n— {key.name} {base64.b64encode(blob).decode()}\n"


def open_note(note: str, keys: list[Key], verify: Verify) -> tuple[str, Key]:
    """The text of a note that one of `keys` signed, and which; `verify(public, signature, data)` checks a signature.

    IntegrityError when it is no note, was altered, or was signed by none of them.
    """
    text, gap, line = note.rpartition("\n\n")
    found = _SIGNATURE.fullmatch(line)
    if not gap or found is None:
        raise IntegrityError("this is not a signed note.", where="signed note")
    text += "\n"
    name, blob = found[1], _decoded(found[2])
    number, signature = blob[:_NUMBER_SIZE], blob[_NUMBER_SIZE:]
    for key in keys:
        if (key.name, key.number) == (name, number):
            if verify(key.public, signature, text.encode()):
                return text, key
            raise IntegrityError("the note was altered: its signature does not verify.", where="signed note")
    raise IntegrityError(
        f"the note is signed by {name!r}, a key that is not trusted here.",
        where="signed note",
        advice="If it is a former key of this node, name its public key.",
    )


def _decoded(text: str) -> bytes:
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error:
        blob = b""
    # One spelling only: base64 lets the last letter vary without changing the bytes.
    if len(blob) != _NUMBER_SIZE + _SIGNATURE_SIZE or base64.b64encode(blob).decode() != text:
        raise IntegrityError("the note's signature has another size.", where="signed note")
    return blob
