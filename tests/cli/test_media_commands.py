"""Frames, videos, turned pictures and the fast mode, as `rempart hash` and `rempart match` show them."""

import json
from pathlib import Path

import pytest
import typer
from PIL import Image
from scanning.films import film_of
from signals.pictures import encoded, scene

from rempart.cli import scan_options
from rempart.core.errors import InputError
from rempart.signals.fingerprint import pdq


def objects(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def list_of(path: Path, *pictures: Image.Image) -> Path:
    lines = [pdq(encoded(picture, "PNG"))[0].hex() for picture in pictures]
    path.write_text("\n".join(["pdq", *lines]) + "\n")
    return path


def test_any_frame_of_an_animated_image_matches(rempart, tmp_path: Path) -> None:
    first, second = scene(seed=1), scene(seed=2)
    animated = tmp_path / "animated.webp"
    animated.write_bytes(encoded(first, "WEBP", save_all=True, append_images=[second], duration=100, lossless=True))
    listed = list_of(tmp_path / "list.csv", second)
    (said,) = objects(rempart("match", animated, "--list", listed, "--json", code=10).stdout)
    (hit,) = said["hits"]
    assert (hit["frame"], hit["frames"], hit["percent"], hit["distance"]) == (1, 1, 100.0, 0)
    assert [frame["frame"] for frame in said["frames"]] == [1]
    rempart("match", animated, "--list", listed, "--no-frames", code=0)


def test_a_video_matches_by_its_frames_and_says_how_much_of_it(rempart, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(film_of(scene(seed=seed) for seed in range(4)))
    listed = list_of(tmp_path / "list.csv", scene(seed=2))
    (said,) = objects(rempart("match", film, "--list", listed, "--json", code=10).stdout)
    (hit,) = said["hits"]
    assert (hit["frame"], hit["frames"], hit["percent"], hit["turn"]) == (16, 1, 25.0, None)
    assert [frame["seconds"] for frame in said["frames"]] == [0.0, 1.0, 2.0, 3.0]
    assert "pdq" not in said["fingerprint"]
    assert "1 frames (25.0 %), nearest 16" in rempart("match", film, "--list", listed, code=10).stdout
    rempart("match", film, "--list", listed, "--video", "none", code=0)
    (every,) = objects(rempart("match", film, "--list", listed, "--video", "all", "--json", code=10).stdout)
    assert every["hits"][0]["frames"] >= 1
    assert len(every["frames"]) > 4


def test_the_frames_of_a_video_make_a_list(rempart, tmp_path: Path) -> None:
    """The share of a listed video that is found is that of its list's entries with hits."""
    film, part = tmp_path / "film.mp4", tmp_path / "part.mkv"
    film.write_bytes(film_of(scene(seed=seed) for seed in range(4)))
    part.write_bytes(film_of((scene(seed=seed) for seed in (1, 2)), container="matroska"))
    (tmp_path / "film.csv").write_text(rempart("hash", film, "--csv").stdout)
    (said,) = objects(rempart("match", part, "--list", tmp_path / "film.csv", "--json", code=10).stdout)
    assert len(said["hits"]) == 2
    made = rempart("index", "build", tmp_path / "film.csv", "-o", tmp_path / "index", "--json", code=0).stdout
    assert json.loads(made)["entries"] == 3 + 4


def test_a_mirrored_picture_matches_on_request(rempart, tmp_path: Path) -> None:
    listed = list_of(tmp_path / "list.csv", scene(seed=4).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    (tmp_path / "a.png").write_bytes(encoded(scene(seed=4), "PNG"))
    rempart("match", tmp_path / "a.png", "--list", listed, code=0)
    (said,) = objects(rempart("match", tmp_path / "a.png", "--list", listed, "--dihedral", "--json", code=10).stdout)
    assert [hit["turn"] for hit in said["hits"]] == ["flipped_left_right"]
    assert len(said["turned"]) == 7


def test_the_fast_mode_finds_the_same(rempart, tmp_path: Path) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    for seed in range(8):
        (uploads / f"{seed}.jpg").write_bytes(encoded(scene(1600, 1200, seed=seed).convert("L"), quality=90))
    listed = list_of(tmp_path / "list.csv", *(scene(400, 300, seed=seed).convert("L") for seed in range(3)))
    exact = objects(rempart("match", uploads, "--list", listed, "--json", code=10).stdout)
    fast = objects(rempart("match", uploads, "--list", listed, "--json", "--fast", code=10).stdout)
    assert [line["hits"] for line in fast] == [line["hits"] for line in exact]
    assert sum(bool(line["hits"]) for line in exact) == 3
    assert all("exact" not in line for line in fast if line["hits"])
    assert any(line.get("exact") is False for line in fast)


@pytest.mark.parametrize("text", ["0", "-1", "3601", "often", "nan", ""])
def test_seconds_between_frames_are_checked(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="over 0"):
        scan_options.video_every(text)


def test_what_seconds_mean() -> None:
    assert [scan_options.video_every(text) for text in (None, "0.5", "all", "none")] == [1.0, 0.5, 0.0, None]


def test_without_the_extra_videos_are_left_out_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_options, "find_spec", lambda name: None)
    assert [scan_options.video_every(text) for text in (None, "none")] == [None, None]
    with pytest.raises(InputError, match="package av"):
        scan_options.video_every("1")
