"""Real Ray with two workers on loopback: lists travel, and what a lost worker had is done again, once."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from signals.pictures import encoded, scene

from rempart.core.errors import InputError, OutsideFailure
from rempart.core.vocabulary import FingerprintType as F
from rempart.scanning import pipeline, ray_engine
from rempart.scanning.examine import Examiner
from rempart.scanning.inputs import from_paths
from rempart.scanning.matching import Matcher
from rempart.scanning.outputs import JsonLines, Output
from rempart.scanning.ray_engine import RayEngine
from rempart.scanning.records import Item, Outcome, Rules, Totals
from rempart.scanning.resume import State
from rempart.signals.fingerprint import pdq
from rempart.signals.lists import ListEntry, Recogniser

slow = pytest.mark.slow
PICTURES = 120
LISTED = range(0, PICTURES, 10)


@pytest.fixture(scope="session")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uploads")
    for seed in range(PICTURES):
        (folder / f"{seed:03}.jpg").write_bytes(encoded(scene(480, 360, seed=seed)))
    return folder


@pytest.fixture(scope="session")
def lists(uploads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists") / "index"
    entries = (
        ListEntry(seed, "list", "A1", F.PDQ, pdq(encoded(scene(200, 150, seed=seed)))[0], source="made up")
        for seed in LISTED
    )
    Recogniser.build(entries).save(folder)
    return folder


@pytest.fixture(scope="session")
def engine(lists: Path) -> Iterator[RayEngine]:
    engine = RayEngine(lists, Rules(), workers=2, address=None)
    yield engine
    engine.close()


def scanned(engine: pipeline.Engine, uploads: Path, folder: Path) -> tuple[Totals, list[dict]]:
    with State(folder / "state", {}) as state:
        output = Output(JsonLines(with_hits=True), folder / "out", sys.stdout.buffer, state.length or 0)
        report = lambda outcome: None  # noqa: E731
        items = from_paths([str(uploads)])
        totals = pipeline.run(items, engine, output, state=state, report=report, task_items=4)
        output.close()
    return totals, [json.loads(line) for line in (folder / "out").read_text().splitlines()]


def processes_below(root: int) -> dict[int, str]:
    """Of those this process started, directly or not: process id and title."""
    parents, titles = {}, {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                parents[int(each.name)] = int((each / "stat").read_text().rpartition(")")[2].split()[1])
                titles[int(each.name)] = (each / "cmdline").read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
    below: set[int] = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return {pid: titles[pid] for pid in below - {root} if pid in titles}


def workers_at_work() -> list[int]:
    return [pid for pid, title in processes_below(os.getpid()).items() if title.startswith("ray::_work")]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@slow
def test_it_finds_what_this_machine_alone_would(engine: RayEngine, uploads: Path, lists: Path, tmp_path: Path) -> None:
    for name in ("here", "ray"):
        (tmp_path / name).mkdir()
    here = pipeline.LocalEngine(Matcher(Recogniser.open(lists), Examiner(Rules(), 1), Rules()), 1)
    alone = scanned(here, uploads, tmp_path / "here")
    here.close()
    assert alone[0] == Totals(PICTURES, len(LISTED), 0)
    assert scanned(engine, uploads, tmp_path / "ray") == alone


@slow
def test_work_of_killed_workers_is_done_again_and_written_once(
    engine: RayEngine, uploads: Path, tmp_path: Path
) -> None:
    killed: set[int] = set()

    class Killing:
        """The engine, but for a worker killed after every few tasks are given out."""

        window = engine.window
        given = 0

        def submit(self, items) -> pipeline.Pending:
            pending = engine.submit(items)
            self.given += 1
            if self.given % 8 == 0:
                self._kill()
            return pending

        def close(self) -> None:
            pass

        def _kill(self) -> None:
            until = time.monotonic() + 5
            while time.monotonic() < until:
                if busy := workers_at_work():
                    os.kill(busy[0], signal.SIGKILL)
                    killed.add(busy[0])
                    return
                time.sleep(0.005)

    totals, said = scanned(Killing(), uploads, tmp_path)
    assert 1 <= len(killed) <= 3  # all work given out may be done before it is looked for
    assert totals == Totals(PICTURES, len(LISTED), 0)
    assert [Path(line["path"]).name for line in said] == [f"{seed:03}.jpg" for seed in range(PICTURES)]
    assert [bool(line["hits"]) for line in said] == [seed in LISTED for seed in range(PICTURES)]


@slow
def test_lists_are_copied_once_and_for_their_owner_alone(engine: RayEngine) -> None:
    engine.submit([Item("a", key="a", fingerprints={F.MD5: bytes(16)})]).result()
    copies = engine._own_folder / "lists"
    folders = [path for path in copies.iterdir() if path.is_dir()]
    assert len(folders) == 1
    assert copies.stat().st_mode & 0o077 == 0


@slow
def test_only_this_machine_reaches_the_cluster(engine: RayEngine) -> None:
    assert [node["NodeManagerAddress"] for node in engine._ray.nodes()] == ["127.0.0.1"]
    assert os.environ["RAY_AUTH_MODE"] == "token"


@slow
def test_an_existing_cluster_is_used_and_left_running(
    engine: RayEngine, uploads: Path, tmp_path: Path, lists: Path
) -> None:
    address = engine._ray.get_runtime_context().gcs_address
    command = [sys.executable, "-m", "rempart.cli", "match", uploads, "--list", lists, "--json", "--only-hits"]
    command += ["--engine", "ray", "--ray-address", address, "--workers", "2", "-o", tmp_path / "out"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 10, done.stderr
    said = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [Path(line["path"]).name for line in said] == [f"{seed:03}.jpg" for seed in LISTED]
    assert list(Path("/tmp").glob("rempart-lists-*/*")) == []
    assert engine.submit([Item("a", key="a", problem="made up")]).result()[0].problem == "made up"


@slow
def test_an_interrupted_scan_ends_its_cluster_and_goes_on(lists: Path, uploads: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rempart.cli", "match", "-", "--list", lists, "--json", "-o", tmp_path / "out"]
    command = [*map(str, command), "--resume", str(tmp_path / "state"), "--engine", "ray", "--workers", "1"]
    temporary = tempfile.mkdtemp(dir=tmp_path)
    running = subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": temporary}
    )
    running.stdin.write(os.fsencode(uploads / "000.jpg") + b"\n")
    running.stdin.flush()
    while running.poll() is None and not ((tmp_path / "out").exists() and (tmp_path / "out").stat().st_size):
        time.sleep(0.05)
    below = processes_below(running.pid)
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130, said.decode()
    assert b"goes on from here" in said
    assert below
    until = time.monotonic() + 20
    while any(map(is_alive, below)) and time.monotonic() < until:
        time.sleep(0.1)
    assert [pid for pid in below if is_alive(pid)] == []


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:99999"])
def test_a_cluster_that_does_not_answer_is_said(lists: Path, address: str) -> None:
    with pytest.raises(OutsideFailure, match="its cluster does not answer"):
        RayEngine(lists, Rules(), workers=1, address=address)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, lists: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="needs Ray"):
        RayEngine(lists, Rules(), workers=1, address="127.0.0.1:1")


class Losing:
    """A cluster whose workers are lost whenever they take one of these inputs."""

    def __init__(self, fatal: set[str]) -> None:
        self.fatal = fatal

    def start(self, items) -> tuple[Item, ...]:
        return tuple(items)

    def result_of(self, items: tuple[Item, ...]) -> list[Outcome] | None:
        if any(item.name in self.fatal for item in items):
            return None
        examiner = Examiner(Rules(), 1)
        return Matcher(None, examiner, Rules()).outcomes(items)


def test_an_input_that_each_worker_is_lost_with_is_told_and_the_others_are_done() -> None:
    items = tuple(Item(name, key=name, fingerprints={F.MD5: bytes(16)}) for name in "abcd")
    cluster = Losing({"c"})
    outcomes = ray_engine._RayPending(cluster, items, cluster.start(items)).result()
    assert [outcome.name for outcome in outcomes] == list("abcd")
    assert [outcome.problem for outcome in outcomes] == [None, None, "Each worker that took it was lost.", None]


def test_a_cluster_that_fails_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")

    class Broken(RayEngine):
        def __init__(self) -> None:
            self._ray = ray

    def fail(reference: object) -> None:
        raise ray.exceptions.ObjectLostError("0" * 56, None, "")

    monkeypatch.setattr(ray, "get", fail)
    with pytest.raises(OutsideFailure, match="--resume"):
        Broken().result_of("reference")
