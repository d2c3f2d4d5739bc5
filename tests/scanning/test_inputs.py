"""What is named is scanned, once, in a stable order; what cannot be used says why."""

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import InputError
from rempart.scanning.inputs import from_names, from_paths, from_urls


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.jpg", "sub/d.jpg", "sub/c.jpg", "sub/deep/e.jpg"):
        path = tmp_path / "store" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "store"


def names(items) -> list[str]:
    return [item.name for item in items]


def test_a_folder_is_read_recursively_in_order(store: Path) -> None:
    found = [Path(name).relative_to(store).as_posix() for name in names(from_paths([str(store)]))]
    assert found == ["a.jpg", "b.jpg", "sub/c.jpg", "sub/d.jpg", "sub/deep/e.jpg"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(store: Path) -> None:
    (store / "z.jpg").symlink_to(store / "a.jpg")
    (store / "loop").symlink_to(store)
    (store / "dangling").symlink_to(store / "gone")
    assert [Path(name).name for name in names(from_paths([str(store)]))][:3] == ["a.jpg", "b.jpg", "z.jpg"]
    assert len(names(from_paths([str(store / "loop")]))) == 6


def test_what_is_no_file_is_passed_over_in_a_folder_and_told_when_named(store: Path) -> None:
    os.mkfifo(store / "pipe")
    assert not any(item.problem for item in from_paths([str(store)]))
    (told,) = from_paths([str(store / "pipe")])
    assert "neither a file nor a folder" in told.problem
    (missing,) = from_paths([str(store / "nothing")])
    assert "No such file" in missing.problem
    assert missing.name == str(store / "nothing")


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refused)  # rights do not stop the superuser, who may run these tests
    (told,) = from_paths([str(tmp_path)])
    assert "Permission denied" in told.problem


def test_what_cannot_be_looked_at_inside_a_folder_is_told_and_the_rest_goes_on(store: Path) -> None:
    (store / "aa").symlink_to(store / "aa")
    problems = {Path(item.name).name: item.problem for item in from_paths([str(store)])}
    assert "symbolic links" in problems.pop("aa")
    assert set(problems.values()) == {None}
    assert len(problems) == 5


LISTED = st.lists(
    # Of nothing that exists: a folder would be walked.
    st.binary(max_size=20)
    .filter(lambda name: b"\0" not in name and b"\n" not in name)
    .map(lambda name: b"no such folder/" + name)
)


class Trickle(io.BytesIO):
    """A pipe whose writer is slow."""

    def read1(self, size: int = -1) -> bytes:
        return self.read(3)


@given(LISTED, st.sampled_from([b"\0", b"\n"]), st.booleans(), st.sampled_from([io.BytesIO, Trickle]))
def test_a_list_of_names_gives_each_name(listed, end, ended, stream) -> None:
    text = end.join(listed) + (end if ended and listed else b"")
    assert [os.fsencode(item.name) for item in from_names(stream(text))] == listed


def test_names_that_end_with_nul_may_hold_newlines(tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines.jpg"
    odd.write_bytes(b"x")
    (item,) = from_names(io.BytesIO(os.fsencode(odd) + b"\0"))
    assert item.path == str(odd)


def test_an_endless_name_is_refused() -> None:
    with pytest.raises(InputError, match="longer"):
        list(from_names(io.BytesIO(b"x" * 200_000)))


@pytest.mark.parametrize(
    "address",
    [
        "http://www.example/a.jpg",
        "https://www.example/a.jpg",
        "file://other.example/a.jpg",
        "file:relative.jpg",
        "ftp://[",
    ],
)
def test_nothing_is_fetched_from_elsewhere(address: str) -> None:
    (item,) = from_urls(io.BytesIO(address.encode()))
    assert item.path is None
    assert "names no file of this machine" in item.problem


def test_file_urls_and_paths_are_read(tmp_path: Path) -> None:
    odd = tmp_path / "a b%20é:c.jpg"
    odd.write_bytes(b"x")
    lines = f"{odd.as_uri()}\n{odd}\n{odd.as_uri().replace('file://', 'file://localhost')}\n"
    assert [item.path for item in from_urls(io.BytesIO(lines.encode()))] == [str(odd)] * 3
