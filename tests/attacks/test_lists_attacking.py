"""A list's server turns hostile: it wants the key, the inside of the network, or to hold and fill its reader.

The operator names the server; nothing that the server says may name another.
"""

import base64
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rempart.adapters import list_fetch
from rempart.adapters.list_sources import open_source
from rempart.core.errors import LimitExceeded, OutsideFailure, Rejected, RempartError

KEY = "example-chat-1a2b3c4d:made-up-secret"
CREDENTIAL = base64.b64encode(KEY.encode())


@dataclass(frozen=True)
class Tls:
    """A server for localhost, and what to trust for that."""

    server: ssl.SSLContext
    authority: Path


@pytest.fixture
def tls(self_signed: tuple[Path, Path]) -> Tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed)
    return Tls(context, self_signed[0])


def answer(status: str, *headers: str, body: bytes = b"") -> Callable[[socket.socket, bytes], None]:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]

    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall("\r\n".join(lines).encode() + body)

    return script


def poll(url: str) -> None:
    with open_source(url, key=KEY) as source:
        source.poll()


@pytest.mark.parametrize(
    "target",
    [
        "http://10.0.0.1/list.json",
        "http://169.254.169.254/latest/",
        "https://192.168.0.1/list.json",
        "http://[::1]:{inside}/list.json",
        "http://localhost:{inside}/list.json",
        "http://127.0.0.1:{inside}/list.json",
        "//127.0.0.1:{inside}/list.json",
        "http://127.1:{inside}/list.json",
        "http://2130706433:{port}/list.json",
        "http://somebody:else@127.0.0.1:{port}/list.json",
        "https://127.0.0.1:{port}/list.json",
        "ftp://127.0.0.1:{port}/list.json",
        "file:///etc/hostname",
        "gopher://127.0.0.1:{inside}/",
        "http://[bad/",
    ],
)
def test_a_redirect_leads_nowhere_else(serve, target: str) -> None:
    """Not to another host, port, scheme or spelling: neither the key nor a question reaches anything inside."""
    inside = serve(answer("200 OK"))
    named = {"port": 0, "inside": inside.port}
    server = serve(
        lambda connection, request: answer("302 Found", f"Location: {target.format(**named)}")(connection, request)
    )
    named["port"] = server.port
    with pytest.raises((Rejected, OutsideFailure)) as refused:
        poll(server.url("/lists/3"))
    assert inside.connections == 0
    assert len(server.requests) == 1
    assert "made-up-secret" not in str(refused.value)


def test_from_tls_no_redirect_leads_to_plain_http(serve, tls, monkeypatch) -> None:
    """Same name, same port: what would travel in the clear is refused."""
    plain = serve(answer("200 OK"))
    server = serve(answer("307 Moved", f"Location: http://localhost:{plain.port}/list.json"), context=tls.server)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    with pytest.raises(Rejected):
        poll(f"https://localhost:{server.port}/lists/3")
    assert CREDENTIAL in server.requests[0]
    assert plain.connections == 0


def test_a_name_that_came_to_lead_elsewhere_gets_no_question_and_no_key(serve, tls) -> None:
    """DNS of the list's host is its owner's: whatever answers there now has no certificate for the name."""
    inside = serve(answer("200 OK"), context=tls.server)
    with pytest.raises(OutsideFailure, match="ConnectError"):
        poll(f"https://localhost:{inside.port}/lists/3")
    assert inside.connections == 1
    assert inside.requests == []


@pytest.mark.parametrize("over_tls", [False, True])
def test_headers_that_drip_hold_nobody(serve, tls, monkeypatch, over_tls: bool) -> None:
    """A byte now and then is no silence: the whole head has a deadline."""
    stopped = threading.Event()

    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(400):
            connection.sendall(b"a")
            if stopped.wait(0.05):
                return

    monkeypatch.setattr(list_fetch, "_GRACE_SECONDS", 0.4)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    server = serve(drip, context=tls.server if over_tls else None)
    began = time.monotonic()
    with pytest.raises(OutsideFailure, match="too slowly"):
        poll(f"https://localhost:{server.port}/lists/3" if over_tls else server.url("/lists/3"))
    assert time.monotonic() - began < 5
    stopped.set()


def test_after_a_slow_answer_the_source_works_again(serve, monkeypatch) -> None:
    monkeypatch.setattr(list_fetch, "_GRACE_SECONDS", 0.3)
    slow = [True]

    def script(connection: socket.socket, request: bytes) -> None:
        if slow.pop() if slow else False:
            time.sleep(1)
        answer("403 Forbidden")(connection, request)

    server = serve(script)
    with open_source(server.url("/lists/3"), key=KEY) as source:
        with pytest.raises(OutsideFailure, match="too slowly"):
            source.poll()
        with pytest.raises(Rejected, match="does not allow"):
            source.poll()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
def test_what_is_compressed_is_not_unpacked(serve, encoding: str) -> None:
    bomb = gzip.compress(b"\0" * 40_000_000)
    server = serve(answer("200 OK", f"Content-Encoding: {encoding}", body=bomb))
    with pytest.raises(OutsideFailure, match="compressed"):
        poll(server.url("/lists/3"))


def test_a_body_without_end_is_cut_off(serve) -> None:
    sent = [0]

    def pour(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent[0] < 200_000_000:
            connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            sent[0] += 65536

    server = serve(pour)
    with pytest.raises(LimitExceeded):
        poll(server.url("/lists/3"))
    assert sent[0] < list_fetch.MAX_HEAD_BYTES + 30_000_000


def test_headers_without_end_are_cut_off(serve) -> None:
    def pour(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(100_000):
            connection.sendall(f"X-{number}: {'a' * 1000}\r\n".encode())

    server = serve(pour)
    with pytest.raises(RempartError):
        poll(server.url("/lists/3"))


def test_on_this_machine_no_proxy_of_the_environment_sees_the_key(serve, monkeypatch) -> None:
    proxy = serve(answer("200 OK"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    server = serve(answer("403 Forbidden"))
    with pytest.raises(Rejected):
        poll(server.url("/lists/3"))
    assert proxy.connections == 0


def test_a_credential_of_the_home_folder_is_not_used(serve, monkeypatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server = serve(answer("403 Forbidden"))
    with open_source(server.url("/lists/3")) as source, pytest.raises(Rejected):
        source.poll()
    assert b"authorization" not in server.requests[0].lower()


def test_the_tests_own_authority_is_what_makes_the_difference(serve, tls, monkeypatch) -> None:
    """With it the name's certificate is believed: the refusal above is the certificate's."""
    server = serve(answer("403 Forbidden"), context=tls.server)
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
    with pytest.raises(Rejected):
        poll(f"https://localhost:{server.port}/lists/3")
