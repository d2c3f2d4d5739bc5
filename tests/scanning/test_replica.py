"""Lists carried to another machine arrive whole, once, and readable by their owner alone; or not at all."""

import multiprocessing
import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.core.errors import IntegrityError, UnsafeStart
from rempart.scanning import replica
from rempart.scanning.replica import discard, pack, unpack

CONTENTS = st.dictionaries(
    st.sampled_from(["CURRENT", "generation-1/pdq", "generation-1/columns", "a/b/c"]), st.binary(max_size=300)
)


def written(folder: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    folder.mkdir(exist_ok=True)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def kept(piece: np.ndarray) -> bytes:
    return piece.tobytes()


@given(contents=CONTENTS, piece=st.integers(1, 50))
def test_what_arrives_is_what_was_sent(contents: dict[str, bytes], piece: int, tmp_path_factory) -> None:
    root = tmp_path_factory.mktemp("replica")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(replica, "_PIECE", piece)
        packed = pack(written(root / "lists", contents), kept)
    there = unpack(packed, bytes, root / "copies")
    assert read(there) == contents
    assert unpack(packed, lambda _: pytest.fail("it is there already"), root / "copies") == there
    discard(root / "copies")
    assert not (root / "copies").exists()


@given(one=CONTENTS, other=CONTENTS)
def test_other_lists_have_another_digest(one: dict[str, bytes], other: dict[str, bytes], tmp_path_factory) -> None:
    root = tmp_path_factory.mktemp("replica")
    digests = [pack(written(root / name, each), kept).digest for name, each in (("1", one), ("2", other))]
    assert (digests[0] == digests[1]) == (one == other)


def test_what_arrives_altered_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    packed = pack(written(tmp_path / "lists", {"pdq": b"x" * 100}), kept)
    with pytest.raises(IntegrityError, match="altered"):
        unpack(packed, lambda piece: b"y" * len(piece), tmp_path / "copies")
    assert [path.suffix for path in (tmp_path / "copies").iterdir()] == [".lock"]
    assert read(unpack(packed, bytes, tmp_path / "copies")) == {"pdq": b"x" * 100}


def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    packed = pack(written(tmp_path / "lists", {"pdq": b"x"}), kept)
    forged = replace(packed, files=tuple((f"../../{name}", size, pieces) for name, size, pieces in packed.files))
    with pytest.raises(IntegrityError, match="outside"):
        unpack(forged, bytes, tmp_path / "copies")
    assert not (tmp_path / "pdq").exists()


def test_a_folder_that_others_may_write_is_refused(tmp_path: Path) -> None:
    packed = pack(written(tmp_path / "lists", {"pdq": b"x"}), kept)
    (tmp_path / "open").mkdir()
    os.chmod(tmp_path / "open", 0o777)
    with pytest.raises(UnsafeStart, match="open to others"):
        unpack(packed, bytes, tmp_path / "open")
    (tmp_path / "own").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    with pytest.raises(UnsafeStart, match="open to others"):
        unpack(packed, bytes, tmp_path / "link")


def test_copies_are_their_owners_alone(tmp_path: Path) -> None:
    folder = unpack(pack(written(tmp_path / "lists", {"a/pdq": b"x"}), kept), bytes, tmp_path / "copies")
    assert all(path.stat().st_mode & 0o077 == 0 for path in [folder, *folder.rglob("*")])


def test_several_workers_write_one_copy(tmp_path: Path) -> None:
    packed = pack(written(tmp_path / "lists", {"pdq": b"x" * 1000}), kept)
    taken, together = [], threading.Barrier(8)

    def take(piece: bytes) -> bytes:
        taken.append(1)
        return piece

    def work() -> None:
        together.wait(10)
        unpack(packed, take, tmp_path / "copies")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(taken) == 1


def _stop_halfway(packed: replica.Replica, parent: Path) -> None:
    unpack(packed, lambda _: os._exit(9), parent)


def test_a_worker_that_ends_halfway_leaves_the_place_to_the_next(tmp_path: Path) -> None:
    packed = pack(written(tmp_path / "lists", {"pdq": b"x" * 1000}), kept)
    first = multiprocessing.get_context("fork").Process(target=_stop_halfway, args=(packed, tmp_path / "copies"))
    first.start()
    first.join(20)
    assert first.exitcode == 9
    assert read(unpack(packed, bytes, tmp_path / "copies")) == {"pdq": b"x" * 1000}
