import os
import stat
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from signals.pictures import encoded

from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound, OutsideFailure
from rempart.signals.fingerprint import pdq
from rempart.signals.match import Index


def table(codes: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(codes), dtype=np.uint8).reshape(-1, 32)


def numbers(*ids: int) -> np.ndarray:
    return np.array(ids, dtype=np.int64)


def hits_of(answer, query: int) -> list[tuple[int, int]]:
    offsets, ids, distances = answer
    found = slice(offsets[query], offsets[query + 1])
    return list(zip(distances[found].tolist(), ids[found].tolist(), strict=True))


def oracle(entries: dict[int, bytes], query: bytes, radius: int) -> list[tuple[int, int]]:
    """Independent of numpy: whole codes as Python integers."""
    wanted = int.from_bytes(query, "little")
    distances = [((int.from_bytes(code, "little") ^ wanted).bit_count(), name) for name, code in entries.items()]
    return sorted(pair for pair in distances if pair[0] <= radius)


@st.composite
def families(draw) -> list[bytes]:
    """Codes in clusters around few centres, so that distances on both sides of any radius occur."""
    centres = draw(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3))
    flips = st.lists(st.integers(0, 255), max_size=70, unique=True)
    members = draw(st.lists(st.tuples(st.sampled_from(centres), flips), max_size=25))
    return [
        (int.from_bytes(centre, "big") ^ sum(1 << bit for bit in bits)).to_bytes(32, "big") for centre, bits in members
    ]


IDS = st.integers(-(2**63), 2**63 - 1)


@given(families(), families(), st.data())
@settings(max_examples=60, deadline=None)
def test_hits_equal_those_of_the_oracle(codes, queries, data):
    ids = data.draw(st.lists(IDS, min_size=len(codes), max_size=len(codes), unique=True))
    radius = data.draw(st.integers(0, 63))
    index = Index.build(table(codes), numbers(*ids))
    entries = dict(zip(ids, codes, strict=True))
    queries = queries + codes[:3]
    for threads in (1, 3):
        answer = index.search(table(queries), radius, threads)
        assert [array.dtype for array in answer] == [np.int64, np.int64, np.uint8]
        assert answer[0].shape == (len(queries) + 1,)
        assert [hits_of(answer, at) for at in range(len(queries))] == [oracle(entries, q, radius) for q in queries]


@given(families(), st.data())
@settings(max_examples=40, deadline=None)
def test_adding_and_removing_equal_building_anew(tmp_path_factory, codes, data):
    entries: dict[int, bytes] = {}
    index = Index.build(table([]))
    for step in range(data.draw(st.integers(1, 6))):
        if entries and data.draw(st.booleans()):
            gone = data.draw(st.lists(st.sampled_from(sorted(entries)), unique=True))
            index.remove(numbers(*gone))
            entries = {name: code for name, code in entries.items() if name not in gone}
        else:
            fresh = {step * 100 + place: code for place, code in enumerate(codes)}
            index.add(table(list(fresh.values())), numbers(*fresh))
            entries |= fresh
        if data.draw(st.booleans()):
            path = tmp_path_factory.mktemp("index") / "list"
            index.save(path)
            index = Index.open(path)
        assert len(index) == len(entries)
    answer = index.search(table(codes), 63)
    assert [hits_of(answer, at) for at in range(len(codes))] == [oracle(entries, code, 63) for code in codes]


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16, 32])
def test_a_list_of_equal_fingerprints_matches_after_a_reload(tmp_path, count):
    code = bytes(range(32))
    Index.build(table([code] * count)).save(tmp_path / "list")
    answer = Index.open(tmp_path / "list").search(table([code]))
    assert hits_of(answer, 0) == [(0, name) for name in range(count)]


def test_a_blank_image_is_a_query_like_any_other():
    blank, quality = pdq(encoded(Image.new("RGB", (64, 64), "black"), "PNG"))
    assert quality == 0
    assert hits_of(Index.build(table([blank])).search(table([blank])), 0) == [(0, 0)]
    assert hits_of(Index.build(table([bytes(32)])).search(table([bytes(32)])), 0) == [(0, 0)]


def test_the_opposite_is_as_far_as_can_be():
    index = Index.build(table([b"\xff" * 32]))
    assert hits_of(index.search(table([bytes(32)]), 63), 0) == []


@pytest.mark.parametrize(("bits", "is_hit"), [(31, True), (32, False)])
def test_the_usual_radius_is_31(bits, is_hit):
    query = ((1 << bits) - 1).to_bytes(32, "big")
    assert bool(hits_of(Index.build(table([bytes(32)])).search(table([query])), 0)) is is_hit


@pytest.mark.parametrize(("entries", "queries"), [(0, 0), (0, 3), (3, 0)])
def test_nothing_gives_nothing(tmp_path, entries, queries):
    Index.build(np.zeros((entries, 32), np.uint8)).save(tmp_path / "list")
    offsets, ids, distances = Index.open(tmp_path / "list").search(np.full((queries, 32), 255, np.uint8))
    assert offsets.tolist() == [0] * (queries + 1)
    assert len(ids) == len(distances) == 0


