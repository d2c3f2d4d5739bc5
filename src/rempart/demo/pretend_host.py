"""One server on loopback that plays every made-up site: serves generated pages, and reacts to notices by its habit."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from rempart.demo.images import draw_card, encode
from rempart.demo.world import Behaviour, Site

_REMOVED_AT = {
    Behaviour.PROMPT: frozenset({"first", "reminder", "escalation", "reappeared"}),
    Behaviour.RETURNS: frozenset({"first", "reminder", "escalation", "reappeared"}),
    Behaviour.REMINDED: frozenset({"reminder", "escalation"}),
    Behaviour.ESCALATED: frozenset({"escalation"}),
    Behaviour.ELSEWHERE: frozenset(),
}
_LOOKS_UNTIL_BACK = 2
"""So often a check finds nothing before it is back: exactly what confirms a removal."""


@dataclass
class _Page:
    removed: bool = False
    looks_while_gone: int = 0
    came_back: bool = False


class Shelf:
    """What is there and what was removed, by address; threads share it."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._behaviour = {site.name: site.behaviour for site in sites}
        self._pages: dict[str, _Page] = {}
        self._lock = threading.Lock()

    def knows(self, host: str) -> bool:
        return host in self._behaviour

    def tell(self, url: str, purpose: str) -> None:
        """A notice arrived: `purpose` is first, reminder, escalation or reappeared."""
        behaviour = self._behaviour.get(urlsplit(url).hostname or "")
        if behaviour is None:
            return
        with self._lock:
            page = self._page(url)
            page.removed = page.removed or purpose in _REMOVED_AT[behaviour]

    def look(self, url: str) -> bool:
        """Whether the page is there for somebody who asks now."""
        with self._lock:
            page = self._page(url)
            if not page.removed:
                return True
            comes_back = self._behaviour.get(urlsplit(url).hostname or "") is Behaviour.RETURNS and not page.came_back
            if comes_back and page.looks_while_gone >= _LOOKS_UNTIL_BACK:
                page.removed, page.came_back = False, True
                return True
            page.looks_while_gone += 1
            return False

    def _page(self, url: str) -> _Page:
        parts = urlsplit(url)
        return self._pages.setdefault(f"{parts.hostname}{parts.path}", _Page())


class PretendHost:
    """Serves a shelf on 127.0.0.1, at a port of its own."""

    def __init__(self, shelf: Shelf) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shelf))
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(shelf: Shelf) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = (self.headers.get("Host") or "").partition(":")[0].lower()
            there = shelf.knows(host) and shelf.look(f"http://{host}{self.path}")
            if not there:
                self._answer(404, "text/plain", b"Nothing here.\n")
            elif self.path.endswith(".png"):
                self._answer(200, "image/png", encode(draw_card(sum(self.path.encode()), 160, 120)))
            else:
                self._answer(200, "text/html", _page_of(self.path))

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Addresses are not logged."""

    return Handler


def _page_of(path: str) -> bytes:
    name = path.strip("/").replace("/", "-") or "index"
    safe = "".join(character for character in name if character.isalnum() or character == "-")
    return f'<!doctype html><title>Test card</title><img alt="A generated test card" src="/{safe}.png">\n'.encode()
