"""A segment against comparing everything in numpy, whatever the fingerprints, the radius and the threads."""

import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signals.match.segment_cases import KINDS, asked, assert_same, clustered, uniform, with_tables

from rempart.core.errors import Conflict, InputError
from rempart.signals.match import plain, segment
from rempart.signals.match.segment import TABLES_FROM, Segment, scan

native = pytest.mark.skipif(segment.engine() == "numpy", reason="the C++ core was not built")
sizes = st.one_of(
    st.integers(0, 40),
    st.integers(TABLES_FROM - 2, TABLES_FROM + 2),
    st.integers(TABLES_FROM, 9000),
)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    count=sizes,
    kind=st.sampled_from(KINDS),
    radius=st.integers(0, 63),
    threads=st.integers(1, 4),
)
def test_search_join_and_scan_find_what_comparing_everything_finds(seed, count, kind, radius, threads):
    rng = np.random.default_rng(seed)
    codes = kind(rng, count)
    queries = asked(rng, codes, 6, radius + 2)
    expected = plain.scan(codes, queries, radius)
    small = Segment.build(codes, threads=threads)
    tables = with_tables(codes)
    for found in (
        small.search(queries, radius, threads=threads),
        small.join(queries, radius, threads=threads),
        tables.search(queries, radius, threads=threads),
        tables.join(queries, radius, threads=threads),
        scan(codes, queries, radius, threads),
    ):
        assert_same(found, expected)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_radius(kind):
    rng = np.random.default_rng(7)
    codes = kind(rng, 5000)
    queries = asked(rng, codes, 3, 70)
    everything = with_tables(codes)
    for radius in range(64):
        expected = plain.scan(codes, queries, radius)
        assert_same(everything.search(queries, radius), expected)
        assert_same(everything.join(queries, radius), expected)


def test_positions_beyond_sixteen_bits():
    rng = np.random.default_rng(8)
    codes = uniform(rng, 200_000)
    codes[150_000:150_200] = codes[3]
    codes[::7, :2] = codes[3, :2]  # a bucket over many blocks
    queries = np.concatenate([asked(rng, codes, 6, 31), codes[3:4], codes[-1:]])
    expected = plain.scan(codes, queries, 31)
    everything = Segment.build(codes)
    assert_same(everything.search(queries, 31), expected)
    assert_same(everything.join(queries, 31), expected)


@given(seed=st.integers(0, 2**32), kind=st.sampled_from(KINDS), radius=st.integers(0, 63))
@settings(max_examples=30, deadline=None)
def test_what_is_gone_is_left_out(seed, kind, radius):
    rng = np.random.default_rng(seed)
    codes = kind(rng, 600)
    removed = rng.random(len(codes)) < 0.5
    gone = np.packbits(removed, bitorder="little")
    queries = asked(rng, codes, 4, radius)
    offsets, positions, distances = with_tables(codes).search(queries, radius, gone=gone)
    left = np.flatnonzero(~removed)
    expected = plain.scan(codes[left], queries, radius)
    assert_same((offsets, positions, distances), (expected[0], left[expected[1]], expected[2]))
    assert_same(Segment.build(codes).join(queries, radius, gone=gone), (offsets, positions, distances))


def test_results_do_not_depend_on_the_number_of_threads_or_builders():
    rng = np.random.default_rng(9)
    codes = clustered(rng, 20_000)
    queries = asked(rng, codes, 1500, 31)
    alone = Segment.build(codes)
    together = Segment.build(codes, threads=4)
    expected = alone.search(queries, 31)
    for threads in (1, 2, 3, 4):
        assert_same(together.search(queries, 31, threads=threads), expected)
        assert_same(together.join(queries, 31, threads=threads), expected)
    assert alone._image.body == together._image.body


