"""The worker process: does due steps until it is told to stop."""

import logging
import signal
import threading
from types import FrameType

from django.db import connections

from rempart.core.errors import RempartError
from rempart.node.audit import services as audit
from rempart.node.jobs import services
from rempart.node.jobs.steps import load_steps

log = logging.getLogger("rempart.jobs")

IDLE_SECONDS = 0.2


class Worker:
    """Runs `services.claim` and `services.perform` in a loop; SIGTERM and SIGINT finish the step in hand first."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._stop = threading.Event()
        self._idle_seconds = idle_seconds

    def stop(self, signum: int | None = None, frame: FrameType | None = None) -> None:
        self._stop.set()

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        load_steps()
        while not self._stop.is_set():
            claims = services.claim()
            for position, held in enumerate(claims):
                if self._stop.is_set():
                    services.release(claims[position:])
                    break
                services.perform(held)
            if not claims:
                self._stop.wait(self._idle_seconds)
        _sign_the_end()
        connections.close_all()


def _sign_the_end() -> None:
    """The last checkpoint before a stop, so that nothing done until then can be changed unseen."""
    try:
        audit.sign_head()
    except (RempartError, OSError) as error:
        log.error("no checkpoint at the stop: %s; run `rempart audit verify`", type(error).__name__)
