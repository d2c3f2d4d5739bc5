"""Keeps an engine busy: inputs are read ahead as far as the window allows, outcomes written in the inputs' order.

Memory is bounded by the window, whatever the number of inputs and however slow the reader of the output is.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Protocol

from rempart.scanning.matching import Matcher
from rempart.scanning.outputs import Output
from rempart.scanning.records import Item, Outcome, Totals
from rempart.scanning.resume import State

FILES_A_TASK = 8
ROWS_A_TASK = 4096
_COMMIT_SECONDS = 1.0


class Pending(Protocol):
    def result(self) -> list[Outcome]: ...


class Engine(Protocol):
    """`window`: how many tasks may wait or run at a time."""

    window: int

    def submit(self, items: Sequence[Item]) -> Pending: ...

    def close(self) -> None: ...


class LocalEngine:
    """Threads of this process; decoding runs in child processes and searching without the interpreter's lock."""

    def __init__(self, matcher: Matcher, jobs: int) -> None:
        # Wide enough that the others go on while one works at a long video: outcomes waiting are small.
        self.window = 32 * jobs
        self._matcher = matcher
        self._threads = ThreadPoolExecutor(jobs, thread_name_prefix="scan")

    def submit(self, items: Sequence[Item]) -> Pending:
        return self._threads.submit(self._matcher.outcomes, items)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._matcher.close()


Report = Callable[[Outcome], None]


def run(
    items: Iterable[Item], engine: Engine, output: Output, *, state: State | None, report: Report, task_items: int
) -> Totals:
    """Writes every input's outcome once. What `report` gets is written, but perhaps not durable yet."""
    totals = state.totals if state else Totals()
    committer = _Committer(output, state, totals)
    left = items if state is None else (item for item in items if state.claim(item.key))
    for outcomes in _results(_tasks(left, task_items), engine):
        for outcome in outcomes:
            output.write(outcome)
            totals.count(outcome)
            report(outcome)
        committer.finished(outcomes)
    committer.commit()
    return totals


class _Committer:
    """Makes outcomes durable about once a second; a scan cut off loses no more than that."""

    def __init__(self, output: Output, state: State | None, totals: Totals) -> None:
        self._output, self._state, self._totals = output, state, totals
        self._keys: list[str] = []
        self._last = time.monotonic()

    def finished(self, outcomes: Sequence[Outcome]) -> None:
        if self._state is None:
            self._output.flush(durably=False)
            return
        self._keys += [outcome.key for outcome in outcomes]
        if self._keys and time.monotonic() - self._last >= _COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        self._output.flush(durably=True)
        if self._state is not None:
            self._state.commit(self._keys, self._totals, self._output.length)
        self._keys.clear()
        self._last = time.monotonic()


def _tasks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while task := list(islice(remaining, size)):
        yield task


def _results(tasks: Iterator[list[Item]], engine: Engine) -> Iterator[list[Outcome]]:
    """A thread of its own reads the inputs, so that slow ones hold nothing up that is done: while none comes, there
    are empty results.
    """
    waiting: queue.Queue[Pending | BaseException | None] = queue.Queue()
    room = threading.Semaphore(engine.window)
    stopped = threading.Event()

    def feed() -> None:
        try:
            for task in tasks:
                room.acquire()
                if stopped.is_set():
                    return
                waiting.put(engine.submit(task))
            waiting.put(None)
        except BaseException as error:  # thread boundary: raised again where the results are taken
            waiting.put(error)

    threading.Thread(target=feed, name="scan-inputs", daemon=True).start()
    try:
        while True:
            try:
                pending = waiting.get(timeout=_COMMIT_SECONDS)
            except queue.Empty:
                yield []
                continue
            if pending is None:
                return
            if isinstance(pending, BaseException):
                raise pending
            yield pending.result()
            room.release()
    finally:
        stopped.set()
        room.release()
