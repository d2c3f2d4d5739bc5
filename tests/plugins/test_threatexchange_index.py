"""The drop-in index: the behaviours that python-threatexchange's own tests ask of its PDQIndex, and what it lacks."""

import io
import pickle
import threading

import numpy as np
import pytest
from threatexchange.signal_type.index import IndexMatchUntyped, SignalSimilarityInfoWithIntDistance
from threatexchange.signal_type.pdq.pdq_index import PDQFlatIndex as TheirFlatIndex
from threatexchange.signal_type.pdq.pdq_index import PDQIndex as TheirIndex

from rempart.core.errors import IntegrityError, RempartError
from rempart.plugins.threatexchange import PDQFlatIndex, PDQIndex

ZERO, LOW_16 = "0" * 64, "0" * 60 + "ffff"
ENTRIES = [
    (ZERO, {"hash_type": "pdq", "system_id": 9}),
    (LOW_16, {"hash_type": "pdq", "system_id": 8}),
    ("0f" * 32, {"hash_type": "pdq", "system_id": 7}),
    ("f0" * 32, {"hash_type": "pdq", "system_id": 6}),
    ("f" * 64, {"hash_type": "pdq", "system_id": 5}),
]


def match(distance, metadata):
    return IndexMatchUntyped(SignalSimilarityInfoWithIntDistance(distance), metadata)


def reloaded(index):
    stream = io.BytesIO()
    index.serialize(stream)
    stream.seek(0)
    return type(index).deserialize(stream)


def found(index, signal):
    """Comparable results: distance and what the entry carries, in an order of our own."""
    return sorted((result.similarity_info.distance, repr(result.metadata)) for result in index.query(signal))


