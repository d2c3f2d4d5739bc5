"""Lists from a node or a mirror over HTTP: the whole list, then only what changed, and nothing unchecked."""

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from adapters.list_cases import KEY, Held, Publisher, expected

from rempart.adapters import list_fetch
from rempart.adapters.list_sources import open_source
from rempart.core.errors import InputError, LimitExceeded, OutsideFailure, Rejected


@dataclass
class Web:
    """A server on this machine that answers from a table, and what it was asked."""

    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    url: str = ""

    def serve(self, publisher: Publisher, *, key: str | None = None) -> None:
        """The publisher's files as they are when asked for, with ETags; for those who know the key."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            wanted = f"Basic {base64.b64encode(key.encode()).decode()}" if key else None
            if wanted and request.headers.get("Authorization") != wanted:
                reply(request, 401)
                return
            data = publisher.files.get(request.path.rpartition("/")[2])
            if data is None:
                reply(request, 404)
                return
            tag = f'"{hashlib.sha256(data).hexdigest()}"'
            unchanged = request.headers.get("If-None-Match") == tag
            reply(request, 304 if unchanged else 200, b"" if unchanged else data, {"ETag": tag})

        self.answers[""] = answer

    @property
    def names(self) -> list[str]:
        return [path.rpartition("/")[2] for path, _ in self.asked]


def reply(
    request: BaseHTTPRequestHandler, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> None:
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@pytest.fixture
def web() -> Iterator[Web]:
    table = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            table.asked.append((self.path, dict(self.headers)))
            table.answers.get(self.path, table.answers.get("", lambda request: reply(request, 404)))(self)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    table.url = f"http://127.0.0.1:{server.server_port}/lists/3"
    yield table
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def publisher() -> Publisher:
    made = Publisher()
    made.begin({1: ("A1", 1), 2: ("national", 2)})
    return made


class TestServer:
    def test_a_list_is_followed_with_its_key(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher, key=KEY)
        with open_source(web.url, key=KEY) as source:
            held = Held(source)
            web.asked.clear()
            assert held.follow() is None
            assert web.names == ["list.json"]
            publisher.change({2: ("national", 2), 3: ("A1", 3)})
            held.follow()
            assert web.names == ["list.json", "list.json", "changes-1-2.csv"]
            assert held.content == expected(publisher.content)

    def test_who_is_too_far_behind_reads_the_snapshot(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        with open_source(web.url + "/list.json") as source:
            held = Held(source)
            publisher.change({1: ("B2", 1)})
            publisher.change({1: ("B2", 1), 4: ("A1", 4)})
            publisher.snap()
            held.follow()
            assert held.content == expected(publisher.content)

    def test_a_file_pruned_meanwhile_is_replaced_by_a_newer_one(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        with open_source(web.url) as source:
            held = Held(source)
            publisher.change({1: ("A1", 1)})

            def pruned(request: BaseHTTPRequestHandler) -> None:
                publisher.snap()
                reply(request, 404)

            web.answers["/lists/3/changes-1-2.csv"] = pruned
            held.follow()
            assert held.content == expected({1: ("A1", 1)})

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, Rejected), (403, Rejected), (404, Rejected), (429, OutsideFailure), (500, OutsideFailure)],
    )
    def test_a_refusal_names_the_place_and_never_the_key(self, web: Web, status: int, kind: type[Exception]) -> None:
        web.answers[""] = lambda request: reply(request, status)
        with open_source(web.url, key=KEY) as source, pytest.raises(kind) as failed:
            source.poll()
        assert str(failed.value).startswith("127.0.0.1:")
        assert not any(part in str(failed.value) + repr(failed.value) for part in (KEY, "made-up-secret", "Basic"))

    def test_no_redirect_leads_to_another_host(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        other = web.url.replace("127.0.0.1", "localhost")
        web.answers["/lists/3/list.json"] = lambda r: reply(r, 302, headers={"Location": other + "/list.json"})
        with open_source(web.url, key=KEY) as source, pytest.raises(Rejected, match="another host"):
            source.poll()
        assert len(web.asked) == 1

    def test_a_redirect_within_the_host_is_followed(self, web: Web, publisher: Publisher) -> None:
        web.serve(publisher)
        web.answers["/lists/3/list.json"] = lambda r: reply(r, 307, headers={"Location": "/moved/list.json"})
        with open_source(web.url) as source:
            assert len(list(source.entries())) == 2

    def test_an_endless_redirect_ends(self, web: Web) -> None:
        web.answers[""] = lambda r: reply(r, 307, headers={"Location": r.path})
        with open_source(web.url) as source, pytest.raises(OutsideFailure, match="too often"):
            source.poll()
        assert len(web.asked) < 10

    def test_a_head_without_end_is_cut_off(self, web: Web) -> None:
        web.answers[""] = lambda request: reply(request, 200, b"x" * (list_fetch.MAX_HEAD_BYTES + 1))
        with open_source(web.url) as source, pytest.raises(LimitExceeded):
            source.poll()

    def test_a_file_beyond_the_limit_is_cut_off(
        self, web: Web, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        web.serve(publisher)
        monkeypatch.setattr(list_fetch, "MAX_FILE_BYTES", 20)
        with open_source(web.url) as source, pytest.raises(LimitExceeded):
            source.poll()

    def test_a_server_that_falls_silent_or_dawdles_is_left(self, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        def dawdle(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", "1000")
            request.end_headers()
            for _ in range(100):
                try:
                    request.wfile.write(b" ")
                    request.wfile.flush()
                except OSError:
                    return
                time.sleep(0.05)

        web.answers[""] = dawdle
        monkeypatch.setattr(list_fetch, "_GRACE_SECONDS", 0.2)
        began = time.monotonic()
        with open_source(web.url) as source, pytest.raises(OutsideFailure):
            source.poll()
        assert time.monotonic() - began < 4

    def test_nobody_there(self) -> None:
        with open_source("http://127.0.0.1:1/lists/3") as source, pytest.raises(OutsideFailure, match="ConnectError"):
            source.poll()

    @pytest.mark.parametrize(
        "url",
        [
            "http://lists.example/3",
            "https://user:secret@lists.example/3",
            "https://lists.example/3?key=secret",
            "https://lists.example/3#secret",
            "https:///3",
            "https://[bad/3",
        ],
    )
    def test_addresses_that_are_refused_are_not_repeated(self, url: str) -> None:
        with pytest.raises(InputError) as refused:
            open_source(url)
        assert "secret" not in str(refused.value)

    @pytest.mark.parametrize("key", ["word-without-colon", "name:sécret", "name:se\ncret"])
    def test_a_key_that_is_none(self, key: str) -> None:
        with pytest.raises(InputError) as refused:
            open_source("https://lists.example/3", key=key)
        assert key not in str(refused.value)