def test_more_entries_and_queries_than_one_block_holds():
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 256, (70_000, 32), dtype=np.uint8)
    places = rng.integers(0, len(codes), 40)
    places[:2] = 0, len(codes) - 1
    answer = Index.build(codes).search(codes[places], threads=2)
    assert [hits_of(answer, at) for at in range(len(places))] == [[(0, int(place))] for place in places]


def test_the_callers_array_stays_the_callers():
    codes = np.zeros((2, 32), np.uint8)
    index = Index.build(codes)
    codes[:] = 255
    assert hits_of(index.search(np.zeros((1, 32), np.uint8)), 0) == [(0, 0), (0, 1)]


def test_views_and_read_only_arrays_are_taken():
    wide = np.zeros((4, 64), np.uint8)
    wide[:, 1::2] = np.arange(4, dtype=np.uint8)[:, None]
    view = wide[::-1, 1::2]
    view.flags.writeable = False
    assert hits_of(Index.build(view).search(view[:1], 0), 0) == [(0, 0)]


@pytest.mark.parametrize(
    "codes",
    [
        np.zeros((2, 31), np.uint8),
        np.zeros(32, np.uint8),
        np.zeros((2, 32), np.int8),
        np.zeros((1, 2, 32), np.uint8),
        [[0] * 32],
    ],
)
def test_other_shapes_are_refused(codes):
    for attempt in (Index.build, Index.build(table([bytes(32)])).search):
        with pytest.raises(InputError, match="uint8"):
            attempt(codes)


@pytest.mark.parametrize(("radius", "threads"), [(-1, 1), (64, 1), (31, 0)])
def test_radius_and_threads_have_a_range(radius, threads):
    with pytest.raises(InputError):
        Index.build(table([bytes(32)])).search(table([bytes(32)]), radius, threads)


def test_ids_are_unique_and_of_one_kind():
    two = table([bytes(32)] * 2)
    with pytest.raises(Conflict, match="twice"):
        Index.build(two, numbers(1, 1))
    for wrong in (numbers(1), np.array([1, 2], np.int32), [1, 2]):
        with pytest.raises(InputError, match="int64"):
            Index.build(two, wrong)


def test_a_refused_change_changes_nothing():
    index = Index.build(table([bytes(32)] * 2), numbers(5, 6))
    before = hits_of(index.search(table([bytes(32)])), 0)
    with pytest.raises(Conflict, match="already"):
        index.add(table([bytes(32)] * 2), numbers(7, 6))
    with pytest.raises(NotFound, match="not in the index"):
        index.remove(numbers(5, 9))
    assert hits_of(index.search(table([bytes(32)])), 0) == before


def test_searching_goes_on_while_another_thread_changes():
    index = Index.build(table([bytes(32)]), numbers(0))
    stop = threading.Event()

    def change():
        for name in range(1, 400):
            index.add(table([bytes(32)]), numbers(name))
            index.remove(numbers(name))
        stop.set()

    changing = threading.Thread(target=change)
    changing.start()
    seen = set()
    while not stop.is_set():
        seen.add(len(hits_of(index.search(table([bytes(32)])), 0)))
    changing.join()
    assert seen <= {1, 2}
    assert len(index) == 1


class TestFile:
    CODES = table([bytes([n]) * 32 for n in range(5)])

    @pytest.fixture
    def path(self, tmp_path):
        Index.build(self.CODES, numbers(50, 40, 30, 20, 10)).save(tmp_path / "list")
        return tmp_path / "list"

    def test_every_altered_byte_is_noticed(self, path):
        whole = path.read_bytes()
        for at in range(len(whole)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
            with pytest.raises(IntegrityError):
                Index.open(path)

    def test_every_cut_is_noticed(self, path):
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(IntegrityError):
                Index.open(path)

    def test_a_longer_file_is_refused(self, path):
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(IntegrityError):
            Index.open(path)

    @pytest.mark.parametrize("content", [b"", b"\x80\x04N.", b"PK\x03\x04" * 40, b"RMPTPDQ\n\x02" + bytes(60)])
    def test_a_foreign_file_is_refused(self, path, content):
        path.write_bytes(content)
        with pytest.raises(IntegrityError):
            Index.open(path)

    def test_a_claimed_count_reserves_no_memory(self, path):
        whole = path.read_bytes()
        path.write_bytes(whole[:16] + (2**62).to_bytes(8, "little") + whole[24:])
        with pytest.raises(IntegrityError, match="cut off"):
            Index.open(path)

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(NotFound):
            Index.open(tmp_path / "nowhere")

    def test_a_file_that_cannot_be_read(self, tmp_path):
        with pytest.raises(OutsideFailure):
            Index.open(tmp_path)

    def test_saving_again_replaces_and_leaves_no_draft(self, path):
        Index.build(self.CODES[:1]).save(str(path))
        assert len(Index.open(path)) == 1
        assert os.listdir(path.parent) == ["list"]

    def test_a_failed_save_keeps_the_old_file(self, path):
        before = path.read_bytes()
        target = path.parent / "folder"
        target.mkdir()
        with pytest.raises(OutsideFailure, match="directory"):
            Index.build(self.CODES).save(target)
        assert path.read_bytes() == before
        assert sorted(os.listdir(path.parent)) == ["folder", "list"]

    def test_only_its_owner_may_read_it(self, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
