"""Kill the web process and the worker again and again: nothing is lost, doubled or half-sent.

At least 200 processes die by SIGKILL in one run, each at a random crash point (see `nursery`). Clients repeat what was
not answered, as real ones do. Afterwards everything that was accepted is there once, each notice has one identity
whose every copy is the same bytes, vault files are whole or absent, and the chain of events verifies.
"""

import contextlib
import hashlib
import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from rempart.core.errors import OutsideFailure
from rempart.demo import client_public, world
from rempart.demo.browser import Browser
from rempart.demo.client_platform import PlatformClient, Upload
from rempart.demo.mail_sink import MailSink
from rempart.demo.pretend_host import PretendHost, Shelf
from rempart.formats.cybertipline.builder import build_report
from rempart.formats.cybertipline.model import Person
from rempart.formats.cybertipline.vocabulary import IncidentType

pytestmark = pytest.mark.slow

LEAST_KILLS = 200
PLATFORM_REPORTS = 8
PUBLIC_REPORTS = 6
HERE = Path(__file__).parent
CHANCE = random.Random(20121205)


@dataclass
class Nursery:
    """The program that raises mortal node processes, and how many of them were killed."""

    environment: dict[str, str]
    kills: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._program = subprocess.Popen(
            [sys.executable, str(HERE / "nursery.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
            text=True,
        )

    def raise_child(self, role: str, die_at: int, **order: Any) -> int:
        """Start a child and return its process number."""
        self._program.stdin.write(json.dumps({"role": role, "die_at": die_at, **order}) + "\n")
        self._program.stdin.flush()
        return json.loads(self._program.stdout.readline())["pid"]

    def outlive(self, role: str) -> dict[str, Any]:
        """Wait for the child's end."""
        end = json.loads(self._program.stdout.readline())
        self.kills[role] += end["killed"]
        assert end["killed"] or end["code"] == 0, f"the {role} process failed by itself"
        return end

    def run(self, role: str, die_at: int, **order: Any) -> dict[str, Any]:
        self.raise_child(role, die_at, **order)
        return self.outlive(role)

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *error: object) -> None:
        self._program.terminate()
        # Closes the pipes and waits for the end.
        self._program.__exit__(None, None, None)


@dataclass
class Node:
    """A node's data folder, the made-up world around it, and its command line."""

    home: Path
    environment: dict[str, str]
    mails: Path
    platform: tuple[str, str] = ("", "")

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "rempart.cli", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def look(self, program: str) -> Any:
        """What a few lines of Python, run inside the node, print as JSON."""
        script = f"import django, json\ndjango.setup()\n{program}"
        done = subprocess.run(
            [sys.executable, "-c", script], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    home = tmp_path / "home"
    shelf = Shelf(world.SITES)
    host = PretendHost(shelf)
    mails = tmp_path / "mails"
    sink = MailSink(mails, shelf.tell)
    home.mkdir(mode=0o700)
    (home / "run").mkdir(mode=0o700)
    # Of the caller's environment nothing but the search path is passed on.
    made_up = {**world.settings_of(home, host.port, sink.port), **world.start_clock()}
    environment = {"PATH": os.environ["PATH"], **made_up}
    environment["REMPART_NOTICE_PLAN"] = json.dumps({"watch_removed_for": "PT12H", "recheck_removed_every": "PT6H"})
    made = Node(home, environment, mails)
    made.command("init")
    listed = home / "listed.csv"
    listed.write_text("sha256\n" + "".join(f"{_sha256(picture(n))}\n" for n in range(0, PLATFORM_REPORTS, 2)))
    made.command("lists", "import", str(listed), "--name", "Made-up list", "--category", "baseline")
    made.command("staff", "add", "ana", "--role", "analyst")
    made.platform = _credential(made.command("platform", "add", "Made-up platform"))
    yield made
    sink.close()
    host.close()


def picture(number: int) -> bytes:
    """A generated picture: coarse coloured noise."""
    noise = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((160, 120)).save(buffer, "JPEG")
    return buffer.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _credential(printed: str) -> tuple[str, str]:
    lines = [line.split(":", 1) for line in printed.splitlines() if ":" in line]
    words = {name.strip(): value.strip() for name, value in lines}
    return words["username"], words["secret"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class MortalWeb:
    """A web process that is replaced whenever it dies, until closed."""

    def __init__(self, nursery: Nursery, port: int) -> None:
        self._nursery, self._port = nursery, port
        self._over = threading.Event()
        self._pid = 0
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self._over.is_set():
            self._pid = self._nursery.raise_child("web", CHANCE.randint(1, 60), port=self._port)
            self._nursery.outlive("web")

    def __enter__(self) -> "MortalWeb":
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)
        self._thread.join(10)


class Patient(httpx.BaseTransport):
    """Repeats a request, byte by byte the same, until it is answered whole, as browsers and clients do."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        deadline = time.monotonic() + 60
        while True:
            try:
                answer = self._inner.handle_request(request)
                answer.read()
                return answer
            except httpx.TransportError:
                assert time.monotonic() < deadline, "no process lived long enough to answer"
                time.sleep(0.02)


def report_as_platform(node: Node, base: str, number: int) -> int:
    """One report with one file; every second file is listed and lies at an address, the others are unknown."""
    client = PlatformClient(base, *node.platform)
    client._http = httpx.Client(base_url=base, auth=node.platform, transport=Patient())
    listed = number % 2 == 0
    location = world.PROMPT.url(f"file-{number}.jpg") if listed else None
    document = build_report(
        incident_type=IncidentType.CHILD_PORNOGRAPHY,
        incident_at=datetime(2026, 3, 1, 12, 0, number % 60, tzinfo=UTC),
        reporter=Person(first_name="Robin", last_name="Example", emails=("robin@platform.example",)),
        urls=(location,) if location else (),
    )
    uploads = (Upload(f"{number}.jpg", picture(number), location, viewed=True),)
    try:
        return client.report(document, uploads)
    except OutsideFailure as failure:
        # The answer to the first /finish was lost; the second one says so.
        if "5102" not in failure.what:
            raise
        return client.submit(document)


def report_as_public(base: str, number: int) -> str:
    browser = Browser(base)
    browser._http = httpx.Client(base_url=base, follow_redirects=True, transport=Patient())
    answers = {"what": "addresses", "addresses": world.PROMPT.url(f"page-{number}"), "channel": "web"}
    return client_public.report(browser, "report", answers)


def submit_everything(nursery: Nursery, node: Node, first: int) -> tuple[list[int], list[str]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with MortalWeb(nursery, port):
        platform_ids = [report_as_platform(node, base, first + n) for n in range(PLATFORM_REPORTS)]
        receipts = [report_as_public(base, first + n) for n in range(PUBLIC_REPORTS)]
    return platform_ids, receipts


def mortal_span() -> int:
    """Mostly shorter than the longest step, now and then long enough for it."""
    return 1 + int(CHANCE.expovariate(1 / 100))


def do_everything(nursery: Nursery, node: Node, seconds: float = 240) -> None:
    """Kill workers and analysts until no step waits and no case is open."""
    deadline = time.monotonic() + seconds
    journey = ["fingerprint", "triage", "resolve", "route", "export", "follow"]
    while True:
        worked = nursery.run("worker", mortal_span(), until_no=journey)
        decided = nursery.run("analyst", mortal_span(), person="ana")
        if not worked["killed"] and not decided["killed"]:
            break
        assert time.monotonic() < deadline, f"the journey did not end: {node.command('status', '--json')}"
    while nursery.run("worker", 300 + mortal_span(), until_no=[*journey, "notice"])["killed"]:
        assert time.monotonic() < deadline, f"the notices did not end: {node.command('status', '--json')}"


CENSUS = """
from collections import Counter
import hashlib
from rempart.node.audit import services as audit
from rempart.node.casework.models import Assessment, Content
from rempart.node.intake import services as intake
from rempart.node.intake.models import Report, ReportItem, StoredFile
from rempart.node.jobs.models import Job
from rempart.node.notices.models import Attempt, Notice
events = list(audit.events())
single = ("report:received", "content:decided", "notice:queued")
once = Counter((event.action, event.subject) for event in events if event.action in single)
files = list(StoredFile.objects.all())
print(json.dumps({
    "chain": audit.verify().events,
    "reports": {str(r.pk): r.state for r in Report.objects.all()},
    "items": ReportItem.objects.count(),
    "files": len(files),
    "whole": sum(hashlib.sha256(b"".join(intake.file_bytes(f.pk))).digest() == bytes(f.sha256) for f in files),
    "contents": Content.objects.count(),
    "undecided": Content.objects.filter(legality="").count(),
    "assessments": Assessment.objects.count(),
    "repeated_events": [f"{a} {s}" for (a, s), n in once.items() if n > 1],
    "notices": {str(n.pk): n.state for n in Notice.objects.all()},
    "attempts": {a.message_id: hashlib.sha256(bytes(a.message)).hexdigest() for a in Attempt.objects.all()},
    "failed": list(Job.objects.filter(state="failed").values_list("kind", "last_error")),
}))
"""


def test_nothing_is_lost_doubled_or_half_sent(node: Node) -> None:
    platform_ids: list[int] = []
    receipts: list[str] = []
    with Nursery(node.environment) as nursery:
        while sum(nursery.kills.values()) < LEAST_KILLS:
            ids, codes = submit_everything(nursery, node, first=len(platform_ids))
            platform_ids += ids
            receipts += codes
            do_everything(nursery, node)
    census = node.look(CENSUS)

    submitted = len(platform_ids) + len(receipts)
    assert len(set(platform_ids)) == len(platform_ids)
    assert len(set(receipts)) == len(receipts)
    assert len(census["reports"]) == submitted
    assert census["files"] == census["whole"] == len(platform_ids)
    assert census["repeated_events"] == []
    assert census["undecided"] == 0
    assert census["failed"] == []
    assert census["assessments"] == census["contents"]
    assert set(census["notices"].values()) == {"removed"}
    assert len(census["notices"]) == len(platform_ids) // 2 + len(receipts)
    assert sent_messages(node.mails) == census["attempts"]
    assert len(census["attempts"]) == len(census["notices"])
    look_up_receipts(node, receipts)
    assert set(nursery.kills) == {"web", "worker", "analyst"}
    assert all(nursery.kills.values())
    print(f"{sum(nursery.kills.values())} kills {dict(nursery.kills)}, {submitted} reports, {census['chain']} events")


def sent_messages(folder: Path) -> dict[str, str]:
    """What arrived: Message-ID to digest. Copies of one message must be the same bytes."""
    arrived: dict[str, str] = {}
    for path in folder.glob("*.eml"):
        data = path.read_bytes()
        identity = str(message_from_bytes(data)["Message-ID"])
        digest = _sha256(data)
        assert arrived.setdefault(identity, digest) == digest, "two different messages under one identity"
    return arrived


def look_up_receipts(node: Node, receipts: list[str]) -> None:
    """Every receipt that a reporter holds opens its report."""
    port = free_port()
    with Nursery(node.environment) as nursery:
        pid = nursery.raise_child("web", -1, port=port)
        browser = Browser(f"http://127.0.0.1:{port}")
        browser._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, transport=Patient())
        stages = Counter(client_public.look_up(browser, receipt) for receipt in receipts)
        os.kill(pid, signal.SIGTERM)
    assert stages.total() == len(receipts)
