"""What stands in front of a node, as a cache or a network operator does: it hands on, and can lie.

The members' roster names the front's address. `lies` maps a path of the node to the bytes that are answered in its
place, `alter` changes what the node answered; `None` bytes are a 404.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Alter = Callable[[str, bytes], bytes]


class Front:
    """A server on 127.0.0.1 that stands for the node at `port`."""

    def __init__(self) -> None:
        self.port_behind = 0
        self.lies: dict[str, bytes | None] = {}
        self.alter: Alter | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._hand_on()

            def do_POST(self) -> None:
                self._hand_on()

            def _hand_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path in outer.lies:
                    lie = outer.lies[self.path]
                    self._answer(200 if lie is not None else 404, lie or b"", "text/plain")
                    return
                asked = {name: value for name, value in self.headers.items() if name.lower() not in _OWN}
                url = f"http://127.0.0.1:{outer.port_behind}{self.path}"
                try:
                    with httpx.Client(trust_env=False, timeout=20) as http:
                        answer = http.request(self.command, url, headers=asked, content=body)
                except httpx.HTTPError:
                    self._answer(502, b"", "text/plain")
                    return
                data = answer.content
                if outer.alter is not None and answer.status_code == 200:
                    data = outer.alter(self.path, data)
                self._answer(answer.status_code, data, answer.headers.get("content-type", "text/plain"))

            def _answer(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                """A node that was stopped while it asked."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def lying(self, lies: dict[str, bytes | None]) -> Iterator[None]:
        """Answer so until the block ends."""
        self.lies = dict(lies)
        try:
            yield
        finally:
            self.lies = {}

    @contextmanager
    def altering(self, alter: Alter) -> Iterator[None]:
        self.alter = alter
        try:
            yield
        finally:
            self.alter = None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def flip_a_bit(part: str) -> Alter:
    """One bit near its end is another in every file whose path holds `part`."""

    def alter(path: str, data: bytes) -> bytes:
        if part not in path or not data:
            return data
        at = 8 * len(data) - 100
        return data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :]

    return alter


_OWN = {"host", "connection", "content-length", "accept-encoding"}
