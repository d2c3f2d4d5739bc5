"""The parent process: refuses unsafe starts, keeps the lists current, runs the web server, stops it gracefully."""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from rempart.adapters.list_sources import Source, open_source
from rempart.adapters.list_trust import read_trust
from rempart.core.errors import OutsideFailure
from rempart.matcher.clients import Clients
from rempart.matcher.follow import FILE_SECONDS, Follower
from rempart.matcher.settings import Settings, read_key, refuse_unsafe
from rempart.matcher.status import StatusBoard, StatusReader
from rempart.signals.shared import ListWriter

log = logging.getLogger("rempart.matcher")

LIST_KEY = "REMPART_LIST_KEY"
"""The environment variable with `username:secret` for a node's lists, where no file is named."""
_TICK_SECONDS = 0.05


def run(settings: Settings, tell: Callable[[str], None]) -> int:
    """Serve until told to stop (SIGTERM, SIGINT); returns the exit code. `tell` says when it answers look-ups.

    Raises UnsafeStart, InputError, Conflict and OutsideFailure.
    """
    refuse_unsafe(settings)
    if settings.clients is not None:
        Clients.read(settings.clients)
    else:
        log.warning(
            "no clients file: anyone on this machine may ask, send files, give feedback and read the metrics "
            "(`rempart matcher-key NAME` makes an entry, --clients names the file)"
        )
    _refuse_taken_port(settings)
    with ExitStack() as at_end:
        writer = ListWriter(settings.lists_folder)
        at_end.callback(writer.close)
        before = StatusReader(settings.status_file)
        before.refresh()
        _forget_metrics(settings.metrics_folder)
        board = StatusBoard(settings.status_file)
        follower = Follower(_sources(settings), writer, board, before.status)
        stopping = _signals(follower)
        server = _start_server(settings)
        at_end.callback(_stop_server, server, settings)
        follower.start()
        at_end.callback(follower.stop)
        _watch(settings, server, follower, board, stopping, tell)
        board.tell_draining()
        log.info("stopping; not ready for %.1f s, then requests in flight are finished", settings.drain_seconds)
        stopping.acquire(timeout=settings.drain_seconds)
    return 0


def _sources(settings: Settings) -> list[tuple[Source, float]]:
    key = read_key(settings.list_key_file) if settings.list_key_file else os.environ.get(LIST_KEY) or None
    trust = read_trust(settings.list_trust, unsigned_ok=settings.unsigned_ok)
    return [
        (open_source(spec, key=key, trust=trust), settings.poll_seconds if _is_url(spec) else FILE_SECONDS)
        for spec in settings.lists
    ]


def _forget_metrics(folder: Path) -> None:
    """What the workers of an earlier run counted."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


def _is_url(spec: str) -> bool:
    return spec.lower().startswith(("http://", "https://"))


def _signals(follower: Follower) -> threading.Semaphore:
    """Each SIGTERM or SIGINT releases it once: the first one stops, a second one hurries."""
    told = threading.Semaphore(0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda signum, frame: told.release())
    signal.signal(signal.SIGHUP, lambda signum, frame: follower.look_now())
    return told


def _watch(
    settings: Settings,
    server: subprocess.Popen[bytes],
    follower: Follower,
    board: StatusBoard,
    stopping: threading.Semaphore,
    tell: Callable[[str], None],
) -> None:
    """Until a signal comes. Raises OutsideFailure when the server ended, and what loading the lists failed with."""
    has_told = False
    while not stopping.acquire(timeout=_TICK_SECONDS):
        if server.poll() is not None:
            raise OutsideFailure(
                f"The web server ended (code {server.returncode}).", where="matcher", advice="See its messages above."
            )
        if follower.failure is not None:
            raise follower.failure
        if not has_told and board.status.loaded:
            has_told = True
            tell(_welcome(settings, board))


def _welcome(settings: Settings, board: StatusBoard) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    names = ", ".join(name for source in board.status.sources for name in source.lists)
    return f"The match service answers at http://{host}:{settings.port} with {names}."


def _refuse_taken_port(settings: Settings) -> None:
    """The server shares its port among its workers, so it would also share it with a stranger's."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, number) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise OutsideFailure(
            f"The service cannot listen there ({error.strerror}).",
            where=f"{settings.host}:{settings.port}",
            advice="Choose another --port or --host, or stop what uses it.",
        ) from error


def _start_server(settings: Settings) -> subprocess.Popen[bytes]:
    """In a session of its own: Ctrl+C reaches the parent alone, which stops it in order."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(settings.metrics_folder)}
    environment.pop(LIST_KEY, None)  # only the parent fetches lists
    server = subprocess.Popen(
        [sys.executable, "-m", "rempart.matcher.serve"],
        stdin=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert server.stdin is not None  # noqa: S101 - narrows PIPE for the type checker
    with suppress(BrokenPipeError):
        server.stdin.write(settings.to_json() + b"\n")
        server.stdin.flush()
    return server


def _stop_server(server: subprocess.Popen[bytes], settings: Settings) -> None:
    server.terminate()
    deadline = time.monotonic() + settings.stop_seconds + 5
    try:
        server.wait(deadline - time.monotonic())
    except subprocess.TimeoutExpired:
        log.error("the web server did not end in %.0f s and is killed", settings.stop_seconds)
        server.kill()
        server.wait()
