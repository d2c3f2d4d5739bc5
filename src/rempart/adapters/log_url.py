"""A log's files behind an address, reached as lists are (`adapters.list_fetch`): TLS, no strange host, bounded."""

from rempart.adapters.list_fetch import UrlFetcher
from rempart.core.errors import LimitExceeded, NotFound
from rempart.exchange.checkpoints import MAX_CHECKPOINT_BYTES
from rempart.exchange.commitments import COMMITMENT_SIZE, SALT_SIZE
from rempart.exchange.signals import MAX_SIGNAL
from rempart.exchange.tiles import WIDTH
from rempart.exchange.tree import HASH_SIZE

_LIMITS = {
    "checkpoint": MAX_CHECKPOINT_BYTES,
    "vkey": 1024,
    "tile": WIDTH * HASH_SIZE,
    "entries": WIDTH * (2 + COMMITMENT_SIZE),
    "bundle": WIDTH * (2 + SALT_SIZE + MAX_SIGNAL),
}


class LogUrl(UrlFetcher):
    """`exchange.store.Reader` of the log at `https://…/log/`; loopback may be plain http.

    `read` raises OutsideFailure (Rejected for a credential that does not suffice), LimitExceeded.
    """

    def read(self, path: str) -> bytes | None:
        kind = "entries" if path.startswith("tile/entries/") else path.partition("/")[0]
        try:
            with self._get(path, {}) as response:
                return b"".join(self._bounded(response, _LIMITS.get(kind, MAX_CHECKPOINT_BYTES)))
        except NotFound:
            return None
        except LimitExceeded as error:
            raise LimitExceeded(error.what, where=f"{self.label}/{path}") from None
