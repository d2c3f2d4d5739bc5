"""The video decoder against hostile data and against accidents of its process; real child processes throughout."""

import contextlib
import os
import re
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signals.fingerprint.videos import sound, video

from rempart.core.errors import Conflict, InputError, LimitExceeded, NotFound, OutsideFailure
from rempart.signals.fingerprint import video_wire
from rempart.signals.fingerprint.video import VideoFrame, vpdq
from rempart.signals.fingerprint.video_sandbox import VideoDecoder, VideoLimits
from rempart.signals.fingerprint.wire import MalformedFrame

VIDEO = video(frames=20)
FRAMES = vpdq(VIDEO)
LABOUR = video("mpeg4", "avi", frames=120, size=(1920, 1080))


@pytest.fixture(scope="module")
def decoder():
    with VideoDecoder() as shared:
        yield shared


@pytest.mark.parametrize("every", [None, 0.2, 5.0])
def test_the_same_as_in_process(decoder, every):
    assert decoder.vpdq(VIDEO, every=every) == vpdq(VIDEO, every=every)


def test_a_file_is_handed_over_open(decoder, tmp_path):
    path = tmp_path / "a video"
    path.write_bytes(VIDEO)
    assert decoder.vpdq(path) == decoder.vpdq(str(path)) == FRAMES
    with pytest.raises(NotFound):
        decoder.vpdq(tmp_path / "none")
    with pytest.raises(OutsideFailure):
        decoder.vpdq(tmp_path)


@pytest.mark.parametrize("threads", [1, 3])
def test_any_number_of_threads(threads):
    with VideoDecoder(threads=threads) as several:
        assert several.vpdq(VIDEO) == FRAMES


@pytest.mark.parametrize("data", [b"", b"words" * 99, VIDEO[:300], sound(), b"#EXTM3U\n/etc/hostname\n"])
def test_what_is_no_video_is_refused_by_the_same_child(decoder, data):
    decoder.vpdq(VIDEO)
    serving = decoder.child_pid
    with pytest.raises(InputError, match=r"video|pictures") as refused:
        decoder.vpdq(data)
    assert not isinstance(refused.value, LimitExceeded)
    assert decoder.child_pid == serving


def test_a_list_of_other_files_opens_none(decoder, tmp_path):
    (tmp_path / "other.mp4").write_bytes(VIDEO)
    with pytest.raises(InputError, match="not a video"):
        decoder.vpdq(f"ffconcat version 1.0\nfile '{tmp_path / 'other.mp4'}'\n".encode())


