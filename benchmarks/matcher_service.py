"""`rempart matcher` under measurement: a list of made-up fingerprints that it follows, and the running service."""

import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from corpus import Codes

from rempart.core.vocabulary import FingerprintType
from rempart.formats.list_feed import ChangeFile, FeedHead, FeedRow, Snapshot, write_head, write_rows

MIB = 1 << 20


class Feed:
    """A list feed in a folder, as a mirror has it: one snapshot, then changes."""

    def __init__(self, folder: Path, listed: Codes) -> None:
        folder.mkdir()
        self._folder, self.entries = folder, 0
        name, digest = self._write("snapshot-1.csv", 1, listed)
        self._snapshot = Snapshot(name, 1, len(listed), digest)
        self._changes: list[ChangeFile] = []
        self._publish()

    def add(self, codes: Codes) -> None:
        """As one change."""
        first = self._sequence
        name, digest = self._write(f"changes-{first}-{first + 1}.csv", first + 1, codes)
        self._changes.append(ChangeFile(name, first, first + 1, digest))
        self._publish()

    @property
    def _sequence(self) -> int:
        return self._changes[-1].last if self._changes else self._snapshot.sequence

    def _write(self, name: str, sequence: int, codes: Codes) -> tuple[str, str]:
        data = b"".join(write_rows(self._rows(sequence, codes)))
        (self._folder / name).write_bytes(data)
        return name, hashlib.sha256(data).hexdigest()

    def _rows(self, sequence: int, codes: Codes) -> Iterable[FeedRow]:
        for code in codes:
            self.entries += 1
            yield FeedRow(0, sequence, False, self.entries, "baseline", FingerprintType.PDQ, code.tobytes(), 2)

    def _publish(self) -> None:
        draft = self._folder / "list.draft"
        head = FeedHead("Benchmark", "made up", self._sequence, self._snapshot, tuple(self._changes))
        draft.write_bytes(write_head(head))
        os.replace(draft, self._folder / "list.json")


@dataclass(frozen=True, slots=True)
class Service:
    """A running match service and the folder of its lists."""

    address: tuple[str, int]
    process: psutil.Process
    lists: Path

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.address[0]}:{self.address[1]}/health/ready", timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False

    def generation(self) -> int:
        """Another one each time the workers changed over to a new file of the lists."""
        return (self.lists / "CURRENT").stat().st_ino


@contextmanager
def running(lists: list[Path], folder: Path, *, workers: int) -> Iterator[Service]:
    folder.mkdir(mode=0o700)
    port = free_port()
    named = [part for each in lists for part in ("--list", str(each))]
    options = ["--port", str(port), "--folder", str(folder), "--workers", str(workers), "--drain", "0"]
    with (folder.parent / "matcher.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "rempart.cli", "matcher", *named, *options], stdout=log, stderr=log
        )
    service = Service(("127.0.0.1", port), psutil.Process(process.pid), folder / "lists")
    try:
        while not service.is_ready():
            if process.poll() is not None:
                raise SystemExit((folder.parent / "matcher.log").read_text())
            time.sleep(0.05)
        yield service
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def proportional(processes: Iterable[psutil.Process]) -> float:
    """MiB that the processes take together; what they share counts once."""
    total = 0.0
    for process in processes:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process.pid}/smaps_rollup").read_text(), re.M)
        total += int(found[1]) / 1024 if found else 0.0
    return total


def largest(processes: Iterable[psutil.Process]) -> float:
    """MiB resident in the largest process, all that it shares included."""
    return max(process.memory_info().rss for process in processes) / MIB
