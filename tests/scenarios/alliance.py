"""An alliance of three real nodes on 127.0.0.1: processes, data folders, roster, credentials and lists of their own.

France's node has people and platforms; whoever the others reach, they reach through a front (`scenarios.front`).
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
from outside_world import free_port
from scenarios.front import Front

from rempart.adapters.log_folder import FolderStore
from rempart.adapters.signing import Signer
from rempart.core.vocabulary import Role
from rempart.demo import images
from rempart.demo.cast import Person
from rempart.demo.clerk import Clerk, side_by_side
from rempart.demo.client_platform import PlatformClient, Upload
from rempart.demo.client_staff import Workplace
from rempart.demo.journeys import NATIONAL
from rempart.demo.members import ANY, Seat, admit_one_another, found_alliance
from rempart.exchange.checkpoints import Checkpoint, cosign, parse_checkpoint, sign_checkpoint
from rempart.exchange.tiles import CHECKPOINT
from rempart.formats.cybertipline.builder import build_report
from rempart.formats.cybertipline.model import Person as Reporter
from rempart.formats.cybertipline.vocabulary import IncidentType
from rempart.formats.signed_note import Key, KeyType, Note, read_note

MEMBERS = {"FR": "Hotline of France", "NL": "Hotline of the Netherlands", "DE": "Hotline of Germany"}
PATIENCE = 60.0
ALLIANCE = "alliance"
LISTS = (ANY, ALLIANCE)
FINGERPRINTS = 4
"""Of a picture: MD5, SHA-1, SHA-256, PDQ."""
T = TypeVar("T")


def until(ask: Callable[[], T], what: str, seconds: float = PATIENCE) -> T:
    """What `ask` gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, f"in {seconds:.0f} seconds it did not come true: {what}"
        time.sleep(0.1)
    return found


@dataclass
class Node:
    """A member's node: its seat, what stands in front of it, its command line, and its processes while it runs."""

    seat: Seat
    front: Front
    environment: dict[str, str]
    log_file: Path
    clerk: Clerk = field(init=False)
    _process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.clerk = Clerk(self.environment)
        self.front.port_behind = self.seat.port

    def begin(self) -> None:
        command = [sys.executable, "-m", "rempart.cli", "run", "--port", str(self.seat.port), "--web-processes", "1"]
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log_file.read_text()[-2000:]
        with contextlib.suppress(httpx.TransportError):
            return self.get("/health").status_code == 200
        return False

    def start(self) -> None:
        self.begin()
        until(self.is_up, f"the node of {self.seat.country} answers")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.seat.base}{path}", trust_env=False, timeout=20)

    def json(self, *words: object, accepted: tuple[int, ...] = (0,)) -> Any:
        return json.loads(self.clerk.does(*words, "--json", accepted=accepted).out)

    def standing(self, origin: str) -> dict[str, Any]:
        """How this node stands to another's log."""
        logs = self.json("exchange", "show", accepted=(0, 3))["logs"]
        return next(each for each in logs if each["origin"] == origin)

    def list_of(self, name: str) -> tuple[str, int]:
        """SHA-256 of a list as this node has it, and how many entries it has; no digest where it was not folded yet."""
        said = self.clerk.does("lists", "show", name, "--json", accepted=(0, 1)).out
        found = json.loads(said) if said else {"sha256": "", "entries": 0}
        return found["sha256"], found["entries"]

    def lists(self) -> list[tuple[str, int]]:
        return [self.list_of(name) for name in LISTS]

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.seat.home / "log")

    @property
    def note(self) -> str:
        """The last checkpoint that this node published."""
        return (self.store.read(CHECKPOINT) or b"").decode()

    @property
    def point(self) -> Checkpoint:
        return parse_checkpoint(read_note(self.note).text)

    def signer(self, name: str) -> Signer:
        """With one of this node's own secrets, as a thief has it."""
        return Signer((self.seat.home / "keys" / f"{name}.key").read_bytes())

    @property
    def key(self) -> Key:
        return Key(self.seat.origin, self.signer("log").public_key)

    @property
    def witness_key(self) -> Key:
        host = self.seat.origin.partition("/")[0]
        return Key(f"{host}/witness", self.signer("witness").public_key, KeyType.COSIGNATURE)


