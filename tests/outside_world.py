"""The outside as a node meets it, on 127.0.0.1: a host whose pages go away, a mail relay, a made-up network."""

import json
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from rempart.core.vocabulary import Basis, ItemKind, Legality, Source
from rempart.node import runtime

FRANCE, GERMANY, RUSSIA, UNKNOWN = "192.0.2.10", "198.51.100.10", "203.0.113.10", "192.0.2.200"
NETWORKS = {
    "192.0.2.0/25": {"country": "FR", "asn": 64500, "provider": "Example Hosting"},
    "198.51.100.0/24": {"country": "DE", "asn": 64501, "provider": "Beispiel Netz"},
    "203.0.113.0/24": {"country": "RU", "asn": 64502, "provider": "Primer Net"},
}
SITE, HOST = "host.example", "images.host.example"
ONION = "http://" + "a" * 56 + ".onion/page"
_CACHED = ("resolver", "asker", "locator", "rdap", "mailer", "poster", "checker", "notice_plan")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class WebHost:
    """Answers every GET with `status` (0: drops the connection) and every POST with `post_status`."""

    def __init__(self) -> None:
        self.status, self.post_status = 200, 202
        self.asked: list[str] = []
        self.posted: list[tuple[str, str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                if outer.status:
                    self._answer(outer.status)
                else:
                    self.close_connection = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posted.append((self.path, self.headers["Idempotency-Key"], body))
                self._answer(outer.post_status)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.port: int = self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@dataclass
class Relay:
    """A mail relay; `refuse` maps recipients to the reply that refuses them, `then` is called after acceptance."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append((envelope.rcpt_tos[0], content))
        return "250 2.0.0 queued"

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.taken]


@dataclass
class World:
    """What the tests move: names, the host, the relay."""

    web: WebHost
    relay: Relay
    folder: Path
    settings: object

    def names(self, **addresses: list[str]) -> None:
        """Where HOST is found from now on; other hosts by keyword with `_` for `.`."""
        table = {name.replace("_", "."): found for name, found in addresses.items()}
        (self.folder / "dns.json").write_text(json.dumps(table))
        self.forget()

    def at(self, *addresses: str) -> None:
        self.names(**{HOST.replace(".", "_"): list(addresses)})

    def connect(self, **hosts: int) -> None:
        table = {name.replace("_", "."): ["127.0.0.1", port] for name, port in hosts.items()}
        (self.folder / "connect.json").write_text(json.dumps(table))
        self.forget()

    def set(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self.settings, name, value)
        self.forget()

    @staticmethod
    def forget() -> None:
        for name in _CACHED:
            getattr(runtime, name).cache_clear()


@pytest.fixture
def world(tmp_path: Path, settings) -> Iterator[World]:
    """HOST in France, its page up, a relay that takes everything."""
    web, relay = WebHost(), Relay()
    controller = Controller(relay, hostname="127.0.0.1", port=free_port())
    controller.start()
    (tmp_path / "networks.json").write_text(json.dumps(NETWORKS))
    made = World(web, relay, tmp_path, settings)
    made.set(
        SMTP=f"127.0.0.1:{controller.port}",
        SMTP_STARTTLS=False,
        DNS_TABLE=str(tmp_path / "dns.json"),
        NETWORKS=str(tmp_path / "networks.json"),
        CONNECT_TABLE=str(tmp_path / "connect.json"),
    )
    made.at(FRANCE)
    made.connect(**{HOST.replace(".", "_"): web.port, "abuse_host_example": web.port})
    yield made
    controller.stop()
    web.close()
    made.forget()


MakeContent = Callable[..., int]


@pytest.fixture
def decided(db, clock) -> MakeContent:
    """decided(...) makes a content with its report and a standing decision, an hour before now; returns its id."""
    from rempart.node.casework.models import Content, Fingerprint
    from rempart.node.intake import reports
    from rempart.node.intake.models import Report, ReportItem

    def make(
        url: str | None = f"http://{HOST}/gallery/1",
        *,
        kind: ItemKind = ItemKind.URL,
        legality: Legality = Legality.BASELINE,
        basis: Basis = Basis.ANALYST,
        source: Source = Source.PUBLIC,
        original: tuple[str, bytes] = ("form", b"{}"),
    ) -> int:
        host = url.split("/")[2] if url else ""
        moment = clock.now()
        clock.advance(hours=-1)
        item = reports.NewItem(kind, url or uuid.uuid4().hex)
        report = reports.create_report(reports.NewReport(source, (item,), *original))
        content = Content.objects.create(
            kind=kind,
            key=uuid.uuid4().bytes * 2,
            locator=url or "",
            host=host,
            site=".".join(host.split(".")[-2:]),
            first_seen_at=clock.now(),
            times_reported=1,
            legality=legality,
            basis=basis,
            decided_at=moment,
        )
        if kind is ItemKind.FILE:
            Fingerprint.objects.create(content=content, kind="sha256", value=uuid.uuid4().bytes * 2)
        ReportItem.objects.filter(report=report).update(content=content)
        clock.moment = moment
        assert Report.objects.filter(items__content=content).exists()
        return content.pk

    return make
