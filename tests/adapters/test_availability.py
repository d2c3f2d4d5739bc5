import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.adapters.availability import MAX_REDIRECTS, AvailabilityChecker, CheckOutcome, judge
from rempart.adapters.dns import StaticResolver
from rempart.core.errors import OutsideFailure
from rempart.core.vocabulary import Availability

URL = "http://pretend.example/image"
ONION = f"{'a' * 56}.onion"


def status_line(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} Word", "Content-Length: 0", *headers, "", ""]).encode()


def checker(places: dict[str, tuple[str, int]] | None = None, **settings: Any) -> AvailabilityChecker:
    return AvailabilityChecker(
        **{"timeout": 1.0, "resolver": StaticResolver({}), "connect_map": places or {}, **settings}
    )


@pytest.mark.parametrize(
    ("status", "availability"),
    [(status, Availability.REACHABLE) for status in (200, 204, 206, 300, 304, 400, 401, 403, 405, 416)]
    + [(status, Availability.GONE) for status in (404, 410, 451)]
    + [(status, Availability.UNREACHABLE) for status in (408, 425, 429, 500, 502, 503, 504, 522)],
)
def test_the_status_decides(serve: Any, status: int, availability: Availability) -> None:
    server = serve(status_line(status))
    outcome = checker({"pretend.example": server.address}).check(URL)
    assert outcome == CheckOutcome(availability, status, "http", str(status))


@given(st.integers(100, 999))
def test_gone_is_only_ever_the_plain_word(status: int) -> None:
    assert (judge(status) is Availability.GONE) == (status in (404, 410, 451))


def test_the_body_is_not_read_and_the_connection_closes_at_once(serve: Any) -> None:
    sent = threading.Event()
    closed = threading.Event()

    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        sent.set()
        with suppress(OSError):
            while True:
                connection.sendall(b"x" * 65536)
        closed.set()

    server = serve(endless)
    started = time.monotonic()
    outcome = checker({"pretend.example": server.address}).check(URL)
    assert outcome.availability is Availability.REACHABLE
    assert closed.wait(3)
    assert time.monotonic() - started < 2


def test_the_request_is_plain_and_asks_for_as_little_as_possible(serve: Any) -> None:
    server = serve(status_line(200))
    checker({"pretend.example": server.address}, user_agent="Mozilla/5.0 (compatible; Institution)").check(URL)
    (request,) = server.requests
    assert request.startswith(b"GET /image HTTP/1.1\r\nHost: pretend.example\r\n")
    assert b"User-Agent: Mozilla/5.0 (compatible; Institution)\r\n" in request
    assert b"Range: bytes=0-0" in request
    assert b"Referer" not in request


def redirecting(table: dict[str, bytes]) -> Callable[[socket.socket, bytes], None]:
    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(table[request.split()[1].decode()])

    return script


@pytest.mark.parametrize(
    ("location", "availability", "status", "detail"),
    [
        ("/moved", Availability.REACHABLE, 200, "302, then 200 at the same host"),
        ("/missing", Availability.GONE, 404, "302, then 404 at the same host"),
        ("/", Availability.REACHABLE, 200, "302, then 200 at the site's front page"),
        ("//other.example/moved", Availability.REACHABLE, 200, "302, then 200 at another host, other.example"),
        ("http://nowhere.example/", Availability.UNREACHABLE, 302, "no address"),
        ("http://127.0.0.1:1/", Availability.REACHABLE, 302, "not on the public internet"),
        ("http://169.254.169.254/latest", Availability.REACHABLE, 302, "not on the public internet"),
        ("ftp://other.example/", Availability.REACHABLE, 302, "only http and https"),
        (f"http://{ONION}/", Availability.REACHABLE, 302, "into Tor"),
        ("http://[broken", Availability.REACHABLE, 302, "not a URL"),
    ],
)
def test_redirects_are_followed_by_rule(
    serve: Any, location: str, availability: Availability, status: int, detail: str
) -> None:
    server = serve(
        redirecting(
            {
                "/image": status_line(302, f"Location: {location}"),
                "/moved": status_line(200),
                "/missing": status_line(404),
                "/": status_line(200),
            }
        )
    )
    outcome = checker({"pretend.example": server.address, "other.example": server.address}).check(URL)
    assert (outcome.availability, outcome.status, outcome.how) == (availability, status, "http")
    assert detail in outcome.detail


def test_redirects_in_a_circle_end_as_reachable(serve: Any) -> None:
    server = serve(status_line(301, "Location: /image"))
    outcome = checker({"pretend.example": server.address}).check(URL)
    assert (outcome.availability, outcome.status) == (Availability.REACHABLE, 301)
    assert outcome.detail.endswith("more redirects not followed")
    assert server.connections == MAX_REDIRECTS + 1


def test_a_redirect_without_a_place_is_reachable(serve: Any) -> None:
    outcome = checker({"pretend.example": serve(status_line(302)).address}).check(URL)
    assert outcome == CheckOutcome(Availability.REACHABLE, 302, "http", "302")


def test_a_name_without_address_is_gone_and_a_failed_look_up_is_not() -> None:
    assert checker().check(URL).availability is Availability.GONE

    class Failing:
        def resolve(self, host: str) -> tuple[str, ...]:
            raise OutsideFailure("the name could not be looked up.")

    outcome = checker(resolver=Failing()).check(URL)
    assert (outcome.availability, outcome.status) == (Availability.UNREACHABLE, None)


