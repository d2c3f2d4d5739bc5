import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from node.notices.journeys import begin, work
from outside_world import decided, world

__all__ = ["begin", "decided", "work", "world"]


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _relay(client: socket.socket, port: int) -> None:
    """One SOCKS5 dialogue (RFC 1928) that ends at a local port whatever name it asks for."""
    with suppress(OSError), client:
        client.recv(65536)
        client.sendall(b"\x05\x00")
        client.recv(65536)
        client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        with socket.create_connection(("127.0.0.1", port)) as host:
            threading.Thread(target=_pump, args=(client, host), daemon=True).start()
            _pump(host, client)


@pytest.fixture
def socks() -> Iterator[Callable[[int], int]]:
    """socks(port) starts a SOCKS5 proxy that leads to 127.0.0.1:port; returns its own port."""
    listeners: list[socket.socket] = []

    def start(port: int) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=_relay, args=(client, port), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
