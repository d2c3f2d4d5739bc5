"""Platforms and their credentials: what each may call, how often, and how its secret is replaced.

A secret is 256 random bits, so nobody can guess it and a plain SHA-256 protects it at rest; a slow password hash would
only cost time on hundreds of requests a second.
"""

import base64
import binascii
import hashlib
import hmac
import math
import re
import secrets
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from rempart.core.clients import USUAL, Allowance, Scope, overlap_end
from rempart.core.errors import Conflict, InputError, NotFound, NotPermitted, TooManyCalls
from rempart.node.audit import services as audit
from rempart.node.intake.models import Platform
from rempart.node.intake.turns import turn
from rempart.node.lists import services as lists
from rempart.node.runtime import clock

CACHE_SECONDS = 5.0
"""A process may accept a revoked credential for this long; the process that revokes forgets it at once."""
_CACHE_MOST = 1000
_NO_DIGEST = bytes(32)
_USE_NOTED_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """A platform as an operator sees it."""

    name: str
    username: str
    created_at: datetime
    revoked_at: datetime | None
    scopes: tuple[str, ...]
    last_used_at: datetime | None
    former_until: datetime | None


@dataclass(frozen=True, slots=True)
class _Known:
    platform: Platform
    until: float


@dataclass(slots=True)
class _Allowances:
    """How much each platform may still call this process; by number, so that a new secret is no new allowance."""

    _by_platform: dict[int, Allowance] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, platform_id: int) -> float:
        rate = settings.PLATFORM_RATE
        with self._lock:
            found = self._by_platform.get(platform_id)
            if found is None or found.rate != rate:
                found = self._by_platform[platform_id] = Allowance(rate, 2 * rate)
            return found.take(time.monotonic())

    def forget(self) -> None:
        with self._lock:
            self._by_platform.clear()


_cache: dict[str, _Known] = {}
allowances = _Allowances()


def add_platform(name: str, scopes: Collection[Scope] = USUAL) -> tuple[str, str]:
    """Let a platform in. Returns (username, secret): the secret is shown this once and kept nowhere.

    A revoked platform of that name gets a new credential and keeps its reports. Raises Conflict if it is not revoked.
    """
    label = " ".join(name.split())
    if not label or len(label) > 120:
        raise InputError("a platform's name has 1 to 120 characters.", where="name", advice="Give the service's name.")
    slug = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")[:40]
    username = "-".join(filter(None, (slug, secrets.token_hex(4))))
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        platform = Platform.objects.select_for_update().filter(name=label).first()
        if platform is None:
            platform = Platform(name=label, created_at=clock().now())
        elif platform.revoked_at is None:
            raise Conflict(
                "a platform of this name reports already.",
                where="name",
                advice="`rempart platform rotate` gives it a new secret.",
            )
        platform.username, platform.secret_digest, platform.revoked_at = username, _digest(secret), None
        platform.former_digest, platform.former_until = b"", None
        platform.scopes = sorted(map(str, scopes))
        platform.save()
        audit.record("platform:added", f"platform:{platform.pk}", data={"scopes": platform.scopes})
    return username, secret


def rotate_secret(username: str, overlap: timedelta) -> tuple[str, datetime | None]:
    """A new secret for a platform, shown this once, and until when the one before is accepted beside it.

    One before that is refused from now on (in other processes after at most CACHE_SECONDS). Raises NotFound,
    InputError for an overlap that is negative or over 30 days.
    """
    until = overlap_end(clock().now(), overlap)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        platform = Platform.objects.select_for_update().filter(username=username, revoked_at=None).first()
        if platform is None:
            raise NotFound("no platform has this username.", where="username", advice="See `rempart platform list`.")
        platform.former_digest = platform.secret_digest if until else b""
        platform.former_until, platform.secret_digest = until, _digest(secret)
        platform.save(update_fields=["former_digest", "former_until", "secret_digest"])
        ends = until.isoformat() if until else None
        audit.record("platform:rotated", f"platform:{platform.pk}", data={"former_until": ends})
    _cache.pop(username, None)
    return secret, until