def flipped(code, bits, rng):
    picture = np.unpackbits(code)
    picture[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(picture)


def clustered(count, rng):
    """Near-duplicates of a few dozen originals, some of them equal, between random ones."""
    originals = rng.integers(0, 256, (count // 20, 32), dtype=np.uint8)
    near = [flipped(originals[number % len(originals)], number % 41, rng) for number in range(count // 2)]
    return np.concatenate([originals, near, rng.integers(0, 256, (count // 3, 32), dtype=np.uint8)])


def test_a_query_finds_what_is_within_the_threshold_nearest_first():
    index = PDQIndex.build(ENTRIES)
    assert list(index.query(LOW_16)) == [match(0, ENTRIES[1][1]), match(16, ENTRIES[0][1])]
    assert list(index.query("a" * 64)) == []
    assert list(index.query("f" * 56 + "0" * 8)) == []  # 32 bits away: one too many


@pytest.mark.parametrize(("bits", "hit"), [(31, True), (32, False)])
def test_the_threshold_is_31(bits, hit):
    signal = f"{(1 << bits) - 1:064x}"
    assert (PDQIndex.build(ENTRIES[:1]).query(signal) == [match(bits, ENTRIES[0][1])]) is hit


def test_equal_signals_keep_all_their_entries():
    index = PDQIndex.build([(ZERO, "first"), (ZERO, "second")])
    index.add(ZERO, "third")
    assert [each.metadata for each in index.query(ZERO)] == ["first", "second", "third"]


def test_entries_may_be_given_to_the_constructor_added_singly_and_in_bulk():
    index = PDQIndex(ENTRIES[:1])
    index.add(*ENTRIES[1])
    index.add_all(iter(ENTRIES[2:]))
    index.add_all([])
    assert len(index) == 5
    assert [found(index, signal) for signal, _ in ENTRIES] == [
        found(TheirIndex.build(ENTRIES), signal) for signal, _ in ENTRIES
    ]


def test_an_empty_index_answers():
    assert list(PDQIndex().query(ZERO)) == []
    assert len(reloaded(PDQIndex())) == 0


@pytest.mark.parametrize(("ours", "theirs"), [(PDQIndex, TheirIndex), (PDQFlatIndex, TheirFlatIndex)])
@pytest.mark.parametrize("seed", range(3))
def test_results_equal_the_packages_own(ours, theirs, seed):
    rng = np.random.default_rng(seed)
    codes = clustered(400, rng)
    entries = [(code.tobytes().hex(), number) for number, code in enumerate(codes)]
    index, peer = ours.build(entries), theirs.build(entries)
    queries = [flipped(codes[rng.integers(len(codes))], bits, rng).tobytes().hex() for bits in range(60)]
    queries += [signal for signal, _ in entries[:40]]
    expected = [found(peer, query) for query in queries]
    assert [found(index, query) for query in queries] == expected
    assert sum(map(len, expected)) > 100
    assert [found(reloaded(index), query) for query in queries[:30]] == expected[:30]
    assert index.query_all(queries) == [index.query(query) for query in queries]


def test_each_result_has_the_packages_types():
    (result,), (theirs,) = (each.build(ENTRIES).query("f0" * 32) for each in (PDQIndex, TheirIndex))
    assert type(result) is type(theirs)
    assert type(result.similarity_info) is type(theirs.similarity_info)
    assert type(result.similarity_info.distance) is int
    assert result.similarity_info.pretty_str() == "0"


@pytest.mark.parametrize("signal", ["zz" * 32, "0" * 63, "0" * 66, "é" * 64, "0"])
def test_what_is_no_pdq_is_a_value_error_that_does_not_repeat_it(signal):
    index = PDQIndex.build(ENTRIES)
    for call in (lambda: index.query(signal), lambda: index.add(signal, 1), lambda: PDQIndex.build([(signal, 1)])):
        with pytest.raises(ValueError) as raised:
            call()
        assert isinstance(raised.value, RempartError)
        assert signal not in str(raised.value) or signal == "0"
    assert len(index) == 5


def test_bulk_adding_is_all_or_nothing():
    index = PDQIndex.build(ENTRIES[:1])
    with pytest.raises(ValueError):
        index.add_all([ENTRIES[1], ("not a signal", 1)])
    assert len(index) == 1
    assert [each.metadata for each in index.query(LOW_16)] == [ENTRIES[0][1]]


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16, 32])
def test_equal_entries_still_match_after_a_reload(count):
    """The package's index finds none of them after a reload."""
    signal = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
    index = reloaded(PDQIndex.build([(signal, number) for number in range(count)]))
    assert [each.metadata for each in index.query(signal)] == list(range(count))
    near = f"{int(signal, 16) ^ 0b1011:064x}"
    assert {each.similarity_info.distance for each in index.query(near)} == {3}


def test_a_reloaded_index_takes_more_and_can_be_stored_again():
    index = reloaded(PDQIndex.build(ENTRIES[:2]))
    index.add_all(ENTRIES[2:])
    again = reloaded(index)
    assert [found(again, signal) for signal, _ in ENTRIES] == [
        found(PDQIndex.build(ENTRIES), signal) for signal, _ in ENTRIES
    ]


def test_an_index_may_be_handed_to_another_process():
    index = pickle.loads(pickle.dumps(PDQIndex.build(ENTRIES)))
    assert len(index) == 5
    assert list(index.query(ZERO)) == [match(0, ENTRIES[0][1]), match(16, ENTRIES[1][1])]


def test_it_is_not_a_pickle_and_loads_none(tmp_path):
    executed = tmp_path / "executed"

    class Trap:
        def __reduce__(self):
            return (open, (str(executed), "w"))

    for stored in (pickle.dumps(Trap()), pickle.dumps(TheirIndex.build(ENTRIES))):
        with pytest.raises(IntegrityError, match="pickle"):
            PDQIndex.deserialize(io.BytesIO(stored))
    assert not executed.exists()
    stream = io.BytesIO()
    PDQIndex.build(ENTRIES).serialize(stream)
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(stream.getvalue())


def test_every_cut_and_every_altered_byte_is_refused():
    stream = io.BytesIO()
    PDQIndex.build(ENTRIES).serialize(stream)
    whole = stream.getvalue()
    for length in range(len(whole)):
        with pytest.raises(IntegrityError):
            PDQIndex.deserialize(io.BytesIO(whole[:length]))
    for position in range(len(whole)):
        altered = bytearray(whole)
        altered[position] ^= 0x20
        with pytest.raises(IntegrityError):
            PDQIndex.deserialize(io.BytesIO(altered))


def test_threads_query_while_another_adds():
    rng = np.random.default_rng(5)
    signals = [code.tobytes().hex() for code in rng.integers(0, 256, (600, 32), dtype=np.uint8)]
    index = PDQIndex.build((signal, signal) for signal in signals[:100])
    wrong, done = [], threading.Event()

    def ask():
        while not done.is_set():
            for signal in signals[:100]:
                if [each.metadata for each in index.query(signal)] != [signal]:
                    wrong.append(signal)

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for signal in signals[100:]:
        index.add(signal, signal)
    done.set()
    for asker in askers:
        asker.join()
    assert not wrong
    assert all([each.metadata for each in index.query(signal)] == [signal] for signal in signals)
