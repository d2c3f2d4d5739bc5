"""A real match service in processes of its own, for tests."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from outside_world import free_port

from rempart.core.vocabulary import FingerprintType
from rempart.formats.list_feed import ChangeFile, FeedHead, FeedRow, Snapshot, write_head, write_rows
from rempart.matcher.clients import new_key


def code(seed: int) -> bytes:
    return np.random.default_rng(seed).bytes(32)


def flipped(value: bytes, bits: int) -> bytes:
    """At distance `bits`."""
    number = int.from_bytes(value, "big")
    for bit in range(bits):
        number ^= 1 << (bit * 7 % 256)
    return number.to_bytes(32, "big")


def write_list(path: Path, rows: Sequence[tuple[str, bytes, str]]) -> Path:
    """Rows of kind, value and category; replaced as a whole, as the documents ask."""
    lines = ["type,value,category", *(f"{kind},{value.hex()},{category}" for kind, value, category in rows)]
    draft = path.with_suffix(".draft")
    draft.write_text("\n".join(lines) + "\n")
    os.replace(draft, path)
    return path


class Feed:
    """A list feed in a folder: entries are numbered from 1 in the order in which they come."""

    def __init__(self, folder: Path, name: str, values: Sequence[bytes], category: str = "baseline") -> None:
        folder.mkdir()
        self.folder, self._name, self._category, self._entries = folder, name, category, 0
        self._snapshot = self._snapshot_of(1, self._rows(1, values))
        self._changes: list[ChangeFile] = []
        self._publish()

    def add(self, *values: bytes) -> None:
        self._change(self._rows(self._sequence + 1, values))

    def withdraw(self, *entries: int) -> None:
        self._change([FeedRow(0, self._sequence + 1, True, entry) for entry in entries])

    def begin_anew(self, values: Sequence[bytes]) -> None:
        """A snapshot that no changes lead to: readers take all of it."""
        self._snapshot = self._snapshot_of(self._sequence + 10, self._rows(self._sequence + 10, values))
        self._changes = []
        self._publish()

    @property
    def _sequence(self) -> int:
        return self._changes[-1].last if self._changes else self._snapshot.sequence

    def _rows(self, sequence: int, values: Sequence[bytes]) -> list[FeedRow]:
        start = self._entries + 1
        self._entries += len(values)
        return [
            FeedRow(0, sequence, False, entry, self._category, FingerprintType.PDQ, value, 2)
            for entry, value in enumerate(values, start)
        ]

    def _change(self, rows: list[FeedRow]) -> None:
        first = self._sequence
        name, digest = self._write(f"changes-{first}-{first + 1}.csv", rows)
        self._changes.append(ChangeFile(name, first, first + 1, digest))
        self._publish()

    def _snapshot_of(self, sequence: int, rows: list[FeedRow]) -> Snapshot:
        name, digest = self._write(f"snapshot-{sequence}.csv", rows)
        return Snapshot(name, sequence, len(rows), digest)

    def _write(self, name: str, rows: list[FeedRow]) -> tuple[str, str]:
        data = b"".join(write_rows(rows))
        (self.folder / name).write_bytes(data)
        return name, hashlib.sha256(data).hexdigest()

    def _publish(self) -> None:
        head = FeedHead(self._name, "made up", self._sequence, self._snapshot, tuple(self._changes))
        draft = self.folder / "list.draft"
        draft.write_bytes(write_head(head))
        os.replace(draft, self.folder / "list.json")


def client_block(named: str, /, **changes: str) -> tuple[str, str]:
    """A key and the client's TOML, with some lines replaced; an empty value leaves the line out."""
    key, block = new_key(named)
    lines = dict(line.split(" = ", 1) for line in block.splitlines()[1:])
    lines.update(changes)
    return key, "[[client]]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items() if value)


def write_clients(path: Path, *blocks: str) -> Path:
    path.touch(mode=0o600)
    path.write_text("\n".join(blocks))
    return path


@dataclass
class Service:
    """`output` is everything its processes wrote."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def client(self, key: str | None = None, **options: object) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False, **options)

    def is_ready(self) -> bool:
        """Six connections in a row: one worker may be ready before the other."""
        try:
            return all(httpx.get(f"{self.url}/health/ready", trust_env=False).status_code == 200 for _ in range(6))
        except httpx.TransportError:
            return False

    def wait_ready(self, seconds: float = 30) -> None:
        until(self.is_ready, seconds, self)

    def workers(self) -> list[int]:
        """Process ids: the children of the web server, which is the parent's child."""
        return [worker for server in children(self.process.pid) for worker in children(server)]

    def stop(self, seconds: float = 30) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def together(program: str, *arguments: Sequence[object]) -> list[str]:
    """What copies of a program, run at the same time with these arguments, print."""
    started = [
        subprocess.Popen([sys.executable, "-c", program, *map(str, each)], stdout=subprocess.PIPE, text=True)
        for each in arguments
    ]
    told = [process.communicate(timeout=60)[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    return told


def children(pid: int) -> list[int]:
    return [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]


def until(condition: object, seconds: float, service: Service | None = None) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert service is None or service.process.poll() is None, service.output
        assert time.monotonic() < deadline, service.output if service else "it did not happen in time"
        time.sleep(0.02)


def command(lists: Sequence[Path | str], port: int, folder: Path, *options: str) -> list[str]:
    named = [part for each in lists for part in ("--list", str(each))]
    return [
        *(sys.executable, "-m", "rempart.cli", "matcher", *named, "--port", str(port), "--folder", str(folder)),
        *options,
    ]


@contextmanager
def running(
    lists: Sequence[Path | str], folder: Path, *options: str, workers: int = 1, wait: bool = True
) -> Iterator[Service]:
    folder.mkdir(mode=0o700, exist_ok=True)
    port, log = free_port(), folder.parent / f"{folder.name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(lists, port, folder, "--workers", str(workers), "--drain", "0", *options), stdout=out, stderr=out
        )
    service = Service(port, process, log)
    try:
        if wait:
            service.wait_ready()
        yield service
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
