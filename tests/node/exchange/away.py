"""Other members as this node meets them, on loopback: each with a log, a witness and files, and with ways to cheat."""

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from exchange.simulation.histories import History, opening
from exchange.simulation.histories import signal as made_up

from rempart.adapters.signing import Signer, verify
from rempart.exchange.checkpoints import Checkpoint, cosign, sign_checkpoint
from rempart.exchange.roster_entries import Member, RosterFacts, Status, Witness
from rempart.exchange.signals import Action
from rempart.exchange.witness import Known, decide, read_request
from rempart.formats.signed_note import Key, KeyType, Note, Signature
from rempart.node import runtime
from rempart.node.exchange import calling, cosigning, following

COUNTRIES = ("DE", "IT", "ES", "NL", "SE", "PL")


class Away:
    """Member `number`; `answers` may replace what is answered to a path, `late` is how long it takes."""

    def __init__(self, number: int, port: int) -> None:
        self.number, self.origin = number, f"m{number}.example/log"
        self.base = f"http://127.0.0.1:{port}/m{number}"
        self.signer, self.witness_signer = Signer(bytes([1, number] * 16)), Signer(bytes([2, number] * 16))
        self.key = Key(self.origin, self.signer.public_key)
        self.witness_key = Key(f"m{number}.example/witness", self.witness_signer.public_key, KeyType.COSIGNATURE)
        self.history = History()
        self.note = ""
        self.known: dict[str, Known] = {}
        self.trusted: dict[str, Key] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.files: dict[str, str] = {}
        self.late = 0.0
        self.hints: list[str] = []
        self.feedback: list[bytes] = []
        self.asked: list[str] = []
        self.credential = ""

    def say(self, *numbers: int, action: Action = Action.ADD) -> None:
        chance = secrets.SystemRandom()
        self.history.extend([opening(chance, made_up(each, action, 1_700_000_000)) for each in numbers])

    def sign(self, size: int | None = None) -> Note:
        size = self.history.size if size is None else size
        return sign_checkpoint(Checkpoint(self.origin, size, self.history.root(size)), self.key, self.signer.sign)

    def publish(self, witnesses: list["Away"], age: int = 0) -> None:
        """Cosigned by these, whatever they know."""
        note = self.sign()
        lines = tuple(each.cosign(note.text, age) for each in witnesses)
        self.note = str(Note(note.text, note.signatures + lines))

    def cosign(self, text: str, age: int = 0) -> Signature:
        return cosign(text, self.witness_key, self.witness_signer.sign, int(time.time()) - age)

    def entry(self, status: Status = Status.ACTIVE) -> Member:
        return Member(
            self.origin,
            COUNTRIES[self.number],
            f"Member {self.number}",
            status,
            self.key,
            bytes([3, self.number] * 16),
            date(2026, 1, 1),
            f"{self.base}/log",
            self.base,
        )

    def witness(self) -> Witness:
        return Witness(self.witness_key, COUNTRIES[self.number], f"{self.base}/exchange/witness", self.origin)

    def get(self, path: str, authorization: str) -> tuple[int, str, bytes]:
        if path.startswith("exchange/bundle/"):
            found = self.history.read(path.removeprefix("exchange/"))
            return (200 if authorization.endswith(self.credential) else 401), "application/octet-stream", found or b""
        name = path.removeprefix("log/")
        if name == "checkpoint":
            return (200 if self.note else 404), "text/plain", self.note.encode()
        if name in ("heads", "witnessed", "proofs"):
            return 200, "text/plain", self.files.get(name, "").encode()
        data = self.history.read(name)
        return (404, "text/plain", b"") if data is None else (200, "application/octet-stream", data)

    def post(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        if path == "exchange/hint":
            self.hints.append(body.decode())
            return 202, "text/plain", b""
        if path == "exchange/feedback":
            self.feedback.append(body)
            return 200, "application/json", b"{}"
        request = read_request(body)
        origin = request.checkpoint.origin
        decision = decide(request, self.trusted.get(origin), self.known.get(origin), verify)
        if decision.accepted is None:
            return decision.status, decision.content_type, decision.body.encode()
        self.known[origin] = Known(decision.accepted.size, decision.accepted.root, request.note)
        return 200, "text/plain", self.cosign(request.checkpoint.text).line.encode()


class Internet:
    """All of them behind one port."""

    def __init__(self, count: int) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                member, path = outer.find(self.path)
                self._answer(member, path, lambda: member.get(path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                member, path = outer.find(self.path)
                self._answer(member, path, lambda: member.post(path, body))

            def _answer(self, member, path, usual) -> None:
                member.asked.append(path)
                time.sleep(member.late)
                if path in member.answers:
                    (status, body), kind = member.answers[path], "text/plain"
                else:
                    status, kind, body = usual()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # A caller who hangs up is nothing to tell of.
        self._server.handle_error = lambda request, client: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.members = [Away(number, self._server.server_address[1]) for number in range(count)]

    def find(self, url: str) -> tuple[Away, str]:
        found = re.fullmatch(r"/m(\d)/(.*)", url)
        assert found is not None, json.dumps(url)
        return self.members[int(found[1])], found[2]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def roster(members: list[Away], own: Member, own_witness: Witness, suspended: tuple[int, ...] = ()) -> RosterFacts:
    entries = [each.entry(Status.SUSPENDED if each.number in suspended else Status.ACTIVE) for each in members]
    return RosterFacts.of(
        1, datetime(2030, 1, 1, tzinfo=UTC), [own, *entries], [own_witness, *(each.witness() for each in members)]
    )


@pytest.fixture
def internet(db, settings, log_folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """Three other members, in one roster with this one; nothing that an earlier test left in this process."""
    found = Internet(3)
    keys = settings.HOME.keys

    class Apart(type(settings.HOME)):
        credentials = tmp_path / "exchange" / "credentials.json"

    settings.HOME = Apart(settings.HOME.path)
    own_key = Key(settings.ORIGIN, Signer(keys.log).public_key)
    own = Member(
        settings.ORIGIN, "FR", "This one", Status.ACTIVE, own_key, bytes(32), date(2026, 1, 1),
        "http://127.0.0.1:1/log", "http://127.0.0.1:1",
    )  # fmt: skip
    witness_key = Key("fr.node.invalid/witness", Signer(keys.witness).public_key, KeyType.COSIGNATURE)
    own_witness = Witness(witness_key, "FR", "http://127.0.0.1:1/exchange/witness", settings.ORIGIN)
    for member in found.members:
        member.trusted = {settings.ORIGIN: own_key, **{each.origin: each.key for each in found.members}}

    def adopt(*suspended: int) -> None:
        facts = roster(found.members, own, own_witness, suspended)
        monkeypatch.setattr("rempart.node.roster.services.current", lambda: facts)

    found.adopt = adopt
    adopt()
    runtime.asker.cache_clear()
    cosigning.memory.forget()
    following.forget_opened()
    calling.requests.forget()
    calling.hints.forget()
    yield found
    found.close()
    runtime.asker.cache_clear()
