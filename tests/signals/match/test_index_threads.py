"""Writers and readers at once: what a search sees stood at one moment between its start and its end."""

import sys
import threading
import time

import numpy as np
import pytest

from rempart.signals.match import ExactIndex, Index, levels

WRITES = 250


@pytest.fixture
def small_levels(monkeypatch):
    """Merges are under way at any moment."""
    monkeypatch.setattr(levels, "SMALL", 16)
    monkeypatch.setattr(levels, "RATIO", 2)


class Counted:
    """An index in which change n is known from what is found: entry n is added and entry n - 5 removed, in that order.

    `begun` and `ended` count the changes whose call has begun and returned.
    """

    def __init__(self, kind) -> None:
        self.index = kind.build(self.codes(range(5)), np.arange(5))
        self.begun = self.ended = 0

    @staticmethod
    def codes(names) -> np.ndarray:
        """All equal: one query finds every entry."""
        return np.full((len(names), 32), 7, np.uint8)

    def write(self) -> None:
        for number in range(1, WRITES + 1):
            name = number + 4
            self.begun = 2 * number - 1
            self.index.add(self.codes([name]), np.array([name]))
            self.ended = 2 * number - 1
            self.begun = 2 * number
            self.index.remove(np.array([number - 1]))
            self.ended = 2 * number

    def read(self) -> list[str]:
        """What was wrong."""
        wrong = []
        while self.ended < 2 * WRITES:
            before = self.ended
            for run in (self.index.search, self.index.join):
                _, ids, _ = run(self.codes([0]), 0)
                found = ids.tolist()
                states = range(before, self.begun + 1)
                if found not in [self.state(number) for number in states]:
                    wrong.append(f"{found} is none of the states {states}")
        return wrong

    @staticmethod
    def state(changes: int) -> list[int]:
        added, removed = 5 + (changes + 1) // 2, changes // 2
        return list(range(removed, added))


@pytest.mark.parametrize("kind", [Index, ExactIndex], ids=lambda kind: kind.__name__)
def test_each_search_sees_one_state(kind, small_levels):
    counted = Counted(kind)
    wrong: list[str] = []
    readers = [threading.Thread(target=lambda: wrong.extend(counted.read())) for _ in range(3)]
    writer = threading.Thread(target=counted.write)
    for thread in (*readers, writer):
        thread.start()
    for thread in (*readers, writer):
        thread.join()
    counted.index.close()
    assert wrong == []
    assert len(counted.index) == 5


def test_writers_of_different_ids_do_not_lose_each_others_changes(small_levels):
    index = Index.build(Counted.codes(range(4)), np.arange(4))

    def write(own: int) -> None:
        for round_ in range(60):
            names = np.arange(3) + 1000 * own + 10 * round_
            index.add(Counted.codes(names), names)
            index.remove(names[:2])

    writers = [threading.Thread(target=write, args=(own,)) for own in range(1, 5)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    index.close()
    _, ids, _ = index.search(Counted.codes([0]), 0)
    expected = {1000 * own + 10 * round_ + 2 for own in range(1, 5) for round_ in range(60)} | set(range(4))
    assert set(ids.tolist()) == expected


def test_saving_while_others_write_keeps_one_state(tmp_path, small_levels):
    counted = Counted(Index)
    writer = threading.Thread(target=counted.write)
    writer.start()
    sequences = []
    while writer.is_alive():
        before = counted.ended
        counted.index.save(tmp_path / "copy")
        after = counted.begun
        copy = Index.open(tmp_path / "copy")
        assert before <= copy.sequence <= after
        _, ids, _ = copy.search(Counted.codes([0]), 0)
        assert ids.tolist() == counted.state(copy.sequence)
        sequences.append(copy.sequence)
    writer.join()
    counted.index.close()
    assert len(set(sequences)) > 1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_interpreter_goes_on_while_the_core_searches(threads):
    """Nobody is made to give up the lock here, so another thread counts only if the search lets go of it."""
    rng = np.random.default_rng(1)
    index = Index.build(rng.integers(0, 256, (30_000, 32), dtype=np.uint8))
    queries = rng.integers(0, 256, (1500, 32), dtype=np.uint8)
    counting_began, done = threading.Event(), threading.Event()
    counts = 0

    def count() -> None:
        nonlocal counts
        counting_began.set()
        while not done.is_set():
            counts += 1
            time.sleep(0)

    interval = sys.getswitchinterval()
    counting = threading.Thread(target=count)
    sys.setswitchinterval(1000)
    try:
        counting.start()
        counting_began.wait()
        before = counts
        index.search(queries, 40, threads)
        assert counts > before
    finally:
        done.set()
        sys.setswitchinterval(interval)
        counting.join()
