"""Levels: which are merged when, what a change may do meanwhile, and the thread that merges."""

import logging
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import Conflict, NotFound, OutsideFailure
from rempart.signals.match import levels
from rempart.signals.match.levels import Background, Level, Levels, is_gone, run_to_merge


class Names:
    """A part that holds its keys and nothing else."""

    def __init__(self, keys) -> None:
        self.keys = np.array(sorted(keys), np.int64)

    def __len__(self) -> int:
        return len(self.keys)

    def positions(self, keys, /):
        places = {key: place for place, key in enumerate(self.keys.tolist())}
        return np.array([places.get(key, -1) for key in keys.tolist()], np.int64)


def numbers(*keys: int) -> np.ndarray:
    return np.array(keys, np.int64)


def standing(snapshot) -> list[int]:
    found = []
    for level in snapshot:
        kept = level.kept()
        found += level.part.keys.tolist() if kept is None else level.part.keys[kept].tolist()
    return sorted(found)


def merged(snapshot) -> Names:
    return Names(standing(snapshot))


def gone_of(count: int, removed: int) -> Level:
    return Level(Names(range(count))).without(np.arange(removed))


@given(count=st.integers(1, 100), data=st.data())
def test_a_bitmap_says_who_is_gone(count, data):
    level = Level(Names(range(count)))
    expected: set[int] = set()
    for _ in range(3):
        left = sorted(set(range(count)) - expected)
        now = data.draw(st.lists(st.sampled_from(left), unique=True)) if left else []
        before = level
        level = level.without(np.array(now, np.int64))
        expected |= set(now)
        assert len(level) == count - len(expected)
        assert len(before) == count - len(expected) + len(now)  # the old snapshot's reader still sees it
    kept = level.kept()
    assert sorted(expected) == [] if kept is None else np.flatnonzero(~kept).tolist() == sorted(expected)
    found = level.find(np.arange(-1, count + 1))
    assert found.tolist() == [-1, *(-1 if at in expected else at for at in range(count)), -1]
    if level.gone is not None:
        assert is_gone(level.gone, np.arange(count)).tolist() == [at in expected for at in range(count)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], None),
        ([10], None),
        ([100_000, 10], None),
        ([100_000, 5000], None),  # under a sixteenth of the base
        ([100_000, 6250], (0, 2)),
        ([1_000_000, 5000, 5000], (1, 3)),
        ([1_000_000, 62_500, 5000], (0, 3)),
        ([1_000_000, 62_500, 5000, 100], (0, 3)),  # the last still takes additions
    ],
)
def test_which_levels_become_one(sizes, expected):
    run = run_to_merge([Level(Names(range(size))) for size in sizes])
    assert (run and (run.start, run.stop)) == expected


@pytest.mark.parametrize(("removed", "expected"), [(5000, None), (5001, (0, 1)), (10_000, (0, 1))])
def test_what_is_mostly_gone_is_made_anew(removed, expected):
    run = run_to_merge([gone_of(10_000, removed)])
    assert (run and (run.start, run.stop)) == expected


def test_a_merge_never_holds_up_changes(monkeypatch):
    """Whatever is added, removed, and added again while the merging thread works is neither lost nor doubled."""
    monkeypatch.setattr(levels, "SMALL", 2)
    monkeypatch.setattr(levels, "RATIO", 2)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(snapshot):
        if threading.current_thread().name == "rempart-merge":
            begun.set()
            assert go_on.wait(60)
        return merged(snapshot)

    several = Levels([Names(range(10))], slowly)
    several.change(Names(range(10, 16)), numbers(*range(10, 16)), numbers())
    assert begun.wait(60)
    several.change(Names([]), numbers(), numbers(3, 12))  # of what is being merged
    several.change(Names([3]), numbers(3), numbers())  # and one of them again
    several.change(Names([20, 21, 22]), numbers(20, 21, 22), numbers(4))
    several.change(Names([4]), numbers(4), numbers(20))
    several.change(Names([]), numbers(), numbers(3))
    with pytest.raises(Conflict):
        several.change(Names([5]), numbers(5), numbers())
    with pytest.raises(NotFound):
        several.change(Names([]), numbers(), numbers(12))
    expected = sorted({*range(16), 21, 22} - {3, 12})
    assert standing(several.snapshot) == expected
    go_on.set()
    several.close()
    assert standing(several.snapshot) == expected
    assert len(several) == len(expected)


def test_additions_faster_than_the_merging_thread_do_not_pile_up(monkeypatch):
    monkeypatch.setattr(levels, "SMALL", 1)
    monkeypatch.setattr(levels, "RATIO", 2)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(snapshot):
        if threading.current_thread().name == "rempart-merge":
            begun.set()
            assert go_on.wait(60)
        return merged(snapshot)

    several = Levels([Names(range(4))], slowly)
    for key in range(10, 13):
        several.change(Names([key]), numbers(key), numbers())
    assert begun.wait(60)
    read_by_the_thread = len(several.snapshot)
    for key in range(13, 200):
        several.change(Names([key]), numbers(key), numbers())
    assert len(several.snapshot) <= read_by_the_thread + levels.MAX_LEVELS
    go_on.set()
    several.close()
    assert standing(several.snapshot) == [*range(4), *range(10, 200)]


def test_a_refused_commit_changes_nothing():
    several = Levels([Names([1])], merged)
    before = several.snapshot

    def refuse():
        raise OutsideFailure("The disk is full.")

    with pytest.raises(OutsideFailure):
        several.change(Names([2]), numbers(2), numbers(1), refuse)
    assert several.snapshot == before


def test_a_failed_merge_is_told_and_tried_again(monkeypatch, caplog):
    monkeypatch.setattr(levels, "SMALL", 2)
    monkeypatch.setattr(levels, "RATIO", 2)
    failures = [MemoryError("no memory"), OutsideFailure("The disk is full.")]

    def unreliably(snapshot):
        if failures:
            raise failures.pop()
        return merged(snapshot)

    several = Levels([Names(range(10))], unreliably)
    with caplog.at_level(logging.WARNING):
        for key in range(10, 60, 5):
            several.change(Names(range(key, key + 5)), numbers(*range(key, key + 5)), numbers())
            thread = several._merging._thread
            if thread is not None:
                thread.join()
    assert [record.getMessage() for record in caplog.records] == [
        "rempart-merge failed: The disk is full.",
        "rempart-merge failed: no memory",
    ]
    assert standing(several.snapshot) == list(range(60))
    assert run_to_merge(several.snapshot) is None


class TestBackground:
    def test_it_works_until_nothing_is_left_and_can_be_woken_again(self):
        left, done = [3], []

        def job():
            left[0] -= 1
            done.append(left[0])
            return left[0] > 0

        background = Background(job, "test")
        background.wake()
        if (thread := background._thread) is not None:
            thread.join()
        assert done == [2, 1, 0]
        left[0] = 1
        background.wake()
        background.close()
        assert done in ([2, 1, 0], [2, 1, 0, 0])

    def test_after_closing_it_starts_nothing(self):
        done = []
        background = Background(lambda: bool(done.append(1)), "test")
        background.close()
        background.wake()
        background.close()
        assert done == []

    def test_a_thread_that_cannot_start_is_told_and_tried_again(self, monkeypatch, caplog):
        done = []
        background = Background(lambda: bool(done.append(1)), "test")

        def refuse(_thread):
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as busy, caplog.at_level(logging.WARNING):
            busy.setattr(threading.Thread, "start", refuse)
            background.wake()
        assert "could not start" in caplog.text
        background.wake()
        if (thread := background._thread) is not None:
            thread.join()
        background.close()
        assert done == [1]
