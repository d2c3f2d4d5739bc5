"""A scan on many machines by Ray (the extra `ray`).

Each task is a few inputs and does nothing but answer, so Ray may run it again when its worker or machine is lost; its
outcomes are taken from its one result. The lists travel once to each machine, through Ray's object store into a file
that all workers there map. Paths must mean the same on every machine.
"""

import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from rempart.core.errors import InputError, OutsideFailure, RempartError
from rempart.scanning import replica
from rempart.scanning.examine import Examiner
from rempart.scanning.matching import Matcher
from rempart.scanning.pipeline import Pending
from rempart.scanning.records import Examined, Item, Outcome, Rules
from rempart.scanning.replica import Replica
from rempart.signals.lists import Recogniser

_TASKS_A_WORKER = 4
_RETRIES = 5
_CONNECT_SECONDS = 10.0
_STORE_BYTES = 256 << 20
_AGAIN = "Give the same command with --resume to go on."


@dataclass(frozen=True, slots=True)
class _Job:
    lists: Replica
    copies: str
    rules: Rules


class RayEngine:
    """`folder`: lists as `Recogniser.save` wrote them. Without an address a cluster of this machine is started, with
    `workers` workers, and ended with this engine; with one, so many of its workers are kept busy (None: one for each of
    its processors). Raises InputError and OutsideFailure.
    """

    def __init__(self, folder: Path, rules: Rules, *, workers: int | None, address: str | None) -> None:
        self._ray = _imported(is_own=address is None)
        # The names of Ray's sockets must be short.
        self._own_folder = None if address else Path(tempfile.mkdtemp(prefix="rempart-ray-", dir="/tmp"))
        self._job: _Job | None = None
        try:
            with _own_signals():
                _start(self._ray, workers or os.cpu_count() or 1, address, self._own_folder, _size(folder))
            self.workers = workers or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
            self.window = _TASKS_A_WORKER * self.workers
            copies = self._own_folder / "lists" if self._own_folder else _shared_folder()
            self._job = _Job(replica.pack(folder, self._ray.put), str(copies), rules)
            self._given = self._ray.put(self._job)
            self._work = self._ray.remote(num_cpus=1, max_retries=_RETRIES)(_work)
        except BaseException:
            self.close()
            raise

    def submit(self, items: Sequence[Item]) -> Pending:
        return _RayPending(self, tuple(items), self.start(items))

    def start(self, items: Sequence[Item]) -> Any:
        return self._work.remote([self._given], tuple(items))

    def result_of(self, reference: Any) -> list[Outcome] | None:
        """None if the workers that had it were lost each time. Raises what the task raised, and OutsideFailure."""
        errors = self._ray.exceptions
        try:
            outcomes: list[Outcome] = self._ray.get(reference)
        except errors.RayTaskError as error:
            if isinstance(error.cause, RempartError):
                raise error.cause from None
            raise
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError):
            return None
        except errors.RayError as error:
            raise OutsideFailure("The cluster failed.", where=type(error).__name__, advice=_AGAIN) from error
        return outcomes

    def close(self) -> None:
        """Takes the copies of the lists away, from every machine that still answers."""
        try:
            if self._own_folder is None and self._job is not None:
                self._discard_copies(self._job)
        finally:
            self._ray.shutdown()
            if self._own_folder is not None:
                shutil.rmtree(self._own_folder, ignore_errors=True)

    def _discard_copies(self, job: _Job) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        discard = self._ray.remote(num_cpus=0, max_retries=0)(replica.discard)
        there = [node["NodeID"] for node in self._ray.nodes() if node["Alive"]]
        asked = [
            discard.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(
                Path(job.copies)
            )
            for node in there
        ]
        self._ray.wait(asked, num_returns=len(asked), timeout=30)


class _RayPending:
    """A task's result. If its workers were lost again and again, its inputs are tried one by one."""

    def __init__(self, engine: RayEngine, items: tuple[Item, ...], reference: Any) -> None:
        self._engine, self._items, self._reference = engine, items, reference

    def result(self) -> list[Outcome]:
        outcomes = self._engine.result_of(self._reference)
        if outcomes is not None:
            return outcomes
        if len(self._items) == 1:
            lost = Examined(self._items[0], problem="Each worker that took it was lost.")
            return [Outcome(lost)]
        alone = [_RayPending(self._engine, (item,), self._engine.start((item,))) for item in self._items]
        return [outcome for pending in alone for outcome in pending.result()]


_matchers: dict[tuple[str, Rules], Matcher] = {}  # of a worker's process, which serves one task at a time


def _work(job: list[Any], items: Sequence[Item]) -> list[Outcome]:
    """Runs in a worker. The job comes inside a list, so that Ray does not fetch it before it is needed."""
    import ray

    given: _Job = ray.get(job[0])
    key = (given.lists.digest, given.rules)
    if key not in _matchers:
        folder = replica.unpack(given.lists, ray.get, Path(given.copies))
        _matchers[key] = Matcher(Recogniser.open(folder), Examiner(given.rules, 1), given.rules)
    return _matchers[key].outcomes(items)


def _imported(*, is_own: bool) -> ModuleType:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if is_own:
        # A cluster of this machine is reached on loopback only, and by those who know a secret made for it.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # Ray reads it once a process
    try:
        import ray
    except ModuleNotFoundError as missing:
        raise InputError(
            "The Ray engine needs Ray.", where="--engine", advice="Install it with `pip install rempart[ray]`."
        ) from missing
    module: ModuleType = ray
    return module


def _start(ray: ModuleType, workers: int, address: str | None, folder: Path | None, list_bytes: int) -> None:
    if address is not None:
        _check_reached(address)
    quiet = {"configure_logging": False, "log_to_driver": False, "logging_level": "error"}
    try:
        if address:
            ray.init(address=address, **quiet)
        else:
            store = _STORE_BYTES + 2 * list_bytes
            ray.init(
                num_cpus=workers, include_dashboard=False, _temp_dir=str(folder), object_store_memory=store, **quiet
            )
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        raise _unavailable(address) from error


@contextmanager
def _own_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself and would end the process with it; how a scan is interrupted is its caller's."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _check_reached(address: str) -> None:
    """Ray ends the whole process when nobody answers at an address. Raises OutsideFailure."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in host:
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise _unavailable(address) from error


def _unavailable(address: str | None) -> OutsideFailure:
    return OutsideFailure(
        "Ray does not start, or its cluster does not answer.",
        where="--ray-address" if address else "--engine",
        advice="Check `ray status` on the cluster, or use --engine local.",
    )


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())


def _shared_folder() -> Path:
    """The same for all workers of a machine; nobody can have made it before, and no other scan takes it away."""
    return Path(tempfile.gettempdir()) / f"rempart-lists-{secrets.token_hex(8)}"
