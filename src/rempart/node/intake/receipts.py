"""Receipt codes: what a reporter keeps instead of an account.

A form carries a ticket: a random number under this node's seal, so that nobody chooses a code. The code follows from
the ticket and from what was typed, by HMAC: sending the same page again gives the same code, sending a changed page
gives another. The database holds only a keyed digest of the code: neither the code nor the ticket.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import unicodedata

from rempart.core.errors import InputError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, which are mistaken for digits or make words."""

CODE_LENGTH = 16
GROUP = 4
_NONCE_SIZE = 20
_SEAL_SIZE = 16
# Crockford's decoding rules, and U read as the letter it most resembles in handwriting.
_READ_AS = str.maketrans("OILU", "011V")


def _mac(key: bytes, purpose: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 over the purpose and length-prefixed parts: no two inputs share one message."""
    message = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose, *parts))
    return hmac.digest(key, message, "sha256")


def new_ticket(key: bytes) -> str:
    """A fresh ticket: 160 random bits and their seal, as 48 characters of URL-safe base 64."""
    nonce = secrets.token_bytes(_NONCE_SIZE)
    return base64.urlsafe_b64encode(nonce + _seal(key, nonce)).decode("ascii")


def open_ticket(key: bytes, ticket: str) -> bytes:
    """The ticket's 20 random bytes; raises InputError unless this node made it."""
    try:
        raw = base64.b64decode(ticket.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raw = b""
    nonce, seal = raw[:_NONCE_SIZE], raw[_NONCE_SIZE:]
    if len(nonce) != _NONCE_SIZE or not hmac.compare_digest(seal, _seal(key, nonce)):
        raise InputError("the page's ticket is not one of ours.", where="ticket", advice="Open the page again.")
    return nonce


def _seal(key: bytes, nonce: bytes) -> bytes:
    return _mac(key, b"ticket", nonce)[:_SEAL_SIZE]


def code_for(key: bytes, nonce: bytes, typed: bytes) -> str:
    """The code, 16 characters (80 bits), of a ticket and the exact bytes sent with it."""
    number = int.from_bytes(_mac(key, b"receipt", nonce, hashlib.sha256(typed).digest())[:10], "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def grouped(code: str) -> list[str]:
    """The code in fours, as it is shown and read out."""
    return [code[start : start + GROUP] for start in range(0, CODE_LENGTH, GROUP)]


def read_code(text: str) -> str:
    """The code as a person typed it: any case, any signs between, O for 0, I or L for 1; or InputError."""
    plain = unicodedata.normalize("NFKC", text).upper()
    code = "".join(character for character in plain if character.isalnum()).translate(_READ_AS)
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        raise InputError(
            "this is not a whole receipt number.",
            where="code",
            advice="It has 16 letters and digits in four groups; copy all four.",
        )
    return code


def digest(lookup_key: bytes, code: str) -> bytes:
    """What the database holds of a code, 32 bytes."""
    return hmac.digest(lookup_key, b"receipt" + code.encode("ascii"), "sha256")


def message_key(lookup_key: bytes, nonce: bytes, text: bytes) -> bytes:
    """What tells a message sent twice by the browser from a second message, 32 bytes."""
    return _mac(lookup_key, b"message", nonce, hashlib.sha256(text).digest())
