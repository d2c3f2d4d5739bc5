"""Look-ups of whole hashes, and the file of named arrays that they are kept in."""

import os
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound, OutsideFailure
from rempart.signals.match import ExactIndex, arrays
from rempart.signals.match.exact import WIDTHS, ExactSegment

MAGIC = b"RMPTTST\n"


def table(codes: list[bytes], width: int) -> np.ndarray:
    return np.frombuffer(b"".join(codes), np.uint8).reshape(-1, width)


@st.composite
def hashes(draw) -> tuple[int, list[bytes]]:
    """Few distinct bytes, so that codes share beginnings, ends and zeros."""
    width = draw(st.sampled_from(WIDTHS))
    letters = st.sampled_from([b"\0", b"\1", b"\x7f", b"\x80", b"\xff"])
    code = st.one_of(
        st.binary(min_size=width, max_size=width),
        st.lists(letters, min_size=3, max_size=3).map(lambda three: b"".join(three).ljust(width, three[0])),
    )
    return width, draw(st.lists(code, max_size=30))


@given(hashes(), st.data())
@settings(max_examples=150)
def test_equal_codes_are_found_and_no_others(tmp_path_factory, listed, data):
    width, codes = listed
    ids = data.draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=len(codes), max_size=len(codes), unique=True))
    index = ExactIndex.build(table(codes, width), np.array(ids, np.int64))
    path = tmp_path_factory.mktemp("exact") / "file"
    index.save(path)
    queries = [*codes[:5], *data.draw(st.lists(st.binary(min_size=width, max_size=width), max_size=3)), bytes(width)]
    expected = [sorted(name for name, code in zip(ids, codes, strict=True) if code == query) for query in queries]
    for each in (index, ExactIndex.open(path), ExactIndex.open(path, verify=False)):
        offsets, found, distances = each.search(table(queries, width))
        assert [found[first:stop].tolist() for first, stop in pairwise(offsets)] == expected
        assert not distances.any()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_segment_tells_its_codes_and_positions(width):
    rng = np.random.default_rng(width)
    codes = rng.integers(0, 3, (500, width), dtype=np.uint8)
    by_place = ExactSegment.build(codes)
    named = ExactSegment.build(codes, np.arange(100, 600))
    np.testing.assert_array_equal(by_place.codes, codes)
    assert not by_place.has_ids
    assert named.ids.tolist() == list(range(100, 600))
    assert by_place.positions(np.array([-1, 0, 499, 500])).tolist() == [-1, 0, 499, -1]
    assert named.positions(np.array([99, 100, 599, 600])).tolist() == [-1, 0, 499, -1]
    assert by_place.nbytes == 500 * (width + 4) == named.nbytes - 500 * 8


def test_a_width_belongs_to_an_index():
    index = ExactIndex.build(np.zeros((2, 16), np.uint8))
    for attempt in (lambda c: index.search(c), lambda c: index.add(c, np.arange(9, 10))):
        with pytest.raises(InputError, match="16 bytes"):
            attempt(np.zeros((1, 20), np.uint8))
    for wrong in (np.zeros((1, 17), np.uint8), np.zeros(16, np.uint8), np.zeros((1, 16), np.int8), b"0" * 16):
        with pytest.raises(InputError, match="uint8"):
            ExactIndex.build(wrong)
    with pytest.raises(InputError, match="radius"):
        index.search(np.zeros((1, 16), np.uint8), 1)
    with pytest.raises(Conflict):
        ExactSegment.build(np.zeros((2, 16), np.uint8), np.array([2, 1]))


def test_every_altered_byte_and_every_cut_is_noticed(tmp_path):
    path = tmp_path / "file"
    rng = np.random.default_rng(4)
    ExactIndex.build(rng.integers(0, 256, (5, 20), dtype=np.uint8), np.arange(3, 8)).save(path)
    whole = bytearray(path.read_bytes())
    for at in range(len(whole)):
        whole[at] ^= 1 << at % 8
        path.write_bytes(whole)
        with pytest.raises(IntegrityError):
            ExactIndex.open(path)
        whole[at] ^= 1 << at % 8
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(IntegrityError):
            ExactIndex.open(path, verify=False)


