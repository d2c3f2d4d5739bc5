"""C2SP signed notes: whoever signs can be told, and nothing that was changed verifies."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from rempart.adapters import signing
from rempart.adapters.signing import Signer
from rempart.core.errors import InputError, IntegrityError
from rempart.formats.signed_note import Key, open_note, sign_note

SIGNER, OTHER = Signer(bytes(range(32))), Signer(bytes(32))
KEY = Key("rempart.audit", SIGNER.public_key)
TEXT = "rempart.audit\n7\nabc=\n"
NOTE = sign_note(TEXT, KEY, SIGNER.sign)

LINES = st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20), min_size=1)


def test_the_form_is_the_specifications() -> None:
    """Checked by hand: text, empty line, em dash, name, base64 of 4 bytes of the key's digest and the signature."""
    text, line = NOTE.split("\n\n")
    dash, name, blob = line.rstrip("\n").split(" ")
    raw = base64.b64decode(blob)
    assert (dash, name) == ("—", "rempart.audit")
    assert raw[:4] == hashlib.sha256(b"rempart.audit\n\x01" + SIGNER.public_key).digest()[:4]
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().verify(raw[4:], f"{text}\n".encode())


@given(LINES)
def test_what_was_signed_is_read(lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    assert open_note(sign_note(text, KEY, SIGNER.sign), [KEY], signing.verify) == (text, KEY)


@given(st.data())
def test_a_changed_byte_is_found(data: st.DataObject) -> None:
    raw = bytearray(NOTE.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError):
        open_note(raw.decode("utf-8", errors="replace"), [KEY], signing.verify)


@pytest.mark.parametrize(
    "note", ["", "\n", TEXT, f"{TEXT}\n", f"{TEXT}\n— rempart.audit\n", f"{TEXT}\n— a b\n", NOTE[:-1]]
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(IntegrityError):
        open_note(note, [KEY], signing.verify)


def test_another_key_is_not_believed_until_it_is_named() -> None:
    former = Key("rempart.audit", OTHER.public_key)
    note = sign_note(TEXT, former, OTHER.sign)
    with pytest.raises(IntegrityError, match="not trusted"):
        open_note(note, [KEY], signing.verify)
    assert open_note(note, [KEY, former], signing.verify) == (TEXT, former)


def test_a_name_does_not_stand_in_for_another() -> None:
    """The same key under another name has another number: a note for one purpose is none for the next."""
    with pytest.raises(IntegrityError):
        open_note(NOTE, [Key("rempart.audit.export", SIGNER.public_key)], signing.verify)


@pytest.mark.parametrize("text", ["", "no newline", "a\n\nb\n", "\na\n", "a\rb\n", "a\x00\n"])
def test_a_text_that_reads_two_ways_is_not_signed(text: str) -> None:
    with pytest.raises(InputError):
        sign_note(text, KEY, SIGNER.sign)


@pytest.mark.parametrize(
    ("name", "public"), [("two words", bytes(32)), ("a+b", bytes(32)), ("", bytes(32)), ("a", b"")]
)
def test_a_key_has_a_plain_name_and_32_bytes(name: str, public: bytes) -> None:
    with pytest.raises(InputError):
        Key(name, public)
