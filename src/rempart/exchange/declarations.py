"""Declarations: what a member says of itself to everyone, as one signed document of each kind.

A member's newest declaration of a kind replaces the one before: its number only grows. It is signed by the member's log
key, and counts while the roster has that key, with that country, for an active member. Two different ones with one
number prove that their signer tells different members different things. Source of the envelope: formats.signed_json.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

from rempart.core.errors import InputError, IntegrityError, LimitExceeded, RempartError
from rempart.exchange.roster_entries import Member
from rempart.formats.signed_json import canonical_json, sign_document, verify_document
from rempart.formats.signed_note import Key, Sign, Verify

FORMAT = "rempart-declaration/1"
MAX_DECLARATION_BYTES = 4 * 1024 * 1024
MAX_HEADS_BYTES = 512 * 1024
MAX_NUMBER = 2**53 - 1
"""Up to here every reader of JSON has the same number."""
_KIND = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_HEAD = re.compile(r"([a-z][a-z0-9-]{0,30}) ([1-9][0-9]{0,15}) ([0-9a-f]{64}) ([!-~]{1,100})", re.ASCII)


class Refusal(StrEnum):
    """Why a declaration does not count."""

    UNKNOWN = "unknown"
    INACTIVE = "inactive"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    """Not by the log key that the roster names for this member."""
    MISDIRECTED = "misdirected"
    """Of another member, or of another kind, than was asked for."""
    COUNTRY = "country"
    OLDER = "older"
    CONTRADICTED = "contradicted"


class Refused(RempartError):
    """A declaration does not count; what counted before stays."""

    def __init__(self, refusal: Refusal, what: str) -> None:
        super().__init__(what, where="declaration")
        self.refusal = refusal


@dataclass(frozen=True)
class Declaration:
    """`body` is a JSON object whose meaning is its kind's; `issued_at` is in UTC, to the second.

    Raises InputError for what no declaration may hold.
    """

    kind: str
    origin: str
    country: str
    number: int
    issued_at: datetime
    body: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise _wrong("a kind is a short word of small letters")
        if type(self.number) is not int or not 1 <= self.number <= MAX_NUMBER:
            raise _wrong(f"a number is from 1 to {MAX_NUMBER}")
        if self.issued_at.tzinfo is not UTC or self.issued_at.microsecond or self.issued_at.year < 1970:
            raise _wrong("the time of issue is in UTC, to the second")
        if not isinstance(self.body, Mapping):
            raise _wrong("the body is a JSON object")

    @cached_property
    def payload(self) -> bytes:
        """What the signature is over."""
        fields = {
            "body": self.body,
            "country": self.country,
            "format": FORMAT,
            "issued_at": self.issued_at.strftime(_TIME),
            "kind": self.kind,
            "number": self.number,
            "origin": self.origin,
        }
        return canonical_json(fields)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is signed, in hexadecimal: one for each thing that can be said, whoever copies it."""
        return sha256(self.payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """A line of the file `heads`: a declaration that a node holds. Nothing is believed for standing there."""

    kind: str
    number: int
    digest: str
    origin: str


def next_number(last: int, now: datetime) -> int:
    """Seconds since 1970, or one more than the last: so a node that lost its last numbers reuses none of them."""
    return max(last + 1, int(now.timestamp()))


def sign_declaration(declaration: Declaration, key: Key, sign: Sign) -> bytes:
    """The signed document. LimitExceeded when it is larger than others take."""
    data = sign_document(declaration.payload, sign, key.vkey)
    if len(data) > MAX_DECLARATION_BYTES:
        raise LimitExceeded(f"a declaration has at most {MAX_DECLARATION_BYTES} bytes.", where="declaration")
    return data


def speaker(member: Member | None) -> Member:
    """The roster's entry of who declares something. Raises Refused for strangers and members that are not active."""
    if member is None:
        raise Refused(Refusal.UNKNOWN, "the roster does not know who declares this.")
    if not member.is_active:
        raise Refused(Refusal.INACTIVE, "only what an active member declares counts.")
    return member


def open_declaration(data: bytes, kind: str, member: Member, verify: Verify) -> Declaration:
    """What `member`, a speaker, declares under `kind`. Raises Refused for everything else."""
    if len(data) > MAX_DECLARATION_BYTES:
        raise Refused(Refusal.TOO_LARGE, f"a declaration has at most {MAX_DECLARATION_BYTES} bytes.")
    found = _open(data, member, verify)
    if (found.origin, found.kind) != (member.origin, kind):
        raise Refused(Refusal.MISDIRECTED, "this was declared by another, or about something else.")
    if found.country != member.country:
        raise Refused(Refusal.COUNTRY, "a member declares for its own country.")
    return found


def read_declaration(data: bytes) -> Declaration:
    """What a document says, for who verified it before; InputError for none, IntegrityError for another spelling."""
    return _read(verify_document(data, lambda *_: True), data)


def is_newer(found: Declaration, known: Declaration | None) -> bool:
    """Whether `found` replaces `known`, both verified by the same key; False when they are the same.

    Raises Refused for an older one, and for another one with the same number: the two prove a split view.
    """
    if known is None or found.number > known.number:
        return True
    if found.number < known.number:
        raise Refused(Refusal.OLDER, "a newer declaration is known.")
    if found.digest != known.digest:
        raise Refused(Refusal.CONTRADICTED, "two different declarations bear one number.")
    return False


def write_heads(heads: Iterable[Head]) -> str:
    """The file `heads`: `kind number digest origin`, one line each, sorted."""
    return "".join(sorted(f"{each.kind} {each.number} {each.digest} {each.origin}\n" for each in heads))


def read_heads(text: str) -> tuple[Head, ...]:
    """InputError for what is no such file in its one spelling."""
    if len(text) > MAX_HEADS_BYTES or (text and not text.endswith("\n")):
        raise _wrong("this is not a list of declarations")
    found = [_HEAD.fullmatch(line) for line in text.split("\n")[:-1]]
    heads = tuple(Head(each[1], int(each[2]), each[3], each[4]) for each in found if each)
    if len(heads) != len(found) or write_heads(heads) != text:
        raise _wrong("this is not a list of declarations")
    return heads


def _open(data: bytes, member: Member, verify: Verify) -> Declaration:
    def is_by(key_id: str, message: bytes, signature: bytes) -> bool:
        return key_id == member.log.vkey and verify(member.log.public, signature, message)

    try:
        document = verify_document(data, is_by)
    except IntegrityError as error:
        raise Refused(Refusal.UNSIGNED, "this is not signed by the member's log key.") from error
    except InputError as error:
        raise Refused(Refusal.MALFORMED, error.what) from error
    try:
        return _read(document, data)
    except RempartError as error:
        raise Refused(Refusal.MALFORMED, error.what) from error


def _read(document: Mapping[str, Any], data: bytes) -> Declaration:
    try:
        issued_at = datetime.strptime(document["issued_at"], _TIME).replace(tzinfo=UTC)
        values = {name: document[name] for name in ("kind", "origin", "country")}
        if not all(isinstance(value, str) for value in values.values()):
            raise _wrong("kind, origin and country are text")
        declaration = Declaration(**values, number=document["number"], issued_at=issued_at, body=document["body"])
    except (ValueError, KeyError, TypeError):
        raise _wrong("this is not a declaration") from None
    envelope = json.loads(data)
    if sign_document(declaration.payload, lambda _: b"", envelope["key_id"]) != canonical_json(
        {**envelope, "signature": ""}
    ):
        raise IntegrityError("the declaration says more than it may, or in another spelling.", where="declaration")
    return declaration


def _wrong(what: str) -> InputError:
    return InputError(f"{what}.", where="declaration", advice="Ask the member to declare it again.")