@dataclass
class Alliance:
    nodes: dict[str, Node]
    folder: Path
    office: "Office | None" = None

    @property
    def first_day(self) -> Path:
        """A copy of France's data folder from the day of the founding."""
        return self.folder / "first-day"

    def __getitem__(self, country: str) -> Node:
        return self.nodes[country]

    def lists(self) -> list[list[tuple[str, int]]]:
        """Of every node: the digests of its lists, and their entries."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            return list(pool.map(Node.lists, self.nodes.values()))

    def agree(self) -> list[tuple[str, int]]:
        """Wait until every node believes all of every other's log, and has the same lists; returns those."""
        until(self._is_settled, "every node has what the others signed")
        found: list[list[tuple[str, int]]] = []

        def is_one() -> bool:
            found[:] = self.lists()
            return all(each == found[0] and all(digest for digest, _entries in each) for each in found)

        until(is_one, "all nodes have the same lists")
        return found[0]

    def _is_settled(self) -> bool:
        sizes = {node.seat.origin: node.point.size for node in self.nodes.values()}
        return all(
            one["refusal"] == "" and one["size"] >= sizes[one["origin"]]
            for node in self.nodes.values()
            for one in node.json("exchange", "show", accepted=(0, 3))["logs"]
            if not one["proofs"]
        )

    def forge(self, thief: Node, point: Checkpoint, witnesses: Sequence[Node] = (), age: int = 0) -> bytes:
        """A checkpoint in the name it bears, signed by the log key of a node and cosigned by the witnesses of others.

        `age`: how many seconds ago they cosigned.
        """
        signer = thief.signer("log")
        plain = sign_checkpoint(point, Key(point.origin, signer.public_key), signer.sign)
        at = int(time.time()) - age
        lines = [cosign(plain.text, each.witness_key, each.signer("witness").sign, at) for each in witnesses]
        return str(Note(plain.text, (*plain.signatures, *lines))).encode()


class Office:
    """A hotline at work on one node: a platform that reports, an analyst who decides, a list manager who recalls."""

    def __init__(self, node: Node) -> None:
        self._node = node
        told = node.json("platform", "add", "Example Platform")
        self.platform = PlatformClient(node.seat.base, told["username"], told["secret"])
        self.analyst = self._hire("ana", Role.ANALYST)
        self.manager = self._hire("lou", Role.LIST_MANAGER)

    def confirm(self, seed: int, *, is_said: bool = True) -> int:
        """A platform reports a picture, the analyst confirms it, and the node says so; returns the content's number."""
        wanted = self._node.list_of(ANY)[1] + FINGERPRINTS
        self.platform.report(_document(), (Upload(f"{seed}.png", picture(seed), viewed=True),))
        case = until(self.analyst.next_case, "a case waits for the analyst")
        self.analyst.decide(case, NATIONAL)
        if is_said:
            until(lambda: self._node.list_of(ANY)[1] == wanted, "the node says what was confirmed")
        return case

    def recall(self, content: int) -> None:
        """One action of a list manager, and the node takes back what it said."""
        wanted = self._node.list_of(ANY)[1] - FINGERPRINTS
        self.manager.recall(content, "Made-up mistake of a test.")
        until(lambda: self._node.list_of(ANY)[1] == wanted, "the node takes it back")

    def close(self) -> None:
        self.platform.close()
        self.analyst.close()
        self.manager.close()

    def _hire(self, username: str, role: Role) -> Workplace:
        password = hashlib.sha256(username.encode()).hexdigest()
        link = self._node.clerk.does("staff", "add", username, "--name", username.title(), "--role", role).out
        workplace = Workplace(self._node.seat.base, Person(username, username, role, password, link.split()[-1]))
        workplace.enrol()
        return workplace


def picture(seed: int) -> bytes:
    return images.encode(images.draw_card(seed))


def _document() -> bytes:
    return build_report(
        incident_type=IncidentType.CHILD_PORNOGRAPHY,
        incident_at=datetime.now(UTC),
        reporter=Reporter(first_name="Robin", last_name="Example", emails=("safety@platform.example",)),
        platform="Example Platform",
    )


def raise_alliance(folder: Path) -> Alliance:
    """Three nodes, founded by their operators' commands and running; their lists, and who works in France."""
    nodes = {country: _node(folder, country, name) for country, name in MEMBERS.items()}
    made = Alliance(nodes, folder)
    clerks = [(node.seat, node.clerk) for node in nodes.values()]
    try:
        side_by_side([(clerk, ("init",)) for _, clerk in clerks])
        found_alliance(clerks, folder)
        admit_one_another(clerks)
        side_by_side([(clerk, ("lists", "policy", ANY, "--governments", 1)) for _, clerk in clerks])
        shutil.copytree(nodes["FR"].seat.home, made.first_day, symlinks=True)
        for node in nodes.values():
            node.begin()
        for node in nodes.values():
            until(node.is_up, f"the node of {node.seat.country} answers")
        made.office = Office(nodes["FR"])
    except BaseException:
        lower(made)
        raise
    return made


def lower(alliance: Alliance) -> None:
    """End everything that was started."""
    if alliance.office is not None:
        alliance.office.close()
    with ThreadPoolExecutor(len(alliance.nodes)) as pool:
        list(pool.map(Node.stop, alliance.nodes.values()))
    for node in alliance.nodes.values():
        node.clerk.close()
        node.front.close()


def _node(folder: Path, country: str, organisation: str) -> Node:
    front = Front()
    seat = Seat(country, organisation, folder / country.lower(), free_port(), front.address)
    environment = {
        "PATH": os.environ["PATH"],
        **seat.settings,
        "REMPART_MODE": "dev",
        "REMPART_UNDO_SECONDS": "0",
        "REMPART_SIGNAL_SECONDS": "1",
        "REMPART_FOLLOW_SECONDS": "1",
    }
    return Node(seat, front, environment, folder / f"{country.lower()}.txt")
