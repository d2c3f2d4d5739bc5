"""A hostile host tries to make the node ask inside its own network, ask for ever, or swallow too much.

All that the node asks by HTTP goes through `adapters.guarded_http`: the last test holds this.
"""

import ast
import gzip
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rempart.adapters.availability import MAX_REDIRECTS, AvailabilityChecker
from rempart.adapters.dns import StaticResolver
from rempart.adapters.http_notice import post_notice
from rempart.adapters.rdap import RdapClient
from rempart.core.errors import OutsideFailure, RempartError
from rempart.core.vocabulary import Availability

INSIDE = [
    "127.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "::1",
    "::",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:0:0:0:0:80ff:fffe",
    "2001:67c:2e8::5efe:7f00:1",
    "2001:67c:2e8::200:5efe:a00:1",
    "fe80::1",
    "fec0::1",
    "fd00::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "4000::1",
]
WRITTEN = ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:7f00:1]", "localhost", "127.0.0.1."]
Ask = Callable[[str, Any], str]


def by_check(url: str, resolver: Any, **settings: Any) -> str:
    outcome = AvailabilityChecker(**{"timeout": 1.0, "resolver": resolver, **settings}).check(url)
    return f"{outcome.availability} {outcome.detail}"


def by_notice(url: str, resolver: Any, **settings: Any) -> str:
    try:
        return post_notice(url, b"{}", idempotency_key="k", **{"timeout": 1.0, "resolver": resolver, **settings})
    except RempartError as error:
        return str(error)


def by_registry(url: str, resolver: Any) -> str:
    """The registry is the operator's; where it refers to is not."""
    try:
        client = RdapClient(url, 1.0, resolver=resolver)
        return str(client.lookup_ip("192.0.2.1"))
    except RempartError as error:
        return str(error)


@pytest.mark.parametrize("ask", [by_check, by_notice])
@pytest.mark.parametrize("ip", INSIDE)
def test_a_name_that_points_inside_is_not_asked(serve: Any, ask: Ask, ip: str) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    told = ask(f"http://trap.example:{server.port}/", StaticResolver({"trap.example": [ip]}))
    assert "not on the public internet" in told
    assert server.connections == 0
    assert ip not in told


@pytest.mark.parametrize("ask", [by_check, by_notice])
@pytest.mark.parametrize("host", WRITTEN)
def test_no_spelling_of_loopback_is_asked(serve: Any, ask: Ask, host: str) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    ask(f"http://{host}:{server.port}/", StaticResolver({"localhost": ["127.0.0.1"]}))
    assert server.connections == 0


@pytest.mark.parametrize("where", [*(f"http://{host}" for host in WRITTEN), "http://trap.example", "//127.0.0.1"])
def test_a_redirect_inside_is_not_followed(serve: Any, where: str) -> None:
    inner = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    outer = serve(f"HTTP/1.1 302 Found\r\nLocation: {where}:{inner.port}/\r\nContent-Length: 0\r\n\r\n".encode())
    names = StaticResolver({"trap.example": ["127.0.0.1"], "localhost": ["127.0.0.1"]})
    by_check("http://host.example/", names, connect_map={"host.example": outer.address})
    assert (outer.connections, inner.connections) == (1, 0)


@pytest.mark.parametrize(
    "scheme", ["file:///etc/hostname", "ftp://trap.example/", "gopher://trap.example/", "javascript:1"]
)
def test_a_redirect_to_another_scheme_is_not_followed(serve: Any, scheme: str) -> None:
    outer = serve(f"HTTP/1.1 302 Found\r\nLocation: {scheme}\r\nContent-Length: 0\r\n\r\n".encode())
    told = by_check("http://host.example/", StaticResolver({}), connect_map={"host.example": outer.address})
    assert "redirect not followed" in told


def test_each_step_asks_for_a_name_once_and_dials_what_was_vetted(serve: Any) -> None:
    """DNS rebinding: the name is right when it is checked, and would lead inside when it is dialled."""
    asked = []
    server = serve(b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")

    class Rebinding:
        def resolve(self, host: str) -> tuple[str, ...]:
            asked.append(host)
            return ("127.0.0.1",) if len(asked) == 1 else ("10.0.0.1",)

    told = by_check(f"http://shifting.example:{server.port}/", Rebinding(), allow_loopback=True)
    assert "redirect not followed" in told
    assert len(asked) == 2
    assert server.connections == 1


def test_redirects_end(serve: Any) -> None:
    loop = serve(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
    told = by_check("http://host.example/", StaticResolver({}), connect_map={"host.example": loop.address})
    assert "more redirects not followed" in told
    assert loop.connections == MAX_REDIRECTS + 1


@pytest.mark.parametrize("ask", [by_check, by_notice])
def test_a_host_that_drips_holds_nobody(serve: Any, ask: Ask) -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 400:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    server = serve(drip)
    began = time.monotonic()
    ask("http://host.example/", StaticResolver({}), connect_map={"host.example": server.address}, timeout=0.4)
    assert time.monotonic() - began < 3


def registry(serve: Any, reply: bytes) -> str:
    server = serve(reply)
    return by_registry(f"http://registry.example:{server.port}", StaticResolver({"registry.example": ["127.0.0.1"]}))


def test_an_answer_without_end_and_one_that_swells_are_given_up(serve: Any) -> None:
    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(3000):
            connection.sendall(b"x" * 65536)

    assert "too large" in registry(serve, endless)
    bomb = gzip.compress(b" " * 50_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    assert "not JSON" in registry(serve, head + bomb)
    deep = b"[" * 500_000
    assert "not JSON" in registry(serve, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(deep) + deep)


def test_a_registry_that_refers_inside_is_not_followed(serve: Any) -> None:
    inner = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    told = registry(
        serve, f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{inner.port}/\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert "where it may not" in told
    assert inner.connections == 0


@pytest.mark.parametrize("ask", [by_check, by_notice])
def test_no_proxy_of_the_environment_sees_a_request(serve: Any, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> None:
    proxy = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
    ask("http://host.example/", StaticResolver({}), connect_map={"host.example": server.address})
    assert (server.connections, proxy.connections) == (1, 0)


def test_content_is_never_read(serve: Any) -> None:
    """The check ends with the head: what the host serves does not enter the node."""
    read: list[int] = []

    def offer(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        try:
            for _ in range(1500):
                connection.sendall(b"x" * 65536)
                read.append(65536)
        except OSError:
            return

    server = serve(offer)
    told = by_check("http://host.example/", StaticResolver({}), connect_map={"host.example": server.address})
    assert told.startswith(Availability.REACHABLE)
    assert sum(read) < 90_000_000


CLIENTS = {"httpx", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "httpcore", "ftplib", "socket"}
MAY = {
    "adapters/guarded_http.py": {"httpcore"},
    # Fetches from an address of the operator for `rempart match` and the match service; no part of the node.
    "adapters/list_fetch.py": {"httpx", "socket"},
}


def test_the_node_opens_no_other_way_outside(repository: Path) -> None:
    found: dict[str, set[str]] = {}
    for folder in ("node", "adapters"):
        for path in (repository / "src" / "rempart" / folder).rglob("*.py"):
            names = set()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    names.add(node.module or "")
            if used := names & CLIENTS:
                found[str(path.relative_to(repository / "src" / "rempart"))] = used
    assert found == MAY


def test_a_failure_is_told_in_words_that_name_no_address() -> None:
    with pytest.raises(OutsideFailure) as caught:
        post_notice("http://gone.example/secret-path", b"{}", idempotency_key="k", resolver=StaticResolver({}))
    assert "secret-path" not in str(caught.value)
