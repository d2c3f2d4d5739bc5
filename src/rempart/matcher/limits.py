"""Requests a second and items a day, counted over all workers of one machine.

The counters lie in one small file that every worker maps. A counter is changed under a lock on its own bytes, so no
count is lost between processes; a worker that dies drops its lock with it. Within a worker one thread counts.
"""

import fcntl
import hashlib
import mmap
import os
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rempart.core.errors import LimitExceeded
from rempart.matcher.clients import Client

_SLOTS = 2048
_SLOT = struct.Struct("<16sddqq16x")
"""First half of SHA-256 of the name; tokens and when they were counted (monotonic clock); day and items used in it."""
_DAY_SECONDS = 86_400
_EMPTY = bytes(16)


@dataclass(frozen=True, slots=True)
class Exceeded:
    """Which limit, and in how many seconds to come back."""

    limit: Literal["rate", "quota"]
    retry_after: float


class SharedLimits:
    """One process's view of the counters. Days are those of UTC; a restart of the machine refills the bucket only."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._clock, self._wall = clock, wall
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, _SLOTS * _SLOT.size)
        self._map = mmap.mmap(self._file, _SLOTS * _SLOT.size)
        self._at: dict[str, int] = {}

    def close(self) -> None:
        self._map.close()
        os.close(self._file)

    def take(self, client: Client, items: int, *, requests: int = 1) -> Exceeded | None:
        """Count `requests` and their items, or nothing at all if that exceeds a limit."""
        if client.requests_per_second is None and client.items_per_day is None:
            return None
        at = self._at.get(client.name)
        if at is None:
            at = self._at[client.name] = self._slot_of(client.name)
        self._lock(at, _SLOT.size)
        try:
            return self._take(at, client, items, requests)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, _SLOT.size, at)

    def _take(self, at: int, client: Client, items: int, requests: int) -> Exceeded | None:
        name, tokens, counted, day, used = _SLOT.unpack_from(self._map, at)
        now, wall = self._clock(), self._wall()
        today = int(wall // _DAY_SECONDS)
        used = used if day == today else 0
        rate = client.requests_per_second
        if rate is not None:
            burst = float(client.burst or max(1.0, rate))
            since = now - counted
            fresh = counted == 0 or since < 0  # a new client, or the machine was restarted
            tokens = burst if fresh else min(burst, tokens + since * rate)
            if tokens < requests:
                return Exceeded("rate", (requests - tokens) / rate)
            tokens -= requests
        if client.items_per_day is not None and used + items > client.items_per_day:
            return Exceeded("quota", (today + 1) * _DAY_SECONDS - wall)
        _SLOT.pack_into(self._map, at, name, tokens, now, today, used + items)
        return None

    def _slot_of(self, name: str) -> int:
        digest = hashlib.sha256(name.encode()).digest()[:16]
        start = int.from_bytes(digest[:4], "little") % _SLOTS
        whole = _SLOTS * _SLOT.size
        self._lock(0, whole)
        try:
            for step in range(_SLOTS):
                at = (start + step) % _SLOTS * _SLOT.size
                holder = self._map[at : at + 16]
                if holder == _EMPTY:
                    _SLOT.pack_into(self._map, at, digest, 0.0, 0.0, 0, 0)
                    return at
                if holder == digest:
                    return at
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, whole, 0)
        raise LimitExceeded(
            "The file of limits is full.", where="limits", advice="Delete it while the service is stopped."
        )

    def _lock(self, at: int, length: int) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_EX, length, at)
