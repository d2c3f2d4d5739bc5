"""One worker process: what its requests share, and the thread that keeps it current.

Nothing here belongs to one request, and nothing is kept that another worker could not answer from.
"""

import logging
import threading
import time
from pathlib import Path

from rempart.core.errors import NotFound, RempartError
from rempart.matcher.clients import Clients
from rempart.matcher.feedback import FeedbackDesk
from rempart.matcher.limits import SharedLimits
from rempart.matcher.media import MediaDesk
from rempart.matcher.problems import Refusal
from rempart.matcher.settings import Settings
from rempart.matcher.status import Status, StatusReader
from rempart.signals.lists import Recogniser
from rempart.signals.shared import ListReader

log = logging.getLogger("rempart.matcher")

REFRESH_SECONDS = 0.05
_CLIENTS_SECONDS = 1.0
_PAUSE_SECONDS = 1.0


class Worker:
    """Requests read `recogniser`, `clients` and `status` once and keep what they got; a swap does not disturb them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clients = Clients.local() if settings.clients is None else Clients.read(settings.clients)
        self.limits = SharedLimits(settings.limits_file)
        self.feedback = FeedbackDesk(settings.feedback_folder)
        self.media = MediaDesk(settings)
        self._status = StatusReader(settings.status_file)
        self._reader: ListReader | None = None
        self._clients_seen = _seen(settings.clients)
        self._clients_due = time.monotonic() + _CLIENTS_SECONDS
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="refresh", daemon=True)

    def start(self) -> None:
        """With the lists, if they are there: one that replaces a worker that ended is ready before it is asked."""
        self._try_refresh()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
        self.media.close()
        self.feedback.close()
        self.limits.close()

    @property
    def status(self) -> Status:
        return self._status.status

    @property
    def is_ready(self) -> bool:
        return self._reader is not None and self.status.loaded and not self.status.draining

    @property
    def recogniser(self) -> Recogniser:
        """The newest state of the lists. Raises Refusal until there is one."""
        reader = self._reader
        if reader is None or not self.status.loaded:
            raise Refusal(503, "The lists are being loaded.", advice="Ask /health/ready.", retry_after=1.0)
        return reader.recogniser

    def _follow(self) -> None:
        while not self._stopping.wait(REFRESH_SECONDS):
            if not self._try_refresh():
                self._stopping.wait(_PAUSE_SECONDS)

    def _try_refresh(self) -> bool:
        try:
            self._refresh()
        except RempartError as error:
            log.error("this worker keeps what it has: %s", error)
            return False
        return True

    def _refresh(self) -> None:
        self._status.refresh()
        if self._reader is None:
            self._reader = _open(self.settings.lists_folder)
        else:
            self._reader.refresh()
        if self.settings.clients is not None and time.monotonic() >= self._clients_due:
            self._clients_due = time.monotonic() + _CLIENTS_SECONDS
            self._refresh_clients(self.settings.clients)

    def _refresh_clients(self, path: Path) -> None:
        seen = _seen(path)
        if seen != self._clients_seen:
            self._clients_seen = seen
            self.clients = Clients.read(path)
            log.info("the clients file was read again: %d clients", len(self.clients.by_name))


def _seen(path: Path | None) -> tuple[int, int, int] | None:
    try:
        facts = path.stat() if path else None
    except OSError:
        return None
    return (facts.st_ino, facts.st_mtime_ns, facts.st_mode) if facts else None


def _open(folder: Path) -> ListReader | None:
    try:
        return ListReader(folder)
    except NotFound:
        return None
