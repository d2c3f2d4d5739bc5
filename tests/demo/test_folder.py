"""A demonstration starts in a folder of its own and never touches another's data."""

import stat
from pathlib import Path

import pytest

from rempart.adapters.home import Home
from rempart.core.errors import UnsafeStart
from rempart.demo.folder import MARKER, demo_folder, fresh_folder


def test_the_folder_is_rempart_home_or_one_beside_the_nodes() -> None:
    assert demo_folder({"REMPART_HOME": "/srv/somewhere"}) == Path("/srv/somewhere")
    unnamed = demo_folder({})
    assert unnamed.name == ".rempart-demo"
    assert unnamed.parent == Home.from_environment({}).path.parent


@pytest.mark.parametrize("exists", [False, True])
def test_a_new_or_empty_folder_becomes_a_demonstration(tmp_path: Path, exists: bool) -> None:
    path = tmp_path / "demo"
    if exists:
        path.mkdir(mode=0o755)
    with fresh_folder(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert (path / MARKER).is_file()


def test_a_second_demonstration_starts_anew(tmp_path: Path) -> None:
    path, outside = tmp_path / "demo", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    with fresh_folder(path):
        Home(path / "fr").create()
        (path / "database.sqlite3").write_text("old")
        (path / "link").symlink_to(outside)
    with fresh_folder(path):
        assert [each.name for each in path.iterdir()] == [MARKER]
    assert (outside / "kept").read_text() == "kept"


def test_a_real_nodes_folder_is_left_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "node")
    home.create()
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    with pytest.raises(UnsafeStart, match="left as it is"), fresh_folder(home.path):
        pass
    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()} == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("kept")
    with pytest.raises(UnsafeStart), fresh_folder(path):
        pass
    assert path.read_text() == "kept"


def test_two_demonstrations_do_not_share_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "demo"
    with fresh_folder(path):
        (path / "mine").write_text("mine")
        with pytest.raises(UnsafeStart, match="another demonstration"), fresh_folder(path):
            pass
        assert (path / "mine").read_text() == "mine"
