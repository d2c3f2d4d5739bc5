"""The web server process: granian, its workers, and a line to the parent that ends it when the parent has gone.

The workers watch this process in turn: killed, it could stop none of them.

Started by `service` as `python -m rempart.matcher.serve`; the settings come as one JSON line on standard input, which
then stays open for as long as the parent lives.
"""

import logging
import os
import signal
import sys
import threading
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from rempart.adapters import lifeline
from rempart.matcher.settings import Settings

_IDLE_SECONDS = 75
"""For the head of a request to come, so also how long a connection may be idle. Longer than proxies keep theirs (60 s):
they close it first, and no request meets a connection that is just being closed."""
_TURN_SECONDS = 0.001
"""How long a thread with a large batch may keep the interpreter from one with a small request."""


def main() -> None:
    settings = Settings.from_json(sys.stdin.buffer.readline())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.metrics_folder)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    server = _Server(
        "rempart.matcher",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=_IDLE_SECONDS * 1000),
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=max(1, round(settings.stop_seconds)),
    )
    server.serve(target_loader=partial(load, settings, os.getpid()), wrap_loader=False)


class _Server(MPServer):
    """A worker is forked with this process's handlers, which would swallow a signal until it has its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._process = os.getpid()

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        if os.getpid() != self._process:
            os._exit(0)  # a worker that serves nobody yet: there is nothing to finish
        super().signal_handler_interrupt(*args, **kwargs)  # type: ignore[no-untyped-call]


def load(settings: Settings, server: int) -> Any:
    """The application, made in the worker, which ends with the server process of that number."""
    from rempart.matcher.app import create

    lifeline.watch(server)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    sys.setswitchinterval(_TURN_SECONDS)
    return create(settings)


def _end_with_the_parent() -> None:
    """Reads the descriptor itself: a forked worker closes `sys.stdin` and would wait for ever for a reader's lock."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
