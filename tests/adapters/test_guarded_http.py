import ipaddress
import socket
import ssl
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.adapters.dns import StaticResolver
from rempart.adapters.guarded_http import GuardedHttp, Target, _FixedBackend, is_public
from rempart.core.errors import InputError, LimitExceeded, NotFound, NotPermitted, OutsideFailure, UnsafeStart

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def guarded(table: dict[str, list[str]] | None = None, **settings: Any) -> GuardedHttp:
    return GuardedHttp(**{"timeout": 2.0, "resolver": StaticResolver(table or {}), **settings})


def get(http: GuardedHttp, url: str, **settings: Any) -> bytes:
    with http.exchange("GET", Target.parse(url), **settings) as answer:
        return answer.read(1000)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "240.0.0.1",
        "192.0.2.1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:0:0:0:0:80ff:fffe",
        "not an address",
        "",
    ],
)
def test_addresses_inside_are_not_public(ip: str) -> None:
    assert not is_public(ip)


@pytest.mark.parametrize("ip", ["193.0.6.139", "2001:67c:2e8:22::c100:68b", "::ffff:193.0.6.139", "64:ff9b::c100:68b"])
def test_addresses_outside_are_public(ip: str) -> None:
    assert is_public(ip)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_can_be_allowed_and_nothing_else_with_it(ip: str) -> None:
    assert is_public(ip, allow_loopback=True)
    assert not is_public("10.0.0.1", allow_loopback=True)
    assert not is_public("169.254.169.254", allow_loopback=True)


@given(st.ip_addresses())
def test_a_mapped_address_is_judged_like_the_address_itself(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if ip.version == 4:
        assert is_public(f"::ffff:{ip}") == is_public(str(ip))
    assert not (is_public(str(ip)) and ip.is_private)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("HTTP://Host.Example", "host.example", 80, "/"),
        ("https://host.example:8443/a b?q=é#part", "host.example", 8443, "/a%20b?q=%C3%A9"),
        ("http://0x7f.1/", "127.0.0.1", 80, "/"),
        ("http://2130706433/", "127.0.0.1", 80, "/"),
        ("http://[2001:DB8::1]:81/", "2001:db8::1", 81, "/"),
        ("http://user:secret@host.example/", "host.example", 80, "/"),
    ],
)
def test_urls_are_read_as_browsers_read_them(url: str, host: str, port: int, path: str) -> None:
    target = Target.parse(url)
    assert (target.host, target.port, target.path) == (host, port, path)


@pytest.mark.parametrize(
    "url", ["", "host.example", "ftp://host.example/", "file:///etc/passwd", "http://", "http://a b/"]
)
def test_other_things_are_input_errors(url: str) -> None:
    with pytest.raises(InputError):
        Target.parse(url)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_a_target_or_an_input_error(text: str, base: str) -> None:
    for candidate in (text, f"http://{text}", f"http://host.example/{text}"):
        try:
            target = Target.parse(candidate, base or None)
        except InputError:
            continue
        assert target.host
        assert 0 <= target.port < 65536
        assert target.path.isascii()


def test_a_name_that_leads_inside_is_refused_without_a_connection(serve: Any) -> None:
    server = serve(OK)
    table = {"inside.example": ["127.0.0.1"], "mixed.example": ["193.0.6.139", "10.0.0.1"]}
    for host in ("inside.example", "mixed.example", "127.0.0.1", "localhost.example"):
        with pytest.raises((NotPermitted, NotFound)):
            get(guarded(table), f"http://{host}:{server.port}/")
    with pytest.raises(NotPermitted):
        get(guarded(table), f"http://other.example:{server.port}/", ip_hint="127.0.0.1")
    assert server.connections == 0


def test_the_vetted_address_is_dialled_and_the_name_is_not_looked_up_again(serve: Any) -> None:
    """A name that changes between look-ups (DNS rebinding) has one look-up only to answer."""
    server = serve(OK)

    class Rebinding:
        asked = 0

        def resolve(self, host: str) -> tuple[str, ...]:
            self.asked += 1
            return ("127.0.0.1",) if self.asked == 1 else ("10.0.0.1",)

    resolver = Rebinding()
    http = guarded(resolver=resolver, allow_loopback=True)
    assert get(http, f"http://shifting.example:{server.port}/a") == b"hello"
    assert resolver.asked == 1
    assert f"Host: shifting.example:{server.port}".encode() in server.requests[0]
    with pytest.raises(NotPermitted):
        get(http, f"http://shifting.example:{server.port}/a")


def test_a_mapped_host_is_served_from_its_place(serve: Any) -> None:
    server = serve(OK)
    assert get(guarded(connect_map={"pretend.example": server.address}), "http://pretend.example/x?y=1") == b"hello"
    assert server.requests[0].startswith(b"GET /x?y=1 HTTP/1.1\r\nHost: pretend.example\r\n")


def test_the_next_address_is_tried_when_one_refuses(serve: Any, closed_port: int) -> None:
    server = serve(OK)
    refusing = ("127.0.0.1", closed_port)
    with closing(_FixedBackend([refusing, server.address], time.monotonic() + 2)) as backend:
        stream = backend.connect_tcp("two.example", 80)
        assert stream.get_extra_info("server_addr") == server.address
    with closing(_FixedBackend([refusing], time.monotonic() + 2)) as backend, pytest.raises(httpcore.ConnectError):
        backend.connect_tcp("two.example", 80)


def test_credentials_in_a_url_are_not_sent(serve: Any) -> None:
    server = serve(OK)
    get(guarded(connect_map={"host.example": server.address}), "http://user:secret@host.example/")
    assert b"secret" not in server.requests[0]
    assert b"authorization" not in server.requests[0].lower()


def test_the_deadline_bounds_a_peer_that_drips(serve: Any) -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 200:
            connection.sendall(bytes([byte]))
            time.sleep(0.03)

    server = serve(drip)
    started = time.monotonic()
    with pytest.raises(OutsideFailure, match="ReadTimeout"):
        get(guarded(connect_map={"slow.example": server.address}, timeout=0.4), "http://slow.example/")
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "reply",
    [b"", b"\x00\xff garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000, b"SSH-2.0-test\r\n", b"HTTP/1.1 9"],
)
def test_peers_that_do_not_speak_http_are_outside_failures(serve: Any, reply: bytes) -> None:
    with pytest.raises(OutsideFailure):
        get(guarded(connect_map={"odd.example": serve(reply).address}), "http://odd.example/")


def test_a_body_is_read_up_to_the_limit_only(serve: Any) -> None:
    server = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)
    with pytest.raises(LimitExceeded):
        get(guarded(connect_map={"large.example": server.address}), "http://large.example/")
    cut = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nx")
    with pytest.raises(OutsideFailure):
        get(guarded(connect_map={"cut.example": cut.address}), "http://cut.example/")


def test_certificates_are_verified_unless_told_otherwise(serve: Any, self_signed: tuple[Path, Path]) -> None:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    server = serve(OK, context)
    places = {"host.example": server.address}
    with pytest.raises(OutsideFailure):
        get(guarded(connect_map=places), "https://host.example/")
    assert get(guarded(connect_map=places, verify=False), "https://host.example/") == b"hello"
    assert names == ["host.example", "host.example"]


@pytest.mark.parametrize(
    "proxy", ["", "127.0.0.1:9050", "http://127.0.0.1:9050", "socks5h://127.0.0.1", "socks5h://:1"]
)
def test_a_malformed_proxy_stops_the_start(proxy: str) -> None:
    with pytest.raises(UnsafeStart, match="socks5h"):
        guarded(tor_proxy=proxy)
