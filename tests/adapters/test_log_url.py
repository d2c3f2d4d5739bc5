"""A log behind an address: read and checked as one in a folder, and never more than a file of a log may hold."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from exchange.log_cases import MemoryStore, batch, published, writer

from rempart.adapters.log_url import LogUrl
from rempart.core.errors import InputError, LimitExceeded, OutsideFailure, Rejected
from rempart.exchange.checking import Options, check_log

Answer = Callable[[str], tuple[int, bytes, dict[str, str]]]


class Web:
    """A server on this machine that answers as `answer` says, and what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda path: (404, b"", {})
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers["Authorization"]))
                status, body, headers = outer.answer(self.path.removeprefix("/log/"))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/log"


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield web
    web.server.shutdown()
    web.server.server_close()
    thread.join(5)


@pytest.fixture
def store(web: Web) -> MemoryStore:
    store = MemoryStore()
    writer(store).append(batch(700))
    web.answer = lambda path: (200, store.files[path], {}) if path in store.files else (404, b"", {})
    return store


def test_a_log_at_an_address_is_checked_like_any(web: Web, store: MemoryStore) -> None:
    log = LogUrl(web.url, None)
    assert log.read("tile/9/000") is None
    assert check_log(log, published(store), Options(openings=True)).size == 700
    log.close()


def test_the_credential_of_a_member_is_sent(web: Web, store: MemoryStore) -> None:
    log = LogUrl(web.url + "/", "member:secret")
    assert log.read("bundle/000") == store.files["bundle/000"]
    assert web.asked == [("/log/bundle/000", "Basic bWVtYmVyOnNlY3JldA==")]
    log.close()


@pytest.mark.parametrize(
    ("path", "most"),
    [("checkpoint", 65_536), ("tile/0/000", 8192), ("tile/entries/000", 8704), ("bundle/000", 400_000)],
)
def test_more_than_the_file_can_hold_is_not_read(web: Web, path: str, most: int) -> None:
    web.answer = lambda path: (200, bytes(most + 1), {})
    log = LogUrl(web.url, None)
    with pytest.raises(LimitExceeded) as caught:
        log.read(path)
    assert caught.value.where.endswith(path)
    log.close()


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (500, {}, OutsideFailure),
        (401, {}, Rejected),
        (403, {}, Rejected),
        (302, {"Location": "http://192.0.2.1/"}, Rejected),
        (302, {"Location": "/log/tile/0/000"}, OutsideFailure),
        (200, {"Content-Encoding": "gzip"}, OutsideFailure),
    ],
)
def test_other_answers_are_failures(web: Web, status: int, headers: dict[str, str], error: type[Exception]) -> None:
    web.answer = lambda path: (status, b"", headers)
    log = LogUrl(web.url, "member:secret")
    with pytest.raises(error) as caught:
        log.read("tile/0/000")
    assert "secret" not in str(caught.value)
    log.close()


@pytest.mark.parametrize("url", ["http://log.example/log/", "ftp://log.example/", "https://a:b@log.example/", "log"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InputError):
        LogUrl(url, None)
