"""An index of videos against comparing them one by one."""

import os
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.core.errors import Conflict, InputError, IntegrityError, NotFound, OutsideFailure
from rempart.signals.fingerprint.vpdq import VideoFrame, match_videos
from rempart.signals.match.videos import VideoHit, VideoIndex


def frames(seeds: list[int], quality: int = 90) -> list[VideoFrame]:
    """Seeds of one decade are near each other, others far."""
    made = []
    for number, seed in enumerate(seeds):
        code = bytearray(np.random.default_rng(seed // 10).integers(0, 256, 32, dtype=np.uint8).tobytes())
        code[0] ^= seed % 10
        made.append(VideoFrame(number, bytes(code), quality, number / 5))
    return made


SEEDS = st.lists(st.integers(0, 60), min_size=1, max_size=8)


@given(videos=st.dictionaries(st.integers(-(2**63), 2**63 - 1), SEEDS, max_size=6), data=st.data())
@settings(max_examples=80)
def test_percentages_are_those_of_comparing_two(tmp_path_factory, videos, data):
    index = VideoIndex.build({})
    kept = dict(videos)
    for name, seeds in videos.items():
        index.add(name, frames(seeds))
    for name in data.draw(st.sets(st.sampled_from(sorted(videos)))) if videos else ():
        index.remove(name)
        del kept[name]
    if data.draw(st.booleans()):
        folder = tmp_path_factory.mktemp("videos") / "index"
        index.save(folder)
        index = VideoIndex.open(folder)
    asked = frames(data.draw(SEEDS))
    radius = data.draw(st.integers(0, 63))
    expected = []
    for name, seeds in kept.items():
        match = match_videos(asked, frames(seeds), radius=radius)
        if match.compared_percent > 0:
            expected.append(VideoHit(name, match))
    expected.sort(key=lambda hit: (-hit.match.compared_percent, -hit.match.query_percent, hit.video_id))
    assert index.search(asked, radius=radius) == expected
    assert len(index) == len(kept)
    assert all(name in index for name in kept)
    least = data.draw(st.floats(0, 100))
    assert index.search(asked, radius=radius, min_query_percent=least) == [
        hit for hit in expected if hit.match.query_percent >= least
    ]
    assert index.search(asked, radius=radius, min_compared_percent=least) == [
        hit for hit in expected if hit.match.compared_percent >= least
    ]


def test_what_cannot_be_done_changes_nothing():
    index = VideoIndex.build({7: frames([1, 11])})
    with pytest.raises(Conflict):
        index.add(7, frames([21]))
    with pytest.raises(NotFound):
        index.remove(8)
    with pytest.raises(InputError, match="quality"):
        index.add(8, frames([21], quality=3))
    with pytest.raises(InputError, match="quality"):
        VideoIndex.build({}, min_quality=101)
    assert (len(index), index.frames) == (1, 2)
    assert [hit.video_id for hit in index.search(frames([1]))] == [7]


class TestFolder:
    @pytest.fixture
    def folder(self, tmp_path):
        VideoIndex.build({7: frames([1, 11]), 8: frames([21])}).save(tmp_path / "index")
        return tmp_path / "index"

    def test_every_altered_byte_and_every_cut_is_noticed(self, folder):
        whole = bytearray((folder / "videos").read_bytes())
        for at in range(len(whole)):
            whole[at] ^= 1 << at % 8
            (folder / "videos").write_bytes(whole)
            with pytest.raises(IntegrityError):
                VideoIndex.open(folder)
            whole[at] ^= 1 << at % 8
        for length in range(len(whole)):
            (folder / "videos").write_bytes(whole[:length])
            with pytest.raises(IntegrityError):
                VideoIndex.open(folder)

    def test_saving_again_replaces_and_leaves_nothing(self, folder):
        VideoIndex.build({9: frames([31])}).save(folder)
        assert sorted(name.partition("-")[0] for name in os.listdir(folder)) == ["frames", "videos"]
        assert 9 in VideoIndex.open(folder)

    def test_frames_of_another_index_are_refused(self, folder, tmp_path):
        VideoIndex.build({9: frames([31])}).save(tmp_path / "other")
        (ours,), (theirs,) = folder.glob("frames-*"), (tmp_path / "other").glob("frames-*")
        shutil.copy(theirs, ours)
        with pytest.raises(IntegrityError):
            VideoIndex.open(folder)

    def test_what_is_not_there_or_cannot_be_used(self, folder, tmp_path):
        with pytest.raises(NotFound):
            VideoIndex.open(tmp_path / "nowhere")
        (tmp_path / "file").touch()
        with pytest.raises(OutsideFailure):
            VideoIndex.build({}).save(tmp_path / "file")
        for frames_file in folder.glob("frames-*"):
            frames_file.unlink()
        with pytest.raises(NotFound):
            VideoIndex.open(folder)
