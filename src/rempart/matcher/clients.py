"""Who may ask, what, how often: the clients file, its keys and rights.

A key is 32 random bytes; the file holds only its SHA-256. Such a key cannot be guessed, so a slow hash would protect
nothing, and looking one up by its digest tells nothing by the time it takes.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rempart.core.errors import InputError
from rempart.matcher.settings import refuse_open_file
from rempart.signals.lists import MIN_QUALITY

KEY_BYTES = 32
_MAX_CLIENTS = 1000
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"  # also a file name, a metric's label and a user name of HTTP Basic
_DIGEST = r"^[0-9a-f]{64}$"
DEFAULT_RADIUS = 31


class Right(StrEnum):
    """Looking up is every client's; these are granted."""

    SEE_DISTANCE = "see_distance"
    SEE_FINGERPRINTS = "see_fingerprints"
    MEDIA = "media"
    FEEDBACK = "feedback"
    METRICS = "metrics"


Radius = Annotated[int, Meta(ge=0, le=63)]


class Client(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One client. Radii are in bits; `lists` are those it is subscribed to; None means no limit."""

    name: Annotated[str, Meta(pattern=_NAME)]
    key_sha256: tuple[Annotated[str, Meta(pattern=_DIGEST)], ...] = ()
    lists: tuple[str, ...] | Literal["all"] = "all"
    radius: Radius = DEFAULT_RADIUS
    list_radius: dict[str, Radius] = {}
    min_quality: Annotated[int, Meta(ge=0, le=100)] = MIN_QUALITY
    rights: frozenset[Right] = frozenset()
    requests_per_second: Annotated[float, Meta(gt=0)] | None = None
    burst: Annotated[int, Meta(ge=1)] | None = None
    items_per_day: Annotated[int, Meta(ge=1)] | None = None

    def may(self, right: Right) -> bool:
        return right in self.rights

    def subscribed(self, name: str) -> bool:
        return self.lists == "all" or name in self.lists


LOCAL = Client(name="local", rights=frozenset({Right.MEDIA, Right.FEEDBACK, Right.METRICS, Right.SEE_FINGERPRINTS}))
"""Whoever asks a service that was started without clients, on loopback."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client: tuple[Client, ...] = ()


class Clients:
    """The clients by name and by key. Immutable; a changed file makes a new one."""

    def __init__(self, clients: tuple[Client, ...], *, anonymous: Client | None = None) -> None:
        self.anonymous = anonymous
        self.by_name: Mapping[str, Client] = {client.name: client for client in clients}
        self._by_digest = {digest: client for client in clients for digest in client.key_sha256}

    @classmethod
    def local(cls) -> "Clients":
        return cls((LOCAL,), anonymous=LOCAL)

    @classmethod
    def read(cls, path: Path) -> "Clients":
        """Raises UnsafeStart for a file open to others, and InputError for one that cannot be used."""
        refuse_open_file(path)
        try:
            clients = msgspec.toml.decode(path.read_bytes(), type=_File).client
        except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            raise InputError(
                f"The clients file cannot be used: {error}.", where=str(path), advice="See docs/matcher.md."
            ) from error
        _check(clients, path)
        return cls(clients)

    def authenticate(self, authorization: str) -> Client | None:
        """By the Authorization header: `Bearer KEY`, or Basic with the client's name and key."""
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return self._of_key(rest.strip(), None)
        if scheme.lower() == "basic":
            name, colon, key = _basic(rest.strip()).partition(":")
            return self._of_key(key, name) if colon else None
        return self.anonymous

    def _of_key(self, key: str, name: str | None) -> Client | None:
        if self.anonymous is not None:
            return self.anonymous
        digest = digest_of(key)
        client = self._by_digest.get(digest)
        if client is None or (name is not None and client.name != name):
            return None
        return client if any(hmac.compare_digest(digest, known) for known in client.key_sha256) else None


def _basic(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _check(clients: tuple[Client, ...], path: Path) -> None:
    names = [client.name for client in clients]
    digests = [digest for client in clients for digest in client.key_sha256]
    wrong = ""
    if not clients or len(clients) > _MAX_CLIENTS:
        wrong = f"it needs 1 to {_MAX_CLIENTS} [[client]] blocks"
    elif len(set(names)) != len(names):
        wrong = "two clients have one name"
    elif len(set(digests)) != len(digests):
        wrong = "two clients, or one twice, have the same key"
    elif not all(client.key_sha256 for client in clients):
        wrong = "a client has no key"
    if wrong:
        raise InputError(
            f"The clients file cannot be used: {wrong}.",
            where=str(path),
            advice="`rempart matcher-key NAME` makes an entry.",
        )


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def new_key(name: str) -> tuple[str, str]:
    """A fresh key, shown once, and the TOML block of its client. Raises InputError."""
    key = secrets.token_urlsafe(KEY_BYTES)
    try:
        client = msgspec.convert({"name": name, "key_sha256": [digest_of(key)]}, Client)
    except msgspec.ValidationError as error:
        raise InputError(
            "A client's name is 1 to 64 letters, digits, dots, hyphens and underscores.", where="name"
        ) from error
    lines = [
        "[[client]]",
        f'name = "{client.name}"',
        f'key_sha256 = ["{client.key_sha256[0]}"]',
        'lists = "all"',
        f"radius = {DEFAULT_RADIUS}",
        f"min_quality = {MIN_QUALITY}",
        'rights = ["media", "feedback"]',
        "requests_per_second = 100",
        "items_per_day = 10_000_000",
    ]
    return key, "\n".join(lines) + "\n"