def set_scopes(username: str, scopes: Collection[Scope]) -> None:
    """What a platform may call from now on, in other processes after at most CACHE_SECONDS. Raises NotFound."""
    words = sorted(map(str, scopes))
    with transaction.atomic():
        pk = platform_id(username)
        Platform.objects.filter(pk=pk).update(scopes=words)
        audit.record("platform:scoped", f"platform:{pk}", data={"scopes": words})
    _cache.pop(username, None)


def revoke_platform(username: str) -> None:
    """Refuse this credential from now on, in other processes after at most CACHE_SECONDS; its reports stay.

    The lists it was granted it loses for good: the same platform with a new credential starts without any.
    """
    with transaction.atomic():
        platform = Platform.objects.filter(username=username).first()
        if platform is None:
            raise NotFound("no platform has this username.", where="username", advice="See `rempart platform list`.")
        if Platform.objects.filter(pk=platform.pk, revoked_at=None).update(revoked_at=clock().now()):
            lists.end_grants(platform.pk)
            audit.record("platform:revoked", f"platform:{platform.pk}")
    _cache.pop(username, None)


def platform_id(username: str) -> int:
    """Raises NotFound, also for a platform that was revoked."""
    found = Platform.objects.filter(username=username, revoked_at=None).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("no platform has this username.", where="username", advice="See `rempart platform list`.")
    return found


def list_platforms() -> list[PlatformFacts]:
    """All platforms, oldest first."""
    return [
        PlatformFacts(
            row.name,
            row.username,
            row.created_at,
            row.revoked_at,
            tuple(row.scopes),
            row.last_used_at,
            row.former_until,
        )
        for row in Platform.objects.order_by("pk")
    ]


def allow(platform: Platform, scope: Scope) -> None:
    """Raises NotPermitted for a call the credential is not for, TooManyCalls when it calls too fast."""
    wait = allowances.take(platform.pk)
    if wait:
        raise TooManyCalls(
            "this platform calls faster than the node allows.",
            advice=f"Send the same call again after {math.ceil(wait)} s.",
            seconds=math.ceil(wait),
        )
    if scope not in platform.scopes:
        raise NotPermitted(
            "this credential is not for this call.", where="Authorization", advice="Ask the node's operator."
        )


def authenticate(header: str) -> Platform | None:
    """The platform behind an `Authorization: Basic` header (RFC 7617), or None."""
    credentials = _read_basic(header)
    return identify(*credentials) if credentials else None


def identify(username: str, secret: str) -> Platform | None:
    """The platform whose name and secret these are, or None."""
    platform = _find(username)
    # Compared also for an unknown name, so that the time taken does not tell which names exist.
    given, expected = _digest(secret), bytes(platform.secret_digest) if platform else _NO_DIGEST
    is_current = hmac.compare_digest(given, expected)
    is_former = hmac.compare_digest(given, _former_digest(platform))
    if platform is None or not (is_current or is_former):
        return None
    _note_use(platform)
    return platform


def _former_digest(platform: Platform | None) -> bytes:
    if platform is None or platform.former_until is None or platform.former_until <= clock().now():
        return _NO_DIGEST
    return bytes(platform.former_digest)


def _note_use(platform: Platform) -> None:
    """Write down that the credential is in use, but not with each of hundreds of calls a second."""
    now = clock().now()
    before = now - _USE_NOTED_EVERY
    if platform.last_used_at is None or platform.last_used_at < before:
        is_old = Q(last_used_at=None) | Q(last_used_at__lt=before)
        with turn():
            Platform.objects.filter(is_old, pk=platform.pk).update(last_used_at=now)
        platform.last_used_at = now


def _find(username: str) -> Platform | None:
    known = _cache.get(username)
    if known is not None and known.until > time.monotonic():
        return known.platform
    platform = Platform.objects.filter(username=username, revoked_at=None).first()
    if platform is None:
        _cache.pop(username, None)
        return None
    if len(_cache) >= _CACHE_MOST:
        _cache.clear()
    _cache[username] = _Known(platform, time.monotonic() + CACHE_SECONDS)
    return platform


def _read_basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    username, colon, secret = text.partition(":")
    return (username, secret) if colon and "\0" not in username else None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
