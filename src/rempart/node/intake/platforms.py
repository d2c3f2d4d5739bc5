"""Platforms and their credentials.

A secret is 256 random bits, so nobody can guess it and a plain SHA-256 protects it at rest; a slow password hash would
only cost time on hundreds of requests a second.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.node.audit import services as audit
from rempart.node.intake.models import Platform
from rempart.node.lists import services as lists
from rempart.node.runtime import clock

CACHE_SECONDS = 5.0
"""A process may accept a revoked credential for this long; the process that revokes forgets it at once."""
_CACHE_MOST = 1000
_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """A platform as an operator sees it."""

    name: str
    username: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Known:
    platform: Platform
    until: float


_cache: dict[str, _Known] = {}


def add_platform(name: str) -> tuple[str, str]:
    """Let a platform report. Returns (username, secret): the secret is shown this once and kept nowhere.

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
                "a platform of this name reports already.", where="name", advice="Revoke it first to change its secret."
            )
        platform.username, platform.secret_digest, platform.revoked_at = username, _digest(secret), None
        platform.save()
        audit.record("platform:added", f"platform:{platform.pk}")
    return username, secret


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
    rows = Platform.objects.order_by("pk")
    return [PlatformFacts(row.name, row.username, row.created_at, row.revoked_at) for row in rows]


def authenticate(header: str) -> Platform | None:
    """The platform behind an `Authorization: Basic` header (RFC 7617), or None."""
    credentials = _read_basic(header)
    if credentials is None:
        return None
    username, secret = credentials
    platform = _find(username)
    expected = bytes(platform.secret_digest) if platform else _NO_DIGEST
    # Compared also for an unknown name, so that the time taken does not tell which names exist.
    return platform if hmac.compare_digest(_digest(secret), expected) else None


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
