"""Writers of the embedded database wait for one another in a queue.

SQLite lets one process write at a time and makes the others sleep and try again, for up to 100 ms at a time, in no
order: with several busy writers most of the time is slept away and some starve. A lock of the operating system wakes
the next writer at once. It only orders the writers that take it; correctness stays with the database's own lock.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

_own = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Hold the writers' turn round a transaction; inside a transaction, and on PostgreSQL, it does nothing."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    descriptor = _descriptor()
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _descriptor() -> int:
    """One open file a thread: the lock belongs to the open file, so threads exclude one another too."""
    if not hasattr(_own, "descriptor"):
        path = settings.HOME.run / "writers.lock"
        _own.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    descriptor: int = _own.descriptor
    return descriptor
