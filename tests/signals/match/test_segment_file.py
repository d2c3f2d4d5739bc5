"""The file of a segment: what comes back, what is refused, and what a forged one can do at worst."""

import hashlib
import multiprocessing
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signals.match.segment_cases import asked, assert_same, clustered, uniform, with_tables

from rempart.core.errors import IntegrityError, NotFound, OutsideFailure
from rempart.signals.match import plain, segment, segment_file
from rempart.signals.match.segment import TABLES_FROM, Segment
from rempart.signals.match.segment_file import Image, Layout

native = pytest.mark.skipif(segment.engine() == "numpy", reason="the C++ core was not built")


@pytest.fixture(scope="module")
def small() -> Segment:
    """Has ids, and no tables: every byte of its file is soon altered once."""
    rng = np.random.default_rng(1)
    return Segment.build(uniform(rng, 7), np.array([-5, 0, 1, 2, 9, 2**40, 2**62]))


@pytest.fixture(scope="module")
def large() -> Segment:
    """Has tables, and more than one block of positions."""
    rng = np.random.default_rng(2)
    return Segment.build(clustered(rng, 70_000), np.arange(1, 70_001))


@pytest.fixture(scope="module")
def large_file(large: Segment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segment") / "large"
    large.save(path, sequence=12)
    return path


@given(seed=st.integers(0, 2**32), count=st.integers(0, 60), sequence=st.integers(0, 2**64 - 1), has_ids=st.booleans())
def test_what_is_saved_comes_back(tmp_path_factory, seed, count, sequence, has_ids):
    rng = np.random.default_rng(seed)
    codes = uniform(rng, count)
    ids = np.unique(rng.integers(-(2**63), 2**63 - 1, 10 * count))[:count] if has_ids else None
    path = tmp_path_factory.mktemp("segment") / "file"
    Segment.build(codes, ids).save(path, sequence=sequence)
    for verify in (True, False):
        back = Segment.open(path, verify=verify)
        assert back.sequence == sequence
        np.testing.assert_array_equal(back.codes, codes)
        np.testing.assert_array_equal(back.ids, np.arange(count) if ids is None else ids)


@pytest.mark.parametrize("prefault", [False, True])
def test_a_mapped_segment_answers_as_the_built_one(large, large_file, prefault):
    queries = asked(np.random.default_rng(3), large.codes, 40, 40)
    mapped = Segment.open(large_file, prefault=prefault)
    assert mapped.sequence == 12
    for radius in (0, 31, 63):
        assert_same(mapped.search(queries, radius), large.search(queries, radius))
        assert_same(mapped.join(queries, radius, threads=2), large.join(queries, radius))
    np.testing.assert_array_equal(mapped.ids, large.ids)


@pytest.mark.parametrize("count", [0, 1, TABLES_FROM - 1, TABLES_FROM, 66_000])
def test_building_into_a_file_writes_the_same_bytes(tmp_path, count):
    codes = uniform(np.random.default_rng(4), count)
    ids = np.arange(3, count + 3)
    Segment.build(codes, ids).save(tmp_path / "saved", sequence=5)
    built = Segment.build_file(tmp_path / "built", codes, ids, sequence=5, threads=2)
    assert (tmp_path / "built").read_bytes() == (tmp_path / "saved").read_bytes()
    assert_same(built.search(codes[:3], 31), Segment.open(tmp_path / "saved").search(codes[:3], 31))


def test_a_build_that_fails_leaves_the_old_file_and_no_draft(tmp_path, monkeypatch):
    path = tmp_path / "file"
    Segment.build(uniform(np.random.default_rng(5), 3)).save(path)
    before = path.read_bytes()

    def broken(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(segment, "_fill", broken)
    with pytest.raises(OutsideFailure, match="No space"):
        Segment.build_file(path, uniform(np.random.default_rng(6), 9))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["file"]


@native
def test_tables_are_made_for_a_file_that_numpy_wrote(tmp_path, monkeypatch):
    codes = uniform(np.random.default_rng(7), TABLES_FROM)
    with monkeypatch.context() as without_core:
        without_core.setattr(segment, "_NATIVE", False)
        Segment.build(codes).save(tmp_path / "file", sequence=3)
    opened = Segment.open(tmp_path / "file")
    assert opened._image.layout.has_tables
    assert opened.sequence == 3
    assert_same(opened.search(codes[:9], 31), plain.scan(codes, codes[:9], 31))


class TestAltered:
    def test_every_bit_of_what_the_head_says(self, small, tmp_path):
        path = tmp_path / "file"
        small.save(path)
        whole = bytearray(path.read_bytes())
        for at in range(segment_file._HEAD.size + 7 * segment_file._SECTION.size):
            for bit in range(8):
                whole[at] ^= 1 << bit
                path.write_bytes(whole)
                for verify in (True, False):
                    with pytest.raises(IntegrityError):
                        Segment.open(path, verify=verify)
                whole[at] ^= 1 << bit

    @given(at=st.integers(0, 2**20), value=st.integers(1, 255))
    @settings(max_examples=400)
    def test_any_byte_of_a_small_file(self, small, tmp_path_factory, at, value):
        path = tmp_path_factory.mktemp("segment") / "file"
        small.save(path)
        whole = bytearray(path.read_bytes())
        whole[at % len(whole)] ^= value
        path.write_bytes(whole)
        with pytest.raises(IntegrityError):
            Segment.open(path)

    def test_many_lengths(self, small, tmp_path):
        """tests/signals/match/test_index.py cuts at every byte."""
        path = tmp_path / "file"
        small.save(path)
        whole = path.read_bytes()
        for length in [*range(0, len(whole), 61), len(whole) - 1, len(whole) + 1, len(whole) + segment_file.PAGE]:
            path.write_bytes(whole[:length].ljust(length, b"\0"))
            for verify in (True, False):
                with pytest.raises(IntegrityError):
                    Segment.open(path, verify=verify)

    @given(data=st.data())
    @settings(max_examples=60)
    def test_any_byte_of_a_file_with_tables(self, large_file, data):
        size = large_file.stat().st_size
        at = data.draw(st.integers(0, size - 1))
        value = data.draw(st.integers(1, 255))
        with large_file.open("r+b") as file:
            file.seek(at)
            before = file.read(1)[0]
            file.seek(at)
            file.write(bytes([before ^ value]))
        try:
            with pytest.raises(IntegrityError):
                Segment.open(large_file)
        finally:
            with large_file.open("r+b") as file:
                file.seek(at)
                file.write(bytes([before]))

    @pytest.mark.parametrize("cut", [1, 31, 32, 33, 4096, 1 << 20])
    def test_a_cut_off_end_of_a_file_with_tables(self, large_file, tmp_path, cut):
        (tmp_path / "file").write_bytes(large_file.read_bytes()[:-cut])
        with pytest.raises(IntegrityError, match="cut off"):
            Segment.open(tmp_path / "file", verify=False)

    def test_the_error_tells_what_where_and_what_to_do(self, small, tmp_path):
        path = tmp_path / "file"
        small.save(path)
        os.truncate(path, 5000)
        with pytest.raises(IntegrityError) as caught:
            Segment.open(path)
        assert caught.value.where == str(path)
        assert "cut off" in caught.value.what
        assert "Build" in caught.value.advice

    @pytest.mark.parametrize("version", [0, segment_file.VERSION - 1, segment_file.VERSION + 1])
    def test_another_version_is_refused_by_name(self, small, tmp_path, version):
        path = tmp_path / "file"
        small.save(path)
        with path.open("r+b") as file:
            file.seek(8)
            file.write(struct.pack("<I", version))
        with pytest.raises(IntegrityError, match="version"):
            Segment.open(path)

    def test_no_such_file_and_no_file(self, tmp_path):
        with pytest.raises(NotFound):
            Segment.open(tmp_path / "file")
        with pytest.raises(OutsideFailure):
            Segment.open(tmp_path)

    def test_ids_that_do_not_ascend_are_refused(self, tmp_path):
        """Its digests are right: whoever wrote it was wrong."""
        image = Image.blank(Layout(3, has_ids=True, has_tables=False))
        assert image.ids is not None
        image.ids[:] = 3, 2, 1
        segment_file.write(tmp_path / "file", image, 0)
        with pytest.raises(IntegrityError, match="ascend"):
            Segment.open(tmp_path / "file")


class TestForged:
    """Files whose content contradicts itself, opened without verification: an error or an answer, never a crash.

    tests/signals/native does the same under an address sanitizer.
    """

    @staticmethod
    def ask(opened: Segment) -> None:
        queries = asked(np.random.default_rng(8), opened.codes, 30, 31)
        for run in (opened.search, opened.join):
            for radius in (0, 31, 63):
                try:
                    offsets, positions, distances = run(queries, radius, threads=2)
                except IntegrityError:
                    continue
                assert offsets[0] == 0
                assert offsets[-1] == len(positions) == len(distances)
                assert (np.diff(offsets) >= 0).all()
                assert ((positions >= 0) & (positions < len(opened))).all()
                # What is told is true of the codes that are there: tables may lead to too few, never to a wrong hit.
                rows = np.repeat(np.arange(len(queries)), np.diff(offsets))
                bits = np.bitwise_count(queries[rows] ^ opened.codes[positions]).sum(axis=1)
                np.testing.assert_array_equal(bits, distances)
                assert (distances <= radius).all()

    @native
    @given(
        seed=st.integers(0, 2**32), section=st.integers(2, 5), style=st.sampled_from(["noise", "few", "ones", "zero"])
    )
    @settings(max_examples=40)
    def test_any_section_of_the_tables(self, large_file, tmp_path_factory, seed, section, style):
        rng = np.random.default_rng(seed)
        data = np.frombuffer(large_file.read_bytes(), np.uint8).copy()
        offset, length = Layout(70_000, has_ids=True, has_tables=True).sections()[section]
        part = data[offset : offset + length]
        if style == "noise":
            part[:] = rng.integers(0, 256, length, dtype=np.uint8)
        elif style == "few":
            part[rng.integers(0, length, 200)] = rng.integers(0, 256, 200, dtype=np.uint8)
        else:
            part[:] = 255 if style == "ones" else 0
        path = tmp_path_factory.mktemp("forged") / "file"
        data.tofile(path)
        with pytest.raises(IntegrityError):
            Segment.open(path)
        self.ask(Segment.open(path, verify=False))

    @native
    @given(seed=st.integers(0, 2**32))
    @settings(max_examples=30)
    def test_tables_that_are_read_however_small(self, seed):
        rng = np.random.default_rng(seed)
        forged = with_tables(uniform(rng, int(rng.integers(1, 3000))))
        for section in forged._image.tables:
            raw = section.view(np.uint8)
            if rng.random() < 0.5 and len(raw):
                raw[rng.integers(0, len(raw), 500)] = rng.integers(0, 256, 500, dtype=np.uint8)
        self.ask(forged)

    def test_a_head_that_promises_another_count(self, small, tmp_path):
        """With a right digest of the head: the sizes still must fit the file."""
        path = tmp_path / "file"
        small.save(path)
        whole = path.read_bytes()
        for count in (0, 6, 8, 2**32 - 1, 2**32, 2**62, 2**64 - 1):
            head = bytearray(whole[: segment_file.PAGE])
            struct.pack_into("<Q", head, 24, count)
            head[-32:] = hashlib.sha256(head[:-32]).digest()
            path.write_bytes(bytes(head) + whole[segment_file.PAGE :])
            for verify in (True, False):
                with pytest.raises(IntegrityError):
                    Segment.open(path, verify=verify)


def _shared_pages(path: str, all_mapped, answers) -> None:
    opened = Segment.open(path, verify=False, prefault=True)
    hits = opened.search(opened.codes[:50], 31)
    all_mapped.wait()
    kib = {"Private_Clean": 0, "Private_Dirty": 0, "Shared_Clean": 0, "Shared_Dirty": 0}
    with open("/proc/self/smaps") as maps:
        for block in maps.read().split(path)[1:]:
            for line in block.splitlines()[1:16]:
                name, _, value = line.partition(":")
                kib[name] = kib.get(name, 0) + int(value.split()[0])
    answers.put(([array.tolist() for array in hits], kib))
    all_mapped.wait()


@pytest.mark.skipif(not os.path.exists("/proc/self/smaps"), reason="needs the system's view of memory")
def test_processes_share_one_copy(large, large_file):
    context = multiprocessing.get_context("spawn")
    answers, all_mapped = context.Queue(), context.Barrier(2)
    workers = [context.Process(target=_shared_pages, args=(str(large_file), all_mapped, answers)) for _ in range(2)]
    for worker in workers:
        worker.start()
    expected = [array.tolist() for array in large.search(large.codes[:50], 31)]
    for _ in workers:
        hits, kib = answers.get(timeout=120)
        assert hits == expected
        assert kib["Private_Clean"] + kib["Private_Dirty"] == 0
        assert kib["Shared_Clean"] + kib["Shared_Dirty"] >= large_file.stat().st_size // 1024
    for worker in workers:
        worker.join()
