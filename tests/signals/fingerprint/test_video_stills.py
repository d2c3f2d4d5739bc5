"""Stills of a video: the right pictures, no more of them than was asked for, whatever the child answers."""

import io
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from signals.fingerprint.videos import CASES, sound, video
from signals.pictures import encoded, scene

from rempart.core.errors import InputError, LimitExceeded
from rempart.signals.fingerprint import video_wire
from rempart.signals.fingerprint.video import vpdq
from rempart.signals.fingerprint.video_sandbox import VideoDecoder, VideoLimits
from rempart.signals.fingerprint.video_wire import Look, VideoFacts
from rempart.signals.fingerprint.wire import MalformedFrame

SIX = (0.25, 0.75, 1.25, 1.75, 2.25, 2.75)
GREY = Look(64, grey=True, blur=0)


@pytest.fixture(scope="module")
def decoder():
    with VideoDecoder() as shared:
        yield shared


def brighter_and_brighter(codec: str, container: str, pixels: str, options: dict, *, turned: int = 0) -> bytes:
    """Three seconds at ten frames a second; frame n is an even grey of 4 + 8n, with a white corner at the top left."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 64, pixels
        for number in range(30):
            picture = np.full((64, 96, 3), 4 + 8 * number, np.uint8)
            picture[:20, :20] = 255
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())
    return out.getvalue()


def stills_of(sheet: bytes, size: tuple[int, int], count: int = 6) -> list[Image.Image]:
    image = Image.open(io.BytesIO(sheet))
    width, height = size
    boxes = [(at % 3 * width, at // 3 * height) for at in range(count)]
    return [image.crop((left, top, left + width, top + height)) for left, top in boxes]


SEEKABLE = [case for case in CASES if case[0] in ("libx264", "mpeg4", "libvpx-vp9", "mjpeg", "mpeg2video")]


@pytest.mark.parametrize("case", SEEKABLE, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_each_is_the_picture_shown_at_its_time(decoder, case):
    sheet = decoder.stills(brighter_and_brighter(*case), SIX, max_side=64, grey=True, blur=0)
    assert Image.open(io.BytesIO(sheet)).size == (3 * 64, 2 * 43)
    late = 0.5 if case[1] == "mpegts" else 0  # one group of pictures: it has no index, so a jump ends where one begins
    for seconds, still in zip(SIX, stills_of(sheet, (64, 43)), strict=True):
        shown = (np.asarray(still)[18:38, 18:60].mean() - 4) / 80
        assert seconds - 0.12 < shown < seconds + 0.18 + late
        assert np.asarray(still)[:8, :8].mean() > 200


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}-{case[2]}")
def test_every_kind_is_shown_with_files_closed_off(decoder, case):
    data = video(*case)
    sheet = Image.open(io.BytesIO(decoder.stills(data, [0.1, 0.8], max_side=48, grey=True, blur=0)))
    assert (sheet.format, sheet.mode, sheet.size) == ("JPEG", "L", (96, 32))
    facts = decoder.examine(data)
    assert (facts.width, facts.height, len(facts.frames)) == (96, 64, 40)
    assert facts.frames == vpdq(data)
    assert 1.5 < facts.seconds < 1.7
    assert facts.mime.startswith("video")


def test_grey_and_blur_are_as_for_images(decoder):
    data = video(frames=20, size=(320, 240))
    in_colour, sharp, blurred = (
        Image.open(io.BytesIO(decoder.stills(data, [0.4], max_side=160, grey=grey, blur=blur)))
        for grey, blur in ((False, 0), (True, 0), (True, 20))
    )
    assert (in_colour.mode, sharp.mode, blurred.mode) == ("RGB", "L", "L")
    edges = [np.asarray(one.filter(ImageFilter.FIND_EDGES)).std() for one in (sharp, blurred)]
    assert edges[1] < edges[0]


def test_a_blurred_still_takes_nothing_from_its_neighbour(decoder):
    data = brighter_and_brighter(*CASES[0])
    alone = decoder.stills(data, [0.25], max_side=64, grey=True, blur=16)
    beside = decoder.stills(data, [0.25, 2.75], max_side=64, grey=True, blur=16)
    [one], [other, _] = stills_of(alone, (64, 43), 1), stills_of(beside, (64, 43), 2)
    assert np.abs(np.asarray(one, int) - np.asarray(other, int))[:, :56].max() < 6


def test_nothing_but_pixels(decoder):
    sheet = Image.open(io.BytesIO(decoder.stills(video(), SIX, max_side=64, grey=False, blur=0)))
    assert not sheet.getexif()
    assert set(sheet.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_times_beyond_the_end_show_what_there_is(decoder):
    data = video(frames=5)
    assert decoder.stills(data, [0.0, 500.0], max_side=48, grey=True, blur=0)
    assert decoder.stills(data, [1e8], max_side=48, grey=True, blur=0)


def test_a_cut_off_video_shows_what_is_left(decoder):
    data = video("mpeg4", "avi", frames=100)
    sheet = decoder.stills(data[: len(data) // 2], SIX, max_side=48, grey=True, blur=0)
    assert Image.open(io.BytesIO(sheet)).mode == "L"


@pytest.mark.parametrize("data", [b"", b"words" * 99, sound(), b"#EXTM3U\n/etc/hostname\n"])
def test_what_is_no_video_shows_nothing(decoder, data):
    decoder.vpdq(video(frames=2))
    serving = decoder.child_pid
    with pytest.raises(InputError, match=r"video|pictures"):
        decoder.stills(data, [0.0], max_side=48, grey=True, blur=0)
    assert decoder.child_pid == serving


def test_a_slow_video_is_ended_in_time():
    labour = video("mpeg4", "avi", options={"g": "600"}, frames=300, size=(1280, 720))
    with VideoDecoder(VideoLimits(seconds=1.5)) as hasty:
        hasty.vpdq(video(frames=2))
        sheet = Image.open(io.BytesIO(hasty.stills(labour, [11.0, 11.5], max_side=48, grey=True, blur=0)))
    assert sheet.mode == "L"


def test_limits_hold():
    with VideoDecoder(VideoLimits(pixels=2000)) as small, pytest.raises(LimitExceeded, match="pixels"):
        small.stills(video(), [0.0], max_side=48, grey=True, blur=0)


@pytest.mark.parametrize(
    "asked",
    [
        {"at": []},
        {"at": [0.0] * 13},
        {"at": [-1.0]},
        {"at": [float("nan")]},
        {"max_side": 15},
        {"max_side": 4097},
        {"blur": 257},
        {"blur": -1},
    ],
)
def test_what_may_be_asked(decoder, asked):
    wish = {"at": [0.0], "max_side": 48, "grey": True, "blur": 0, **asked}
    with pytest.raises(InputError):
        decoder.stills(video(frames=2), wish.pop("at"), **wish)


def test_a_file_without_a_name_is_read_from_its_descriptor(decoder, tmp_path):
    with (tmp_path / "a video").open("w+b") as file:
        file.write(video(frames=5))
        file.flush()
        (tmp_path / "a video").unlink()
        assert len(decoder.vpdq(Path(f"/proc/self/fd/{file.fileno()}"))) == 5


def jpeg(width: int, height: int, mode: str = "L", **options: object) -> bytes:
    return encoded(scene(width, height).convert(mode), **options)


def with_segment(data: bytes, marker: int, content: bytes) -> bytes:
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + data[2:]


class TestAChildThatLies:
    """What may have taken the child over answers as it likes; the caller gives out none of it."""

    LIES = {
        "nothing": b"",
        "no picture": b"\xff\xd8\xff" + bytes(99),
        "a page": b"<html><script>1</script></html>",
        "another format": encoded(scene(64, 43), "PNG"),
        "in colour": jpeg(64, 43, "RGB"),
        "too wide": jpeg(193, 43),
        "too high": jpeg(64, 65),
        "with EXIF": jpeg(64, 43, exif=b"Exif\0\0" + bytes(20)),
        "with a comment": with_segment(jpeg(64, 43), 0xFE, b"a few words"),
        "with a profile": with_segment(jpeg(64, 43), 0xE2, b"ICC_PROFILE\0"),
        "with something for JFIF": with_segment(jpeg(64, 43), 0xE0, b"other"),
        "with two frames": with_segment(jpeg(64, 43), 0xC0, struct.pack(">BHHB", 8, 43, 64, 1)),
        "followed by something": jpeg(64, 43) + b"more",
        "followed by a second picture": jpeg(64, 43) + jpeg(64, 43),
        "with a comment after the pixels": jpeg(64, 43)[:-2] + b"\xff\xfe\0\4ab\xff\xd9",
        "progressive": jpeg(64, 43, progressive=True),
        "cut off": jpeg(64, 43)[:40],
    }

    @pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
    def test_gives_nothing_and_is_ended(self, lie, monkeypatch):
        with VideoDecoder() as decoder:
            decoder.vpdq(video(frames=2))
            monkeypatch.setattr(decoder._keeper, "ask", lambda order, file: ({}, lie))
            with pytest.raises(InputError, match="not a video"):
                decoder.stills(video(frames=2), [0.0], max_side=64, grey=True, blur=0)
            assert decoder.child_pid is None

    def test_an_honest_one_is_believed(self):
        assert video_wire.sheet_from_body(jpeg(192, 128), 6, GREY)
        assert video_wire.sheet_from_body(jpeg(64, 43, "RGB"), 1, Look(64, grey=False, blur=0))

    @given(st.binary(max_size=300), st.integers(0, 200))
    def test_any_damage_is_refused_or_changes_nothing_that_counts(self, noise, place):
        whole = jpeg(64, 43)
        damaged = whole[:place] + noise + whole[place + len(noise) :]
        try:
            given_out = video_wire.sheet_from_body(damaged, 1, GREY)
        except MalformedFrame:
            return
        assert given_out[:2] == b"\xff\xd8"
        assert b"Exif" not in given_out[: place + len(noise)] or b"Exif" in whole

    FACTS = VideoFacts("video/mp4", 96, 64, 1.6, vpdq(video(frames=3)))

    def test_facts_go_there_and_back(self):
        assert video_wire.facts_from_meta(*video_wire.facts_to_meta(self.FACTS), 3) == self.FACTS

    @pytest.mark.parametrize(
        "lie",
        [
            {"mime": "text/html"},
            {"mime": None},
            {"width": 0},
            {"width": 1 << 21},
            {"height": -1},
            {"height": 1.0},
            {"height": True},
            {"seconds": -1.0},
            {"seconds": float("nan")},
            {"seconds": float("inf")},
            {"seconds": "1"},
            {"seconds": 2e9},
        ],
    )
    def test_false_facts_are_refused(self, lie):
        meta, body = video_wire.facts_to_meta(self.FACTS)
        with pytest.raises(MalformedFrame):
            video_wire.facts_from_meta({**meta, **lie}, body, 3)

    def test_false_frames_are_refused(self):
        meta, body = video_wire.facts_to_meta(self.FACTS)
        for false in (body[:-1], b"", body + body):
            with pytest.raises(MalformedFrame):
                video_wire.facts_from_meta(meta, false, 9)
        with pytest.raises(MalformedFrame):
            video_wire.facts_from_meta(meta, body, 2)
