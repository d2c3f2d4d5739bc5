"""Who is in the alliance: members and witnesses, each entry checked by itself and all of them together.

An entry that left stays, so its log can still be verified, but nothing it says counts. A key stands in one place only.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property

from rempart.core.errors import InputError
from rempart.core.routing import country_code
from rempart.exchange.quorum import Quorum
from rempart.formats.signed_json import canonical_json
from rempart.formats.signed_note import Key, KeyType

MAX_MEMBERS, MAX_WITNESSES = 400, 99
_ROSTER_KEY_SIZE = 32
_MAX_URL, _MAX_ORIGIN, _MAX_NAME = 200, 100, 100
_HOST = r"[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?"
_ORIGIN = re.compile(rf"{_HOST}(?::[1-9][0-9]{{0,4}})?(?:/[a-z0-9._-]+)*", re.ASCII)
_URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>{_HOST}|\[::1\])(?::[1-9][0-9]{{0,4}})?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*",
    re.ASCII,
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_GROUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}[A-Za-z0-9]", re.ASCII)


class Status(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Member:
    """One authority of a country. Raises InputError for what no entry may hold.

    `log` signs the checkpoints and bears the origin as its name; `roster_key` (Ed25519, 32 bytes) signs rosters.
    `log_url` is the log's prefix, under which `checkpoint` lies; `machine_url` is the base of the machine surface.
    """

    origin: str
    country: str
    name: str
    status: Status
    log: Key
    roster_key: bytes
    since: date
    log_url: str
    machine_url: str

    def __post_init__(self) -> None:
        if len(self.origin) > _MAX_ORIGIN or not _ORIGIN.fullmatch(self.origin):
            raise _wrong("an origin is a host and a path in small letters, such as hotline.example/log", "origin")
        if country_code(self.country) != self.country:
            raise _wrong("a country is an ISO 3166-1 code of two capital letters", self.origin)
        if not 1 <= len(self.name) <= _MAX_NAME or not self.name.isprintable() or self.name != self.name.strip():
            raise _wrong(f"a member's name is printable text of up to {_MAX_NAME} characters", self.origin)
        if self.log.type is not KeyType.ED25519 or self.log.name != self.origin:
            raise _wrong("the log's key bears the origin as its name, and signs checkpoints", self.origin)
        if len(self.roster_key) != _ROSTER_KEY_SIZE:
            raise _wrong(f"a roster key has {_ROSTER_KEY_SIZE} bytes", self.origin)
        if not 1970 <= self.since.year <= 9999:
            raise _wrong("the day of accession is none", self.origin)
        _check_urls(self.origin, self.log_url, self.machine_url)

    @property
    def is_active(self) -> bool:
        return self.status is Status.ACTIVE

    @property
    def key_id(self) -> str:
        return roster_key_id(self.roster_key)


@dataclass(frozen=True, slots=True)
class Witness:
    """Who cosigns. `group` is a jurisdiction or a body outside all of them; `url` the prefix of C2SP tlog-witness.

    `member` is the origin of the member that runs it: then the group is the member's country, and the witness counts
    while the member is active. It is empty for a witness outside the alliance.
    """

    key: Key
    group: str
    url: str
    member: str = ""

    def __post_init__(self) -> None:
        if self.key.type is not KeyType.COSIGNATURE:
            raise _wrong("a witness's key is one for cosignatures", self.key.name)
        if not _GROUP.fullmatch(self.group):
            raise _wrong("a group is 2 to 64 letters, digits, points and dashes", self.key.name)
        _check_urls(self.key.name, self.url)


@dataclass(frozen=True)
class RosterFacts:
    """What one version of the roster says. Raises InputError for entries that contradict one another.

    Members are sorted by origin, witnesses by verifier key. `expires` is in UTC, to the second.
    """

    version: int
    expires: datetime
    members: tuple[Member, ...]
    witnesses: tuple[Witness, ...]

    def __post_init__(self) -> None:
        if type(self.version) is not int or not 1 <= self.version < 2**31:
            raise _wrong("a version is a number from 1 on", "version")
        if self.expires.tzinfo is not UTC or self.expires.microsecond:
            raise _wrong("the expiry is a time of UTC, to the second", "expires")
        if len(self.members) > MAX_MEMBERS or len(self.witnesses) > MAX_WITNESSES:
            raise _wrong(f"there are at most {MAX_MEMBERS} members and {MAX_WITNESSES} witnesses", "roster")
        if not self.active:
            raise _wrong("at least one member is active", "roster")
        if list(self.members) != sorted(self.members, key=_by_origin) or list(self.witnesses) != sorted(
            self.witnesses, key=_by_vkey
        ):
            raise _wrong("members are sorted by origin and witnesses by key", "roster")
        _refuse_twice((member.origin for member in self.members), "an origin stands")
        _refuse_twice((witness.key.name for witness in self.witnesses), "a witness's name stands")
        _refuse_twice(self._keys(), "a key stands")
        self._check_witnesses()

    @classmethod
    def of(
        cls, version: int, expires: datetime, members: Iterable[Member], witnesses: Iterable[Witness]
    ) -> "RosterFacts":
        """The facts, whatever the order in which the entries come."""
        return cls(version, expires, tuple(sorted(members, key=_by_origin)), tuple(sorted(witnesses, key=_by_vkey)))

    @cached_property
    def active(self) -> tuple[Member, ...]:
        return tuple(member for member in self.members if member.is_active)

    @cached_property
    def quorum(self) -> Quorum:
        """Of the witnesses outside the alliance and of those whose members are active."""
        running = {"", *(member.origin for member in self.active)}
        return Quorum.of({each.key: each.group for each in self.witnesses if each.member in running})

    @property
    def threshold(self) -> int:
        """How many of the active members' roster keys sign a roster: more than two thirds."""
        return threshold(len(self.active))

    def member(self, origin: str) -> Member | None:
        return next((member for member in self.members if member.origin == origin), None)

    def is_expired(self, now: datetime) -> bool:
        return now >= self.expires

    def _keys(self) -> Iterable[bytes]:
        for member in self.members:
            yield from (member.roster_key, member.log.public)
        yield from (witness.key.public for witness in self.witnesses)

    def _check_witnesses(self) -> None:
        countries = {member.origin: member.country for member in self.members}
        for witness in self.witnesses:
            if witness.member and countries.get(witness.member) != witness.group:
                raise _wrong("a member's witness is of the group that is the member's country", witness.key.name)


