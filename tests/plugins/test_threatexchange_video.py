"""The vPDQ drop-in: as the package's own index answers, without its dependency."""

import io
import json
import pickle
import subprocess
import sys
import types

import numpy as np
import pytest
from scanning.films import film

from rempart.core.errors import IntegrityError
from rempart.plugins.threatexchange.video_index import VPDQIndex, VPDQSimilarityInfo


@pytest.fixture
def their_index(monkeypatch):
    """The package's VPDQIndex. Only its hashing needs the compiled package vpdq, which is not installed."""
    stub = types.ModuleType("vpdq")
    stub.VpdqFeature = object
    monkeypatch.setitem(sys.modules, "vpdq", stub)
    from threatexchange.extensions.vpdq.vpdq_index import VPDQIndex as TheirIndex

    yield TheirIndex
    for name in [name for name in sys.modules if name.startswith("threatexchange.extensions.vpdq")]:
        del sys.modules[name]


def signal(codes, quality=100):
    return json.dumps([f"{code.tobytes().hex()},{quality},{number:.3f}" for number, code in enumerate(codes)])


def near(codes, bits, rng):
    pictures = np.unpackbits(codes, axis=1)
    for row in pictures:
        row[rng.choice(256, bits, replace=False)] ^= 1
    return np.packbits(pictures, axis=1)


def made_up(rng):
    """Twelve videos, some with frames of others and some with repeated frames, and cuts and re-encodings to ask."""
    pool = rng.integers(0, 256, (80, 32), dtype=np.uint8)
    videos = [pool[rng.integers(0, 80, rng.integers(3, 25))] for _ in range(12)]
    asked = [near(video[: max(1, len(video) * 4 // 5)], int(rng.integers(0, 36)), rng) for video in videos]
    return videos, asked + videos


def found(index, query):
    return sorted(
        (
            round(hit.similarity_info.query_match_percent, 6),
            round(hit.similarity_info.compared_match_percent, 6),
            hit.metadata,
        )
        for hit in index.query(query)
    )


def reloaded(index):
    stream = io.BytesIO()
    index.serialize(stream)
    return VPDQIndex.deserialize(io.BytesIO(stream.getvalue()))


@pytest.mark.parametrize("thresholds", [(50, 80.0, 0.0), (50, 0.0, 0.0), (50, 20.0, 50.0)])
@pytest.mark.parametrize("seed", range(3))
def test_results_equal_the_packages_own(their_index, seed, thresholds):
    videos, asked = made_up(np.random.default_rng(seed))
    entries = [(signal(video), number) for number, video in enumerate(videos)]
    index, peer = VPDQIndex.build(entries, *thresholds), their_index.build(entries, *thresholds)
    expected = [found(peer, signal(query)) for query in asked]
    assert [found(index, signal(query)) for query in asked] == expected
    assert [found(reloaded(index), signal(query)) for query in asked] == expected
    assert sum(map(len, expected)) >= 12


def test_videos_may_be_added_before_and_after_a_reload():
    videos, _ = made_up(np.random.default_rng(4))
    index = VPDQIndex()
    index.add(signal(videos[0]), "first")
    index = reloaded(index)
    index.add_all((signal(video), number) for number, video in enumerate(videos[1:], 1))
    assert len(index) == 12
    assert all(
        (100.0, 100.0, number if number else "first") in found(index, signal(video))
        for number, video in enumerate(videos)
    )
    assert len(pickle.loads(pickle.dumps(index))) == 12


def test_thresholds_survive_a_reload():
    again = reloaded(VPDQIndex(30, 55.5, 12.0))
    assert (again.quality_threshold, again.query_match_threshold_pct, again.index_match_threshold_pct) == (
        30,
        55.5,
        12.0,
    )


def test_frames_of_low_quality_count_nowhere():
    rng = np.random.default_rng(6)
    codes = rng.integers(0, 256, (4, 32), dtype=np.uint8)
    index = VPDQIndex.build([(signal(codes), "video")])
    assert index.query(signal(codes, quality=49)) == []
    assert index.query("") == []
    with pytest.raises(ValueError, match="sufficient quality"):
        index.add(signal(codes, quality=49), "dull")
    assert len(index) == 1


@pytest.mark.parametrize("text", ["no json", "[1]", '["0,1,2"]', "{}", '["' + "0" * 64 + ',101,0.0"]'])
def test_what_is_no_vpdq_is_a_value_error(text):
    with pytest.raises(ValueError):
        VPDQIndex().query(text)
    with pytest.raises(ValueError):
        VPDQIndex.build([(text, 1)])


def test_similarity_reads_as_the_packages_own():
    assert VPDQSimilarityInfo(80.0, 12.4).pretty_str() == "80%[12%]"


def test_another_index_and_every_altered_byte_are_refused():
    from rempart.plugins.threatexchange import PDQIndex

    stream = io.BytesIO()
    VPDQIndex.build([(signal(np.ones((2, 32), np.uint8)), 1)]).serialize(stream)
    whole = stream.getvalue()
    with pytest.raises(IntegrityError, match="another kind"):
        PDQIndex.deserialize(io.BytesIO(whole))
    for position in range(len(whole)):
        altered = bytearray(whole)
        altered[position] ^= 1
        with pytest.raises(IntegrityError):
            VPDQIndex.deserialize(io.BytesIO(altered))


HASHING = """
import json, pathlib, sys
from rempart.plugins.threatexchange.video import VPDQSignal
film = pathlib.Path(sys.argv[1])
signals = [VPDQSignal.hash_from_file(film), VPDQSignal.hash_from_file(film, 0), VPDQSignal.hash_from_file(film, 2.0)]
print(json.dumps([*map(json.loads, signals), "av" in sys.modules]))
"""


def test_videos_are_decoded_in_another_process(tmp_path):
    """In a program of its own: this extension changes the package for the whole process."""
    path = tmp_path / "film.mp4"
    path.write_bytes(film(4))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HASHING, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    each_second, every_frame, every_other, decoded_here = json.loads(done.stdout)
    assert [len(each_second), len(every_frame), len(every_other)] == [4, 32, 2]
    assert not decoded_here