def test_the_child_has_nothing_to_work_with(decoder):
    decoder.vpdq(VIDEO)
    process = Path(f"/proc/{decoder.child_pid}")
    limits = {line[:25].strip(): line[26:46].strip() for line in (process / "limits").read_text().splitlines()}
    assert limits["Max file size"] == "0"
    assert limits["Max open files"] == "5"
    assert limits["Max address space"] == str(VideoLimits().memory_bytes)
    assert sorted(os.listdir(process / "fd")) == ["0", "1", "2", "3"]
    names = {setting.partition("=")[0] for setting in (process / "environ").read_text().split("\0") if setting}
    assert names == {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"}


def test_limits():
    with VideoDecoder(VideoLimits(input_bytes=100)) as small:
        with pytest.raises(LimitExceeded, match="larger"):
            small.vpdq(VIDEO)
        assert small.child_pid is None
    with VideoDecoder(VideoLimits(pixels=2000, frames=5)) as small:
        with pytest.raises(LimitExceeded, match="pixels"):
            small.vpdq(VIDEO)
        with pytest.raises(LimitExceeded, match="more frames"):
            small.vpdq(video(frames=9, size=(32, 24)))
        assert len(small.vpdq(video(frames=5, size=(32, 24)))) == 5


def test_too_much_memory_and_then_work_goes_on(decoder):
    decoder.vpdq(VIDEO)
    served = int(re.search(r"VmPeak:\s+(\d+) kB", Path(f"/proc/{decoder.child_pid}/status").read_text())[1]) << 10
    with VideoDecoder(VideoLimits(memory_bytes=served + (32 << 20))) as tight:
        assert tight.vpdq(VIDEO) == FRAMES
        with pytest.raises(LimitExceeded, match="memory"):
            tight.vpdq(video("mjpeg", "avi", "yuvj420p", frames=1, size=(6000, 4000)))
        assert tight.vpdq(VIDEO) == FRAMES


def test_too_little_memory_to_start():
    with VideoDecoder(VideoLimits(memory_bytes=1 << 20)) as starved, pytest.raises((OutsideFailure, LimitExceeded)):
        starved.vpdq(VIDEO)


def test_a_hang_is_ended_and_then_work_goes_on():
    with VideoDecoder(VideoLimits(seconds=0.5)) as hasty:
        hasty.vpdq(video(frames=2))
        os.kill(hasty.child_pid, signal.SIGSTOP)
        with pytest.raises(LimitExceeded, match="longer"):
            hasty.vpdq(VIDEO)
        assert hasty.child_pid is None
        assert len(hasty.vpdq(video(frames=2))) == 2


def test_a_child_killed_at_rest_is_replaced(decoder):
    decoder.vpdq(VIDEO)
    os.kill(decoder.child_pid, signal.SIGKILL)
    assert decoder.vpdq(VIDEO) == FRAMES


def wait_for_work(decoder: VideoDecoder, but_not: int | None) -> int:
    """The process id of a child that has been handed the file."""
    pause = threading.Event()
    while not pause.wait(0.002):
        pid = decoder.child_pid
        if pid and pid != but_not:
            with contextlib.suppress(FileNotFoundError):
                if "4" in os.listdir(f"/proc/{pid}/fd") and "5" not in os.listdir(f"/proc/{pid}/fd"):
                    maps = os.readlink(f"/proc/{pid}/fd/4")
                    if "deleted" in maps or "memfd" in maps:
                        return pid
    raise AssertionError


def test_a_child_killed_at_work_gives_the_video_a_second_try(decoder):
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(decoder.vpdq, LABOUR)
        os.kill(wait_for_work(decoder, None), signal.SIGKILL)
        assert len(found.result(120)) == 120


def test_a_video_that_kills_twice_is_refused(decoder):
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(decoder.vpdq, LABOUR)
        first = wait_for_work(decoder, None)
        os.kill(first, signal.SIGKILL)
        os.kill(wait_for_work(decoder, first), signal.SIGKILL)
        with pytest.raises(InputError, match="not a video"):
            found.result(120)
    assert decoder.vpdq(VIDEO) == FRAMES


def test_threads_take_turns(decoder):
    videos = [video(frames=3, seed=seed) for seed in range(4)]
    expected = [vpdq(data) for data in videos]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(decoder.vpdq, videos * 3)) == expected * 3


def test_closed():
    with VideoDecoder() as brief:
        brief.vpdq(VIDEO)
    with pytest.raises(Conflict, match="closed"):
        brief.vpdq(VIDEO)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with VideoDecoder() as decoder, pytest.raises(InputError, match="package av"):
        decoder.vpdq(VIDEO)


class TestWhatTheChildMaySay:
    frames = st.lists(
        st.builds(VideoFrame, st.integers(0, 2**39), st.binary(min_size=32, max_size=32), st.integers(0, 100),
                  st.floats(0, 1e9)),
        min_size=1, max_size=9, unique_by=lambda frame: frame.number,
    ).map(lambda frames: sorted(frames, key=lambda frame: frame.number))  # fmt: skip

    @given(frames)
    def test_frames_go_there_and_back(self, frames):
        assert video_wire.frames_from_body(video_wire.frames_to_body(frames), 9) == frames

    @given(st.binary(max_size=200))
    def test_anything_else_is_refused_or_in_range(self, body):
        with contextlib.suppress(MalformedFrame):
            for frame in video_wire.frames_from_body(body, 9):
                assert 0 <= frame.quality <= 100
                assert np.isfinite(frame.seconds)

    GOOD = VideoFrame(3, bytes(32), 50, 0.5)

    @pytest.mark.parametrize(
        "frames",
        [
            [GOOD] * 2,
            [VideoFrame(3, bytes(32), 101, 0.5)],
            [VideoFrame(-1, bytes(32), 1, 0.5)],
            [VideoFrame(1 << 40, bytes(32), 1, 0.5)],
            [VideoFrame(3, bytes(32), 1, float("nan"))],
            [VideoFrame(3, bytes(32), 1, -0.5)],
            [VideoFrame(number, bytes(32), 1, 0.0) for number in range(4)],
        ],
        ids=["twice", "quality", "before the first", "too far", "no time", "before time", "too many"],
    )
    def test_false_frames_are_refused(self, frames):
        with pytest.raises(MalformedFrame):
            video_wire.frames_from_body(video_wire.frames_to_body(frames), 3)

    def test_cut_off(self):
        for body in (b"", video_wire.frames_to_body([self.GOOD])[:-1]):
            with pytest.raises(MalformedFrame):
                video_wire.frames_from_body(body, 3)