def threshold(active: int) -> int:
    """1 + floor(2n/3): 34 of 50, 3 of 4, 3 of 3."""
    return 1 + 2 * active // 3


def roster_key_id(public: bytes) -> str:
    """TUF's name of an Ed25519 key: SHA-256 over the key's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(tuf_key(public))).hexdigest()


def tuf_key(public: bytes) -> dict[str, object]:
    return {"keytype": "ed25519", "keyval": {"public": public.hex()}, "scheme": "ed25519"}


def _by_origin(member: Member) -> str:
    return member.origin


def _by_vkey(witness: Witness) -> str:
    return witness.key.vkey


def _check_urls(where: str, *urls: str) -> None:
    found = [_URL.fullmatch(url) for url in urls]
    if any(len(url) > _MAX_URL for url in urls) or not all(found):
        raise _wrong("an address is https://HOST/PATH in its one spelling, without a slash at its end", where)
    plain = [each for each in found if each and each["scheme"] == "http"]
    if plain and not all(each and each["host"] in _LOOPBACK for each in found):
        raise _wrong("an address is https; http is for machines that speak with themselves alone", where)


def _refuse_twice(values: Iterable[object], what: str) -> None:
    listed: Sequence[object] = list(values)
    if len(set(listed)) != len(listed):
        raise _wrong(f"{what} in two places", "roster")


def _wrong(what: str, where: str) -> InputError:
    return InputError(f"{what}.", where=where, advice="Correct the entry, and sign the roster anew.")
