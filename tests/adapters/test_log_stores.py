"""Where a log's files lie: a folder and object stores keep the same promises."""

import os
import pickle
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from exchange.log_cases import KEY, SIGNER, all_openings, assert_valid, batch, commitments
from obstore.store import LocalStore, MemoryStore

from rempart.adapters import log_folder
from rempart.adapters.log_bucket import BucketStore
from rempart.adapters.log_folder import FolderStore
from rempart.core.errors import Conflict, InputError, OutsideFailure, UnsafeStart
from rempart.exchange.store import Store
from rempart.exchange.writer import LogWriter

STORES: dict[str, Callable[[Path], Store]] = {
    "folder": lambda folder: FolderStore(folder / "log"),
    "bucket": lambda folder: BucketStore(MemoryStore()),
    "below a prefix": lambda folder: BucketStore(MemoryStore(), "logs/one/"),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return STORES[request.param](tmp_path)


def test_what_is_not_there_reads_as_nothing(store: Store) -> None:
    assert store.read("tile/0/000") is None
    assert store.names("tile/0") == []
    store.remove("tile/0/000")
    store.write({"checkpoint": b"x"})
    assert store.read("checkpoint/x") is None
    assert store.names("checkpoint") == []


def test_files_are_written_once(store: Store) -> None:
    files = {"tile/0/000": b"a", "tile/0/x001/000.p/7": b"", "bundle/000": b"b" * 100_000}
    store.write(files)
    store.write({**files, "head": b"c"})
    with pytest.raises(Conflict) as caught:
        store.write({"tile/0/000": b"other"})
    assert caught.value.where == "tile/0/000"
    assert {path: store.read(path) for path in (*files, "head")} == {**files, "head": b"c"}
    assert store.names("tile/0") == ["000"]
    assert store.names("tile/0/x001/000.p") == ["7"]
    store.remove("tile/0/x001/000.p/7")
    assert store.names("tile/0/x001/000.p") == []


def test_a_file_is_replaced_by_whom_knows_what_is_there(store: Store) -> None:
    assert not store.swap("head", b"a", b"b")
    assert store.swap("head", None, b"a")
    assert not store.swap("head", None, b"b")
    assert not store.swap("head", b"b", b"c")
    assert store.read("head") == b"a"
    assert store.swap("head", b"a", b"a2")
    assert store.read("head") == b"a2"


def test_of_many_who_replace_at_once_one_succeeds_each_time(store: Store) -> None:
    store.swap("head", None, b"0")
    won, start = list[int](), threading.Barrier(4)

    def count() -> None:
        start.wait()
        for _ in range(25):
            before = store.read("head") or b""
            if store.swap("head", before, str(int(before) + 1).encode()):
                won.append(1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert store.read("head") == str(len(won)).encode()


def test_a_log_is_written_erased_and_tidied(store: Store) -> None:
    log = LogWriter(store, KEY, SIGNER.sign)
    for seed in range(6):
        log.append(batch(70, seed))
    log.erase(5)
    log.tidy(0, 420)
    assert assert_valid(store).size == 420
    assert all_openings(store)[5] == b""
    assert store.names("bundle/000.p") == []
    again = LogWriter(store, KEY, SIGNER.sign)
    assert again.find(commitments(batch(70, 5))) == 350
    again.append(batch(1, 9))
    with pytest.raises(Conflict):
        log.append(batch(1, 10))
    assert assert_valid(store).size == 421


@pytest.mark.parametrize("path", ["", "/etc", "../x", "a/../b", "tile/0/.lock", ".new/x", "A", "a//b", "a/", "tile/é"])
def test_a_folder_gives_nothing_but_files_of_a_log(tmp_path: Path, path: str) -> None:
    store = FolderStore(tmp_path)
    steps: list[Callable[[], object]] = [
        lambda: store.read(path),
        lambda: store.names(path),
        lambda: store.write({path: b""}),
        lambda: store.swap(path, None, b""),
        lambda: store.remove(path),
    ]
    for step in steps:
        with pytest.raises(InputError):
            step()


def test_in_a_folder_what_is_for_members_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    LogWriter(FolderStore(tmp_path / "log"), KEY, SIGNER.sign).append(batch(300))
    os.umask(before)
    modes = {
        path.relative_to(tmp_path / "log").as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in (tmp_path / "log").rglob("*")
    }
    assert modes.pop(".lock") == 0o600
    assert modes.pop(".new") == 0o700
    for path, mode in modes.items():
        is_public = path.split("/")[0] in ("checkpoint", "tile")
        is_folder = (tmp_path / "log" / path).is_dir()
        assert (
            mode
            == {(True, True): 0o755, (True, False): 0o644, (False, True): 0o700, (False, False): 0o600}[
                is_public, is_folder
            ]
        ), path


def test_in_a_folder_a_file_appears_whole_and_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = list[str]()
    replace, sync = os.replace, os.fsync

    def noted_replace(source: str, target: str) -> None:
        order.append(f"appears {Path(target).name}")
        replace(source, target)

    def noted_sync(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        order.append("synced content" if path.parent.name == ".new" else f"synced folder {path.name}")
        sync(descriptor)

    monkeypatch.setattr(log_folder.os, "replace", noted_replace)
    monkeypatch.setattr(log_folder.os, "fsync", noted_sync)
    FolderStore(tmp_path / "log").write({"tile/0/000": b"1", "bundle/000": b"2"})
    assert order[:2] == ["synced content", "synced content"]
    assert order[2:4] == ["appears 000", "appears 000"]
    assert set(order[4:]) == {f"synced folder {each}" for each in ("0", "tile", "bundle", "log")}
    order.clear()
    FolderStore(tmp_path / "log").swap("head", None, b"1")
    assert order == ["synced content", "appears head", "synced folder log"]


def test_in_a_folder_what_a_kill_left_half_written_is_swept(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.swap("head", None, b"1")
    (tmp_path / ".new" / ".000.0123.tmp").write_bytes(b"hal")
    FolderStore(tmp_path).write({"tile/0/000": b"1"})
    assert list((tmp_path / ".new").iterdir()) == []


def test_a_folder_can_be_read_by_other_processes(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.swap("head", None, b"1")
    assert pickle.loads(pickle.dumps(store)).read("head") == b"1"


def test_a_folder_that_cannot_be_written_fails_with_advice(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"")
    with pytest.raises(OutsideFailure, match="Check the disk"):
        FolderStore(tmp_path / "log").swap("head", None, b"1")
    (tmp_path / "more" / "head").mkdir(parents=True)
    with pytest.raises(OutsideFailure, match="Check the disk"):
        FolderStore(tmp_path / "more").read("head")


def test_an_object_store_that_cannot_replace_conditionally_is_refused(tmp_path: Path) -> None:
    store = BucketStore(LocalStore(tmp_path))
    store.write({"tile/0/000": b"1"})
    assert store.read("tile/0/000") == b"1"
    assert store.names("tile/0") == ["000"]
    store.remove("tile/0/000")
    store.remove("tile/0/000")
    assert store.swap("head", None, b"1")
    with pytest.raises(UnsafeStart, match="conditionally"):
        store.swap("head", b"1", b"2")


def test_an_object_store_that_fails_is_told_as_such() -> None:
    store = BucketStore(MemoryStore())

    def fail(*args: object, **more: object) -> None:
        raise store._errors.GenericError("denied to somebody")

    class Api:
        get = put = delete = list_with_delimiter = staticmethod(fail)

    store._api = Api  # type: ignore[assignment]
    steps: list[Callable[[], object]] = [
        lambda: store.read("head"),
        lambda: store.names("tile"),
        lambda: store.write({"head": b""}),
        lambda: store.remove("head"),
        lambda: store.swap("head", None, b""),
    ]
    for step in steps:
        with pytest.raises(OutsideFailure) as caught:
            step()
        assert "somebody" not in str(caught.value)
