"""Indexes against a dictionary, whatever is done to them in whatever order."""

import shutil
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rempart.core.errors import Conflict, InputError, NotFound
from rempart.signals.match import ExactIndex, Index, durable, levels

IDS = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 60)
SEEDS = st.integers(0, 2**32)
Found = list[tuple[int, int]]


class Machine(RuleBasedStateMachine):
    """Levels are so small that merges and folds happen all the time; `entries` is what must be found."""

    index: Any
    kind: type[Index] | type[ExactIndex]
    width: int

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(levels, "SMALL", 6)
        self.patch.setattr(levels, "RATIO", 3)
        self.patch.setattr(durable, "JOURNAL_BYTES", 600)
        self.folder = Path(tempfile.mkdtemp())
        self.entries: dict[int, bytes] = {}
        self.is_durable = False

    def teardown(self) -> None:
        if hasattr(self, "index"):
            self.index.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    def code(self, seed: int) -> bytes:
        raise NotImplementedError

    def near(self, query: bytes, radius: int) -> Found:
        raise NotImplementedError

    def codes(self, seeds: list[int]) -> np.ndarray:
        return np.frombuffer(b"".join(map(self.code, seeds)), np.uint8).reshape(-1, self.width)

    @initialize(listed=st.dictionaries(IDS, SEEDS, max_size=20), by_place=st.booleans())
    def build(self, listed: dict[int, int], by_place: bool) -> None:
        seeds = list(listed.values())
        ids = np.arange(len(seeds)) if by_place else np.array(list(listed), np.int64)
        self.index = self.kind.build(self.codes(seeds), None if by_place else ids)
        self.entries = dict(zip(ids.tolist(), map(self.code, seeds), strict=True))

    @rule(listed=st.dictionaries(IDS, SEEDS, max_size=8))
    def add(self, listed: dict[int, int]) -> None:
        ids, codes = np.array(list(listed), np.int64), self.codes(list(listed.values()))
        if self.entries.keys() & listed.keys():
            with pytest.raises(Conflict):
                self.index.add(codes, ids)
            return
        self.index.add(codes, ids)
        self.entries |= {name: self.code(seed) for name, seed in listed.items()}

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.sampled_from(sorted(self.entries)), unique=True, max_size=12))
        self.index.remove(np.array(gone, np.int64))
        for name in gone:
            del self.entries[name]

    @precondition(lambda self: self.entries)
    @rule()
    def remove_all(self) -> None:
        self.index.remove(np.array(list(self.entries), np.int64))
        self.entries = {}

    @rule(name=IDS)
    def remove_what_is_not_there(self, name: int) -> None:
        if name not in self.entries:
            wanted = np.array([*list(self.entries)[:3], name], np.int64)
            with pytest.raises(NotFound):
                self.index.remove(wanted)

    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        """The same id under another code, again and again: tombstones and additions of one id."""
        name, seed = data.draw(IDS), data.draw(SEEDS)
        if name in self.entries:
            self.index.remove(np.array([name], np.int64))
        self.index.add(self.codes([seed]), np.array([name], np.int64))
        self.entries[name] = self.code(seed)

    @rule()
    def wait_for_merges(self) -> None:
        thread = self.index._levels._merging._thread
        if thread is not None:
            thread.join()
        assert levels.run_to_merge(self.index._levels.snapshot) is None

    @rule()
    def save_and_open(self) -> None:
        path = self.folder / "copy"
        self.index.save(path)
        opened = self.kind.open(path)
        self.index.close()
        self.index, self.is_durable = opened, False

    @rule()
    def go_on_with_a_journal(self) -> None:
        if not self.is_durable:
            for old in self.folder.glob("kept*"):
                old.unlink()
            self.index.save(self.folder / "kept")
        self.index.close()
        self.index, self.is_durable = self.kind.open(self.folder / "kept", journal=True), True

    @precondition(lambda self: self.is_durable)
    @rule()
    def fold(self) -> None:
        self.index.save(self.folder / "kept")
        assert len(self.kind.open(self.folder / "kept")) == len(self.entries)

    @invariant()
    def tells_its_length(self) -> None:
        if hasattr(self, "index"):
            assert len(self.index) == len(self.entries)

    def check(self, seeds: list[int], radius: int, threads: int) -> None:
        queries = [*map(self.code, seeds), *list(self.entries.values())[:4]]
        table = np.frombuffer(b"".join(queries), np.uint8).reshape(-1, self.width)
        expected = [self.near(query, radius) for query in queries]
        for run in (self.index.search, self.index.join):
            offsets, ids, distances = run(table, radius, threads)
            assert (offsets.dtype, ids.dtype, distances.dtype) == (np.int64, np.int64, np.uint8)
            pairs = list(zip(distances.tolist(), ids.tolist(), strict=True))
            assert [pairs[first:stop] for first, stop in pairwise(offsets)] == expected


class Near(Machine):
    kind, width = Index, 32

    def code(self, seed: int) -> bytes:
        """Around one of three centres, so that distances on both sides of any radius occur."""
        rng = np.random.default_rng(seed)
        mask = sum(1 << int(bit) for bit in rng.choice(256, rng.integers(0, 50), replace=False))
        return (int.from_bytes(bytes([seed % 3 * 85]) * 32, "big") ^ mask).to_bytes(32, "big")

    def near(self, query: bytes, radius: int) -> Found:
        wanted = int.from_bytes(query, "big")
        found = [((int.from_bytes(code, "big") ^ wanted).bit_count(), name) for name, code in self.entries.items()]
        return sorted(pair for pair in found if pair[0] <= radius)

    @rule(seeds=st.lists(SEEDS, max_size=3), radius=st.integers(0, 63), threads=st.integers(1, 3))
    def search(self, seeds: list[int], radius: int, threads: int) -> None:
        self.check(seeds, radius, threads)


class Exact(Machine):
    kind = ExactIndex

    def code(self, seed: int) -> bytes:
        """Few, so that equal ones occur; some begin or end with zeros."""
        value = seed % 11
        return bytes([value, 0] * (value % 3)).ljust(self.width, bytes([value // 5]))

    def near(self, query: bytes, radius: int) -> Found:
        return sorted((0, name) for name, code in self.entries.items() if code == query)

    @rule(seeds=st.lists(SEEDS, max_size=5))
    def search(self, seeds: list[int]) -> None:
        self.check(seeds, 0, 1)

    @rule(radius=st.integers(1, 63))
    def a_radius_has_no_meaning(self, radius: int) -> None:
        with pytest.raises(InputError):
            self.index.search(self.codes([1]), radius)


class Md5(Exact):
    width = 16


class Sha1(Exact):
    width = 20


class Sha256(Exact):
    width = 32


SETTINGS = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestNear, TestMd5, TestSha1, TestSha256 = (each.TestCase for each in (Near, Md5, Sha1, Sha256))
TestNear.settings = settings(SETTINGS, max_examples=60)
TestMd5.settings = TestSha1.settings = TestSha256.settings = settings(SETTINGS, max_examples=15)