@native
def test_thousands_of_queries_at_once_find_what_each_finds_alone():
    rng = np.random.default_rng(12)
    tables = Segment.build(uniform(rng, 510_000))
    queries = asked(rng, tables.codes, 2100, 33)
    gone = rng.integers(0, 256, (len(tables) + 7) // 8, np.uint8)
    few = [tables.search(queries[start : start + 700], 31, gone=gone) for start in range(0, len(queries), 700)]
    offsets = np.concatenate([[0], np.cumsum([count for hits in few for count in np.diff(hits[0])])])
    together = offsets, *(np.concatenate([hits[part] for hits in few]) for part in (1, 2))
    assert len(together[1]) > 300
    for threads in (1, 3):
        assert_same(tables.search(queries, 31, gone=gone, threads=threads), together)


def test_threads_may_search_one_segment_at_once():
    rng = np.random.default_rng(10)
    codes = clustered(rng, 20_000)
    queries = asked(rng, codes, 200, 31)
    everything = Segment.build(codes)
    expected = everything.search(queries, 31)
    found: list[plain.Hits] = []
    threads = [threading.Thread(target=lambda: found.append(everything.search(queries, 31))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for hits in found:
        assert_same(hits, expected)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, max_size=50).map(sorted), st.integers(0, 2**32))
def test_positions_of_ids(ids, seed):
    numbers = np.array(ids, dtype=np.int64)
    rng = np.random.default_rng(seed)
    entries = Segment.build(uniform(rng, len(ids)), numbers)
    wanted = rng.permutation(np.concatenate([numbers, numbers[:5] ^ 1, np.array([0, 5], dtype=np.int64)]))
    expected = [ids.index(number) if number in ids else -1 for number in wanted.tolist()]
    assert entries.positions(wanted).tolist() == expected
    np.testing.assert_array_equal(entries.ids, numbers)


def test_ids_that_are_positions_take_no_memory():
    codes = uniform(np.random.default_rng(0), 3000)
    given_ids = Segment.build(codes, np.arange(3000, dtype=np.int64))
    assert given_ids.nbytes == Segment.build(codes).nbytes < Segment.build(codes, np.arange(1, 3001)).nbytes
    assert given_ids.positions(np.array([-1, 0, 2999, 3000])).tolist() == [-1, 0, 2999, -1]


def test_a_segment_keeps_its_own_read_only_copy():
    codes = uniform(np.random.default_rng(1), 10)
    entries = Segment.build(codes)
    before = codes.copy()
    codes[:] = 0
    np.testing.assert_array_equal(entries.codes, before)
    with pytest.raises(ValueError):
        entries.codes[0, 0] = 1


def test_arrays_need_not_be_contiguous():
    rng = np.random.default_rng(2)
    wide = uniform(rng, 5000)[::2]
    queries = np.repeat(wide[:4], 2, axis=0)[::2]
    assert_same(Segment.build(wide).search(queries, 31), plain.scan(wide, queries, 31))
    assert_same(scan(wide, queries, 31), plain.scan(wide, queries, 31))


@pytest.mark.parametrize(
    "arguments",
    [
        {"queries": np.zeros((1, 31), dtype=np.uint8), "radius": 31},
        {"queries": np.zeros((1, 32), dtype=np.int8), "radius": 31},
        {"queries": np.zeros(32, dtype=np.uint8), "radius": 31},
        {"queries": b"", "radius": 31},
        {"queries": np.zeros((1, 32), dtype=np.uint8), "radius": 64},
        {"queries": np.zeros((1, 32), dtype=np.uint8), "radius": -1},
        {"queries": np.zeros((1, 32), dtype=np.uint8), "radius": 31, "threads": 0},
        {"queries": np.zeros((1, 32), dtype=np.uint8), "radius": 31, "gone": np.zeros(1, dtype=np.uint8)},
        {"queries": np.zeros((1, 32), dtype=np.uint8), "radius": 31, "gone": np.zeros(100, dtype=bool)},
    ],
)
def test_wrong_arguments_are_told(arguments):
    entries = Segment.build(uniform(np.random.default_rng(3), 100))
    for run in (entries.search, entries.join):
        with pytest.raises(InputError):
            run(**arguments)


def test_wrong_ids_are_told():
    codes = uniform(np.random.default_rng(4), 3)
    for wrong in (np.arange(2), np.arange(3, dtype=np.int32)):
        with pytest.raises(InputError):
            Segment.build(codes, wrong)
    for wrong in ([0, 2, 1], [0, 1, 1]):
        with pytest.raises(Conflict):
            Segment.build(codes, np.array(wrong))


SAME_AS_PLAIN = """
    import sys
    {before}
    import numpy as np
    from rempart.signals.match import plain, segment
    from signals.match.segment_cases import KINDS, asked, assert_same, with_tables

    rng = np.random.default_rng(5)
    for kind in KINDS:
        codes = kind(rng, 4500)
        queries = asked(rng, codes, 8, 40)
        entries = segment.Segment.build(codes)
        for radius in (0, 15, 20, 31, 37, 63):
            expected = plain.scan(codes, queries, radius)
            for searched in (entries, with_tables(codes)):
                assert_same(searched.search(queries, radius), expected)
                assert_same(searched.join(queries, radius, threads=2), expected)
            assert_same(segment.scan(codes, queries, radius), expected)
    print(segment.engine())
"""


def run_elsewhere(before: str = "", **environment: str) -> str:
    """The engine that a new process says it used, after all its results were right."""
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SAME_AS_PLAIN.format(before=before))],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


@native
@pytest.mark.parametrize("simd", ["portable", "avx2", "avx512"])
def test_every_instruction_set_finds_the_same(simd):
    used = run_elsewhere(REMPART_SIMD=simd)
    if used != f"native-{simd}":
        pytest.skip(f"this processor has no {simd}")


def test_numpy_serves_where_the_core_is_missing():
    assert run_elsewhere("sys.modules['rempart.signals._search'] = None") == "numpy"


def test_numpy_serves_where_it_is_asked_for():
    assert run_elsewhere(REMPART_SIMD="numpy") == "numpy"
