"""Partial files of the log that fuller ones replaced go, once nobody who reads an earlier checkpoint asks for them."""

import json
from datetime import timedelta

from django.conf import settings

from rempart.adapters.files import write_atomically
from rempart.node.exchange import own_log
from rempart.node.runtime import clock

READERS_HAVE = timedelta(hours=1)
"""For how long a checkpoint's files stay after a larger one was published."""
_MARK = "log-tidied.json"


def tidy() -> None:
    """At most once an hour: of what was partial at the last time, the rest is removed.

    The mark is a convenience: without it everything is looked at again, and nothing is removed too early.
    """
    path, now = settings.HOME.run / _MARK, clock().now()
    size = own_log.writer().checkpoint.size
    try:
        mark = json.loads(path.read_bytes())
        done, seen, at = int(mark["done"]), int(mark["seen"]), float(mark["at"])
    except (OSError, ValueError, KeyError, TypeError):
        done, seen, at = 0, 0, 0.0
    if now.timestamp() - at < READERS_HAVE.total_seconds():
        return
    if done < seen <= size:
        own_log.writer().tidy(done, seen)
    write_atomically(path, json.dumps({"done": min(seen, size), "seen": size, "at": now.timestamp()}).encode())