def test_refused_silent_and_broken_hosts_are_unreachable(serve: Any, closed_port: int) -> None:
    def hold(connection: socket.socket, _: bytes) -> None:
        with suppress(TimeoutError):
            connection.recv(1)

    for port in (closed_port, serve(hold).port, serve(b"").port, serve(b"garbage\r\n\r\n").port):
        outcome = checker({"pretend.example": ("127.0.0.1", port)}, timeout=0.3).check(URL)
        assert (outcome.availability, outcome.status, outcome.how) == (Availability.UNREACHABLE, None, "http")


def test_hosts_inside_are_not_checked_unless_loopback_is_allowed(serve: Any) -> None:
    server = serve(status_line(200))
    outcome = checker().check(server.url())
    assert (outcome.availability, outcome.how) == (Availability.NOT_CHECKED, "none")
    assert checker().check(URL, ip_hint="10.0.0.1").availability is Availability.NOT_CHECKED
    assert server.connections == 0
    assert checker(allow_loopback=True).check(server.url()).availability is Availability.REACHABLE
    hinted = checker(allow_loopback=True).check(f"http://hinted.example:{server.port}/", ip_hint="127.0.0.1")
    assert hinted.availability is Availability.REACHABLE


def test_an_invalid_certificate_does_not_hide_content(serve: Any, self_signed: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed)
    server = serve(status_line(200), context)
    outcome = checker({"pretend.example": server.address}).check("https://pretend.example/image")
    assert outcome.availability is Availability.REACHABLE


def receive(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        received += connection.recv(size - len(received))
    return received


def socks_proxy(asked: list[tuple[str, int]], places: dict[str, tuple[str, int]]) -> Callable[..., None]:
    """A SOCKS5 proxy (RFC 1928) that takes names only and serves them from `places`."""

    def script(client: socket.socket, _: bytes) -> None:
        _version, methods = receive(client, 2)
        receive(client, methods)
        client.sendall(b"\x05\x00")
        assert receive(client, 4) == b"\x05\x01\x00\x03"
        host = receive(client, receive(client, 1)[0]).decode()
        (port,) = struct.unpack(">H", receive(client, 2))
        asked.append((host, port))
        if host not in places:
            client.sendall(b"\x05\x04\x00\x01" + bytes(6))
            return
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        with socket.create_connection(places[host], 5) as server:
            server.sendall(client.recv(65536))
            while part := server.recv(65536):
                client.sendall(part)

    return script


def test_an_onion_address_without_a_proxy_is_honestly_not_checked() -> None:
    outcome = checker().check(f"http://{ONION}/image")
    assert (outcome.availability, outcome.status, outcome.how) == (Availability.NOT_CHECKED, None, "none")
    assert "Tor" in outcome.detail


@pytest.mark.parametrize(("status", "availability"), [(200, Availability.REACHABLE), (404, Availability.GONE)])
def test_an_onion_address_is_asked_through_the_proxy_by_name(
    serve: Any, status: int, availability: Availability
) -> None:
    asked: list[tuple[str, int]] = []
    service = serve(status_line(status))
    proxy = serve(socks_proxy(asked, {ONION: service.address}), reads=False)
    outcome = checker(tor_proxy=f"socks5h://127.0.0.1:{proxy.port}").check(f"http://{ONION}/image")
    assert outcome == CheckOutcome(availability, status, "tor", str(status))
    assert asked == [(ONION, 80)]
    assert service.requests[0].startswith(f"GET /image HTTP/1.1\r\nHost: {ONION}\r\n".encode())


def test_an_onion_service_that_is_down_or_a_broken_proxy_is_unreachable_never_gone(
    serve: Any, closed_port: int
) -> None:
    proxies = [
        serve(socks_proxy([], {}), reads=False).port,
        serve(b"", reads=False).port,
        serve(b"HTTP/1.1 400 no\r\n\r\n", reads=False).port,
        serve(b"\x05\xff", reads=False).port,
        serve(lambda connection, _: time.sleep(1), reads=False).port,
        closed_port,
    ]
    for port in proxies:
        outcome = checker(tor_proxy=f"socks5h://127.0.0.1:{port}", timeout=0.4).check(f"http://{ONION}/image")
        assert (outcome.availability, outcome.how) == (Availability.UNREACHABLE, "tor")


def test_a_redirect_out_of_tor_is_not_followed(serve: Any) -> None:
    outside = serve(status_line(200))
    service = serve(status_line(302, "Location: http://pretend.example/image"))
    proxy = serve(socks_proxy([], {ONION: service.address}), reads=False)
    outcome = checker({"pretend.example": outside.address}, tor_proxy=f"socks5h://127.0.0.1:{proxy.port}").check(
        f"http://{ONION}/image"
    )
    assert (outcome.availability, outcome.status) == (Availability.REACHABLE, 302)
    assert outside.connections == 0


CHECKER = checker()


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_gets_an_outcome(text: str) -> None:
    for url in (text, f"http://{text}", f"https://{text}.onion/"):
        assert CHECKER.check(url).status is None
