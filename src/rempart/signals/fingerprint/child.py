"""A restricted child process that decodes what strangers sent, and its keeper, who starts it on first use, kills it if
it hangs or misbehaves, and replaces it.

The caller never decodes: it sends an order, if need be with an open file, and reads back an answer that it checks.
A child serves many files, so one that took it over could lie about those after it, and do nothing else.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import rempart
from rempart.core.errors import Conflict, OutsideFailure
from rempart.signals.fingerprint import wire
from rempart.signals.fingerprint.wire import Meta

_PACKAGES = str(Path(rempart.__file__).parents[1])
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]); import importlib;"
    "importlib.import_module('rempart.signals.fingerprint.' + sys.argv[2]).main(sys.argv[3])"
)
# The child's whole environment. Without it glibc returns each image's buffers to the system and the next image pays
# for thousands of page faults: a third of the time.
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(128 << 20)}
_START_SECONDS = 60.0
_CHUNK = 1 << 20


class ChildStopped(Exception):
    """The child ended, or sent what no healthy child sends."""


class _Child:
    """One process, the socket of its orders and the pipe of its replies; whoever holds it serialises the calls."""

    def __init__(self, module: str, limits_json: str, max_reply: int) -> None:
        self.served = 0
        self._max_reply = max_reply
        self._orders, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, _PACKAGES, module, limits_json],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=_MALLOC,
                cwd="/",
                start_new_session=True,
            )
        assert self._process.stdout is not None  # noqa: S101 - narrows PIPE for the type checker
        self._replies = self._process.stdout
        self._orders.setblocking(False)
        os.set_blocking(self._replies.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, meta: Meta | None, body: bytes, file: int | None, seconds: float) -> tuple[Meta, bytes]:
        """One order and its reply; without `meta`, only waits for a reply. Raises ChildStopped and TimeoutError."""
        deadline = time.monotonic() + seconds
        pending = [memoryview(part) for part in (wire.encode_head(meta, len(body)), body) if part] if meta else []
        reader = wire.FrameReader(self._max_reply)
        poll = select.poll()
        poll.register(self._replies, select.POLLIN)
        if pending:
            poll.register(self._orders, select.POLLOUT)
        while (left := deadline - time.monotonic()) > 0:
            for fd, _ in poll.poll(left * 1000):
                if fd == self._orders.fileno():
                    self._write_some(pending, file)
                    file = None
                    if not pending:
                        poll.unregister(fd)
                elif frame := self._read_some(reader):
                    if pending:
                        raise ChildStopped
                    self.served += 1
                    return frame
        raise TimeoutError

    def _write_some(self, pending: list[memoryview], file: int | None) -> None:
        chunk = pending[0][:_CHUNK]
        try:
            written = self._orders.send(chunk) if file is None else socket.send_fds(self._orders, [chunk], [file])
        except ConnectionError as error:
            raise ChildStopped from error
        pending[0] = pending[0][written:]
        if not pending[0]:
            del pending[0]

    def _read_some(self, reader: wire.FrameReader) -> tuple[Meta, bytes] | None:
        chunk = os.read(self._replies.fileno(), _CHUNK)
        if not chunk:
            raise ChildStopped
        try:
            return reader.feed(chunk)
        except wire.MalformedFrame as error:
            raise ChildStopped from error

    def kill(self) -> None:
        """The child leads its own session, so whatever it may have started ends with it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._orders.close()
        self._replies.close()
        self._process.wait()


class Keeper:
    """Asks one child process at a time; calls from several threads take turns. Do not carry it across a fork."""

    def __init__(self, module: str, limits_json: str, *, seconds: float, max_reply: int) -> None:
        """`module` of this package runs in the child: its `main` is given the limits."""
        self._module = module
        self._limits_json = limits_json
        self._seconds = seconds
        self._max_reply = max_reply
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    @property
    def child_pid(self) -> int | None:
        """Process id of the child that serves now; None before first use and after a kill."""
        child = self._child
        return child.pid if child else None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._drop()

    def drop(self) -> None:
        """The child's answer was none that a healthy child gives; the next call starts another."""
        with self._lock:
            self._drop()

    def ask(self, order: Meta, body: bytes = b"", file: int | None = None) -> tuple[Meta, bytes]:
        """A child lost for reasons outside the data (killed, memory used up before) gives the data a second try.

        Raises TimeoutError, ChildStopped, Conflict when closed, and OutsideFailure when no child starts.
        """
        with self._lock:
            for _ in range(2):
                child = self._serving()
                is_fresh = child.served == 1  # its greeting
                try:
                    answer = child.ask(order, body, file, self._seconds)
                except TimeoutError:
                    self._drop()
                    raise
                except ChildStopped:
                    self._drop()
                    continue
                if answer[0].get("failure") != wire.OUT_OF_MEMORY:
                    return answer
                self._drop()
                if is_fresh:
                    return answer
        raise ChildStopped

    def _serving(self) -> _Child:
        if self._closed:
            raise Conflict("The decoder is closed.", where="decoder", advice="Open a new one.")
        if self._child is None:
            self._child = _Child(self._module, self._limits_json, self._max_reply)
            try:
                self._child.ask(None, b"", None, _START_SECONDS)
            except (TimeoutError, ChildStopped):
                self._drop()
                raise OutsideFailure(
                    "The decoder process does not start.", where="decoder", advice="Check the memory limit."
                ) from None
        return self._child

    def _drop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child = None


class Kept:
    """What holds a keeper: a context manager that ends the child."""

    _keeper: Keeper

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._keeper.close()

    @property
    def child_pid(self) -> int | None:
        """Process id of the child that serves now; None before first use and after a kill."""
        return self._keeper.child_pid
