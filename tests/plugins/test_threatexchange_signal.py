"""The package's PDQ signal type with our index and hashing: in the library and through its `tx` command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scanning.films import film
from signals.pictures import scene

from rempart.signals.fingerprint.video import vpdq
from rempart.signals.vpdq_text import format_signal

HASHER_DEFECTS = ["moving.gif", "palette.png", "cmyk.jpg", "turned.jpg", "grey-alpha.png", "deep.png"]


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TX_STATEDIR": str(folder / "state"), "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=environment, timeout=120, check=False
    )


def tx(folder: Path, *arguments: str) -> str:
    done = run(["-c", "from threatexchange.cli.main import main; main()", *arguments], folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """One listed picture in the forms that the package's hasher gets wrong or refuses, and three that match nothing."""
    folder = tmp_path_factory.mktemp("pictures")
    listed = scene(320, 240)
    listed.save(folder / "listed.png")
    listed.quantize(256).save(folder / "moving.gif", save_all=True, append_images=[scene(320, 240, seed=9)])
    listed.quantize(256).save(folder / "palette.png")
    listed.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    listed.transpose(Image.Transpose.ROTATE_90).save(folder / "turned.jpg", exif=exif, quality=95)
    listed.convert("LA").save(folder / "grey-alpha.png")
    grey = np.asarray(listed.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(folder / "deep.png")
    scene(320, 240, seed=5).save(folder / "other.png")
    Image.new("RGB", (320, 240), (200, 200, 200)).save(folder / "blank.png")
    (folder / "no-image.png").write_bytes(b"not an image at all")
    (folder / "cut.jpg").write_bytes((folder / "cmyk.jpg").read_bytes()[:200])
    return folder


@pytest.fixture(scope="module")
def adopted(pictures) -> dict:
    done = run([str(Path(__file__).with_name("adopted.py")), str(pictures)], pictures.parent)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_adopting_changes_the_packages_own_class_and_nothing_happens_before_it_is_asked_for(adopted):
    assert adopted["before"] == adopted["untouched_by_import"] == "threatexchange.signal_type.pdq.pdq_index"
    assert adopted["after"] == "rempart.plugins.threatexchange.index"
    assert adopted["ours"]
    assert adopted["same_class"]
    assert adopted["ncmec_finds_it"]


def test_indexes_load_through_the_base_class_as_hma_does_it(adopted):
    assert adopted["loaded"] == ["listed"]
    assert adopted["other_types_loaded"] == ["md5"]
    assert adopted["others_stay_pickles"]


@pytest.mark.parametrize("name", HASHER_DEFECTS)
def test_every_form_of_a_listed_picture_matches(adopted, name):
    (distance,) = adopted["distances"][name]
    assert distance <= 16


def test_an_ordinary_picture_keeps_the_reference_hash(adopted, pictures):
    from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_file

    for name in ("listed.png", "other.png"):
        assert adopted["signals"][name] == pdq_from_file(pictures / name)[0]


@pytest.mark.parametrize("name", ["blank.png", "no-image.png", "cut.jpg"])
def test_what_has_no_usable_hash_is_no_error_and_matches_nothing(adopted, name):
    assert adopted["signals"][name] == ""
    assert adopted["distances"][name] == []


def test_other_pictures_do_not_match(adopted):
    assert adopted["distances"]["other.png"] == []


def test_the_tx_command_uses_it_after_one_line(adopted, pictures, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(f"pdq {adopted['signals']['listed.png']}\n")
    tx(tmp_path, "config", "extensions", "add", "rempart.plugins.threatexchange")
    tx(tmp_path, "config", "collab", "edit", "local_file", "--create", "Example list", "--filename", str(listed))
    tx(tmp_path, "fetch")
    for name in ("listed.png", "moving.gif", "turned.jpg"):
        assert tx(tmp_path, "match", "photo", str(pictures / name)).startswith("pdq "), name
    for name in ("other.png", "blank.png", "no-image.png"):
        assert tx(tmp_path, "match", "photo", str(pictures / name)) == "", name
    (stored,) = (tmp_path / "state").rglob("pdq.index")
    assert stored.read_bytes().startswith(b"RMPTTXI\n")


def test_the_tx_command_hashes_and_matches_videos_after_one_line(tmp_path):
    listed, again, other, none = (tmp_path / name for name in ("listed.mp4", "again.avi", "other.mp4", "none.mp4"))
    listed.write_bytes(film(3))
    again.write_bytes(film(3, container="avi"))
    other.write_bytes(film(3, seed=500))
    none.write_bytes(b"no video at all")
    tx(tmp_path, "config", "extensions", "add", "rempart.plugins.threatexchange.video")
    signal = tx(tmp_path, "hash", "--signal-type", "vpdq", "video", str(listed)).strip().removeprefix("vpdq ")
    assert signal == format_signal(vpdq(listed, every=1))
    hashes = tmp_path / "list.txt"
    hashes.write_text(f"vpdq {signal}\n")
    tx(tmp_path, "config", "collab", "edit", "local_file", "--create", "Example list", "--filename", str(hashes))
    tx(tmp_path, "fetch")
    assert tx(tmp_path, "match", "video", str(listed), str(again)).count("vpdq ") == 2
    assert tx(tmp_path, "match", "video", str(other), str(none)) == ""


@pytest.mark.slow
def test_the_way_there_and_back_is_one_line_and_a_rebuild(adopted, pictures, tmp_path):
    listed = tmp_path / "list.txt"
    others = ["0" * 64, "f" * 64]  # the package never finds a single entry after a reload
    listed.write_text("".join(f"pdq {signal}\n" for signal in [adopted["signals"]["listed.png"], *others]))
    picture = str(pictures / "listed.png")
    tx(tmp_path, "config", "collab", "edit", "local_file", "--create", "Example list", "--filename", str(listed))
    tx(tmp_path, "fetch")
    for change in ("add", "remove"):
        tx(tmp_path, "config", "extensions", change, "rempart.plugins.threatexchange")
        refused = run(["-c", "from threatexchange.cli.main import main; main()", "match", "photo", picture], tmp_path)
        assert refused.returncode != 0
        assert change == "remove" or "tx dataset --rebuild-indices" in refused.stderr.splitlines()[-1]
        tx(tmp_path, "dataset", "--rebuild-indices")
        assert tx(tmp_path, "match", "photo", picture).startswith("pdq ")
