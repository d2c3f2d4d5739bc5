"""A crude limit on wrong receipt numbers, without knowing who asks.

80 bits are not guessed; the limit keeps a guesser from using the node's time. It is one bucket for each process, on
purpose: nothing about a visitor is kept, so it cannot tell one from another. While it is empty every number is refused
for a moment, the right ones too: a full bucket and its refill are far above what people mistype.
"""

import threading
from datetime import datetime

CAPACITY = 100
REFILL_PER_SECOND = 2.0


class Bucket:
    """Tokens that wrong numbers take and time gives back; `now` is the node's clock."""

    def __init__(self, capacity: float = CAPACITY, refill_per_second: float = REFILL_PER_SECOND) -> None:
        self._capacity = capacity
        self._refill = refill_per_second
        self._tokens = capacity
        self._seen: datetime | None = None
        self._lock = threading.Lock()

    def _fill(self, now: datetime) -> None:
        passed = max(0.0, (now - self._seen).total_seconds()) if self._seen else 0.0
        self._tokens = min(self._capacity, self._tokens + passed * self._refill)
        self._seen = now

    def is_empty(self, now: datetime) -> bool:
        with self._lock:
            self._fill(now)
            return self._tokens < 1

    def take(self, now: datetime) -> None:
        with self._lock:
            self._fill(now)
            self._tokens = max(0.0, self._tokens - 1)
