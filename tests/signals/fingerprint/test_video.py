"""vPDQ of generated videos: against the reference's own output, and every frame against pdqhash."""

import io
import json
import sys
from pathlib import Path

import av
import numpy as np
import pdqhash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.fingerprint.videos import CASES, sound, video
from signals.pictures import distance

from rempart.core.errors import InputError, LimitExceeded, NotFound
from rempart.signals import fingerprint
from rempart.signals.fingerprint.video import VideoFrame, VideoLimits, VideoMatch, match_videos, vpdq

REFERENCE = Path(__file__).parent / "reference"
CASE_NAMES = [f"{codec}-{container}-{pixels}" for codec, container, pixels, _ in CASES]


@pytest.mark.parametrize("name", ["h264.mp4", "mpeg4.avi", "mjpeg.mov", "vp9.webm"])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_the_reference_printed(name, threads):
    """Written by the package vpdq 0.2.5 with FFmpeg 5.1: number, quality and fingerprint of each frame."""
    expected = json.loads((REFERENCE / "vpdq.json").read_text())[name]
    for every, lines in expected.items():
        frames = vpdq(REFERENCE / name, every=float(every) or None, threads=threads)
        assert [[frame.number, frame.quality, frame.code.hex()] for frame in frames] == lines


@pytest.mark.parametrize(("codec", "container", "pixels", "options"), CASES, ids=CASE_NAMES)
def test_each_frame_is_that_of_pdqhash(codec, container, pixels, options):
    """The package computes luminance in double precision, vPDQ in single: a bit at the median may differ."""
    data = video(codec, container, pixels, options)
    frames = vpdq(data)
    with av.open(io.BytesIO(data)) as file:
        shown = [each.to_ndarray(format="rgb24") for each in file.decode(video=0)]
    assert [frame.number for frame in frames] == list(range(len(shown)))
    for frame, picture in zip(frames, shown, strict=True):
        bits, quality = pdqhash.compute(picture)
        assert distance(frame.code, np.packbits(bits.astype(np.uint8)).tobytes()) <= 4
        assert abs(frame.quality - quality) <= 1


@pytest.mark.parametrize(("codec", "container", "pixels", "options"), CASES, ids=CASE_NAMES)
@pytest.mark.parametrize("every", [0.01, 0.12, 0.3, 1.0, 60.0])
def test_sampled_frames_are_some_of_all(codec, container, pixels, options, every):
    """Though most of the others are not even decoded."""
    data = video(codec, container, pixels, options)
    everything, sampled = vpdq(data), vpdq(data, every=every)
    with av.open(io.BytesIO(data)) as file:
        rate = file.streams.video[0].average_rate
    assert sampled == everything[:: max(1, int(every * rate))]


def test_seconds_are_those_of_presentation():
    assert [frame.seconds for frame in vpdq(video(frames=5))] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(threads):
    data = video()
    assert vpdq(data, threads=threads) == vpdq(data, threads=1)


def test_a_file_and_its_bytes_give_the_same(tmp_path):
    data = video()
    (tmp_path / "a video").write_bytes(data)
    assert vpdq(tmp_path / "a video") == vpdq(str(tmp_path / "a video")) == vpdq(data)


def test_an_odd_size_and_the_smallest():
    assert len(vpdq(video("mpeg4", "avi", size=(97, 65), frames=3))) == 3
    with pytest.raises(InputError, match="fewer than 5"):
        vpdq(video("ffv1", "nut", size=(4, 40), frames=3))


class TestDamage:
    def test_frames_before_a_cut_are_kept(self):
        data = video("mpeg4", "matroska", frames=40)
        whole, cut = vpdq(data), vpdq(data[: len(data) * 2 // 3])
        assert 5 < len(cut) < 40
        assert cut[:-1] == whole[: len(cut) - 1]

    @pytest.mark.parametrize("data", [b"", b"words" * 100, b"\0\0\0\x18ftypmp42" + bytes(100)])
    def test_what_is_no_video(self, data):
        with pytest.raises(InputError, match="not a video") as refused:
            vpdq(data)
        assert not isinstance(refused.value, LimitExceeded)

    def test_sound_alone(self):
        with pytest.raises(InputError, match=r"not a video|no pictures"):
            vpdq(sound())

    def test_no_such_file(self, tmp_path):
        with pytest.raises(NotFound):
            vpdq(tmp_path / "none")

    @pytest.mark.parametrize("every", [0, -1, float("inf"), float("nan")])
    def test_no_such_time(self, every):
        with pytest.raises(InputError, match="positive"):
            vpdq(b"", every=every)

    def test_a_list_of_other_files_opens_none(self, tmp_path):
        (tmp_path / "other.mp4").write_bytes(video())
        for text in (
            f"ffconcat version 1.0\nfile '{tmp_path / 'other.mp4'}'\n",
            f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{tmp_path / 'other.mp4'}\n#EXT-X-ENDLIST\n",
        ):
            (tmp_path / "list").write_text(text)
            with pytest.raises(InputError, match="not a video"):
                vpdq(tmp_path / "list")

    def test_limits(self):
        with pytest.raises(LimitExceeded, match="pixels"):
            vpdq(video(), limits=VideoLimits(pixels=1000))
        with pytest.raises(LimitExceeded, match="more frames"):
            vpdq(video(frames=20), limits=VideoLimits(frames=10))
        with pytest.raises(InputError, match="positive"):
            VideoLimits(frames=0)

    def test_without_the_package(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "av", None)
        for loaded in ("video_decoding", "video_pixels"):
            monkeypatch.delitem(sys.modules, f"rempart.signals.fingerprint.{loaded}", raising=False)
            monkeypatch.delattr(fingerprint, loaded, raising=False)
        with pytest.raises(InputError, match="package av"):
            vpdq(b"")


class TestMatching:
    def test_a_copy_matches_whole_and_a_clip_in_part(self):
        whole = vpdq(video(frames=40, size=(320, 240)))
        again = vpdq(video("libx265", "mp4", options={"x265-params": "log-level=none"}, frames=40, size=(320, 240)))
        assert match_videos(whole, again).query_percent > 90
        clip = whole[5:9]
        match = match_videos(clip, whole, radius=0)
        assert match.query_percent == 100
        assert match.compared_percent == pytest.approx(100 * 4 / 40, abs=1)

    def test_another_video_does_not_match(self):
        assert match_videos(vpdq(video()), vpdq(video(seed=9))) == VideoMatch(0, 0)

    frames = st.lists(
        st.builds(
            lambda number, code, quality: VideoFrame(number, bytes(30) + code, quality, float(number)),
            st.integers(0, 9), st.binary(min_size=2, max_size=2), st.sampled_from([0, 49, 50, 100]),
        ),
        max_size=8,
    )  # fmt: skip

    @given(frames, frames, st.integers(0, 16), st.booleans())
    def test_percentages_as_counted_by_hand(self, query, compared, radius, unique):
        asked = [frame.code for frame in query if frame.quality >= 50]
        held = [frame.code for frame in compared if frame.quality >= 50]
        if unique:
            asked, held = list(set(asked)), list(set(held))

        def percent(some: list[bytes], others: list[bytes]) -> float:
            found = [one for one in some if any(distance(one, other) <= radius for other in others)]
            return 100 * len(found) / len(some) if some else 0

        match = match_videos(query, compared, radius=radius, unique=unique)
        assert match.query_percent == pytest.approx(percent(asked, held))
        assert match.compared_percent == pytest.approx(percent(held, asked))
