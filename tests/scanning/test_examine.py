"""Fingerprints of one file, decoded in real child processes: what is taken, and what is told when it cannot be."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scanning.films import film, film_of
from signals.pictures import claimed_png, distance, encoded, scene

from rempart.core.vocabulary import FingerprintType as F
from rempart.scanning import examine as examine_module
from rempart.scanning.examine import MAX_FRAMES, Examiner
from rempart.scanning.records import TURNS, Examined, Fingerprints, Item, Query, Rules
from rempart.signals.fingerprint import FileHashes, pdq
from rempart.signals.fingerprint.sandbox import Limits
from rempart.signals.fingerprint.video import vpdq
from rempart.signals.fingerprint.video_limits import VideoLimits

Examine = Callable[..., Examined]


@pytest.fixture
def examine(tmp_path: Path) -> Iterator[Examine]:
    opened: list[Examiner] = []

    def run(data: bytes, limits: Limits | None = None, *, exactly: bool = False, **rules: object) -> Examined:
        path = tmp_path / "file"
        path.write_bytes(data)
        opened.append(Examiner(Rules(**rules), 1, limits, VideoLimits(seconds=60)))
        return opened[-1].examine(Item("file", key="file", path=str(path)), exactly=exactly)

    yield run
    for examiner in opened:
        examiner.close()


def animated(*pictures: Image.Image, kind: str = "GIF") -> bytes:
    return encoded(pictures[0], kind, save_all=True, append_images=list(pictures[1:]), duration=100)


def codes(queries: tuple[Query, ...]) -> list[bytes]:
    return [query.fingerprints[F.PDQ] for query in queries]


def test_a_picture_has_its_hashes_and_the_pdq_of_the_library(examine: Examine) -> None:
    data = encoded(scene())
    examined = examine(data)
    (first,) = examined.queries
    code, quality = pdq(data)
    assert first.fingerprints == {
        F.MD5: hashlib.md5(data).digest(),
        F.SHA1: hashlib.sha1(data).digest(),
        F.SHA256: hashlib.sha256(data).digest(),
        F.PDQ: code,
    }
    assert (first.quality, first.is_exact, examined.problem) == (quality, True, None)


@pytest.mark.parametrize("data", [b"a text", b"BMW is a car. " * 40, bytes(1000), b"\0\0\x01\0" + bytes(30)])
def test_what_is_no_picture_has_hashes_and_no_problem(examine: Examine, data: bytes) -> None:
    examined = examine(data)
    assert [set(query.fingerprints) for query in examined.queries] == [{F.MD5, F.SHA1, F.SHA256}]
    assert examined.problem is None


def test_an_empty_file_is_compared_with_nothing(examine: Examine) -> None:
    assert examine(b"") == Examined(examine(b"").item, (Query({}),))


def test_a_damaged_picture_keeps_its_hashes_and_is_told(examine: Examine) -> None:
    examined = examine(encoded(scene(), "PNG")[:300])
    assert set(examined.queries[0].fingerprints) == {F.MD5, F.SHA1, F.SHA256}
    assert "cut off" in examined.problem


def test_a_jpeg_that_is_cut_off_is_compared_as_far_as_it_goes_and_told(examine: Examine) -> None:
    data = encoded(scene(), quality=95)
    examined = examine(data[: len(data) * 19 // 20])
    assert distance(examined.queries[0].fingerprints[F.PDQ], pdq(data)[0]) <= 31
    assert examined.problem == "The image is cut off; what is left of it was compared."


def test_limits_are_told_and_hashes_kept(examine: Examine) -> None:
    bomb = examine(claimed_png(60_000, 60_000))
    large = examine(encoded(scene()), Limits(input_bytes=1000))
    text = examine(b"x" * 2000, Limits(input_bytes=1000))
    assert "more pixels than the limit" in bomb.problem
    assert "larger than the limit" in large.problem
    assert text.problem is None
    assert [set(each.queries[0].fingerprints) for each in (bomb, large, text)] == [{F.MD5, F.SHA1, F.SHA256}] * 3


def test_frames_of_an_animated_image_are_taken_unless_unwanted(examine: Examine) -> None:
    pictures = [scene(seed=seed) for seed in range(3)]
    data = animated(*pictures)
    examined = examine(data)
    assert [query.frame for query in examined.queries] == [None, 1, 2]
    for picture, code in zip(pictures, codes(examined.queries), strict=True):
        assert distance(code, pdq(encoded(picture, "PNG"))[0]) <= 31  # a GIF has 256 colours
    assert [query.frame for query in examine(data, frames=False).queries] == [None]


def test_frames_that_look_the_same_count_once_and_long_animations_are_sampled(examine: Examine) -> None:
    first, other = scene(seed=1), scene(seed=2)
    assert [query.frame for query in examine(animated(first, other, first, other)).queries] == [None, 1]
    long = [scene(64, 64, seed=seed) for seed in range(MAX_FRAMES + 30)]
    frames = [query.frame for query in examine(animated(*long)).queries][1:]
    assert len(frames) < MAX_FRAMES
    assert max(frames) > MAX_FRAMES


def test_turned_pictures_are_near_what_turning_them_makes(examine: Examine) -> None:
    picture = scene(seed=4)
    examined = examine(encoded(picture, "PNG"), turned=True)
    assert [query.turn for query in examined.queries] == [None, *TURNS]
    turned = [
        picture.transpose(turn)
        for turn in (
            Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270,
            Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.FLIP_LEFT_RIGHT,
            Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE,
        )
    ]  # fmt: skip
    distances = np.array(
        [[distance(code, pdq(encoded(each, "PNG"))[0]) for each in turned] for code in codes(examined.queries[1:])]
    )
    assert distances.argmin(axis=1).tolist() == list(range(7))
    assert distances.diagonal().max() <= 31


def test_fast_is_marked_and_taken_again_exactly(examine: Examine) -> None:
    data = encoded(scene(1600, 1200).convert("L").convert("RGB"), quality=92)
    (fast,), (again,) = examine(data, fast=True).queries, examine(data, fast=True, exactly=True).queries
    assert not fast.is_exact
    assert again.is_exact
    assert again.fingerprints[F.PDQ] == pdq(data)[0]
    assert distance(fast.fingerprints[F.PDQ], again.fingerprints[F.PDQ]) <= 6


@pytest.mark.parametrize(("every", "names"), [(None, []), (1.0, [0, 8, 16]), (0.0, list(range(24)))])
def test_frames_of_a_video_are_those_of_the_library(
    examine: Examine, tmp_path: Path, every: float | None, names: list[int]
) -> None:
    data = film(3)
    examined = examine(data, video_every=every)
    frames = examined.queries[1:]
    assert examined.problem is None
    assert F.PDQ not in examined.queries[0].fingerprints
    assert {query.frame for query in frames} <= set(names)
    if every is not None:
        wanted = vpdq(data, every=every or None, threads=1)
        assert set(codes(frames)) == {frame.code for frame in wanted}
        assert len(frames) == len(set(codes(frames)))
        assert [query.seconds for query in frames] == [query.frame / 8 for query in frames]


def test_a_video_renamed_meanwhile_is_the_one_that_was_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, data = tmp_path / "film.mp4", film(2)
    path.write_bytes(data)
    as_fingerprints = examine_module._as_fingerprints

    def vanish(hashes: FileHashes) -> Fingerprints:
        path.unlink()
        return as_fingerprints(hashes)

    monkeypatch.setattr(examine_module, "_as_fingerprints", vanish)
    examiner = Examiner(Rules(video_every=1.0), 1)
    examined = examiner.examine(Item("film", key="film", path=str(path)))
    examiner.close()
    assert (len(examined.queries), examined.problem) == (3, None)
    assert set(codes(examined.queries[1:])) == {frame.code for frame in vpdq(data, every=1.0, threads=1)}


def test_damage_of_a_video_is_told(examine: Examine) -> None:
    examined = examine(film(2)[:400], video_every=1.0)
    assert "not a video that can be read" in examined.problem
    assert set(examined.queries[0].fingerprints) == {F.MD5, F.SHA1, F.SHA256}


def test_a_video_without_pictures_large_enough_is_no_problem(examine: Examine) -> None:
    tiny = film_of([scene(4, 4)], container="avi", size=(4, 4), codec="rawvideo")
    examined = examine(tiny, video_every=1.0)
    assert len(examined.queries) == 1
    assert examined.problem is None


def test_a_row_of_fingerprints_is_passed_on() -> None:
    item = Item("row", key="row", fingerprints={F.MD5: bytes(16)}, quality=70)
    examiner = Examiner(Rules(), 1)
    assert examiner.examine(item) == Examined(item, (Query({F.MD5: bytes(16)}, 70),))
    broken = Item("row", key="row", problem="made up")
    assert examiner.examine(broken) == Examined(broken, problem="made up")
    examiner.close()


def test_what_became_a_pipe_or_vanished_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    examiner = Examiner(Rules(), 1)
    pipe, gone = (examiner.examine(Item(name, key=name, path=str(tmp_path / name))) for name in ("pipe", "gone"))
    assert "neither a file nor a folder" in pipe.problem
    assert "No such file" in gone.problem
    examiner.close()
