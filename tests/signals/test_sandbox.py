"""The decoder against hostile data and against accidents of its process; real child processes throughout."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from signals.pictures import claimed_png, distance, encoded, scene

from rempart.core.errors import Conflict, InputError, LimitExceeded, OutsideFailure
from rempart.signals.fingerprint import pdq, wire
from rempart.signals.fingerprint.sandbox import Decoder, DecoderPool, Limits

SCENE = scene()
JPEG = encoded(SCENE)
# Blank, so small to send, but seconds of work to shrink and blur.
LABOUR = encoded(Image.new("RGB", (9000, 9000)), "PNG", compress_level=1)


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as shared:
        yield shared


def facts_of_process(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


def is_running(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return facts_of_process(pid, "stat").rpartition(")")[2].split()[0] != "Z"
    return False


def ends_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


@pytest.mark.parametrize(
    "kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP", "JPEG2000", "PPM", "TGA", "ICO", "SGI"]
)
def test_same_fingerprint_as_in_process(decoder, kind):
    data = encoded(SCENE, kind)
    facts = decoder.decode(data)
    assert (facts.pdq, facts.quality) == pdq(data)
    assert facts.format == kind
    assert facts.mime.startswith("image/")
    assert facts.frames == 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "CMYK", "LAB", "F"])
def test_every_mode_decodes_with_files_closed_off(decoder, mode):
    kind = "PNG" if mode in ("P", "I;16") else "TIFF"
    picture = (
        Image.new(mode, (64, 48)) if mode in ("LAB", "F", "I;16") else SCENE.convert("P" if mode == "PA" else mode)
    )
    assert decoder.decode(encoded(picture, kind)).pdq is not None


def test_a_preview_is_a_small_jpeg(decoder):
    shown = Image.open(io.BytesIO(decoder.preview(JPEG, max_side=64, grey=True, blur=3)))
    assert (shown.format, shown.mode, shown.size) == ("JPEG", "L", (64, 48))


def test_damaged_exif_is_ignored(decoder):
    data = encoded(SCENE, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert distance(decoder.decode(data).pdq, pdq(JPEG)[0]) <= 2


@pytest.mark.parametrize("wish", [{"max_side": 0}, {"max_side": 5000}, {"blur": -1}, {"blur": 1000}])
def test_a_preview_beyond_its_range_is_refused(decoder, wish):
    with pytest.raises(InputError, match="16 to 4096"):
        decoder.preview(JPEG, **({"max_side": 64, "grey": True, "blur": 0} | wish))


@pytest.mark.parametrize(
    "data", [b"", b"words", JPEG[:300], encoded(SCENE, "PNG")[:-2000], encoded(SCENE, "EPS")], ids=range(5)
)
def test_what_is_no_whole_image_is_refused_by_the_same_child(decoder, data):
    decoder.decode(JPEG)
    serving = decoder.child_pid
    for attempt in (decoder.decode, lambda data: decoder.preview(data, max_side=64, grey=True, blur=0)):
        with pytest.raises(InputError, match="cut off") as caught:
            attempt(data)
        assert not isinstance(caught.value, LimitExceeded)
    assert decoder.child_pid == serving


@given(st.one_of(st.binary(max_size=400), st.binary(max_size=60).map(lambda tail: JPEG[:700] + tail + JPEG[760:])))
@settings(max_examples=60, deadline=None)
def test_garbage_gives_facts_or_an_input_error(decoder, data):
    with contextlib.suppress(InputError):
        assert decoder.decode(data).width > 0
    assert decoder.decode(JPEG).pdq == pdq(JPEG)[0]


def test_a_decompression_bomb_costs_nothing(decoder):
    started = time.monotonic()
    for attempt in (decoder.decode, lambda data: decoder.preview(data, max_side=64, grey=True, blur=0)):
        with pytest.raises(LimitExceeded, match="pixels"):
            attempt(claimed_png(60_000, 60_000))
    assert time.monotonic() - started < 2


def test_too_many_bytes():
    with Decoder(Limits(input_bytes=1000)) as small:
        with pytest.raises(LimitExceeded, match="larger"):
            small.decode(bytes(1001))
        assert small.child_pid is None


def test_too_much_memory_and_then_work_goes_on():
    with Decoder(Limits(memory_bytes=200 << 20, seconds=60)) as tight:
        with pytest.raises(LimitExceeded, match="memory"):
            tight.decode(LABOUR)
        assert tight.decode(JPEG).pdq == pdq(JPEG)[0]


def test_too_little_memory_to_start():
    with Decoder(Limits(memory_bytes=1 << 20)) as starved, pytest.raises((OutsideFailure, LimitExceeded)):
        starved.decode(JPEG)


def test_too_slow_and_then_work_goes_on():
    with Decoder(Limits(seconds=0.3)) as hasty:
        hasty.decode(JPEG)
        stuck = hasty.child_pid
        started = time.monotonic()
        with pytest.raises(LimitExceeded, match="longer"):
            hasty.preview(LABOUR, max_side=4096, grey=False, blur=256)
        assert time.monotonic() - started < 1
        assert not is_running(stuck)
        assert hasty.decode(JPEG).pdq == pdq(JPEG)[0]


def test_a_stopped_child_counts_as_a_hang():
    with Decoder(Limits(seconds=0.3)) as hasty:
        hasty.decode(JPEG)
        os.kill(hasty.child_pid, signal.SIGSTOP)
        with pytest.raises(LimitExceeded, match="longer"):
            hasty.decode(bytes(1 << 20))  # more than the pipe holds, so writing stalls first
        assert hasty.decode(JPEG).width == SCENE.width


def test_a_child_killed_at_rest_is_replaced(decoder):
    decoder.decode(JPEG)
    for _ in range(3):
        killed = decoder.child_pid
        os.kill(killed, signal.SIGKILL)
        assert decoder.decode(JPEG).pdq == pdq(JPEG)[0]
        assert decoder.child_pid != killed


def wait_for_work(decoder: Decoder, but_not: int | None) -> int:
    """The process id of a child that has started on LABOUR (its memory says so)."""
    while True:
        pid = decoder.child_pid
        if pid and pid != but_not:
            with contextlib.suppress(FileNotFoundError, IndexError):
                if int(facts_of_process(pid, "statm").split()[1]) * 4096 > 200 << 20:
                    return pid
        time.sleep(0.002)


def test_a_child_killed_at_work_gives_the_image_a_second_try():
    with Decoder(Limits(seconds=60)) as patient, ThreadPoolExecutor(1) as pool:
        shown = pool.submit(patient.preview, LABOUR, max_side=16, grey=True, blur=0)
        os.kill(wait_for_work(patient, None), signal.SIGKILL)
        assert shown.result(60).startswith(b"\xff\xd8")


def test_an_image_that_kills_twice_is_refused():
    with Decoder(Limits(seconds=60)) as patient, ThreadPoolExecutor(1) as pool:
        shown = pool.submit(patient.preview, LABOUR, max_side=4096, grey=False, blur=256)
        first = wait_for_work(patient, None)
        os.kill(first, signal.SIGKILL)
        os.kill(wait_for_work(patient, first), signal.SIGKILL)
        with pytest.raises(InputError, match="cut off"):
            shown.result(60)
        assert patient.decode(JPEG).pdq == pdq(JPEG)[0]


def test_the_child_has_nothing_to_work_with(decoder):
    decoder.decode(JPEG)
    pid = decoder.child_pid
    limits = {line[:25].strip(): line[26:46].strip() for line in facts_of_process(pid, "limits").splitlines()}
    assert limits["Max file size"] == "0"
    assert limits["Max core file size"] == "0"
    assert limits["Max open files"] == "4"
    assert limits["Max address space"] == str(Limits().memory_bytes)
    assert sorted(os.listdir(f"/proc/{pid}/fd")) == ["0", "1", "2", "3"]
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    names = {setting.partition("=")[0] for setting in facts_of_process(pid, "environ").split("\0") if setting}
    assert names == {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"}
    assert os.getsid(pid) == pid


def test_the_child_ends_with_the_decoder():
    with Decoder() as brief:
        brief.decode(JPEG)
        pid = brief.child_pid
    assert not is_running(pid)
    with pytest.raises(Conflict, match="closed"):
        brief.decode(JPEG)


def test_the_child_ends_when_its_caller_is_killed():
    code = (
        "import sys, time\n"
        "from rempart.signals.fingerprint.sandbox import Decoder\n"
        "d = Decoder(); d.decode(sys.stdin.buffer.read()); print(d.child_pid, flush=True); time.sleep(60)\n"
    )
    path = ":".join(entry for entry in sys.path if entry)
    caller = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": path}
    )
    with caller:
        caller.stdin.write(JPEG)
        caller.stdin.close()
        child = int(caller.stdout.readline())
        assert is_running(child)
        caller.kill()
    assert ends_within(child, 5)


def test_threads_take_turns(decoder):
    pictures = [encoded(scene(64, 48, seed)) for seed in range(8)]
    expected = [pdq(data)[0] for data in pictures]
    with ThreadPoolExecutor(8) as pool:
        assert [facts.pdq for facts in pool.map(decoder.decode, pictures * 5)] == expected * 5


def test_a_pool_works_side_by_side():
    with DecoderPool(2) as decoders:
        both = threading.Barrier(2)

        def together(data: bytes) -> str:
            both.wait(10)
            return decoders.decode(data).format

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(together, [JPEG, encoded(SCENE, "PNG")])) == ["JPEG", "PNG"]
        assert decoders.preview(JPEG, max_side=32, grey=True, blur=0).startswith(b"\xff\xd8")
        with pytest.raises(InputError):
            decoders.decode(b"words")
    with pytest.raises(Conflict):
        decoders.decode(JPEG)


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"memory_bytes": -1}, {"pixels": 0}, {"input_bytes": 0}])
def test_limits_are_positive(wrong):
    with pytest.raises(InputError, match="positive"):
        Limits(**wrong)


def test_a_pool_has_a_size():
    with pytest.raises(InputError, match="at least one"):
        DecoderPool(0)


class TestWhatTheChildMaySay:
    """The child is not trusted: it may have been taken over by what it decoded."""

    GOOD = {"format": "PNG", "mime": "image/png", "width": 3, "height": 4, "frames": 1, "quality": 80}

    def test_facts_go_there_and_back(self):
        facts = wire.facts_from_meta(self.GOOD, bytes(32))
        assert wire.facts_from_meta(*wire.facts_to_meta(facts)) == facts

    @pytest.mark.parametrize(
        ("meta", "body"),
        [
            ({}, b""),
            ({"format": 7}, bytes(32)),
            ({"format": ""}, bytes(32)),
            ({"mime": "image/png\r\nX: y"}, bytes(32)),
            ({"mime": "a" * 65}, bytes(32)),
            ({"width": 0}, bytes(32)),
            ({"height": True}, bytes(32)),
            ({"frames": 1.5}, bytes(32)),
            ({"quality": 101}, bytes(32)),
            ({"quality": None}, bytes(32)),
            ({}, bytes(31)),
        ],
    )
    def test_false_facts_are_refused(self, meta, body):
        with pytest.raises(wire.MalformedFrame):
            wire.facts_from_meta(self.GOOD | meta, body)

    @pytest.mark.parametrize(
        "sent",
        [
            b"\xff\xff\xff\xff\x00\x00\x00\x00",
            b"\x00\x00\x00\x02\xff\xff\xff\xff",
            b"\x00\x00\x00\x02\x00\x00\x00\x00{x",
            b"\x00\x00\x00\x02\x00\x00\x00\x00[]",
            b"\x00\x00\x00\x02\x00\x00\x00\x00{}more",
        ],
    )
    def test_false_frames_are_refused(self, sent):
        with pytest.raises(wire.MalformedFrame):
            wire.FrameReader().feed(sent)

    @given(st.dictionaries(st.text(max_size=9), st.integers()), st.binary(max_size=50), st.integers(1, 9))
    def test_frames_arrive_in_any_pieces(self, meta, body, step):
        out = io.BytesIO()
        wire.send(out, meta, body)
        sent = out.getvalue()
        reader = wire.FrameReader()
        answers = [reader.feed(sent[at : at + step]) for at in range(0, len(sent), step)]
        assert answers[-1] == (meta, body)
        assert not any(answers[:-1])
        assert wire.receive(io.BytesIO(sent)) == (meta, body)
        assert wire.receive(io.BytesIO(sent[:-1])) is None
