"""A small HTTP/1.1 load generator: one thread, many connections, prepared requests, every answer timed.

    outcome = drive(("127.0.0.1", port), [get("/status")], connections=8, seconds=3)
    outcome = pace(("127.0.0.1", port), [get("/status")], rate=100, until=lambda: False, seconds=3)

Costs about 15 µs of CPU a request, so it measures servers up to some ten thousand requests a second. A server that
closes the connection after each answer pays for the new one, as it would in life.
"""

import select
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

Address = tuple[str, int]
_END_OF_HEAD = b"\r\n\r\n"


def request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """The bytes of one request over a kept connection."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def get(path: str, headers: dict[str, str] | None = None) -> bytes:
    return request("GET", path, headers=headers)


def form(path: str, field_name: str, file_name: str, data: bytes, kind: str = "image/jpeg") -> bytes:
    """A multipart upload of one file."""
    boundary = "rempart-benchmark-boundary"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"; filename="{file_name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answers by status, the seconds that all took, and each answer's own time (s) with the moment it came (s)."""

    statuses: dict[int, int]
    seconds: float
    times: NDArray[np.float64]
    moments: NDArray[np.float64]

    @property
    def rate(self) -> float:
        """Answers with a 2xx status, a second."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300) / self.seconds

    def percentile(self, percent: float) -> float:
        """Milliseconds."""
        return float(np.percentile(self.times, percent)) * 1000

    def __str__(self) -> str:
        p50, p99 = self.percentile(50), self.percentile(99)
        return f"{self.rate:,.0f}/s, p50 {p50:.2f} ms, p99 {p99:.2f} ms, {self.statuses}"


@dataclass(slots=True)
class _Connection:
    """Opened when it is first needed: a server that serves one connection at a time would wait for an idle one."""

    address: Address
    opened: socket.socket | None = None
    began: float = 0.0
    answer: bytearray = field(default_factory=bytearray)

    @property
    def stream(self) -> socket.socket:
        if self.opened is None:
            self.opened = socket.create_connection(self.address, timeout=120)
            self.opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.opened

    def close(self) -> None:
        if self.opened is not None:
            self.opened.close()
            self.opened = None

    def ask(self, data: bytes) -> None:
        self.began = time.perf_counter()
        if self.opened is not None and self._was_closed():
            self.close()
        self.answer.clear()
        self.stream.sendall(data)

    def _was_closed(self) -> bool:
        """By the server, while the connection was idle: nothing else could be there to read."""
        return bool(select.select([self.stream], [], [], 0)[0])

    def read(self) -> int | None:
        """The status once the answer is whole; before that None."""
        chunk = self.stream.recv(1 << 18)
        self.answer += chunk
        end = self.answer.find(_END_OF_HEAD)
        if end < 0:
            if not chunk:
                raise ConnectionError("The server closed the connection without an answer.")
            return None
        head = bytes(self.answer[:end]).lower()
        length = _length(head, len(self.answer) - end - len(_END_OF_HEAD), closed=not chunk)
        if length is None:
            return None
        return int(head[9:12])

    def close_if_told(self) -> None:
        """The stream must not be registered anywhere."""
        if b"connection: close" in self.answer[: self.answer.find(_END_OF_HEAD)].lower():
            self.close()


def _length(head: bytes, received: int, *, closed: bool) -> int | None:
    """The length of the body once all of it is there; before that None. Chunked bodies are not needed here."""
    _, found, rest = head.partition(b"content-length:")
    if not found:
        return received if closed or head[9:12] == b"204" else None
    length = int(rest.split(b"\r\n", 1)[0])
    return length if received >= length else None


def drive(
    address: Address,
    requests: Sequence[bytes],
    *,
    connections: int = 1,
    seconds: float | None = None,
    count: int | None = None,
) -> Outcome:
    """Sends the requests in turn, over and over, for so many seconds or answers; one at a time on each connection."""
    if (seconds is None) == (count is None):
        raise ValueError("Say either how many seconds or how many answers.")
    source = cycle(requests) if count is None else islice(cycle(requests), count)
    began = time.perf_counter()
    until = float("inf") if seconds is None else began + seconds
    statuses, times, moments = _exchange(address, source, connections, until)
    ended = time.perf_counter()
    return Outcome(dict(statuses), ended - began, np.array(times), np.array(moments) - began)


def _exchange(
    address: Address, source: Iterator[bytes], connections: int, until: float
) -> tuple[Counter[int], list[float], list[float]]:
    statuses: Counter[int] = Counter()
    times: list[float] = []
    moments: list[float] = []
    with selectors.EpollSelector() as selector:

        def asked(connection: _Connection) -> bool:
            data = next(source, None) if time.perf_counter() < until else None
            if data is not None:
                connection.ask(data)
            return data is not None

        for _ in range(connections):
            connection = _Connection(address)
            if asked(connection):
                selector.register(connection.stream, selectors.EVENT_READ, connection)
        while selector.get_map():
            for key, _ in selector.select():
                connection = key.data
                status = connection.read()
                if status is None:
                    continue
                moments.append(time.perf_counter())
                times.append(moments[-1] - connection.began)
                statuses[status] += 1
                selector.unregister(connection.stream)
                connection.close_if_told()
                if asked(connection):
                    selector.register(connection.stream, selectors.EVENT_READ, connection)
                else:
                    connection.close()
    return statuses, times, moments


def pace(
    address: Address,
    requests: Sequence[bytes],
    *,
    rate: float,
    seconds: float,
    until: Callable[[], bool] = lambda: False,
    connections: int = 32,
) -> Outcome:
    """Sends by the clock, `rate` a second, for so many seconds or until told, whatever the answers do.

    What finds every connection waiting is timed from when it was due, so a pause of the server counts for all requests
    that fell into it and not only for the first.
    """
    idle = [_Connection(address) for _ in range(connections)]
    statuses: Counter[int] = Counter()
    times: list[float] = []
    moments: list[float] = []
    sent, all_waited = 0, False
    began = time.perf_counter()
    with selectors.EpollSelector() as selector:
        while True:
            now, due = time.perf_counter(), began + sent / rate
            is_over = now - began >= seconds or until()
            if is_over and not selector.get_map():
                break
            if idle and not is_over and due <= now:
                connection = idle.pop()
                connection.ask(requests[sent % len(requests)])
                connection.began = due if all_waited else connection.began
                selector.register(connection.stream, selectors.EVENT_READ, connection)
                sent += 1
                continue
            all_waited = not idle
            for key, _ in selector.select(due - now if idle and not is_over else None):
                if (status := key.data.read()) is None:
                    continue
                moments.append(time.perf_counter())
                times.append(moments[-1] - key.data.began)
                statuses[status] += 1
                selector.unregister(key.data.stream)
                key.data.close_if_told()
                idle.append(key.data)
    ended = time.perf_counter()
    for connection in idle:
        connection.close()
    return Outcome(dict(statuses), ended - began, np.array(times), np.array(moments) - began)