class TestArrays:
    ARRAYS = {
        "bytes": np.arange(70, dtype=np.uint8).reshape(7, 10),
        "none": np.empty((0, 32), np.uint8),
        "numbers": np.array([-1, 2**62], np.int64),
        "labels": np.array([0, 2**32 - 1], np.uint32),
    }

    def test_arrays_and_facts_come_back_read_only_and_aligned(self, tmp_path):
        arrays.write(tmp_path / "file", MAGIC, self.ARRAYS, {"sequence": 7, "names": ["é"]})
        back = arrays.read(tmp_path / "file", MAGIC, verify=True)
        assert back.facts == {"sequence": 7, "names": ["é"]}
        assert back.arrays.keys() == self.ARRAYS.keys()
        for name, array in self.ARRAYS.items():
            assert back.arrays[name].dtype == array.dtype
            np.testing.assert_array_equal(back.arrays[name], array)
            assert not back.arrays[name].flags.writeable
            assert not len(array) or back.arrays[name].ctypes.data % 64 == 0

    def test_another_owners_file_is_refused(self, tmp_path):
        arrays.write(tmp_path / "file", MAGIC, self.ARRAYS, {})
        with pytest.raises(IntegrityError):
            arrays.read(tmp_path / "file", b"RMPTEXT\n", verify=False)
        with pytest.raises(IntegrityError):
            ExactIndex.open(tmp_path / "file")

    @pytest.mark.parametrize(
        ("parts", "sequence"),
        [
            ({}, 0),
            ({"codes": np.zeros((2, 16), np.uint8)}, 0),
            ({"codes": np.zeros((2, 17), np.uint8), "places": np.zeros(2, np.uint32)}, 0),
            ({"codes": np.zeros((2, 16), np.uint8), "places": np.zeros(3, np.uint32)}, 0),
            ({"codes": np.zeros((2, 16), np.uint8), "places": np.zeros(2, np.int64)}, 0),
            ({"codes": np.zeros((2, 16), np.uint8), "places": np.zeros(2, np.uint32), "ids": np.zeros(1, np.int64)}, 0),
            (
                {"codes": np.zeros((2, 16), np.uint8), "places": np.zeros(2, np.uint32), "more": np.zeros(2, np.int64)},
                0,
            ),
            ({"codes": np.zeros((2, 16), np.uint8), "places": np.zeros(2, np.uint32)}, "0"),
        ],
    )
    def test_a_sound_file_of_other_arrays_is_refused(self, tmp_path, parts, sequence):
        arrays.write(tmp_path / "file", b"RMPTEXT\n", parts, {"sequence": sequence})
        with pytest.raises(IntegrityError):
            ExactIndex.open(tmp_path / "file")

    def test_places_that_lead_outside_are_told(self, tmp_path):
        parts = {"codes": np.zeros((2, 16), np.uint8), "places": np.array([0, 9], np.uint32)}
        arrays.write(tmp_path / "file", b"RMPTEXT\n", parts, {"sequence": 0})
        opened = ExactIndex.open(tmp_path / "file")
        with pytest.raises(IntegrityError, match="contradicts itself"):
            opened.search(np.zeros((1, 16), np.uint8))
        with pytest.raises(IntegrityError, match="contradicts itself"):
            opened.add(np.zeros((1, 16), np.uint8), np.array([5]))  # small levels are merged at once

    def test_what_is_not_there_or_cannot_be_used(self, tmp_path):
        with pytest.raises(NotFound):
            arrays.read(tmp_path / "file", MAGIC, verify=True)
        with pytest.raises(OutsideFailure):
            arrays.read(tmp_path, MAGIC, verify=True)
        with pytest.raises(OutsideFailure):
            arrays.write(tmp_path / "no folder" / "file", MAGIC, {}, {})
        (tmp_path / "file").touch()
        with pytest.raises(IntegrityError):
            arrays.read(tmp_path / "file", MAGIC, verify=True)
        assert os.listdir(tmp_path) == ["file"]
